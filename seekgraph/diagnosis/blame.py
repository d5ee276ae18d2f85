"""Blame: the first broken step of a failed example.

The wrong answer is walked back to what it was made from. Where a step did not get what it needed, the walk goes on to the step
that lost it (`losses.py`); where it did, it is the step itself. Each step that is suspected on the way is then fixed in a
replay, with what the gold says that it should have written (`gold.py`): if the example comes out well, the finding is confirmed;
if none does, it is a guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from seekgraph.core.record.step import Step
from seekgraph.diagnosis.diagnosis import Finding
from seekgraph.diagnosis.gold import Scope, passages_in, supports
from seekgraph.diagnosis.graph import sources, way
from seekgraph.diagnosis.losses import Suspect, lost
from seekgraph.diagnosis.runs import Case
from seekgraph.rewards.seen import ids_of
from seekgraph.text.entities import flat, folded, names
from seekgraph.text.matching import match_f1
from seekgraph.types import Answer, Digest, Evidence, Plan

DEEPER = 3  # how often a run in which all suspects are fixed is looked at for further ones
RIGHT = 0.5
"""Token F1 from which the conclusion of a call counts as right."""


async def blame(case: Case) -> Finding | None:
    """The first broken step of an example, or None where no step can be suspected.

    Each suspect is fixed alone. Where that is not enough, all are fixed at once, and what then comes to light, too: if that
    fixes the example, the first of them is a guess; if not, the step that answers is broken whatever it is given.
    """
    before, at_end = await suspects(case)
    for suspect in before:
        value = await _fixed(case, suspect)
        if value is not None and case.goodness.is_good(value):
            return _finding(case, suspect, True, value)
    rest = await _together(case, before)
    if rest == []:
        for suspect in before:
            value = await _fixed(case, suspect, only_gold=True)
            if value is not None and case.goodness.is_good(value):
                return _finding(case, suspect, True, value)
    if before and (rest is not None or at_end is None):
        first = _earliest(case, before)
        others = [path for path in (*(each.step.path for each in before), *(rest or ())) if path != first.step.path]
        too = f"; {', '.join(dict.fromkeys(others))} would have to be fixed, too" if others and rest is not None else ""
        return _finding(case, first._replace(why=f"{first.why}{too}"), False, None)
    if at_end is None:
        return None
    value = await _fixed(case, at_end)
    return _finding(case, at_end, value is not None and case.goodness.is_good(value), value)


async def _together(case: Case, found: list[Suspect]) -> list[str] | None:
    """The paths that have to be fixed besides those of all suspects; None where even that does not fix the example."""
    paths = list(dict.fromkeys(each.step.path for each in found))
    if not paths:
        return None
    fixed = await case.fixed(paths, only_gold=True)
    if not fixed.failed or not (await case.fixed(paths)).failed:
        return []
    rest: list[str] = []
    for _ in range(DEEPER):
        again, _ = await suspects(fixed)
        new = [path for path in dict.fromkeys(each.step.path for each in again) if path not in (*paths, *rest)]
        if not new:
            return None
        rest += new
        fixed = await case.fixed([*paths, *rest], only_gold=True)
        if not fixed.failed:
            return rest
    return None


async def suspects(case: Case) -> tuple[list[Suspect], Suspect | None]:
    """The steps that may be broken, in the order in which they are to be tried, and the one that wrote the output.

    The latter is None where the metric does not look at an answer.
    """
    found = [*_errors(case)]
    output = _output(case)
    if output is None:
        return _once(found), None
    scope = case.gold.scope(output.path, output.at)
    if isinstance(output.writes.get("answer"), Answer | str):
        found += await _before_answer(case, scope, output)
        return _once(found), _answering(scope, output)
    missing = [id for id in scope.ids if id not in set(ids_of(list(output.writes.values())))]
    for id in missing:
        pool = {passage.id for value in case.trace.inputs(output).values() for passage in passages_in(value)}
        if id in pool:
            found.append(Suspect(output, "ranking", f"gold passage {id} was among what it read, and it did not keep it"))
        else:
            found += await lost(case.gold, scope, id, output)
    if not missing:
        found.append(Suspect(output, "ranking", "all gold was kept, but not at the top"))
    return _once(found), None


def _errors(case: Case) -> Iterable[Suspect]:
    """The steps that failed for themselves, not for what another did not write."""
    for step in case.trace.errors:
        if step.error is not None and step.error.code not in ("missing", "inside"):
            yield Suspect(step, "infrastructure", f"{step.error.code}: {step.error.message}")


def _output(case: Case) -> Step | None:
    """The step that wrote the output that the metric looks at: the answer, or else the passages that were handed on."""
    of_passages = case.goodness.metric.needs == {"supporting_ids"} and not case.goodness.metric.name.startswith("citation")
    channels = ("context", "passages") if of_passages else (case.bound.flow.output, "answer", "context", "passages")
    for channel in channels:
        wrote = [step for step in case.trace.steps if step.kind == "node" and channel in step.writes]
        outside = [step for step in wrote if not case.place.calls.get(step.path)]
        if outside:
            return outside[-1]
    return None


def _answering(scope: Scope, step: Step) -> Suspect:
    answer = step.writes.get("answer")
    if isinstance(answer, Answer) and answer.refused:
        return Suspect(step, "refusal", "it refused to answer, with what it needed before it")
    text = answer.text if isinstance(answer, Answer) else str(answer)
    return Suspect(step, "answer", f"it said {text!r}, right is {' or '.join(map(repr, scope.answers[:3]))}")


async def _before_answer(case: Case, scope: Scope, step: Step) -> list[Suspect]:
    """What may be broken before an answer: what it needed and did not get to read."""
    inputs = case.trace.inputs(step)
    digests = [each for value in inputs.values() if isinstance(value, tuple) for each in value if isinstance(each, Digest)]
    if digests and not scope.part:
        return await _goals(case, step, digests)
    readers = [reader for reader in sources(case.trace, step) if reader.kind == "node" and _quotes(reader.writes.values())]
    read = {passage.id for value in inputs.values() for passage in passages_in(value)}
    consumer = step
    if not read and readers:  # it reads what others took from the passages
        consumer = readers[-1]
        before = (value for reader in readers for value in case.trace.inputs(reader).values())
        read = {passage.id for value in before for passage in passages_in(value)}
    found: list[Suspect] = []
    for id in scope.ids:
        if id not in read:
            found += await lost(case.gold, scope, id, consumer)
    return [*found, *_unread(case, scope, readers, _quotes(inputs.values()), read)]


def _quotes(values: Iterable[Any]) -> list[Evidence]:
    return [each for value in values if isinstance(value, tuple) for each in value if isinstance(each, Evidence)]


def _unread(case: Case, scope: Scope, readers: list[Step], quotes: list[Evidence], read: set[str]) -> Iterable[Suspect]:
    """Readers that had gold passages before them and took nothing from them that is needed."""
    if not readers:
        return
    golds = [passage for passage in case.gold.passages(scope.ids) if passage.id in read]
    answers = [folded(text) for text in scope.answers if folded(text)]
    holding = [each for each in golds if any(names(flat(each.text), answer) for answer in answers)]
    for passage in (*holding, *(each for each in golds if each not in holding)):
        needed = {flat(text) for text in supports(case.gold, scope, passage)}
        have = [flat(each.quote or each.claim) for each in quotes if each.passage_id == passage.id]
        if not any(text in quote or quote in text for text in needed for quote in have if quote):
            had = [reader for reader in readers if passage.id in set(ids_of(list(case.trace.inputs(reader).values())))]
            why = f"it read gold passage {passage.id} ({passage.title}) and kept nothing of it that is needed"
            yield from (Suspect(reader, "reading", why) for reader in reversed(had))


async def _goals(case: Case, step: Step, digests: list[Digest]) -> list[Suspect]:
    """What may be broken in a plan, or in the calls that worked on its goals, in the order of the hops."""
    hops = case.example.decomposition
    plans = [each for each in case.trace.steps if each.kind == "node" and isinstance(each.writes.get("plan"), Plan)]
    returned = [each for each in sources(case.trace, step) if each.kind == "digest" and each.writes.get("digests")]
    found: list[Suspect] = []
    if plans and hops:
        plan = plans[-1].writes["plan"]
        asked = {case.gold.hop_of(goal.text) for goal in plan.goals}
        open_ = [hop for number, hop in enumerate(hops) if number not in asked]
        if open_:
            why = "; ".join(hop.question for hop in open_)
            found.append(Suspect(plans[-1], "plan", f"no goal asks: {why}"))
    worked: list[tuple[int, Step, Scope]] = []
    for back in returned:
        answered = [each for each in _parents(case, back) if "answer" in each.writes]
        if answered:
            scope = case.gold.scope(answered[0].path, answered[0].at)
            worked.append((len(hops) if scope.hop is None else scope.hop, answered[0], scope))
    for _, answered_step, scope in sorted(worked, key=lambda each: each[0]):
        said = answered_step.writes["answer"]
        text = said.text if isinstance(said, Answer) and not said.refused else ""
        if scope.answers and match_f1(text, scope.answers) >= RIGHT:
            continue
        if scope.hop is None and hops:
            continue  # a goal that the gold decomposition does not have: the plan's fault, if any's
        inside = await _before_answer(case, scope, answered_step)
        found += inside
        if scope.answers:
            found.append(_answering(scope, answered_step))
    return found


def _parents(case: Case, step: Step) -> list[Step]:
    return [case.trace.step(id) for ids in step.parents.values() for id in ids]


async def _fixed(case: Case, suspect: Suspect, *, only_gold: bool = False) -> float | None:
    """The best goodness with a step fixed, or the first that is good; None where gold does not say how to fix it.

    What is missing is added to what it wrote, or, with `only_gold`, takes its place: at its visit, and then at every visit of its
    node where it stands in a repetition, since what is broken there may be broken in each.
    """
    step = suspect.step
    if not case.fixable(step):
        return None
    best = case.value
    for places in [[step.id], [step.path]] if step.at else [[step.id]]:
        best = max(best, (await case.fixed(places, only_gold=only_gold)).value)
        if case.goodness.is_good(best):
            return best
    return best


def _earliest(case: Case, found: list[Suspect]) -> Suspect:
    """The first in the run; that a search went on too long comes last, since it did find what was then lost."""
    order = {step.id: number for number, step in enumerate(case.trace.steps)}
    return min(found, key=lambda each: (each.cls == "searching too long", order[each.step.id]))


def _once(found: list[Suspect]) -> list[Suspect]:
    """One suspect for each node and class, the first: fixing is tried at all visits of a node, too."""
    kept: dict[tuple[str, str], Suspect] = {}
    for suspect in found:
        kept.setdefault((suspect.step.path, suspect.cls), suspect)
    return list(kept.values())


def _finding(case: Case, suspect: Suspect, confirmed: bool, fixed: float | None) -> Finding:
    step, output = suspect.step, _output(case)
    back = way(case.trace, output.id, step.id) if output is not None else ()
    return Finding(step.path, step.id, step.visit, suspect.cls, suspect.why, confirmed, fixed, back)
