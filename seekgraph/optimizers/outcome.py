"""What a compile came to, in words: what was gained and how sure that is, or why nothing changed and what would be needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from seekgraph.evaluation.comparisons import Comparison
from seekgraph.evaluation.intervals import Interval
from seekgraph.optimizers.display import gap
from seekgraph.optimizers.estimate import CompilePlan
from seekgraph.optimizers.expected import expected_gain
from seekgraph.optimizers.search import Change


class Outcome(Protocol):
    """What is read of a compile (`Compiled`)."""

    @property
    def objective(self) -> str: ...

    @property
    def before(self) -> Interval: ...

    @property
    def after(self) -> Interval: ...

    @property
    def gain(self) -> Comparison: ...

    @property
    def changes(self) -> Sequence[Change]: ...

    @property
    def plan(self) -> CompilePlan: ...

    @property
    def status(self) -> str: ...


def proven(changes: Sequence[Change]) -> bool:
    """Whether anything was accepted, and all of it is proven."""
    accepted = [change for change in changes if change.accepted]
    return bool(accepted) and all(change.proven for change in accepted)


def expected(found: Outcome) -> float:
    """The gain that is to be expected on new questions; 0 where nothing was accepted."""
    if not any(change.accepted for change in found.changes):
        return 0.0
    return expected_gain(found.gain, crossed=_every_row(found))


def _every_row(found: Outcome) -> bool:
    return found.plan.folds > 1 and found.after.n >= found.plan.judging


def on_rows(found: Outcome) -> str:
    """Which rows that was reported on, in words."""
    count = found.after.n
    return f"{count} questions, each by what was found without it" if _every_row(found) else f"{count} held-back questions"


def in_words(found: Outcome) -> str:
    """What came of it, for the end of a line: without a full stop."""
    before, after = found.before.mean, found.after.mean
    if before is None or after is None:
        return f"nothing was tried, and the flow is as it came: the budget ended before all questions had run. {_needed(found)}"
    if any(change.accepted for change in found.changes):
        sure = "proven" if proven(found.changes) else "likely, but not proven"
        return (
            f"{found.objective}: {before:.3f} -> {after:.3f} on {on_rows(found)}: a gain of {gap(found.gain)}, {sure}; "
            f"on new questions expect {expected(found):+.3f}, since these were kind to what was taken"
        )
    return f"{_unchanged(found)}, and the flow is as it came: {found.objective} stays at {before:.3f}. {_needed(found)}"


def _unchanged(found: Outcome) -> str:
    if not found.plan.passes:
        return "nothing can be tried: no pass has anything to change in this flow"
    judged = [change for change in found.changes if change.comparison is not None]
    if judged:
        best = max(judged, key=lambda change: (change.comparison and change.comparison.difference.mean) or 0.0)
        assert best.comparison is not None
        way = "likely better, but not proven: accept='likely', or --accept likely, takes it"
        likely = "" if best.harms or not _likely(best) else f", {way}"
        return f"nothing better was found (the best, {best.name}: {gap(best.comparison)}{likely})"
    if found.status == "budget":
        return "nothing was tried that could be judged: the budget ended before that"
    return "nothing better was found: no change gained anything on the questions that were searched on"


def _likely(change: Change) -> bool:
    from seekgraph.optimizers.acceptance import LIKELY

    comparison = change.comparison
    return comparison is not None and (comparison.difference.mean or 0.0) > 0 and comparison.p_value / 2 <= LIKELY


def _needed(found: Outcome) -> str:
    """What it would have taken to find more."""
    plan = found.plan
    if found.status == "budget":
        lines = [f"{plan.spend[line][1]:.3g} {line}" for line in plan.capped]
        return f"The whole plan takes up to {', '.join(lines)}" if lines else "Give a larger budget"
    return plan.sentence() if plan.judging and plan.passes else ""
