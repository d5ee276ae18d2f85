"""`seekgraph diagnose`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seekgraph.cli.common import FAILED, find_flow
from seekgraph.cli.metrics import find_metric
from seekgraph.cli.options import Documents, Running, require_gold
from seekgraph.cli.output import QUIET, json_target, say, show, writable, write_file, write_json
from seekgraph.cli.rewards import find_rewards


@dataclass(frozen=True)
class Options:
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
    name: str, options: Options, documents: Documents, running: Running, target: str | None, html: Path | None
) -> None:
    """Find which step of a flow loses the points; exit code 1 where every run failed."""
    from seekgraph.evaluation.examples import read_examples

    json_target(target)
    writable(html, "--html")
    chosen = None if options.metric is None else find_metric(options.metric)
    rewards = find_rewards(options.rewards)
    flow = find_flow(name)
    examples = read_examples(options.questions)[: options.limit]
    bound = running.bind(flow, documents)
    require_gold(bound, examples)
    diagnosis = bound.diagnose(
        examples,
        metric=chosen,
        good=options.good,
        rewards=rewards,
        headroom=options.headroom,
        worst=options.worst,
        parallel=options.parallel,
        seed=running.seed,
        budget=running.budget,
        progress=not QUIET.get(),
    )
    if bound.memo is not None:
        bound.memo.close()
    if target != "-":
        show(diagnosis)
    if target is not None:
        write_json(diagnosis.to_json(), target)
    if html is not None:
        write_file(html, diagnosis.to_html())
        say(f"wrote {html}: open it in a browser")
    if diagnosis.n and diagnosis.errors == diagnosis.n:
        raise SystemExit(FAILED)
