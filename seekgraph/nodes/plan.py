"""Plan: from a question to goals, each one thing to find out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from seekgraph.core.language.fitting import FitRow
from seekgraph.core.language.lm import LM
from seekgraph.core.language.node import Writes
from seekgraph.core.language.params import Int, Switch, value_of
from seekgraph.nodes.llm_node import LLMNode
from seekgraph.nodes.nesting import unnest
from seekgraph.prompts.outputs import GoalOut, PlanOut, to_plan
from seekgraph.prompts.prompt import OURS
from seekgraph.text.questions import compared
from seekgraph.types import Digest, Goal, Turn
from seekgraph.types import Plan as Goals


class Planned(Writes):
    plan: Goals


class Plan(LLMNode):
    """Split a question into goals that form a DAG. In a goal's text `#1` stands for the result of goal "1", which it needs.

    Three families of English patterns, each of which can be switched off: `comparisons` ("Who is older, A or B?": what is
    compared, for each of the two), `bridges` ("the mother of the director of X": inner things first), `intersections` ("Who
    acted in A and also directed B?": each condition on its own). At most `most` goals; a question that matches nothing is one.

    A model that is bound writes the goals; what is wrong with them is repaired: they are numbered anew, needs that lead nowhere
    or in a circle are dropped.
    """

    prompt = OURS / "plan.md"
    output = PlanOut
    without_model: ClassVar[frozenset[str]] = frozenset({"comparisons", "bridges", "intersections"})

    most: int = Int(6, low=1, high=12)
    comparisons: bool = Switch(True)
    bridges: bool = Switch(True)
    intersections: bool = Switch(True)

    async def run(self, question: str, history: tuple[Turn, ...] = (), lm: LM | None = None) -> Planned:
        if question.strip():
            inputs = {"question": question, "history": history}
            if (plan := await self.ask(lm, inputs, lambda out: to_plan(out, self.most).value)) is not None:
                return Planned(plan=plan)
        families = {"comparisons": self.comparisons, "bridges": self.bridges, "intersections": self.intersections}
        return Planned(plan=plan_by_patterns(question, self.most, **families))

    def reply(self, writes: Mapping[str, Any]) -> PlanOut | None:
        plan = writes.get("plan")
        return PlanOut.of(plan) if isinstance(plan, Goals) and plan.goals else None

    def ideal(self, row: FitRow) -> PlanOut | None:
        """The gold decomposition."""
        hops = row.example.decomposition
        goals = [
            GoalOut(id=str(at), text=hop.question.strip(), needs=_needs(hop.question, at)) for at, hop in enumerate(hops, start=1)
        ]
        return PlanOut(goals=tuple(goals)) if 0 < len(goals) <= value_of(self.most) else None


def plan_by_patterns(
    question: str, most: int = 6, *, comparisons: bool = True, bridges: bool = True, intersections: bool = True
) -> Goals:
    """The goals of a question, at most `most`. Never fails: a question without a pattern, or an empty one, is one goal."""
    asks: list[str] = []
    if comparisons:
        asks = _comparison(question, most, bridges)
    if not asks and intersections:
        asks = _intersection(question, most)
    if not asks:
        asks = unnest(question, most) if bridges else [question]
    return Goals(goals=tuple(Goal(id=str(at), text=text, needs=_needs(text, at)) for at, text in enumerate(asks, start=1)))


def resolve(text: str, digests: Iterable[Digest]) -> str:
    """A goal's text with the conclusions of other goals in the place of its references: "Who is #1's mother?".

    `#n` stands for the conclusion of the digest whose goal has the id "n", where there are several the last one. A goal that came
    to no conclusion is named by the title of its best resource; a reference to a goal without a digest stays as it is.
    """
    found = {digest.goal_id: digest for digest in digests if digest.goal_id}
    return _REFERENCE.sub(lambda match: _result(found.get(match[1])) or match[0], text)


_REFERENCE = re.compile(r"#([A-Za-z0-9_]+)")
_BORN = re.compile(r"\b(?:born|older|oldest|younger|youngest|elder|eldest|age)\b")
_MADE = re.compile(
    r"\b(released|published|established|founded|formed|opened|created|built|completed|launched|started|invented|premiered|written"
    r"|introduced|constructed|came out|come out)\b"
)
_PROPERTIES = (
    (
        re.compile(r"\b(?:lived|live|living) (?:longer|the longest)|\bshorter life|\blonger life"),
        "When was {x} born and when did {x} die?",
    ),
    (
        re.compile(r"\b(?:born|birth)\b.*\bsame (?:place|city|town|country|state)|\bsame (?:place of birth|birthplace)"),
        "Where was {x} born?",
    ),
    (re.compile(r"\bdied?\b.*\bsame|\bsame place of death"), "Where did {x} die?"),
    (_BORN, "When was {x} born?"),
    (re.compile(r"\b(?:died|die|death|dead)\b"), "When did {x} die?"),
    (re.compile(r"\bnationalit|\bcitizen"), "What is the nationality of {x}?"),
    (re.compile(r"\blocated\b.*\bsame (\w+)|\bsame (\w+)\b.*\blocated\b"), "In which country is {x} located?"),
    (re.compile(r"\b(?:from|in|of|share|originate) the same (?:country|nation)|\bsame country"), "Which country is {x} from?"),
)
_VERB = r"(?:\w+ed|is|was|has|wrote|won|sang|led)"
_ASKING = r"(?:In |On )?(?:[Ww]ho|[Ww]hich|[Ww]hat)\b(?: (?!and\b|was\b|is\b|did\b)[a-z-]+){0,3}?"
_MAKER = re.compile(
    r"\b(?:(?:has|have|had|with)\s+(?:the |a |both )?(?P<of>[a-z]+?)s?\b(?=\s+(?:who|that|with|born|died|from|is|was|of|share))"
    r"|whose (?P<whose>[a-z]+?)s?\b|\b(?P<both>director|performer|composer|author|producer|singer|writer)s? of\b"
    r"|(?:have|has|had) (?:the )?(?P<plain>director|performer|composer|author|producer|singer|writer)s?\b)"
)


def _comparison(question: str, most: int, bridges: bool) -> list[str]:
    """What is compared, asked for each of the two: first who made them, where the question compares their makers."""
    options = compared(question)
    if len(options) != 2 or most < 2:
        return []
    rest = question
    for option in options:
        rest = rest.replace(option, " ")
    noun = compared_by(rest)
    asks = []
    if noun and bridges and most >= 4:
        asks = [f"Who is the {noun} of {option}?" for option in options]
    subjects = ("#1", "#2") if asks else options
    if (made := _MADE.search(rest)) and re.search(r"\bfirst|earlier|earliest|later|latest|recent|before|old|new", rest):
        verb = "released" if made[1].endswith("out") else made[1]
        return [*asks, *(f"When was {subject} {verb}?" for subject in subjects)]
    for pattern, template in _PROPERTIES:
        if pattern.search(rest):
            return [*asks, *(template.format(x=subject) for subject in subjects)]
    return [_only(question, options, subject) for subject in options]


def compared_by(rest: str) -> str:
    """The maker by which two works are compared, "director" in "Which film has the director who died first", or ""."""
    maker = _MAKER.search(rest)
    return next((group for group in maker.groups() if group), "") if maker else ""


def _only(question: str, options: tuple[str, ...], kept: str) -> str:
    """The question about one of its two options."""
    between = rf"{re.escape(options[0])}['\"]?(?:,? (?:and|or) )(?:the |a |an )?['\"]?{re.escape(options[1])}"
    alone = re.sub(between, lambda _: kept, question)
    return (
        re.sub(r"\b(?:both|either|out of|[Bb]etween) ", "", alone).strip()
        if alone != question
        else f"{question.rstrip('? ')}: {kept}?"
    )


def _intersection(question: str, most: int) -> list[str]:
    """Each of two conditions on one thing as a question of its own; `[]` where there are not two."""
    if most < 2:
        return []
    text = question.strip().rstrip("?. ")
    head = re.match(rf"({_ASKING}) ({_VERB}\b.*)", text)
    if head is None:
        return []
    both = re.match(r"(.*?\bboth (?:the )?)(.+?) and (.+)$", head[2])
    if both and both[2][:1].isupper() and re.search(r"[A-Z]", both[3]):
        before = re.sub(r"\bboth ", "", both[1])
        return [f"{head[1]} {before}{each}?" for each in (both[2], both[3])]
    pair = re.match(
        r"(.*[A-Z].*?),? and (?:also |who |that |which )?(?:also )?((?:\w+ed|is|was|has|wrote|won|sang|led)\b.*[A-Z].*)$", head[2]
    )
    return [f"{head[1]} {each}?" for each in pair.groups()] if pair else []


def _needs(text: str, at: int) -> tuple[str, ...]:
    numbers = dict.fromkeys(match[1] for match in re.finditer(r"#(\d+)", text))
    return tuple(number for number in numbers if 0 < int(number) < at and number == str(int(number)))


def _result(digest: Digest | None) -> str:
    if digest is None:
        return ""
    return digest.conclusion.strip().rstrip(".") or next((passage.title for passage in digest.resources if passage.title), "")
