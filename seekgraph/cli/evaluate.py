"""`seekgraph evaluate`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seekgraph.cli.common import FAILED, Misuse, find_flow, show, writable, write_json
from seekgraph.cli.options import Documents, Running, require_gold
from seekgraph.cli.rewards import find_rewards


@dataclass(frozen=True)
class Asked:
    """--questions, --limit, --metric, --parallel, --reward."""

    questions: Path
    limit: int | None = None
    metrics: tuple[str, ...] = ()
    parallel: int = 32
    rewards: tuple[str, ...] = ()


def evaluate_command(name: str, asked: Asked, documents: Documents, running: Running, target: str | None) -> None:
    """Score a flow on questions; exit code 1 where every run failed."""
    from seekgraph.evaluation.examples import read_examples
    from seekgraph.evaluation.metrics import MetricError, metric

    if target not in (None, "-"):
        writable(Path(str(target)), "--json")
    try:
        metrics = [metric(each) for each in asked.metrics] or None
    except MetricError as error:
        raise Misuse(f"--metric: {error}") from None
    rewards = find_rewards(asked.rewards)
    flow = find_flow(name)
    examples = read_examples(asked.questions)[: asked.limit]
    bound = running.bind(flow, documents)
    require_gold(bound, examples)
    report = bound.evaluate(
        examples,
        metrics=metrics,
        rewards=rewards,
        parallel=asked.parallel,
        seed=running.seed,
        budget=running.budget,
        progress=True,
    )
    if bound.memo is not None:
        bound.memo.close()
    if target != "-":
        show(report)
    if target is not None:
        write_json(report.to_json(), target)
    if report.n and report.errors == report.n:
        raise SystemExit(FAILED)
