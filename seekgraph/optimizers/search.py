"""The state of a compile, through which all rollouts go: journaled, counted, stopped at the budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seekgraph.core.base.identity import digest
from seekgraph.core.base.meter import Meter
from seekgraph.core.machine.bound import Bound
from seekgraph.core.record.trace import Trace
from seekgraph.evaluation.comparisons import Comparison
from seekgraph.evaluation.evaluate import evaluate
from seekgraph.evaluation.report import Report
from seekgraph.evaluation.row import Row
from seekgraph.optimizers.acceptance import Acceptance
from seekgraph.optimizers.allowance import LINES, BudgetSpent, over, price, shared, spent_by, used, within
from seekgraph.optimizers.errors import CompileError
from seekgraph.optimizers.front import Tried
from seekgraph.optimizers.holding import Harm, harms
from seekgraph.optimizers.journal import Journal
from seekgraph.optimizers.objective import Objective
from seekgraph.optimizers.parts import Crossed, Part
from seekgraph.types import Example

Say = Callable[[str, Mapping[str, Any]], None]
"""Takes an event's name and its facts; compiling itself prints nothing."""

NOTHING: Mapping[str, float] = {}


def silent(event: str, facts: Mapping[str, Any]) -> None:
    """Says nothing: for what is done once more only to judge."""


@dataclass(frozen=True)
class Change:
    """What a pass came to: the params that it would change, whether that was accepted, and the paired comparison on rows that it
    was not made from.

    `comparison` is None where the pass found nothing to change, or could not be judged within the budget. `harms` are the held
    metrics that the change makes worse beyond noise; one that has any is not accepted. `proven` says that the comparison proves
    the gain; one that is accepted without is only likely to gain (`Acceptance`)."""

    name: str
    values: Mapping[str, Any]
    accepted: bool
    comparison: Comparison | None = None
    note: str = ""
    harms: tuple[Harm, ...] = ()
    proven: bool = False


@dataclass
class Search:
    """What passes share. `values` are the accepted values of all params as plain data; passes propose others through `accept`.

    `train` is for searching, `val` for judging: a pass must not look at `val` except through `accept`. `reserved`, an amount by
    line of the budget, is what a call for rollouts has to leave over. `pools` are values of params that a pass has gathered, as
    plain data by full name, for a later pass to choose from.

    `hopeless` are the paths of nodes that the passes leave as they are, since nothing is to be gained there (`planning.py`).
    `parts` are there where every row judges (`crossfit.py`). A pass that is `cross_fitted` then searches on `learn`, which are
    all rows, or `train` alone where the user keeps `val` `apart`.
    """

    bound: Bound
    objective: Objective
    train: tuple[Example, ...]
    val: tuple[Example, ...]
    meter: Meter
    journal: Journal
    acceptance: Acceptance
    seed: int = 0
    parallel: int = 16
    say: Say = silent
    values: dict[str, Any] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    compared: list[Tried] = field(default_factory=list)
    offers: list[Tried] = field(default_factory=list)
    pools: dict[str, list[Any]] = field(default_factory=dict)
    trials: list[Mapping[str, Any]] = field(default_factory=list)
    hopeless: frozenset[str] = frozenset()
    parts: list[Part] = field(default_factory=list)
    apart: bool = True
    rollouts: int = 0
    cut: bool = False
    _latest: tuple[str, Bound] | None = None

    def __post_init__(self) -> None:
        self._own = {name: param.to_json() for name, param in self.bound.flow.params().items()}
        self.values = {**self._own, **self.values}
        self.rollouts = int(self.journal.spent.get("rollouts", 0))

    @property
    def learn(self) -> tuple[Example, ...]:
        """The rows that a cross-fitted pass searches on for the artifact."""
        return self.train if self.apart or not self.parts else (*self.train, *self.val)

    @property
    def judges(self) -> tuple[Example, ...]:
        """The rows that what comes of the compile is reported on: those held back, or all, part by part."""
        return self.val if self.apart or not self.parts else tuple(row for part in self.parts for row in part.test)

    def judged(self, values: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of `judges` that the journal has under `values`, or under what was accepted, each as it was found without the
        row; none where one is missing."""
        if values is not None or self.apart or not self.parts:
            return self.journaled(self.values if values is None else values, self.judges) or []
        found = [self.journaled(part.values, part.test) for part in self.parts]
        return [row for rows in found for row in rows or ()] if None not in found else []

    @property
    def spent(self) -> dict[str, float]:
        """What this and all earlier sessions have spent."""
        return {**spent_by(self.meter), "rollouts": self.rollouts}

    @property
    def spent_lines(self) -> dict[str, float]:
        """What they have spent, by line of the budget."""
        return {line: used(self.meter, line) for line in LINES}

    def with_values(self, values: Mapping[str, Any]) -> Bound:
        """The bound flow under these param values, given as plain data."""
        key = digest(dict(values))
        if self._latest is None or self._latest[0] != key:
            params = self.bound.flow.params()
            other = {name: value for name, value in values.items() if name not in self._own or self._own[name] != value}
            unknown = sorted(set(other) - set(params))
            if unknown:
                raise CompileError(f"a pass gave values for {unknown}; the flow has the params {sorted(params)}")
            self._latest = (
                key,
                self.bound.with_params({name: params[name].from_json(value).value for name, value in other.items()}),
            )
        return self._latest[1]

    async def rows(
        self, values: Mapping[str, Any], examples: Sequence[Example], *, reserved: Mapping[str, float] = NOTHING
    ) -> list[Row]:
        """The row of each example under `values`, in their order; only those that the journal does not have are run.

        Raises `BudgetSpent` when the budget, less what is `reserved`, ends before all are there; the finished ones are journaled.
        """
        key = digest(dict(values))
        missing = [example for example in examples if f"{key}:{example.id}" not in self.journal.rows]
        if missing:
            await self._run(values, missing, reserved)
        found = self.journaled(values, examples)
        if found is None:
            raise BudgetSpent
        return found

    def journaled(self, values: Mapping[str, Any], examples: Sequence[Example]) -> list[Row] | None:
        """The rows of `examples` under `values` if the journal has all of them."""
        key = digest(dict(values))
        rows = [self.journal.rows.get(f"{key}:{example.id}") for example in examples]
        whole = [row for row in rows if row is not None]
        return whole if len(whole) == len(rows) else None

    async def traces(
        self,
        values: Mapping[str, Any],
        examples: Sequence[Example],
        *,
        reserved: Mapping[str, float] = NOTHING,
        kept: dict[str, Trace] | None = None,
    ) -> list[tuple[Example, Trace]]:
        """Each example that did not crash with the trace of its run under `values`: what fitting reads.

        Traces are not journaled, but what they are made of is: steps come from the memo where it may keep them. The rows are.
        Those in `kept`, by the values and the example, are not run again; it is filled. Raises `BudgetSpent` as `rows` does.
        """
        key, known = digest(dict(values)), {} if kept is None else kept
        missing = [example for example in examples if f"{key}:{example.id}" not in known]
        if missing:
            report = await self._run(values, missing, reserved, traced=True)
            known.update({f"{key}:{id}": trace for id, trace in report.traces.items()})
        found = ((example, known.get(f"{key}:{example.id}")) for example in examples)
        return [(example, trace) for example, trace in found if trace is not None]

    async def _run(
        self, values: Mapping[str, Any], examples: Sequence[Example], reserved: Mapping[str, float], traced: bool = False
    ) -> Report:
        meter, memo, prefix = within(self.meter, reserved), self.bound.memo, digest(dict(values))

        def finished(row: Row) -> None:
            if row.status == "skipped" or over(meter):
                return
            self.rollouts += 1
            key = f"{prefix}:{row.id}"
            if key in self.journal.rows:
                return
            if memo is not None and self.journal.path is not None:
                memo.flush()  # or a kill could lose the steps of a rollout that counts as finished, for others that share them
            self.journal.put_row(key, row, self.spent)

        report = await evaluate(
            self.with_values(values),
            examples,
            metrics=self.objective.metrics(examples),
            rewards=self.objective.rewards_of(examples),
            parallel=self.parallel,
            seed=self.seed,
            meter=meter,
            on_row=finished,
            keep_traces=traced,
        )
        if traced and (report.skipped or over(meter)):  # the journal's rows may be whole, the traces of this time are not
            raise BudgetSpent
        return report

    def recorded(self, key: str) -> Any:
        """What an earlier session, or this one, found out under `key`, as plain data; None where nothing."""
        return self.journal.facts.get(key)

    def record(self, key: str, fact: Any) -> Any:
        """Journal what a pass has computed, so that a resumed compile need not; gives it back as plain data."""
        return self.journal.put_fact(key, fact, self.spent)

    def reserve(self, rows: Sequence[Row]) -> dict[str, float]:
        """What judging a candidate that gave these rows may take: pass it as `reserved` until it is judged."""
        seconds, at_once = self.meter.seconds / max(1, self.rollouts), min(self.parallel, self.bound.concurrency)
        return price(rows, len(self.val), seconds, at_once)

    def share(self, name: str, number: int, reserved: Mapping[str, float]) -> Mapping[str, float]:
        """What the `number`-th search of pass `name` has to leave over: that of all rows is 0, those of the parts are 1 and on.

        Where all rows are searched on, no search can be judged without all others, so they share what is left of the budget
        evenly. Where `val` is kept apart it judges alone if need be, and each search takes what it needs.
        """
        if self.apart or not self.parts:
            return reserved
        key = f"share:{name}:{digest(self.values)}"
        used = self.recorded(key) or self.record(key, self.spent_lines)
        return shared(self.meter.budget, used, reserved, (number + 1) / (len(self.parts) + 1))

    def covers(self, reserved: Mapping[str, float]) -> bool:
        """Whether the budget has this much left."""
        try:
            within(self.meter, reserved)
        except BudgetSpent:
            return False
        return True

    async def accept(self, name: str, values: Mapping[str, Any], note: str = "", crossed: Crossed | None = None) -> bool:
        """Accept `values` in place of the current ones if the rows that judge say that they gain, and that no metric that is
        held gets worse; the change is recorded either way.

        `crossed` is what the same search found for each part; without it the held-back rows judge.

        Raises `CompileError` for more changes than the passes said they would have judged: the test would be void.
        """
        changed = {key: value for key, value in values.items() if self.values.get(key) != value}
        if not changed:
            self._note(Change(name, {}, False, note=note or "found nothing better"))
            return False
        if self.acceptance.comparisons < 1:
            raise CompileError(
                f"pass {name!r} has more changes judged than its `work` said: let `max_comparisons` count all of them"
            )
        held = self.val if crossed is None or self.apart else ()
        try:
            mine, theirs = await self.rows(values, held), await self.rows(self.values, held)
        except BudgetSpent:
            self.unjudged(name, values)
            raise
        after, before = ([*mine, *crossed.after], [*theirs, *crossed.before]) if crossed else (mine, theirs)
        judged = self.acceptance(self.qualities(after), self.qualities(before), pooled=crossed is not None)
        worse = self._harms(after, before, held or self.judges) if judged.taken else ()
        if worse:
            note = "; ".join([*([note] if note else []), f"it makes worse what is held: {', '.join(map(str, worse))}"])
        accepted = judged.taken and not worse
        others = crossed.values if crossed else [{**part.values, **changed} for part in self.parts]
        if self.parts and not self.apart:
            mine = [row for part, other in zip(self.parts, others, strict=True) for row in await self.rows(other, part.test)]
        self.compared.append(Tried(name, dict(values), mine))
        if accepted:
            self.values = dict(values)
            for part, other in zip(self.parts, others, strict=True):
                part.values = dict(other)
        self._note(Change(name, changed, accepted, judged.comparison, note, worse, judged.proven and accepted))
        return accepted

    def leave(self, name: str, why: str) -> None:
        """Record that a pass was not run."""
        self._note(Change(name, {}, False, note=why))

    def unjudged(self, name: str, values: Mapping[str, Any]) -> None:
        """Record a change that the budget did not reach to judge."""
        changed = {key: value for key, value in values.items() if self.values.get(key) != value}
        self._note(Change(name, changed, False, note="not judged: the budget ended"))

    def _harms(self, after: Sequence[Row], before: Sequence[Row], judges: Sequence[Example]) -> tuple[Harm, ...]:
        """What a change makes worse on the rows that judged it, against what it would replace; or, on `judges`, which come first
        among them, against the flow as it came."""
        start = self.journaled(self._own, judges) or []
        since = harms(after[: len(start)], start, self.objective.held)
        return harms(after, before, self.objective.held) or since

    def offer(self, name: str, values: Mapping[str, Any], rows: Sequence[Row]) -> None:
        """Name a candidate that may be worth showing on the front, with its training rows; it will not be chosen by that."""
        self.offers.append(Tried(name, dict(values), rows))

    def stop(self, name: str, why: str) -> None:
        """Say that a pass goes no further for the sake of the budget."""
        self.cut = True
        self.say("stopped", {"pass": name, "why": why})

    def qualities(self, rows: Sequence[Row]) -> list[float]:
        """The quality of each row."""
        return [self.objective.quality(row) for row in rows]

    def signal(self, rows: Sequence[Row]) -> float:
        """The mean signal of rows."""
        return sum(map(self.objective.signal, rows)) / max(1, len(rows))

    def _note(self, change: Change) -> None:
        self.changes.append(change)
        self.say("change", {"change": change})
