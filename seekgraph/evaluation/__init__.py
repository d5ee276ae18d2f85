"""Evaluation: examples and their files, metrics, and the statistics that say how sure a number is.

Names are loaded when first used. `evaluate` is not among them: it is the name of its module, `seekgraph.evaluation.evaluate`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seekgraph.evaluation.agreement import Agreement as Agreement
    from seekgraph.evaluation.agreement import JudgeError as JudgeError
    from seekgraph.evaluation.calibration import Calibration as Calibration
    from seekgraph.evaluation.calibration import calibrate as calibrate
    from seekgraph.evaluation.comparisons import Comparison as Comparison
    from seekgraph.evaluation.comparisons import holm as holm
    from seekgraph.evaluation.comparisons import paired as paired
    from seekgraph.evaluation.examples import ExampleError as ExampleError
    from seekgraph.evaluation.examples import Fold as Fold
    from seekgraph.evaluation.examples import check_gold as check_gold
    from seekgraph.evaluation.examples import data_hash as data_hash
    from seekgraph.evaluation.examples import folds as folds
    from seekgraph.evaluation.examples import read_examples as read_examples
    from seekgraph.evaluation.examples import split as split
    from seekgraph.evaluation.examples import write_examples as write_examples
    from seekgraph.evaluation.intervals import Interval as Interval
    from seekgraph.evaluation.intervals import bootstrap as bootstrap
    from seekgraph.evaluation.intervals import interval as interval
    from seekgraph.evaluation.metrics import DEFAULT_METRICS as DEFAULT_METRICS
    from seekgraph.evaluation.metrics import Metric as Metric
    from seekgraph.evaluation.metrics import MetricError as MetricError
    from seekgraph.evaluation.metrics import Outcome as Outcome
    from seekgraph.evaluation.metrics import metric as metric
    from seekgraph.evaluation.metrics import metric_names as metric_names
    from seekgraph.evaluation.report import Cost as Cost
    from seekgraph.evaluation.report import Report as Report
    from seekgraph.evaluation.report import ReportError as ReportError
    from seekgraph.evaluation.row import Row as Row
    from seekgraph.evaluation.row import RowError as RowError

_NAMES = {
    "agreement": ("Agreement", "JudgeError"),
    "calibration": ("Calibration", "calibrate"),
    "comparisons": ("Comparison", "holm", "paired"),
    "examples": ("ExampleError", "Fold", "check_gold", "data_hash", "folds", "read_examples", "split", "write_examples"),
    "intervals": ("Interval", "bootstrap", "interval"),
    "metrics": ("DEFAULT_METRICS", "Metric", "MetricError", "Outcome", "metric", "metric_names"),
    "report": ("Cost", "Report", "ReportError"),
    "row": ("Row", "RowError"),
}
_HOMES = {name: f"{__name__}.{module}" for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
