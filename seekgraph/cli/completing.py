"""What the shell completes: names of flows, rewards, metrics, models and passes. No flow is imported for it."""

from __future__ import annotations

from pathlib import Path

from seekgraph.cli.common import ready_made


def flow_names(incomplete: str) -> list[str]:
    """Ready-made flows, and the artifacts of the current folder."""
    artifacts = [each.name for each in sorted(Path().glob("*.flow.json"))]
    return [each for each in (*ready_made(), *artifacts) if each.startswith(incomplete)]


def reward_names(incomplete: str) -> list[str]:
    """The rewards that need no arguments, by name."""
    from seekgraph.rewards.catalog import names

    return [each for each in sorted(names()) if each.startswith(incomplete)]


def metric_names(incomplete: str) -> list[str]:
    """Metrics; those that may be cut off also at 5 and 10."""
    from seekgraph.evaluation.metrics import metric_names as known

    found: list[str] = []
    for name in known():
        bare = name.removesuffix("@k")
        found += [name] if bare == name else [bare, f"{bare}@5", f"{bare}@10"]
    return [each for each in found if each.startswith(incomplete)]


def model_names(incomplete: str) -> list[str]:
    """Local models, and an example of each host."""
    from seekgraph.lms.host_table import known_hosts
    from seekgraph.lms.store import CATALOG, present

    local = [f"local/{name}" for name in sorted({*CATALOG, *present(None)})]
    known = [*local, *(f"{entry.name}/{entry.example}" for entry in known_hosts().values())]
    return [each for each in known if each.startswith(incomplete)]


def pass_names(incomplete: str) -> list[str]:
    """The ready-made passes."""
    from seekgraph.cli.passes import READY

    return [each for each in READY if each.startswith(incomplete)]
