"""Diagnosing: evaluate, blame each failed example, and ask of each node what it would gain if it were perfect."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from seekgraph.core.base.budget import Budget, Usage
from seekgraph.core.base.meter import Meter
from seekgraph.core.machine.bound import Bound
from seekgraph.diagnosis.blame import blame
from seekgraph.diagnosis.diagnosis import CLASSES, Diagnosis, DiagnosisError, Finding, NodeFinding
from seekgraph.diagnosis.display import drawn_flow, shown_example
from seekgraph.diagnosis.factors import factors
from seekgraph.diagnosis.gold import Place
from seekgraph.diagnosis.headroom import Headroom, candidates, is_bound, pairs
from seekgraph.diagnosis.progress import Phases
from seekgraph.diagnosis.runs import Case, Goodness, for_all
from seekgraph.diagnosis.waterfall import waterfall
from seekgraph.evaluation.evaluate import evaluate
from seekgraph.evaluation.intervals import Interval, bounds_of, interval
from seekgraph.evaluation.metrics import Metric
from seekgraph.evaluation.metrics import metric as metric_of
from seekgraph.evaluation.report import Report
from seekgraph.evaluation.validation import examples_of, metrics_for, rewards_for
from seekgraph.rewards.algebra import Reward
from seekgraph.types import Example

F1_GOOD = 0.5
"""The token F1 from which an answer counts as good, unless told otherwise."""


async def diagnose(
    bound: Bound,
    examples: Iterable[Example] | str | Path,
    *,
    metric: Metric | str | None = None,
    good: float | None = None,
    rewards: Sequence[Reward] | None = None,
    headroom: bool = True,
    worst: int = 20,
    parallel: int = 32,
    seed: int = 0,
    budget: Budget | None = None,
    progress: bool = False,
) -> Diagnosis:
    """Which step loses the points of a flow on these examples, why each failed example failed, and what perfect steps would gain.

    `metric` is what it is about: by default answers' token F1, or `support_recall@5` where the examples have no answers. An
    example below `good` has failed: by default .5 for F1, else 1. `headroom=False` leaves the replays with
    perfect nodes out. `worst` is how many examples are kept with their traces. `budget` is for evaluation and replays together.

    Raises `DiagnosisError` for a metric that says nothing about quality, and what `evaluate` raises.
    """
    rows = examples_of(examples)
    goodness = _goodness(metric, good, rows)
    judges = rewards_for(rewards, rows, bound.flow)
    began, meter = time.perf_counter(), Meter(budget)
    with ExitStack() as stack:
        phases = stack.enter_context(Phases()) if progress else None
        tick = None if phases is None else phases.phase("running", len(rows))
        report = await evaluate(
            bound,
            rows,
            metrics=[goodness.metric],
            rewards=judges,
            parallel=parallel,
            seed=seed,
            meter=meter,
            keep_traces=True,
            on_row=None if tick is None else lambda _: tick(),
        )
        cases = _cases(bound, rows, report, goodness, meter)
        failed = [case for case in cases if case.failed]
        findings: dict[str, Finding] = {}

        async def find(case: Case) -> None:
            found = await blame(case)
            if found is not None:
                findings[case.example.id] = found

        await for_all(failed, find, parallel, None if phases is None else phases.phase("finding the broken steps", len(failed)))
        gains: dict[str, dict[str, float]] = {}
        perfect: dict[str, dict[str, Case]] = {}
        joint: list[Mapping[str, Any]] = []
        if headroom:
            paths = [path for path in candidates(cases[0].place) if is_bound(bound, path)]
            replays = [Headroom(case, paths) for case in cases]
            on_done = None if phases is None else phases.phase("replaying with perfect steps", len(cases) * len(paths))
            for path in paths:
                perfect[path] = await _perfect(replays, [path], parallel, on_done)
                gains[path] = {case.example.id: perfect[path][case.example.id].value - case.value for case in cases}
            means = {path: sum(each.values()) / max(1, len(each)) for path, each in gains.items()}
            chosen = pairs(means)
            on_done = None if phases is None else phases.phase("replaying with two of them", len(cases) * len(chosen))
            for pair in chosen:
                both = await _perfect(replays, pair, parallel, on_done)
                gained = _gain([both[case.example.id].value - case.value for case in cases]).model_dump()
                joint.append({"nodes": list(pair), "headroom": gained, "sum": sum(means[path] for path in pair)})
    findings = {case.example.id: findings[case.example.id] for case in failed if case.example.id in findings}
    ranked = sorted(failed, key=lambda case: case.value)[:worst]
    return Diagnosis(
        flow=drawn_flow(bound.flow, [case.trace for case in cases]),
        metric=_metric(goodness, report),
        n=report.n,
        failed=len(failed),
        errors=report.errors,
        seed=seed,
        seconds=round(time.perf_counter() - began, 3),
        nodes=_nodes(bound, report, cases, findings, len(failed), gains),
        waterfall=tuple(stage.to_json() for stage in waterfall((case.example, case.trace) for case in cases)),
        classes=_counted(findings.values()),
        guesses=_counted(each for each in findings.values() if not each.confirmed),
        pairs=tuple(sorted(joint, key=lambda each: -(each["headroom"]["mean"] or 0.0))),
        factors=factors((case.example, case.trace) for case in cases).to_json(),
        examples=tuple(
            shown_example(
                case, judges, findings.get(case.example.id), {path: each[case.example.id] for path, each in perfect.items()}
            )
            for case in ranked
        ),
        findings=findings,
    )


def _goodness(wanted: Metric | str | None, good: float | None, rows: Sequence[Example]) -> Goodness:
    name = wanted if wanted is not None else "answer_f1" if any(row.answers for row in rows) else "support_recall@5"
    (metric,) = metrics_for([metric_of(name)], rows)
    if not metric.needs or not metric.higher_is_better:
        known = "answer_f1 or support_recall@5"
        raise DiagnosisError(f"metric {metric.name!r} says what a run cost, not how good it is from 0 to 1: diagnose by {known}")
    return Goodness(metric, good if good is not None else F1_GOOD if metric.name.endswith("_f1") else 1.0)


def _cases(bound: Bound, rows: Sequence[Example], report: Report, goodness: Goodness, meter: Meter) -> list[Case]:
    """The examples that have run, and that the metric applies to."""
    place, gate = Place(bound), asyncio.Semaphore(bound.concurrency)
    found = []
    for example, row in zip(rows, report.rows, strict=True):
        trace = report.traces.get(example.id)
        if trace is not None and goodness.metric.applies_to(example):
            value = goodness.value(row.metrics.get(goodness.metric.name))
            found.append(Case(bound, place, example, trace, value, goodness, meter, gate))
    if not found:
        raise DiagnosisError("no example has run: see the errors of bound.evaluate(examples)")
    return found


async def _perfect(replays: Sequence[Headroom], paths: Sequence[str], parallel: int, on_done: Any) -> dict[str, Case]:
    """Each example's run with these nodes perfect, by its id."""
    found: dict[str, Case] = {}

    async def work(replay: Headroom) -> None:
        found[replay.case.example.id] = await replay.perfect(paths)

    await for_all(replays, work, parallel, on_done)
    return found


def _metric(goodness: Goodness, report: Report) -> dict[str, Any]:
    interval: Interval = report.metrics[goodness.metric.name]
    return {"name": goodness.metric.name, **interval.model_dump(), "good": goodness.good}


def _counted(findings: Iterable[Finding]) -> dict[str, int]:
    counts = Counter(each.cls for each in findings)
    return {name: counts[name] for name in CLASSES if counts[name]}


def _nodes(
    bound: Bound,
    report: Report,
    cases: Sequence[Case],
    findings: Mapping[str, Finding],
    failed: int,
    gains: Mapping[str, Mapping[str, float]],
) -> dict[str, NodeFinding]:
    blamed = Counter(each.path for each in findings.values())
    cost: dict[str, dict[str, float]] = {}
    visits: Counter[str] = Counter()
    for case in cases:
        for step in case.trace.steps:
            visits[step.path] += 1  # also of decisions: a loop can be what is blamed
            if step.kind != "node":
                continue
            line = cost.setdefault(step.path, dict.fromkeys(("calls", "tokens", "usd", "searches", "seconds"), 0))
            usage = Usage.of(step.usage)
            for name in ("calls", "tokens", "usd", "searches"):
                line[name] += getattr(usage, name)
            line["seconds"] += step.seconds
    found = {}
    for path in dict.fromkeys([*bound.program.nodes, *blamed]):
        headroom = _gain(list(gains[path].values())) if path in gains else None
        place = cases[0].place
        found[path] = NodeFinding(
            kind=place.kind(path),
            visits=visits[path],
            reward=report.rewards.get(path, {}),
            blame=blamed[path] / failed if failed else 0.0,
            headroom=headroom,
            cost={name: round(value, 6) for name, value in cost.get(path, {}).items()},
        )
    return found


def _gain(differences: Sequence[float]) -> Interval:
    """The mean gain of a metric: a perfect node loses nothing, so each is in [0, 1] unless its values say otherwise."""
    return interval(differences, bounds_of(differences, (0.0, 1.0)) or bounds_of(differences, (-1.0, 1.0)))
