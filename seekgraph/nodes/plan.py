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
from seekgraph.nodes.rules.language import rules_for
from seekgraph.prompts.outputs import GoalOut, PlanOut, to_plan
from seekgraph.prompts.prompt import OURS
from seekgraph.types import Digest, Goal, Turn
from seekgraph.types import Plan as Goals


class Planned(Writes):
    plan: Goals


class Plan(LLMNode):
    """Split a question into goals that form a DAG. In a goal's text `#1` stands for the result of goal "1", which it needs.

    Three families of patterns, each of which can be switched off: `comparisons` ("Who is older, A or B?": what is compared, for
    each of the two), `bridges` ("the mother of the director of X": inner things first), `intersections` ("Who acted in A and also
    directed B?": each condition on its own). At most `most` goals; a question that matches nothing is one, and so is one in
    another language than English (`nodes.rules`).

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

    @property
    def reply_tokens(self) -> int:
        return 16 + 40 * self.most  # a goal is one short question

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
            GoalOut(id=str(at), text=hop.question.strip(), needs=needs_of(hop.question, at))
            for at, hop in enumerate(hops, start=1)
        ]
        return PlanOut(goals=tuple(goals)) if 0 < len(goals) <= value_of(self.most) else None


def plan_by_patterns(
    question: str, most: int = 6, *, comparisons: bool = True, bridges: bool = True, intersections: bool = True
) -> Goals:
    """The goals of a question, at most `most`. Never fails: a question without a pattern, or an empty one, is one goal."""
    families = {"comparisons": comparisons, "bridges": bridges, "intersections": intersections}
    asks = rules_for(question).split(question, most, [name for name, on in families.items() if on])
    return Goals(goals=tuple(Goal(id=str(at), text=text, needs=needs_of(text, at)) for at, text in enumerate(asks, start=1)))


def resolve(text: str, digests: Iterable[Digest]) -> str:
    """A goal's text with the conclusions of other goals in the place of its references: "Who is #1's mother?".

    `#n` stands for the conclusion of the digest whose goal has the id "n", where there are several the last one. A goal that came
    to no conclusion is named by the title of its best resource; a reference to a goal without a digest stays as it is.
    """
    found = {digest.goal_id: digest for digest in digests if digest.goal_id}
    return _REFERENCE.sub(lambda match: _result(found.get(match[1])) or match[0], text)


_REFERENCE = re.compile(r"#([A-Za-z0-9_]+)")


def needs_of(text: str, at: int) -> tuple[str, ...]:
    """The earlier goals, by id, that the text of the `at`-th goal refers to."""
    numbers = dict.fromkeys(match[1] for match in re.finditer(r"#(\d+)", text))
    return tuple(number for number in numbers if 0 < int(number) < at and number == str(int(number)))


def _result(digest: Digest | None) -> str:
    if digest is None:
        return ""
    return digest.conclusion.strip().rstrip(".") or next((passage.title for passage in digest.resources if passage.title), "")
