"""`seekgraph evaluate`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seekgraph.cli.common import FAILED, find_flow
from seekgraph.cli.metrics import find_metrics
from seekgraph.cli.options import Documents, Running, require_gold
from seekgraph.cli.output import QUIET, json_target, show, write_json
from seekgraph.cli.rewards import find_rewards


@dataclass(frozen=True)
class Options:
    """--questions, --limit, --metric, --parallel, --reward."""

    questions: Path
    limit: int | None = None
    metrics: tuple[str, ...] = ()
    parallel: int = 32
    rewards: tuple[str, ...] = ()


def evaluate_command(name: str, options: Options, documents: Documents, running: Running, target: str | None) -> None:
    """Score a flow on questions; exit code 1 where every run failed."""
    from seekgraph.evaluation.examples import read_examples

    json_target(target)
    metrics = find_metrics(options.metrics)
    rewards = find_rewards(options.rewards)
    flow = find_flow(name)
    examples = read_examples(options.questions)[: options.limit]
    bound = running.bind(flow, documents)
    require_gold(bound, examples)
    report = bound.evaluate(
        examples,
        metrics=metrics,
        rewards=rewards,
        parallel=options.parallel,
        seed=running.seed,
        budget=running.budget,
        progress=not QUIET.get(),
    )
    if bound.memo is not None:
        bound.memo.close()
    if target != "-":
        show(report)
    if target is not None:
        write_json(report.to_json(), target)
    if report.n and report.errors == report.n:
        raise SystemExit(FAILED)
