"""Calibrating a judge: its verdicts against gold answers, and the map that makes probabilities of its scores.

found = calibrate(bound, examples)                      # the flow's node "judge" judges each answer
found.before.kappa, found.after.brier                   # as it is; with the map, on examples that it was not fitted on
trusted = bound.with_params(found.params)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel, ConfigDict

from seekgraph.core.base.budget import Budget
from seekgraph.core.base.sync import run_sync
from seekgraph.core.language.fitting import FitRow
from seekgraph.core.machine.bound import Bound
from seekgraph.core.record.trace import Trace
from seekgraph.evaluation.agreement import Agreement, JudgeError, Judgement, agreement
from seekgraph.evaluation.evaluate import evaluate
from seekgraph.evaluation.examples import folds, read_examples
from seekgraph.evaluation.intervals import Interval
from seekgraph.evaluation.report import Report
from seekgraph.nodes.judge import Judge, is_right
from seekgraph.types import Answer, Example, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from rich.table import Table


class Calibration(BaseModel):
    """What `calibrate` found; printed by rich it is a table.

    `before` is the judge as it is. `after` is with the map that is fitted, each verdict by one that was fitted on other examples;
    None where there is nothing to fit it to (see `Judge.fit`). `params` are the fitted values by their full names, from all
    examples: `bound.with_params(found.params)`. `unjudged` counts the examples in which no verdict on an answer was reached.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    judge: str
    before: Agreement
    after: Agreement | None
    params: Mapping[str, Any]
    unjudged: int = 0

    def __rich__(self) -> Table:
        return _table(self)


def calibrate(bound: Bound, examples: Iterable[Example] | str | Path, judge: str = "judge", **options: Any) -> Calibration:
    """`acalibrate`, from ordinary code."""
    return run_sync(acalibrate(bound, examples, judge, **options))


async def acalibrate(
    bound: Bound,
    examples: Iterable[Example] | str | Path,
    judge: str = "judge",
    *,
    parts: int = 5,
    seed: int = 0,
    parallel: int = 32,
    budget: Budget | None = None,
) -> Calibration:
    """Run the flow on `examples`, compare what its `Judge` at the path `judge` says of the answers with gold, and fit its map.

    An answer is right where its token F1 with a gold answer is 0.5 or more. Examples without answers are left out. They are
    divided in `parts` (2 or more), so that `after` is seen on examples that the map was not fitted on. The flow is not changed.

    Raises `JudgeError` where no `Judge` is at that path, no example has answers, or no verdict was reached.
    """
    site = bound.flow.sites.get(judge)
    if site is None or not isinstance(site.element, Judge):
        there = [path for path, each in bound.flow.sites.items() if isinstance(each.element, Judge)]
        raise JudgeError(f"{bound.flow!r} has no Judge at {judge!r}: {f'they are at {there}' if there else 'it has none'}")
    given = examples if isinstance(examples, Iterable) and not isinstance(examples, str) else read_examples(examples)
    rows = [example for example in given if example.answers]
    if not rows:
        raise JudgeError("none of the examples has answers: there is nothing to compare the judge with")
    node = cast(Judge, bound.program.nodes[judge].node)
    report = await evaluate(bound, rows, metrics=(), rewards=(), seed=seed, parallel=parallel, budget=budget, keep_traces=True)
    visits = {row.id: _visits(bound, judge, row, report.traces[row.id]) for row in rows if row.id in report.traces}
    if not any(visits.values()):
        raise JudgeError(f"{judge} came to no verdict on an answer in {len(rows)} examples: {_why(judge, report)}")

    def of(examples: Iterable[Example]) -> list[FitRow]:
        return [visit for example in examples for visit in visits.get(example.id, ())]

    after: list[Judgement] = []
    fitted = False
    slot = site.slots.get("calibration")
    for fold in folds(rows, parts, seed) if slot and 2 <= parts <= len(rows) else ():
        model = node.fit(of(fold.train), seed).get("calibration")
        fitted |= model is not None
        after += [_judged(node._changed(calibration=model or node.calibration), visit) for visit in of(fold.test)]
    model = node.fit(of(rows), seed).get("calibration") if slot else None
    return Calibration(
        judge=judge,
        before=agreement(_as_is(node, visit) for visit in of(rows)),
        after=agreement(after) if fitted else None,
        params={slot[0]: model} if slot and model is not None else {},
        unjudged=sum(not visits.get(row.id) for row in rows),
    )


def _visits(bound: Bound, judge: str, example: Example, trace: Trace) -> list[FitRow]:
    """The visits of the judge that came to a verdict on an answer."""
    channel = bound.program.nodes[judge].node.writing.get("verdict", "verdict")
    made = [step for step in trace.visits(judge) if step.error is None and isinstance(step.writes.get(channel), Verdict)]
    rows = [FitRow(bound.program.arguments(trace, step), example, step.round, step.writes) for step in made]
    return [row for row in rows if isinstance(row.arguments.get("answer"), Answer)]


def _why(judge: str, report: Report) -> str:
    """The first error of the judge, or else of a run, or that it was not reached."""
    failed = [step.error.message for trace in report.traces.values() for step in trace.visits(judge) if step.error is not None]
    failed += [row.error.message for row in report.rows if row.error is not None]
    return f"the first error is: {failed[0]}" if failed else "no run reached it; was the budget spent?"


def _as_is(node: Judge, visit: FitRow) -> Judgement:
    verdict: Verdict = visit.writes[node.writing.get("verdict", "verdict")]
    return Judgement(verdict.score, verdict.label == "pass", is_right(visit.arguments["answer"], visit.example))


def _judged(node: Judge, visit: FitRow) -> Judgement:
    """What the judge would have said of a visit with its calibration; the same as it did where no model was asked."""
    raw = visit.writes.get(node.writing.get("raw_verdict", "raw_verdict"))
    if raw is None:
        return _as_is(node, visit)
    verdict = node.calibrated(raw, visit.arguments["answer"])
    return Judgement(verdict.score, verdict.label == "pass", is_right(visit.arguments["answer"], visit.example))


def _table(found: Calibration) -> Table:
    from rich.table import Table

    table = Table(title=f"{found.judge}: {found.before.n} verdicts against gold", title_justify="left")
    table.add_column("")
    table.add_column("as it is")
    if found.after is not None:
        table.add_column("calibrated, on held-out examples")
    for name in ("kappa", "accuracy", "brier"):
        sides: Sequence[Agreement] = [found.before] if found.after is None else [found.before, found.after]
        table.add_row(name, *(_interval(getattr(side, name)) for side in sides))
    return table


def _interval(value: Interval) -> str:
    if value.mean is None or value.low is None or value.high is None:
        return "not defined"
    return f"{value.mean:.2f} [{value.low:.2f}, {value.high:.2f}]"
