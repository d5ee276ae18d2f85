"""`seekgraph diagnose`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seekgraph.cli.common import FAILED, Misuse, find_flow, say, show, writable, write_json
from seekgraph.cli.options import Documents, Running, require_gold
from seekgraph.cli.rewards import find_rewards


@dataclass(frozen=True)
class Asked:
    """--questions, --limit, --metric, --good, --no-headroom, --worst, --parallel, --reward."""

    questions: Path
    limit: int | None = None
    metric: str | None = None
    good: float | None = None
    headroom: bool = True
    worst: int = 20
    parallel: int = 32
    rewards: tuple[str, ...] = ()


def diagnose_command(
    name: str, asked: Asked, documents: Documents, running: Running, target: str | None, html: Path | None
) -> None:
    """Find which step of a flow loses the points; exit code 1 where every run failed."""
    from seekgraph.evaluation.examples import read_examples
    from seekgraph.evaluation.metrics import MetricError, metric

    if target not in (None, "-"):
        writable(Path(str(target)), "--json")
    writable(html, "--html")
    try:
        chosen = None if asked.metric is None else metric(asked.metric)
    except MetricError as error:
        raise Misuse(f"--metric: {error}") from None
    rewards = find_rewards(asked.rewards)
    flow = find_flow(name)
    examples = read_examples(asked.questions)[: asked.limit]
    bound = running.bind(flow, documents)
    require_gold(bound, examples)
    diagnosis = bound.diagnose(
        examples,
        metric=chosen,
        good=asked.good,
        rewards=rewards,
        headroom=asked.headroom,
        worst=asked.worst,
        parallel=asked.parallel,
        seed=running.seed,
        budget=running.budget,
        progress=True,
    )
    if bound.memo is not None:
        bound.memo.close()
    if target != "-":
        show(diagnosis)
    if target is not None:
        write_json(diagnosis.to_json(), target)
    if html is not None:
        html.write_text(diagnosis.to_html(), encoding="utf-8")
        say(f"wrote {html}: open it in a browser")
    if diagnosis.n and diagnosis.errors == diagnosis.n:
        raise SystemExit(FAILED)
