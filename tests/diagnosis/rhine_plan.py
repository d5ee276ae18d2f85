"""The same question, worked on goal by goal in calls."""

from __future__ import annotations

import re
from typing import Any

from rhine import Asked, Corpus, Said, Search

import seekgraph as sg
from seekgraph import S
from seekgraph.flow import Bound
from seekgraph.types import Answer, Digest, Goal, Passage, Plan, Query


class Planned(sg.Writes):
    plan: Plan


GOALS = (Goal(id="1", text="Which town is on the Rhine?"), Goal(id="2", text="Who was born in #1?", needs=("1",)))


class Divide(sg.Node):
    broken: bool = False

    async def run(self, question: str) -> Planned:
        return Planned(plan=Plan(goals=GOALS[:1] if self.broken else GOALS))


class Look(sg.Node):
    """Asks for the goal, with the town in the place of #1; for something else where it is broken."""

    broken: bool = False

    async def run(self, goal: Goal, digests: tuple[Digest, ...] = ()) -> Asked:
        found = {digest.goal_id: digest.conclusion for digest in digests}
        text = re.sub(r"#(\d)", lambda match: found.get(match[1], ""), goal.text)
        return Asked(query=Query(text="Paris" if self.broken else text))


class Tell(sg.Node):
    """The town, or who was born; for goal `wrong` something else."""

    wrong: str = ""

    async def run(self, goal: Goal, query: Query, passages: tuple[Passage, ...] = ()) -> Said:
        pattern = r"(\w+) is a town" if goal.id == "1" else r"(\w+ \w+) was born"
        told = [match[1] for each in passages if (match := re.search(pattern, each.text))]
        text = "Nowhere" if goal.id == self.wrong or not told else told[0]
        return Said(answer=Answer(text=text, citations=tuple(each.id for each in passages[:1])))


class Conclude(sg.Node):
    broken: bool = False

    async def run(self, digests: tuple[Digest, ...]) -> Said:
        return Said(answer=Answer(text="Nobody" if self.broken else digests[-1].conclusion))


def bound(**broken: Any) -> Bound:
    """The flow, with the settings of the nodes that are named."""
    kinds = {"divide": Divide, "look": Look, "search": Search, "tell": Tell, "conclude": Conclude}
    made = {kind: node(**broken.pop(kind, {})) for kind, node in kinds.items()}
    assert not broken
    inside = sg.call(made["look"] >> made["search"] >> made["tell"], name="goal")
    flow = sg.Flow(made["divide"] >> sg.each(S.plan.goals, inside) >> made["conclude"], name="rhine_plan")
    return flow.bind(corpus=Corpus())
