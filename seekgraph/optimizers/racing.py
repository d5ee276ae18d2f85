"""Racing candidates on the training rows: block by block, each given up as soon as it is behind the best one."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from seekgraph.core.base.identity import digest
from seekgraph.core.record.trace import Trace
from seekgraph.evaluation.row import Row
from seekgraph.optimizers.holding import HOLD_WEIGHT, LEAST, behind, falls
from seekgraph.optimizers.population import Member
from seekgraph.optimizers.search import Search
from seekgraph.optimizers.surrogate import Surrogate
from seekgraph.prompts.budget import estimate
from seekgraph.types import Example


@dataclass
class Racing:
    """Runs candidates, and keeps the traces of those that were run on all rows. `paths` has the full name of the instruction
    of each node whose instruction is written. `cases` are boundary cases, on which candidates are run, too."""

    BLOCKS: ClassVar[int] = 4
    PATIENCE: ClassVar[float] = 1.5
    """Standard errors of the paired difference by which a candidate may be behind."""

    CASE: ClassVar[float] = 0.5
    """What a boundary case counts beside a training row: its label is less sure."""

    search: Search
    reserved: Mapping[str, float]
    length_price: float
    paths: Mapping[str, str]
    cases: list[Example] = field(default_factory=list)
    _start: list[Row] = field(default_factory=list)
    _traces: dict[tuple[str, str], Trace] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.params = tuple(self.paths.values())
        self.surrogate = Surrogate(tuple(self.paths))

    async def start(self) -> Member:
        """What there is, as a member."""
        values = dict(self.search.values)
        self._start = await self._rows(values, self.order())
        self._learn(self._start)
        return self.member(values, self._start, affordable=True)

    def order(self) -> list[Example]:
        """The training rows in an order drawn once by the seed."""
        rows = list(self.search.train)
        random.Random(f"{self.search.seed}:race").shuffle(rows)
        return rows

    async def race(self, values: Mapping[str, Any], best: Member) -> Member | None:
        """The candidate as a member; None where it was given up. Raises `BudgetSpent`."""
        rows: list[Row] = []
        order = self.order()
        size = max(LEAST, math.ceil(len(order) / self.BLOCKS))
        handicap = self._price(values) - self._price(best.values)
        for start in range(0, len(order), size):
            rows += await self._rows(values, order[start : start + size])
            gaps = self._gaps(values, rows, best.values, best.rows[: len(rows)])
            if behind([gap - handicap for gap in gaps], self.PATIENCE):
                self._learn(rows)
                return None
        self._learn(rows)
        if self.cases:
            await self._rows(values, self.cases)
        return self.member(values, rows, self._affordable(values, rows))

    async def take(self, cases: Sequence[Example], best: Member) -> None:
        """More cases, on which what there was and the best candidate are run. Raises `BudgetSpent`."""
        if new := [each for each in cases if self.search.objective.applies_to(each)]:
            for values in (self.search.values, best.values):
                await self._rows(values, new)
            self.cases += new

    def on_cases(self, member: Member) -> list[tuple[Example, Trace, Row]]:
        """The runs of a member on cases, of those that it was run on."""
        key, found = digest(dict(member.values)), list[tuple[Example, Trace, Row]]()
        for case in self.cases:
            rows, trace = self.search.journaled(member.values, [case]), self._traces.get((key, case.id))
            if rows and trace is not None:
                found.append((case, trace, rows[0]))
        return found

    async def traces(self, member: Member) -> list[tuple[Example, Trace, Row]]:
        """The runs of a member on the training rows that did not crash. Those that are not kept are run once more, which costs
        what the memo does not know."""
        key = digest(dict(member.values))
        order = self.order()
        missing = [example for example in order if (key, example.id) not in self._traces]
        if missing:
            await self._run(member.values, missing)
        found = ((example, self._traces.get((key, example.id)), row) for example, row in zip(order, member.rows, strict=True))
        return [(example, trace, row) for example, trace, row in found if trace is not None]

    async def _rows(self, values: Mapping[str, Any], examples: Sequence[Example]) -> list[Row]:
        known = self.search.journaled(values, examples)
        if known is None:
            await self._run(values, examples)
        return await self.search.rows(values, examples, reserved=self.reserved)

    async def _run(self, values: Mapping[str, Any], examples: Sequence[Example]) -> None:
        key = digest(dict(values))
        for example, trace in await self.search.traces(values, examples, reserved=self.reserved):
            self._traces[key, example.id] = trace

    def keep(self, members: Sequence[Member]) -> None:
        """Let go of the traces of all others."""
        keys = {digest(dict(each.values)) for each in members}
        self._traces = {name: trace for name, trace in self._traces.items() if name[0] in keys}

    def again(self, member: Member) -> Member:
        """A member as it looks by all that is known now."""
        return self.member(member.values, member.rows, member.affordable)

    def _affordable(self, values: Mapping[str, Any], rows: Sequence[Row]) -> bool:
        """Whether what is left pays for judging a candidate that gave these rows; journaled, since a resumed compile has less
        left when it comes here again."""
        key = f"affordable:{digest(dict(values))}"
        if (known := self.search.recorded(key)) is None:
            known = self.search.record(key, self.search.covers(self.search.reserve(rows)))
        return bool(known)

    def member(self, values: Mapping[str, Any], rows: Sequence[Row], affordable: bool) -> Member:
        """A candidate that was run on all rows. `affordable` says whether what was left when it came could pay for judging it."""
        start = dict(self.search.values)
        before = [self.search.objective.signal(row) for row in self._start]
        gained = self._gaps(values, rows, start, self._start) if values != start else [0.0] * len(rows)
        signals = tuple(signal + gap for signal, gap in zip(before, gained, strict=True))
        fallen = falls(rows, self._start, self.search.objective.held)
        score = sum(signals) / max(1, len(signals)) - HOLD_WEIGHT * fallen.total - self._price(values)
        score += self._gained_on_cases(values)
        return Member(dict(values), rows, signals, score, affordable, eligible=affordable and not fallen.clear)

    def _gaps(
        self, values: Mapping[str, Any], mine: Sequence[Row], others: Mapping[str, Any], theirs: Sequence[Row]
    ) -> list[float]:
        """What one candidate gains over another on each row, by its signal and by what the rewards of the changed nodes say."""
        signal = self.search.objective.signal
        seen = [signal(one) - signal(other) for one, other in zip(mine, theirs, strict=True)]
        changed = [path for path, name in self.paths.items() if values[name] != others[name]]
        return self.surrogate.gaps(mine, theirs, seen, changed)

    def _gained_on_cases(self, values: Mapping[str, Any]) -> float:
        """What a candidate gains on the boundary cases that it was run on, as a part of the mean over all rows."""
        gained = 0.0
        for case in self.cases:
            mine, theirs = self.search.journaled(values, [case]), self.search.journaled(self.search.values, [case])
            if mine and theirs:
                gained += self.search.objective.signal(mine[0]) - self.search.objective.signal(theirs[0])
        return self.CASE * gained / max(1.0, len(self._start) + self.CASE * len(self.cases))

    def _learn(self, rows: Sequence[Row]) -> None:
        self.surrogate.learn(rows, list(map(self.search.objective.signal, rows)))

    def _price(self, values: Mapping[str, Any]) -> float:
        """What the length of all written texts takes off, in points of the signal."""
        return self.length_price * sum(estimate(str(values[name])) for name in self.params) / 100
