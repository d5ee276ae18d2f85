"""What compiling comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seekgraph.core.artifact import save
from seekgraph.evaluation.comparisons import Comparison
from seekgraph.evaluation.intervals import Interval
from seekgraph.optimizers.display import beside_table, changes_table, front_table
from seekgraph.optimizers.estimate import CompilePlan
from seekgraph.optimizers.front import Candidate
from seekgraph.optimizers.search import Change


@dataclass(frozen=True)
class Compiled:
    """A compiled flow: `bound` (what was compiled, with the accepted params) is ready to be called, `save` writes the artifact.

    `before` and `after` are the objective on the held-back rows with 95 % intervals, `gain` their paired comparison, `errors` how
    many of those rows failed before and after, and `silent` on how many a part of the objective had no value and counted as 0 (an
    evaluation leaves such rows out). `metrics` has for each reported metric, costs among them, after minus before on those rows;
    `worse` names those that got worse beyond noise. Since changes were accepted by looking at those rows, judge the result for
    good on rows that compiling has not seen. `changes` are all that were judged, or could not be. `front` are the candidates that
    were run on all held-back rows and that no other of them beats in quality and cost; being chosen by those rows, its best
    looks a little better than it is.

    `status` is "finished", or "budget": it cut something short, and what was accepted stands. `spent` counts what all sessions
    of the compile have paid, by line of usage, with `rollouts` and wall `seconds`; `resumed` are the results that were there.
    """

    bound: Any
    objective: str
    before: Interval
    after: Interval
    gain: Comparison
    errors: tuple[int, int]
    silent: tuple[int, int]
    metrics: Mapping[str, Comparison]
    worse: tuple[str, ...]
    changes: tuple[Change, ...]
    front: tuple[Candidate, ...]
    plan: CompilePlan
    status: str
    spent: Mapping[str, float]
    seed: int
    data: Mapping[str, str]

    @property
    def flow(self) -> Any:
        """The flow with the accepted params."""
        return self.bound.flow

    def save(self, path: str | Path, *, location: str | None = None) -> Path:
        """Write the artifact that `seekgraph.load` reads. `location` is `package.module:attribute` where it cannot be found."""
        scores = {
            "objective": self.objective,
            "before": self.before.model_dump(),
            "after": self.after.model_dump(),
            "gain": self.gain.model_dump(),
        }
        record = {"seed": self.seed, "status": self.status, "changes": [self._change_json(change) for change in self.changes]}
        return save(self.flow, path, location=location, scores=scores, data=dict(self.data), record=record)

    def to_json(self) -> dict[str, Any]:
        """Everything but the flow, as plain data."""
        return {
            "objective": self.objective,
            "status": self.status,
            "before": self.before.model_dump(),
            "after": self.after.model_dump(),
            "gain": self.gain.model_dump(),
            "errors": list(self.errors),
            "counted_as_0": list(self.silent),
            "metrics": {name: each.model_dump() for name, each in self.metrics.items()},
            "worse": list(self.worse),
            "changes": [self._change_json(change) for change in self.changes],
            "front": [
                {"name": each.name, "quality": each.quality, "cost": each.cost, "params": dict(each.values)}
                for each in self.front
            ],
            "plan": self.plan.to_json(),
            "spent": dict(self.spent),
            "seed": self.seed,
            "data": dict(self.data),
        }

    @staticmethod
    def _change_json(change: Change) -> dict[str, Any]:
        comparison = None if change.comparison is None else change.comparison.model_dump()
        found = {"pass": change.name, "accepted": change.accepted, "params": sorted(change.values), "comparison": comparison}
        harms = [{"metric": each.metric, "before": each.before, "after": each.after} for each in change.harms]
        return {**found, **({"note": change.note} if change.note else {}), **({"harms": harms} if harms else {})}

    def __rich__(self) -> Any:
        from rich.console import Group

        moved = any(each.wins or each.losses for each in self.metrics.values())
        beside = [beside_table(self.metrics, self.worse)] if moved else []
        return Group(changes_table(self.objective, self.changes), *beside, front_table(self.front))

    def __repr__(self) -> str:
        return (
            f"Compiled({self.objective}: {self.before.mean} -> {self.after.mean} on {self.after.n} held-back rows, {self.status})"
        )
