"""The pass that gathers demonstrations for the nodes that ask a model."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, cast

from seekgraph.core.language.fitting import FitRow
from seekgraph.core.language.params import DemosParam
from seekgraph.core.machine.bound import Bound
from seekgraph.core.machine.program import Program
from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.optimizers.allowance import BudgetSpent
from seekgraph.optimizers.behaviours import BEHAVIOURS, behaviours
from seekgraph.optimizers.credit import Credit, credit, in_force
from seekgraph.optimizers.models import demonstrable
from seekgraph.optimizers.passes import Work
from seekgraph.optimizers.search import Search
from seekgraph.prompts.demonstrations import Demonstrable, demonstration, size
from seekgraph.prompts.nearest import SHOWN
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
    as many as a node shows, and of `draws` drawn by the seed from the shorter half. The longest set has as many as the node may
    hold, of different examples: from it the node chooses for each question those that are like it and unlike each other
    (`prompts.nearest`). Nothing is chosen here and nothing judged: `Tune` searches the sets jointly with instructions and
    numbers. No row is asked with a demonstration of itself (`nodes.llm_node`).

    With `by="behaviour"` a step is taken for what it shows, whatever it came to (`behaviours.py`): verification, authority,
    adaptive search, error recovery; those that show most of them first. With an `ensemble` of n, the training rows are run n
    times more, each time with another of the sets found so far: other prompts make other queries, and the best of each example is
    taken (LeReT, Hsu et al., 2024; FrugalRAG, 2025).

    After DSPy's BootstrapFewShot (Khattab et al., 2023), which keeps whole runs that ended well, where this keeps steps.
    """

    good: float = 0.7
    draws: int = 2
    rewards: tuple[Reward, ...] = DEFAULT_REWARDS
    by: Literal["reward", "behaviour"] = "reward"
    ensemble: int = 0
    name: str = "demonstrate"

    def __post_init__(self) -> None:
        if not 0 < self.good <= 1 or self.draws < 0 or self.ensemble < 0:
            raise ValueError(
                f"demonstrations take a reward in (0, 1] and 0 or more draws and runs of an ensemble, not {self.good}, "
                f"{self.draws} and {self.ensemble}"
            )
        if self.by not in ("reward", "behaviour"):
            raise ValueError(f"demonstrations are taken by 'reward' or 'behaviour', not {self.by!r}")

    def work(self, bound: Bound, train: int, val: int) -> Work:
        """One run of the training rows, and one for each of the ensemble; nothing is judged."""
        nodes = demonstrable(bound)
        if not nodes:
            return Work(self.name, 0, 0, 0, "no model is asked")
        runs = train * (1 + self.ensemble)
        return Work(self.name, train, runs, 0, f"{len(nodes)} nodes: {', '.join(nodes)}")

    async def run(self, search: Search) -> None:
        """Run the training rows as they are, and gather."""
        reserved = search.reserve(await search.rows(search.values, search.val))
        found: dict[str, list[Any]] | None = search.recorded(self.name)
        if found is None:
            judging = replace(self, rewards=in_force(self.rewards, search.objective.rewards))
            try:
                made = await judging.tried(search, reserved)
            except BudgetSpent:
                search.stop(self.name, "no demonstrations were gathered: the rest of the budget is for judging")
                return
            found = search.record(self.name, made)
        for name, sets in found.items():
            search.pools[name] = sets
            search.say("gathered", {"param": name, "sets": len(sets), "longest": max(map(len, sets), default=0)})

    async def tried(self, search: Search, reserved: Mapping[str, float]) -> dict[str, list[Any]]:
        """What is gathered from the runs as they are and, with an ensemble, from those with sets of that; as far as the budget
        goes. Raises `BudgetSpent` where it does not reach for the first."""
        traces = await search.traces(search.values, search.train, reserved=reserved)
        bound = search.with_values(search.values)
        found = self.gathered(bound, traces, search.seed)
        for number in range(self.ensemble):
            other = {name: sets[-1 - number % len(sets)][:SHOWN] for name, sets in found.items()}
            try:
                traces += await search.traces({**search.values, **other}, search.train, reserved=reserved)
            except BudgetSpent:
                search.stop(self.name, f"in run {number + 1} of {self.ensemble} of the ensemble")
                break
            found = self.gathered(bound, traces, search.seed)
        return found

    def gathered(self, bound: Bound, traces: Sequence[tuple[Example, Trace]], seed: int) -> dict[str, list[Any]]:
        """Sets of demonstrations, as plain data by the full name of the param that they are for."""
        worth = {id(trace): self._worth(trace, credit(trace, self.rewards, example)) for example, trace in traces}
        found: dict[str, list[Any]] = {}
        for path, (site, param) in demonstrable(bound).items():
            node = cast(Demonstrable, bound.program.nodes[path].node)
            gold, from_runs = [], []
            for example, trace in traces:
                for step in _visits(trace, path):
                    gold += _taken(_gold(node, bound.program, trace, step, example), 1.0, example)
                    value = worth[id(trace)].get(step.id)
                    if value is not None:
                        from_runs += _taken(_from_run(node, bound.program, trace, step), value, example)
            most = cast(DemosParam, site.params[param]).most
            found[param] = self._sets(gold, from_runs, most, seed)
        return {name: sets for name, sets in found.items() if sets}

    def _worth(self, trace: Trace, credited: Credit) -> dict[str, float]:
        """What each step is worth showing, by its id, in (0, 1]; the others are left out."""
        if self.by == "behaviour":
            return {name: len(shown) / len(BEHAVIOURS) for name, shown in behaviours(trace, credited, self.good).items()}
        values = {step.id: credited.value(step.id) for step in trace.steps}
        return {name: value for name, value in values.items() if value is not None and value >= self.good}

    def _sets(self, gold: Sequence[Scored], from_runs: Sequence[Scored], most: int, seed: int) -> list[Any]:
        """The sets that may be shown, each once."""
        chance, shown = random.Random(seed), min(most, SHOWN)
        made: list[list[dict[str, Any]]] = []
        for source in (gold, from_runs):
            order = sorted(source, key=lambda each: (-round(each.worth, 1), size(each.demo), each.example))
            made += [_diverse(order, count) for count in sorted({1, 2, shown})]
            half = order[: max(shown, (len(order) + 1) // 2)]
            made += [_diverse(chance.sample(half, len(half)), shown) for _ in range(self.draws)]
            made += [_diverse(order, most)] if most > shown else []
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
