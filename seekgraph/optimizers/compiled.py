"""What compiling comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from seekgraph.core.artifact import save
from seekgraph.evaluation.comparisons import Comparison
from seekgraph.evaluation.intervals import Interval
from seekgraph.optimizers.display import beside_table, changes_table, front_table
from seekgraph.optimizers.estimate import CompilePlan
from seekgraph.optimizers.front import Candidate, pick
from seekgraph.optimizers.judged import Judging, Verdict
from seekgraph.optimizers.outcome import expected, in_words, proven
from seekgraph.optimizers.search import Change


@dataclass(frozen=True)
class Compiled:
    """A compiled flow: `bound` (what was compiled, with the accepted params) is ready to be called, `save` writes the artifact.

    `before` and `after` are the objective on the held-back rows with 95 % intervals, `gain` their paired comparison, `errors` how
    many of those rows failed before and after, and `silent` on how many a part of the objective had no value and counted as 0 (an
    evaluation leaves such rows out). `metrics` has for each reported metric, costs among them, after minus before on those rows;
    `worse` names those that got worse beyond noise. Since changes were accepted by looking at those rows, judge the result for
    good on rows that compiling has not seen. `changes` are all that were judged, or could not be.

    `candidates` are the param values that were run on all held-back rows, the flow as it came among them; `front` are those that
    no other beats in quality and cost. Being chosen by those rows, the best of them looks a little better than it is. `at` takes
    another of them than the accepted one.

    `status` is "finished", or "budget": it cut something short, and what was accepted stands. `spent` counts what all sessions
    of the compile have paid, by line of usage, with `rollouts` and wall `seconds`; `resumed` are the results that were there.
    `trials` are what the passes tried on the rows to search on, in order, as they were said.
    """

    bound: Any
    objective: str
    verdict: Verdict
    changes: tuple[Change, ...]
    candidates: tuple[Candidate, ...]
    front: tuple[Candidate, ...]
    plan: CompilePlan
    status: str
    spent: Mapping[str, float]
    seed: int
    data: Mapping[str, str]
    judging: Judging = field(repr=False)
    trials: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)

    @property
    def flow(self) -> Any:
        """The flow with the accepted params."""
        return self.bound.flow

    @property
    def values(self) -> dict[str, Any]:
        """The params whose values differ from those that the flow came with, as plain data."""
        came = {name: param.to_json() for name, param in self.judging.bound.flow.params().items()}
        return {name: param.to_json() for name, param in self.flow.params().items() if param.to_json() != came[name]}

    @property
    def before(self) -> Interval:
        """The objective on the held-back rows as the flow came, with a 95 % interval."""
        return self.verdict.before

    @property
    def after(self) -> Interval:
        """The objective on the held-back rows with the accepted params, with a 95 % interval."""
        return self.verdict.after

    @property
    def gain(self) -> Comparison:
        """`after` less `before`, row by row."""
        return self.verdict.gain

    @property
    def errors(self) -> tuple[int, int]:
        """How many held-back rows failed, before and after."""
        return self.verdict.errors

    @property
    def silent(self) -> tuple[int, int]:
        """On how many held-back rows a part of the objective had no value, before and after."""
        return self.verdict.silent

    @property
    def metrics(self) -> Mapping[str, Comparison]:
        """Each reported metric, after less before."""
        return self.verdict.metrics

    @property
    def worse(self) -> tuple[str, ...]:
        """The reported metrics that got worse beyond noise."""
        return self.verdict.worse

    @property
    def proven(self) -> bool:
        """Whether anything was accepted, and the rows prove that all of it gains; else it is likely to, no more."""
        return proven(self.changes)

    @property
    def expected_gain(self) -> float:
        """The gain to expect on new questions: less than on the rows, which were kind to what was taken; 0 where nothing was."""
        return expected(self)

    def sentence(self) -> str:
        """What was gained and how sure that is, or why nothing changed and what would have been needed, in words."""
        return in_words(self)

    def at(
        self,
        *,
        quality: float | None = None,
        usd_per_query: float | None = None,
        calls_per_query: float | None = None,
        searches_per_query: float | None = None,
        tokens_per_query: float | None = None,
        seconds_per_query: float | None = None,
    ) -> Compiled:
        """The best candidate within the limits, as a compiled flow of its own; with `quality`, the cheapest that reaches it.

            cheap = compiled.at(usd_per_query=0.002)
            cheap.save("cheap.flow.json")

        Limits and quality are of means over the held-back rows; seconds are those of a run that remembers nothing. The choice is
        made by looking at those rows and is not tested: `gain` of what comes back says what it gave there. Raises `CompileError`
        where no candidate is within the limits, naming the nearest, and for dollars where a price is not known.
        """
        given = {
            "usd": usd_per_query,
            "calls": calls_per_query,
            "searches": searches_per_query,
            "tokens": tokens_per_query,
            "seconds": seconds_per_query,
        }
        chosen = pick(self.candidates, quality, {name: most for name, most in given.items() if most is not None})
        bound, verdict = self.judging.with_changes(chosen.values), self.judging.verdict(chosen.rows)
        return replace(self, bound=bound, verdict=verdict)

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

    def to_html(self) -> str:
        """The report as one HTML page that needs nothing else and runs no script: quality against cost, what changed, what was
        rejected and why, and the proof row by row, with questions and answers."""
        from seekgraph.optimizers.report.page import page

        return page(self)

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
            "proven": self.proven,
            "expected_gain": self.expected_gain,
            "changes": [self._change_json(change) for change in self.changes],
            "front": [each.to_json() for each in self.front],
            "plan": self.plan.to_json(),
            "spent": dict(self.spent),
            "seed": self.seed,
            "data": dict(self.data),
        }

    @staticmethod
    def _change_json(change: Change) -> dict[str, Any]:
        comparison = None if change.comparison is None else change.comparison.model_dump()
        params = sorted(change.values)
        found = {"pass": change.name, "accepted": change.accepted, "proven": change.proven, "params": params}
        found["comparison"] = comparison
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
