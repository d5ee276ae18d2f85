"""Does blame name the step that was broken? One step of a working flow is broken on purpose, and blame does not know which.

    python benchmarks/blame.py --data ../shared/data                # musique and 2wiki, all flows and faults
    python benchmarks/blame.py --data ../shared/data --judge 10     # also what the local model says of the whole log (slow)

Three flows without a language model: `bridge`; `search`, a loop that asks, ranks and reflects round by round, then reads and
answers; and `plan`, which works on the goals of a plan in calls. In the last two the steps that a model would do know the gold:
they stand for a competent model, since what is measured is blame and not the flow. Retrieval and ranking are real everywhere. In
each flow one node at a time is replaced by a broken one. Counted are the examples that were right before and are wrong after
(token F1 of the answer, right from .5 on). Blame names the step if its finding is a visit of the broken node. Beside it: the
last node before the answer, and the node of the step with the lowest of the default rewards.

Prints the tables and writes benchmarks/blame.md (--out for elsewhere).
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import platform
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar

import seekgraph as sg
from seekgraph import S
from seekgraph.core.base.meter import Meter
from seekgraph.core.record.step import Step
from seekgraph.diagnosis.blame import blame
from seekgraph.diagnosis.gold import Place
from seekgraph.diagnosis.runs import Case, Goodness
from seekgraph.evaluation.evaluate import evaluate
from seekgraph.evaluation.metrics import metric
from seekgraph.flows import bridge
from seekgraph.nodes import Answer, Fuse, Read, Reflect, Rerank, Retrieve
from seekgraph.nodes.answer import AnswerOut
from seekgraph.nodes.fuse import Ordered
from seekgraph.nodes.plan import Planned
from seekgraph.nodes.read import ReadOut
from seekgraph.nodes.refine import Refined
from seekgraph.nodes.reflect import Reflected
from seekgraph.rewards.algebra import scores
from seekgraph.rewards.defaults import DEFAULT_REWARDS
from seekgraph.text.entities import entities, flat, folded, names
from seekgraph.text.sentences import sentences
from seekgraph.types import Answer as Answered
from seekgraph.types import Digest, Evidence, Example, Goal, Passage, Plan, Query, Ranking, Verdict

ROOT = Path(__file__).resolve().parent.parent
SETS = {"2wiki": "dev.jsonl", "musique": "train.jsonl"}
RIGHT = 0.5
KNOWN: dict[str, Example] = {}
TEXTS: dict[str, Passage] = {}
"""What the competent steps know: examples by question, and their gold passages by id."""

Context = Annotated[tuple[Passage, ...], sg.OrElse("passages")]


# --- steps that stand for a competent model --------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """What a step is about: the gold passages in order, the questions for them, and the right answers."""

    golds: tuple[str, ...]
    asks: tuple[str, ...]
    answers: tuple[str, ...]


def task(question: str, goal: Goal | None) -> Task:
    """The task of a step: that of its goal, or that of the question."""
    example = KNOWN[question]
    hops = example.decomposition
    said = {str(number): hop.answer for number, hop in enumerate(hops, start=1)}
    asks = []
    for hop in hops:
        text = hop.question.replace(">>", " ")
        for number, answer in said.items():
            text = text.replace(f"#{number}", answer)
        asks.append(text)
    if goal is not None:
        at = int(goal.id) - 1
        return Task((hops[at].supporting_id or "",), (asks[at],), (hops[at].answer,))
    if hops:
        return Task(tuple(hop.supporting_id or "" for hop in hops), tuple(asks), example.answers)
    titles = [TEXTS[id].title for id in example.supporting_ids]
    return Task(example.supporting_ids, tuple(titles), example.answers)


class KnowingPlan(sg.Node):
    """The gold decomposition."""

    kind: ClassVar[str] = "plan"

    async def run(self, question: str) -> Planned:
        return Planned(plan=self.made(KNOWN[question]))

    def made(self, example: Example) -> Plan:
        goals = []
        for number, hop in enumerate(example.decomposition, start=1):
            needs = tuple(str(n) for n in range(1, number) if f"#{n}" in hop.question)
            goals.append(Goal(id=str(number), text=hop.question.replace(">>", " "), needs=needs))
        return Plan(goals=tuple(goals))


class KnowingRefine(sg.Node):
    """Asks for the first thing that has not been found and that what was found leads to."""

    kind: ClassVar[str] = "refine"

    async def run(self, question: str, goal: Goal | None = None, passages: tuple[Passage, ...] = ()) -> Refined:
        return Refined(query=Query(text=self.text(question, goal, passages)))

    def text(self, question: str, goal: Goal | None, passages: Sequence[Passage]) -> str:
        about, have = task(question, goal), {passage.id for passage in passages}
        known = flat(" ".join((question, *(passage.text for passage in passages))))
        for id, ask in zip(about.golds, about.asks, strict=True):
            if id not in have and (KNOWN[question].decomposition or names(known, folded(ask))):
                return ask
        return question


class KnowingReflect(sg.Node):
    """Says whether all that is needed is there."""

    kind: ClassVar[str] = "reflect"

    async def run(self, question: str, context: Context, goal: Goal | None = None) -> Reflected:
        enough = set(task(question, goal).golds) <= {passage.id for passage in context}
        return Reflected(verdict=Verdict(score=float(enough), label="enough" if enough else "more"))


class KnowingRead(sg.Node):
    """Keeps what is needed of the gold passages before it."""

    kind: ClassVar[str] = "read"

    async def run(self, question: str, context: Context) -> ReadOut:
        about = task(question, None)
        wanted = [*map(folded, about.answers), *(folded(TEXTS[id].title) for id in about.golds)]
        kept = []
        for passage in context:
            if passage.id in about.golds:
                own = folded(passage.title)
                lines = [each.text for each in sentences(passage.text)] or [passage.text]
                good = [line for line in lines if any(names(flat(line), name) for name in wanted if name and name != own)]
                kept += [Evidence(claim=line, passage_id=passage.id, quote=line) for line in good or lines[:1]]
        return ReadOut(evidence=tuple(kept))


class KnowingAnswer(sg.Node):
    """The right answer, where what it rests on has been read; else the first name that was read."""

    kind: ClassVar[str] = "answer"

    async def run(
        self, question: str, context: Context = (), evidence: tuple[Evidence, ...] = (), goal: Goal | None = None
    ) -> AnswerOut:
        about = task(question, goal)
        read = {each.passage_id for each in evidence} if evidence else {passage.id for passage in context}
        if set(about.golds) <= read and self.quoted(about, evidence):
            return AnswerOut(answer=Answered(text=about.answers[0], citations=about.golds))
        texts = [each.quote for each in evidence] or [passage.text for passage in context]
        return AnswerOut(answer=guess(question, texts, tuple(read)))

    def quoted(self, about: Task, evidence: tuple[Evidence, ...]) -> bool:
        """Whether what was quoted tells: the answer, or, where no gold passage says it in words, something of each."""
        holding = [TEXTS[id] for id in about.golds if any(names(flat(TEXTS[id].text), folded(each)) for each in about.answers)]
        if not evidence or not holding:
            return True
        return any(names(flat(each.quote), folded(answer)) for each in evidence for answer in about.answers)


def guess(question: str, texts: Sequence[str], read: tuple[str, ...]) -> Answered:
    """A name that was read, and that the question does not have."""
    found = [each.text for text in texts for each in entities(text) if each.kind == "name" and each.key not in flat(question)]
    return Answered(text=found[0] if found else "unknown", citations=read[:1], confidence=0.3)


# --- broken steps ----------------------------------------------------------------------------------------------------


def dice(text: str) -> int:
    """A number that depends on a text only."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest())


class DropsAHop(KnowingPlan):
    """Leaves one hop out, and what needs it goes on without."""

    kind: ClassVar[str] = "plan"

    def made(self, example: Example) -> Plan:
        goals = super().made(example).goals
        gone = goals[dice(example.id) % len(goals)].id
        kept = [goal for goal in goals if goal.id != gone]
        return Plan(goals=tuple(goal.model_copy(update={"needs": tuple(n for n in goal.needs if n != gone)}) for goal in kept))


class AsksForAnother(KnowingRefine):
    """Asks about an entity of another question."""

    kind: ClassVar[str] = "refine"

    def text(self, question: str, goal: Goal | None, passages: Sequence[Passage]) -> str:
        others = sorted(KNOWN)
        other = KNOWN[others[dice(question) % len(others)]]
        wrong = TEXTS[other.supporting_ids[0]].title
        text = super().text(question, goal, passages)
        found = [each.text for each in entities(text) if each.kind in ("name", "quoted")]
        for name in found:
            text = text.replace(name, wrong)
        return text if found else f"{wrong} {other.question}"


class Reversed(Rerank):
    """Keeps the worst."""

    kind: ClassVar[str] = "rerank"

    async def run(  # type: ignore[override]
        self,
        question: str,
        passages: tuple[Passage, ...],
        rankings: tuple[Ranking, ...] = (),
        goal: Goal | None = None,
        lm: sg.LM | None = None,
    ) -> Ordered:
        keep = self._changed(keep=10_000)
        ordered = (await Rerank.run(keep, question, passages, rankings, goal)).context
        return Ordered(context=ordered[::-1][: self.keep])


class FuseReversed(Fuse):
    """Keeps the worst."""

    kind: ClassVar[str] = "fuse"

    async def run(  # type: ignore[override]
        self, question: str, passages: tuple[Passage, ...], rankings: tuple[Ranking, ...], goal: Goal | None = None
    ) -> Ordered:
        keep = self._changed(keep=10_000)
        return Ordered(context=(await Fuse.run(keep, question, passages, rankings, goal)).context[::-1][: self.keep])


class StopsAtOnce(sg.Node):
    """Says "enough" whatever there is."""

    kind: ClassVar[str] = "reflect"

    async def run(self, context: Context) -> Reflected:
        return Reflected(verdict=Verdict(score=1.0, label="enough"))


class CopiesTheWrongSpan(sg.Node):
    """Keeps a sentence that tells least of each passage."""

    kind: ClassVar[str] = "read"

    async def run(self, question: str, context: Context) -> ReadOut:
        example, kept = KNOWN[question], []
        wanted = [*map(folded, example.answers), *(folded(TEXTS[id].title) for id in example.supporting_ids)]
        for passage in context[:6]:
            lines = [each.text for each in sentences(passage.text)] or [passage.text]
            wrong = [line for line in lines if not any(names(flat(line), name) for name in wanted if name)]
            kept += [Evidence(claim=line, passage_id=passage.id, quote=line) for line in wrong[:1]]
        return ReadOut(evidence=tuple(kept))


class IgnoresItsEvidence(sg.Node):
    """Answers with a name that has nothing to do with what was read."""

    kind: ClassVar[str] = "answer"

    async def run(
        self, question: str, context: Context = (), evidence: tuple[Evidence, ...] = (), digests: tuple[Digest, ...] = ()
    ) -> AnswerOut:
        others = sorted(KNOWN)
        read = [passage.id for passage in context] + [passage.id for digest in digests for passage in digest.resources]
        wrong = KNOWN[others[dice(question[::-1]) % len(others)]]
        text = wrong.answers[0] if wrong.question != question else "nobody"
        return AnswerOut(answer=Answered(text=text, citations=tuple(read[:1])))


# --- flows, whole and with one step broken ------------------------------------------------------------------------------


def bridge_with(**parts: Any) -> sg.Flow:
    """The flow `bridge` with some of its nodes replaced."""
    rerank, read, answer = parts.get("rerank", Rerank), parts.get("read", Read), parts.get("answer", Answer)
    body = sg.loop(
        bridge.wider >> rerank(keep=sg.Int(10, 5, 20)) >> Reflect(),
        until=S.verdict.score >= sg.Float(0.5, 0.1, 0.9),
        max_rounds=sg.Int(2, 1, 3),
    )
    return sg.Flow(bridge.begin >> bridge.follow_titles >> body >> read() >> answer(), name="bridge")


def search_with(**parts: Any) -> sg.Flow:
    """A loop that asks for one thing a round."""
    refine, fuse = parts.get("refine", KnowingRefine), parts.get("fuse", Fuse)
    reflect, read, answer = (
        parts.get("reflect", KnowingReflect),
        parts.get("read", KnowingRead),
        parts.get("answer", KnowingAnswer),
    )
    body = refine() >> Retrieve("corpus", k=10) >> fuse(keep=12) >> reflect()
    return sg.Flow(sg.loop(body, until=S.verdict.score >= 0.5, max_rounds=5) >> read() >> answer(), name="search")


def plan_with(**parts: Any) -> sg.Flow:
    """A plan whose goals are worked on in calls."""
    plan, refine, fuse = parts.get("plan", KnowingPlan), parts.get("refine", KnowingRefine), parts.get("fuse", Fuse)
    body = refine() >> Retrieve("corpus", k=10) >> fuse(keep=6)
    inside = body >> parts.get("found", KnowingAnswer)().named("found")
    answer = parts.get("answer", Answer)
    return sg.Flow(plan() >> sg.each(S.plan.goals, sg.call(inside, name="goal")) >> answer(), name="plan")


@dataclass(frozen=True)
class Fault:
    """What is broken in which flow, and the path of the broken node."""

    flow: str
    make: Callable[..., sg.Flow]
    kind: str
    part: str
    broken: Any
    path: str


FAULTS = (
    Fault("bridge", bridge_with, "ranking", "rerank", Reversed, "rerank"),
    Fault("bridge", bridge_with, "reading", "read", CopiesTheWrongSpan, "read"),
    Fault("bridge", bridge_with, "answer", "answer", IgnoresItsEvidence, "answer"),
    Fault("search", search_with, "query", "refine", AsksForAnother, "refine"),
    Fault("search", search_with, "ranking", "fuse", FuseReversed, "fuse"),
    Fault("search", search_with, "stopping too early", "reflect", StopsAtOnce, "reflect"),
    Fault("search", search_with, "reading", "read", CopiesTheWrongSpan, "read"),
    Fault("search", search_with, "answer", "answer", IgnoresItsEvidence, "answer"),
    Fault("plan", plan_with, "plan", "plan", DropsAHop, "plan"),
    Fault("plan", plan_with, "query", "refine", AsksForAnother, "goal/refine"),
    Fault("plan", plan_with, "ranking", "fuse", FuseReversed, "goal/fuse"),
    Fault("plan", plan_with, "answer", "answer", IgnoresItsEvidence, "answer"),
)


# --- measuring ----------------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What was named for the examples that one fault made fail."""

    right_before: int = 0
    made_fail: int = 0
    named: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    confirmed: int = 0
    judged: int = 0
    wrongly: Counter[str] = field(default_factory=Counter)


async def tally(fault: Fault, resources: dict[str, Any], examples: Sequence[Example], judge: Any, most: int) -> Tally:
    """Break the flow, and ask each way of blaming about every example that the fault made fail."""
    good = Goodness(metric("answer_f1"), RIGHT)
    whole = await evaluate(bound(fault.make(), resources), examples, metrics=[good.metric], rewards=[])
    broken_flow = bound(fault.make(**{fault.part: fault.broken}), resources)
    broken = await evaluate(broken_flow, examples, metrics=[good.metric], rewards=[], keep_traces=True)
    found = Tally()
    place, gate = Place(broken_flow), asyncio.Semaphore(32)
    for example, before, after in zip(examples, whole.rows, broken.rows, strict=True):
        if not good.is_good(good.value(before.metrics["answer_f1"])):
            continue
        found.right_before += 1
        value = good.value(after.metrics["answer_f1"])
        if good.is_good(value):
            continue
        found.made_fail += 1
        case = Case(broken_flow, place, example, broken.traces[example.id], value, good, Meter(), gate)
        finding = await blame(case)
        if finding is not None:
            found.named["blame"] += finding.path == fault.path
            found.named["class"] += finding.path == fault.path and finding.cls == fault.kind
            found.classes[finding.cls] += 1
            found.confirmed += finding.confirmed
            if finding.path != fault.path:
                found.wrongly[f"{finding.path} ({finding.cls})"] += 1
        nodes = [step for step in case.trace.steps if step.kind == "node"]
        found.named["last"] += last_before_answer(nodes) == fault.path
        found.named["lowest"] += lowest(case, nodes) == fault.path
        if judge is not None and found.judged < most:
            found.judged += 1
            found.named["judge"] += await judged(judge, case, nodes) == fault.path
    return found


def bound(flow: sg.Flow, resources: dict[str, Any]) -> sg.Bound:
    return flow.bind({name: thing for name, thing in resources.items() if name in flow.resources})


def last_before_answer(nodes: Sequence[Step]) -> str:
    """The path of the last node before the answer's."""
    before = [step.path for step in nodes if step.path != nodes[-1].path]
    return before[-1] if before else nodes[-1].path


def lowest(case: Case, nodes: Sequence[Step]) -> str:
    """The path of the step with the lowest reward, the first of those that have it."""
    found: list[tuple[float, int, str]] = []
    order = {step.id: number for number, step in enumerate(nodes)}
    for step, _, score in scores(case.trace, DEFAULT_REWARDS, case.example):
        if score.value is not None and step.id in order:
            found.append((score.value, order[step.id], step.path))
    return min(found)[2] if found else ""


async def judged(lm: Any, case: Case, nodes: Sequence[Step]) -> str:
    """What a model says that reads the whole log: the path of the step that it names."""
    from typing import Literal

    from pydantic import create_model

    from seekgraph.core.language.lm import Message, Settings
    from seekgraph.diagnosis.display import brief

    paths = tuple(dict.fromkeys(step.path for step in nodes))
    lines = [f"{step.path}: {'; '.join(f'{name} = {brief(value, 90)}' for name, value in step.writes.items())}" for step in nodes]
    log = "\n".join(lines)[-5000:]
    text = (
        f"A search agent was asked: {case.example.question}\nIts log:\n{log}\n"
        f"The right answer is {case.example.answers[0]}. Which step made the answer wrong? Name one of: {', '.join(paths)}."
    )
    output = create_model("Named", step=(Literal[paths], ...))
    done = await lm.complete([Message(role="user", content=text)], output, Settings(max_tokens=30, temperature=0.0))
    return str(getattr(done.value, "step", ""))


# --- the report -----------------------------------------------------------------------------------------------------------


def share(count: int, of: int) -> str:
    return f"{count / of:.0%}" if of else "–"


def report(rows: list[tuple[str, Fault, Tally]], judge: int, counts: dict[str, int]) -> str:
    ways = ["blame", "last", "lowest", *(["judge"] if judge else [])]
    heads = {"blame": "blame", "last": "last before the answer", "lowest": "lowest reward", "judge": "local model as judge"}
    named = " | ".join(heads[way] for way in ways)
    lines = [
        "# Does blame name the broken step?",
        "",
        f"Made by `python benchmarks/blame.py --data FOLDER{f' --judge {judge}' if judge else ''}`; its first lines say what is "
        f"measured. "
        f"Ran on {os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}. "
        "Questions: " + ", ".join(f"{name} {count}" for name, count in counts.items()) + ".",
        "",
        "## The step that is named, where one was broken",
        "",
        "The share of the examples that the fault made fail in which the broken node is named; under class, that and its class.",
        "What fixes a step, and what the competent steps of `search` and `plan` know, is the same gold: with models in their",
        "place, which are often wrong by themselves, more than one step is broken at once, and the shares are lower, as in",
        "`bridge` on musique.",
        "",
        f"| set | flow | what is broken | right before | made to fail | {named} | class | confirmed | named instead |",
        f"|---|---|---|---|---|{'---|' * (len(ways) + 3)}",
    ]
    for name, fault, found in rows:
        cells = [share(found.named[way], found.judged if way == "judge" else found.made_fail) for way in ways]
        instead = ", ".join(f"{path} {count}" for path, count in found.wrongly.most_common(3))
        lines.append(
            f"| {name} | {fault.flow} | {fault.kind} | {found.right_before} | {found.made_fail} | {' | '.join(cells)} "
            f"| {share(found.named['class'], found.made_fail)} | {share(found.confirmed, found.made_fail)} | {instead} |"
        )
    total = sum(found.made_fail for _, _, found in rows)
    asked = sum(found.judged for _, _, found in rows)
    sums = {way: sum(found.named[way] for _, _, found in rows) for way in ways}
    cells = [f"**{share(sums[way], asked if way == 'judge' else total)}**" for way in ways]
    sure = share(sum(found.confirmed for _, _, found in rows), total)
    kinds = share(sum(found.named["class"] for _, _, found in rows), total)
    lines += [f"| all |  |  |  | {total} | {' | '.join(cells)} | {kinds} | {sure} |  |", ""]
    return "\n".join(lines)


async def main(options: argparse.Namespace) -> str:
    from seekgraph.evaluation import read_examples
    from seekgraph.tools import open_corpus

    judge = None
    if options.judge:
        from seekgraph.lms import resolve

        judge = resolve("local/smollm2-135m")
    rows: list[tuple[str, Fault, Tally]] = []
    counts: dict[str, int] = {}
    for name in options.sets:
        folder = options.data / name
        if not folder.exists():
            print(f"{folder} is not there: left out")
            continue
        resources: dict[str, Any] = dict(open_corpus(folder / "corpus.jsonl"))
        examples = read_examples(folder / SETS[name])[: options.limit]
        counts[name] = len(examples)
        KNOWN.clear()
        KNOWN.update({example.question: example for example in examples})
        for example in examples:
            TEXTS.update({id: resources["corpus"].passages.get(id) for id in example.supporting_ids})
        for fault in FAULTS:
            if fault.flow == "plan" and not examples[0].decomposition:
                continue
            found = await tally(fault, resources, examples, judge, options.judge)
            rows.append((name, fault, found))
            shown = {way: share(count, found.made_fail) for way, count in found.named.items()}
            print(name, fault.flow, fault.kind, found.right_before, found.made_fail, shown, dict(found.wrongly), flush=True)
    return report(rows, options.judge, counts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--sets", nargs="+", choices=sorted(SETS), default=sorted(SETS))
    parser.add_argument("--limit", type=int)
    parser.add_argument("--judge", type=int, default=0, metavar="N", help="ask the local model about N examples of each fault")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "blame.md")
    given = parser.parse_args()
    made = asyncio.run(main(given))
    print(made)
    given.out.write_text(made, encoding="utf-8")
