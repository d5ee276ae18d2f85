"""The parts into which rows are dealt where every row judges (`crossfit.py`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seekgraph.evaluation.examples import folds
from seekgraph.evaluation.row import Row
from seekgraph.types import Example


@dataclass
class Part:
    """One part of the rows: `train` are those to search on, `test` those that judge what was found, `values` what was accepted
    so far, as it was found without `test`."""

    train: tuple[Example, ...]
    test: tuple[Example, ...]
    values: dict[str, Any]


@dataclass(frozen=True)
class Crossed:
    """What a pass found for each part, and the rows of all parts, in their order, after and before."""

    values: tuple[Mapping[str, Any], ...]
    after: tuple[Row, ...]
    before: tuple[Row, ...]


def parts_of(rows: Sequence[Example], number: int, values: Mapping[str, Any], seed: int) -> list[Part]:
    """The rows dealt into `number` parts, or into fewer with two rows each; none where that leaves fewer than two parts."""
    number = min(number, len(rows) // 2)
    if number < 2:
        return []
    return [Part(fold.train, fold.test, dict(values)) for fold in folds(rows, number, seed=seed)]
