"""The pass that gathers demonstrations for the nodes that ask a model."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, cast

from seekgraph.core.language.fitting import FitRow
from seekgraph.core.language.params import DemosParam
from seekgraph.core.machine.bound import Bound
from seekgraph.core.machine.program import Program
from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.optimizers.allowance import BudgetSpent
from seekgraph.optimizers.credit import credit, in_force
from seekgraph.optimizers.models import demonstrable
from seekgraph.optimizers.passes import Work
from seekgraph.optimizers.search import Search
from seekgraph.prompts.demonstrations import Demonstrable, demonstration, size
from seekgraph.rewards.algebra import Reward
from seekgraph.rewards.defaults import DEFAULT_REWARDS
from seekgraph.types import Example

SHARE_ALIKE = 0.5
"""At most this share of a set may have one and the same reply, such as "yes"."""


class Scored(NamedTuple):
    """A demonstration, how good the step was that it is made from (1 for gold), and the example it comes from."""

    demo: dict[str, Any]
    worth: float
    example: str


@dataclass(frozen=True)
class Demonstrate:
    """Gather demonstrations from the training rows, and hand sets of them to the search that follows.

    Two sources for each node that asks a model and has `demos` left to choose. Steps whose own reward is at least `good`, also
    out of runs that failed in the end; a step without a reward of its own, such as a query, has the mean of the steps that read
    what it wrote. And gold: what the node says that the reply should have been. Sets are made of the shortest first, of 1, 2 and
    `most` of them, and of `draws` drawn by the seed from the shorter half. Nothing is chosen here and nothing judged: `Tune`
    searches the sets jointly with instructions and numbers. No row is asked with a demonstration of itself (`nodes.llm_node`).

    After DSPy's BootstrapFewShot (Khattab et al., 2023), which keeps whole runs that ended well, where this keeps steps.
    """

    good: float = 0.7
    draws: int = 2
    rewards: tuple[Reward, ...] = DEFAULT_REWARDS
    name: str = "demonstrate"

    def __post_init__(self) -> None:
        if not 0 < self.good <= 1 or self.draws < 0:
            raise ValueError(f"demonstrations take a reward in (0, 1] and 0 or more draws, not {self.good} and {self.draws}")

    def work(self, bound: Bound, train: int, val: int) -> Work:
        """One run of the training rows; nothing is judged."""
        nodes = demonstrable(bound)
        if not nodes:
            return Work(self.name, 0, 0, 0, "no model is asked")
        return Work(self.name, train, train, 0, f"{len(nodes)} nodes: {', '.join(nodes)}")

    async def run(self, search: Search) -> None:
        """Run the training rows as they are, and gather."""
        reserved = search.reserve(await search.rows(search.values, search.val))
        found: dict[str, list[Any]] | None = search.recorded(self.name)
        if found is None:
            try:
                traces = await search.traces(search.values, search.train, reserved=reserved)
            except BudgetSpent:
                search.stop(self.name, "no demonstrations were gathered: the rest of the budget is for judging")
                return
            judging = replace(self, rewards=in_force(self.rewards, search.objective.rewards))
            found = search.record(self.name, judging.gathered(search.with_values(search.values), traces, search.seed))
        for name, sets in found.items():
            search.pools[name] = sets
            search.say("gathered", {"param": name, "sets": len(sets), "longest": max(map(len, sets), default=0)})

    def gathered(self, bound: Bound, traces: Sequence[tuple[Example, Trace]], seed: int) -> dict[str, list[Any]]:
        """Sets of demonstrations, as plain data by the full name of the param that they are for."""
        worth = {id(trace): credit(trace, self.rewards, example) for example, trace in traces}
        found: dict[str, list[Any]] = {}
        for path, (site, param) in demonstrable(bound).items():
            node = cast(Demonstrable, bound.program.nodes[path].node)
            gold, from_runs = [], []
            for example, trace in traces:
                for step in _visits(trace, path):
                    gold += _taken(_gold(node, bound.program, trace, step, example), 1.0, example)
                    value = worth[id(trace)].value(step.id)
                    if value is not None and value >= self.good:
                        from_runs += _taken(_from_run(node, bound.program, trace, step), value, example)
            most = cast(DemosParam, site.params[param]).most
            found[param] = self._sets(gold, from_runs, most, seed)
        return {name: sets for name, sets in found.items() if sets}

    def _sets(self, gold: Sequence[Scored], from_runs: Sequence[Scored], most: int, seed: int) -> list[Any]:
        """The sets that may be shown, each once."""
        chance = random.Random(seed)
        made: list[list[dict[str, Any]]] = []
        for source in (gold, from_runs):
            order = sorted(source, key=lambda each: (-round(each.worth, 1), size(each.demo), each.example))
            made += [_diverse(order, count) for count in sorted({1, 2, most})]
            half = order[: max(most, (len(order) + 1) // 2)]
            made += [_diverse(chance.sample(half, len(half)), most) for _ in range(self.draws)]
        unlike: list[Any] = []
        for each in made:
            if each and each not in unlike:
                unlike.append(each)
        return unlike


def _visits(trace: Trace, path: str) -> Iterator[Step]:
    return (step for step in trace.visits(path) if step.kind == "node" and step.error is None)


def _gold(node: Demonstrable, program: Program, trace: Trace, step: Step, example: Example) -> dict[str, Any] | None:
    arguments = program.arguments(trace, step)
    reply = node.ideal(FitRow(arguments, example, step.round))
    return None if reply is None else demonstration(node.prompt_inputs(arguments), reply)


def _from_run(node: Demonstrable, program: Program, trace: Trace, step: Step) -> dict[str, Any] | None:
    own = {channel: name for name, channel in getattr(node, "writing", {}).items()}  # a write that `into` sent elsewhere
    reply = node.reply({own.get(channel, channel): value for channel, value in step.writes.items()})
    return None if reply is None else demonstration(node.prompt_inputs(program.arguments(trace, step)), reply)


def _taken(demo: dict[str, Any] | None, worth: float, example: Example) -> list[Scored]:
    return [] if demo is None else [Scored(demo, worth, example.id)]


def _diverse(order: Sequence[Scored], count: int) -> list[dict[str, Any]]:
    """The first `count`, one of each example, not too many with the same reply; shortest first."""
    found: list[Scored] = []
    replies: dict[str, int] = {}
    for each in order:
        reply = str(each.demo["output"].get("text", each.demo["output"])).casefold()
        full = count > 1 and replies.get(reply, 0) >= max(1, int(count * SHARE_ALIKE))
        if len(found) < count and not full and each.example not in {one.example for one in found}:
            found.append(each)
            replies[reply] = replies.get(reply, 0) + 1
    return [each.demo for each in sorted(found, key=lambda each: size(each.demo))]
