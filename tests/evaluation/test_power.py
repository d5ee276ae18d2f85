"""What so many rows can prove."""

from __future__ import annotations

import math
import random

import pytest

from seekgraph.evaluation.comparisons import paired
from seekgraph.evaluation.power import rows_needed, smallest_gain, spread_of


@pytest.mark.parametrize("rows", [30, 80])
def test_the_smallest_gain_is_found_about_four_times_in_five(rows: int) -> None:
    rng, spread, times = random.Random(rows), 0.3, 60
    gain = smallest_gain(rows, spread, alpha=0.05)
    found = 0
    for _ in range(times):
        differences = [max(-1.0, min(1.0, rng.gauss(gain, spread))) for _ in range(rows)]
        found += paired(differences, [0.0] * rows, permutations=400).sign_flip / 2 <= 0.05
    assert 0.6 <= found / times <= 0.95


def test_a_gain_needs_the_rows_that_would_find_it() -> None:
    for gain in (0.02, 0.05, 0.2):
        rows = rows_needed(gain, 0.4)
        assert smallest_gain(rows, 0.4) <= gain < smallest_gain(rows - 2, 0.4)


def test_few_rows_prove_no_gain_that_fewer_than_five_of_them_show() -> None:
    assert smallest_gain(10, 0.01, alpha=0.05) == 0.5
    assert rows_needed(0.5, 0.01, alpha=0.05) == 10


def test_no_rows_prove_nothing_and_no_gain_needs_no_rows() -> None:
    assert smallest_gain(0, 0.3) == math.inf
    with pytest.raises(ValueError, match="above 0"):
        rows_needed(0.0, 0.3)


def test_a_few_values_are_not_believed_alone() -> None:
    assert spread_of([]) == pytest.approx(0.4)
    assert spread_of([1.0, 1.0]) == pytest.approx(0.36, abs=0.01)
    assert spread_of([0.0, 1.0] * 50) == pytest.approx(0.5, abs=0.01)
