"""--metric: names of metrics, or functions of a user's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seekgraph.cli.common import Misuse, Place, kind, named

if TYPE_CHECKING:
    from seekgraph.evaluation.metrics import Metric

METRIC = Place("--metric", "a name such as answer_f1, or package.module:attribute", "metric")


def find_metrics(names: Sequence[str]) -> list[Metric] | None:
    """The metrics that --metric names; None where none is named. Raises `Misuse` and `FlowNotLoaded`."""
    return [find_metric(name) for name in names] or None


def find_metric(name: str) -> Metric:
    """A metric by its name, or by `package.module:attribute`: a `Metric`, or a function `(example, outcome) -> float | None`."""
    from seekgraph.evaluation.metrics import Metric, MetricError, metric

    try:
        if ":" not in name:
            return metric(name)
        found = named(name, METRIC, lambda value: isinstance(value, Metric))
        if isinstance(found, Metric):
            return found
        if callable(found) and not isinstance(found, type):
            return Metric(getattr(found, "__name__", name.rpartition(":")[2]), found)
    except MetricError as error:
        raise Misuse(f"--metric: {error}") from None
    raise Misuse(
        f"--metric: {name} is {kind(found)}: make it a function (example, outcome) that gives a number or None, or a "
        "seekgraph.Metric"
    )


def weights(metrics: Sequence[str]) -> dict[Metric, float] | None:
    """`answer_f1`, `answer_f1=0.7` or `mine:metric=0.3`, several times: what to compile for, by weight. Raises `Misuse`."""
    found: dict[Metric, float] = {}
    for each in metrics:
        name, _, weight = each.partition("=")
        try:
            amount = float(weight or 1)
        except ValueError:
            raise Misuse(f"--metric takes a name, or a name and a weight such as answer_f1=0.7, not {each!r}") from None
        found[find_metric(name)] = amount
    return found or None
