"""What evaluating gives: a report, computed from the rows of the examples.

The rows are the truth; means, intervals and sums are worked out from them when they are asked for. So a report that only its
rows are read of costs no statistics, and one that was read back from a file cannot contradict itself.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from seekgraph.core.base.errors import SeekgraphError
from seekgraph.evaluation.comparisons import Comparison, paired
from seekgraph.evaluation.intervals import Bounds, Interval, bounds_of, interval
from seekgraph.evaluation.row import Row as Row
from seekgraph.evaluation.row import RowError as RowError

if TYPE_CHECKING:
    from rich.console import Group

    from seekgraph.core.record.trace import Trace

VERSION = 1
COSTS = ("searches", "calls", "ranks", "tokens", "tokens_in", "tokens_out", "usd", "unpriced", "fallbacks", "seconds", "waited")


class ReportError(SeekgraphError, ValueError):
    """A report cannot be read, has no such metric, or cannot be compared with another."""


class Cost(NamedTuple):
    """A sum over all examples: what the results cost when they were made, and what of it was paid now and not in the memo."""

    total: float
    paid: float

    @property
    def memo(self) -> float:
        """What the memo saved."""
        return self.total - self.paid


@dataclass(frozen=True)
class Report:
    """How a flow does on a dev set. `rows` are in the order of the examples.

    `names` are the metrics in order, `lower_is_better` those of them where less is better. `seconds` is wall time. `traces`, by
    example id, are there if they were asked for, and are not saved.
    """

    flow: str
    fingerprint: str
    rows: tuple[Row, ...]
    names: tuple[str, ...]
    lower_is_better: frozenset[str] = frozenset()
    seed: int = 0
    seconds: float = 0.0
    traces: Mapping[str, Trace] = field(default_factory=dict, compare=False, repr=False)

    @property
    def n(self) -> int:
        """All examples, also those that failed or were skipped."""
        return len(self.rows)

    @cached_property
    def statuses(self) -> Counter[str]:
        """How many rows have each status."""
        return Counter(row.status for row in self.rows)

    @property
    def errors(self) -> int:
        """Examples without values because their run, or scoring it, failed. A wrong answer is not an error."""
        return self.statuses["failed"]

    @property
    def partial(self) -> int:
        """Examples whose run a budget ended early; their values count."""
        return self.statuses["partial"]

    @property
    def skipped(self) -> int:
        """Examples that were not started since the budget was spent."""
        return self.statuses["skipped"]

    @cached_property
    def step_errors(self) -> dict[str, int]:
        """Failed steps by code, also those that their run went on after."""
        return dict(sum((Counter(row.step_errors) for row in self.rows), Counter[str]()))

    @cached_property
    def metrics(self) -> dict[str, Interval]:
        """The mean of each metric over the rows that have a value, with its 95 % interval (`intervals.interval`).

        A row whose metric is None is left out, not counted as 0: `n` of the interval says how many rows there are. (Compiling
        counts such rows as 0: see `Objective`.)
        """
        found = {name: [row.metrics.get(name) for row in self.rows] for name in self.names}
        return {name: interval(values, _bounds(name, values)) for name, values in found.items()}

    @cached_property
    def rewards(self) -> dict[str, dict[str, Interval]]:
        """For each node's path the mean of each reward with its interval.

        An example counts once, with the mean over its visits: visits of one run are not independent of one another. Visits of
        runs that failed later count too.
        """
        found: dict[str, dict[str, list[float]]] = {}
        for row in self.rows:
            for path in row.rewards:
                for name, value in row.reward_means(path).items():
                    found.setdefault(path, {}).setdefault(name, []).append(value)
        return {path: {name: interval(each, bounds_of(each)) for name, each in names.items()} for path, names in found.items()}

    @cached_property
    def visits(self) -> dict[str, int]:
        """How often each node ran, by path, over all examples."""
        return dict(sum((Counter(row.visits) for row in self.rows), Counter[str]()))

    @cached_property
    def cost(self) -> dict[str, Cost]:
        """Sums over all rows: what `Usage` counts, tokens of both directions, and seconds, which are the runs' own and
        paid: what they waited for other examples is in "waited". Runs go on at the same time, so that their seconds together are
        more than those that passed (`seconds` of the report)."""
        return {line: Cost(*(sum(row.spent(line, paid=paid) for row in self.rows) for paid in (False, True))) for line in COSTS}

    def values(self, metric: str, errors: float | None = None) -> list[float | None]:
        """The metric's value of each row, in order; None where there is none.

        A row that failed counts as `errors` if the metric could have applied to it. A skipped row is always None.
        Raises `ReportError` for a metric that was not evaluated.
        """
        if metric not in self.names:
            raise ReportError(f"the report has no metric {metric!r}: it has {', '.join(self.names)}")
        return [errors if row.failed and metric in row.metrics else row.metrics.get(metric) for row in self.rows]

    def reward_values(self, path: str, reward: str) -> list[float | None]:
        """The mean of a reward over the visits of a node in each row, in order; None where it applied to none."""
        return [row.reward_means(path).get(reward) for row in self.rows]

    def compare(self, other: Report, errors: float | None = None) -> dict[str, Comparison]:
        """This report (a) against another (b), example by example, for each metric that both have; order does not matter.

        `errors` is what a failed row counts as; None leaves it out. Raises `ReportError` where they are not of the same examples.
        """
        ours, theirs = {row.id for row in self.rows}, {row.id: number for number, row in enumerate(other.rows)}
        if ours != theirs.keys():
            odd = sorted(ours ^ theirs.keys())
            shown = ", ".join(map(repr, odd[:5]))
            raise ReportError(f"reports are compared example by example, and {len(odd)} ids are in one only: {shown}")
        compared = {}
        for name in (name for name in self.names if name in other.names):
            values = other.values(name, errors)
            aligned = [values[theirs[row.id]] for row in self.rows]
            mine = self.values(name, errors)
            better = name not in self.lower_is_better
            compared[name] = paired(mine, aligned, bounds=_bounds(name, [*mine, *aligned]), higher_is_better=better)
        return compared

    def worst(self, metric: str, n: int = 10) -> list[Row]:
        """The n rows where the metric is worst, worst first, ties in order. Rows without a value are not among them."""
        sign = -1.0 if metric in self.lower_is_better else 1.0
        valued = [(sign * value, row) for value, row in zip(self.values(metric), self.rows, strict=True) if value is not None]
        return [row for _, row in sorted(valued, key=lambda pair: pair[0])[:n]]

    def to_json(self) -> dict[str, Any]:
        """The report as plain data: `n`, `errors`, `metrics: {name: {mean, low, high}}`, rewards, cost and rows."""
        return {
            "report": VERSION,
            **{name: getattr(self, name) for name in ("flow", "fingerprint", "seed", "seconds")},
            **{name: getattr(self, name) for name in ("n", "errors", "partial", "skipped", "step_errors")},
            "metrics": {name: found.model_dump(exclude={"n"}) for name, found in self.metrics.items()},
            "lower_is_better": sorted(self.lower_is_better),
            "visits": self.visits,
            "rewards": {path: {name: found.model_dump() for name, found in each.items()} for path, each in self.rewards.items()},
            "cost": {line: {"total": cost.total, "paid": cost.paid, "memo": cost.memo} for line, cost in self.cost.items()},
            "rows": [row.model_dump(mode="json", exclude_defaults=True) for row in self.rows],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Report:
        """The report that `to_json` gave. Raises `ReportError` for anything else."""
        if not isinstance(data, Mapping) or data.get("report") != VERSION:
            raise ReportError(f"not a report of version {VERSION}: write one with Report.save")
        try:
            named = {name: data[name] for name in ("flow", "fingerprint", "seed", "seconds")}
            rows = tuple(_ROWS.validate_python(data["rows"]))
            return cls(**named, rows=rows, names=tuple(data["metrics"]), lower_is_better=frozenset(data["lower_is_better"]))
        except (KeyError, TypeError, ValidationError) as error:
            raise ReportError(f"not a whole report: {type(error).__name__}: {error}") from None

    def save(self, path: str | Path) -> Path:
        """Write the report as JSON; the file appears when it is whole."""
        target = Path(path)
        unfinished = target.with_name(target.name + ".part")
        unfinished.write_text(json.dumps(self.to_json(), indent=1, ensure_ascii=False), encoding="utf-8")
        return unfinished.replace(target)

    @classmethod
    def load(cls, path: str | Path) -> Report:
        """Read a report that was saved. Raises `ReportError`, naming the file, and `OSError`."""
        try:
            return cls.from_json(json.loads(Path(path).read_bytes()))
        except (ReportError, ValueError) as error:
            raise ReportError(f"{path}: {error}") from None

    def __rich__(self) -> Group:
        from seekgraph.evaluation.tables import as_rich

        return as_rich(self)

    def _repr_html_(self) -> str:
        from seekgraph.evaluation.tables import as_html

        return as_html(self)

    def __repr__(self) -> str:
        first = f", {self.names[0]} {self.metrics[self.names[0]].mean}" if self.names else ""
        return f"Report({self.flow!r}: {self.n} examples, {self.errors} errors{first})"


def _bounds(name: str, values: Iterable[float | None]) -> Bounds | None:
    """What is known of a metric's range: nothing of what something costs, [0, 1] of others whose values are all in it."""
    return None if name in COSTS else bounds_of(values)


_ROWS = TypeAdapter(list[Row])
