"""The demo's last line says what got better and what got worse."""

from __future__ import annotations

from collections.abc import Sequence

from seekgraph.demo.run import headline
from seekgraph.evaluation.report import Report
from seekgraph.evaluation.row import Row


def report(**metrics: Sequence[float]) -> Report:
    count = len(next(iter(metrics.values())))
    rows = tuple(Row(id=str(n), metrics={name: values[n] for name, values in metrics.items()}) for n in range(count))
    return Report("demo", "f", rows, tuple(metrics), frozenset({"refused", "searches"}))


def test_what_got_worse_is_named_beside_what_got_better() -> None:
    before = report(recall=[0.0] * 20 + [1.0] * 20, refused=[0.0] * 40, answer_f1=[1.0, 0.0] * 20, searches=[1.0] * 40)
    after = report(
        recall=[1.0] * 40, refused=[1.0] * 10 + [0.0] * 30, answer_f1=[0.0, 0.0] + [1.0, 0.0] * 19, searches=[2.0] * 40
    )
    assert headline(before, after, 61.4) == (
        "40 test questions, as written -> compiled; better: recall 0.50 -> 1.00; "
        "worse: refused 0.00 -> 0.25, searches 1.00 -> 2.00; the same within noise: answer_f1 0.50 -> 0.47; "
        "the demo took 61 seconds"
    )


def test_nothing_gained_is_said_too() -> None:
    same = report(recall=[0.5] * 4)
    assert headline(same, same, 1.0) == (
        "4 test questions, as written -> compiled; better: nothing; worse: nothing; "
        "the same within noise: recall 0.50; the demo took 1 seconds"
    )
