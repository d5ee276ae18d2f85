"""Intervals and tests: exact cases by hand, invariances, and calibration by seeded simulation."""

from __future__ import annotations

import itertools
import json
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seekgraph.evaluation.comparisons import ASSUMED, BOTH, SIGN_FLIP, Comparison, holm, paired
from seekgraph.evaluation.intervals import UNIT, Interval, bootstrap, bounds_of, clopper_pearson, interval

numbers = st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=30)


def test_nothing_to_average_has_no_mean() -> None:
    assert bootstrap([]) == bootstrap([None, None]) == Interval(mean=None, low=None, high=None, n=0)


@pytest.mark.parametrize("values", [[0.1], [0.1] * 10, [None, 0.1]])
def test_values_that_do_not_vary_give_an_interval_without_width(values: list[float | None]) -> None:
    found = bootstrap(values)
    assert (found.mean, found.low, found.high) == (0.1, 0.1, 0.1)


def test_none_is_left_out_and_not_a_zero() -> None:
    found = bootstrap([1.0, None, 0.5, None])
    assert (found.mean, found.n) == (0.75, 2)


@settings(max_examples=50)
@given(values=numbers, seed=st.integers(0, 2**32), data=st.data())
def test_an_interval_holds_its_mean_stays_in_range_and_ignores_the_order_of_rows(
    values: list[float], seed: int, data: st.DataObject
) -> None:
    found = bootstrap(values, seed=seed, resamples=50)
    assert found.mean is not None
    assert found.low is not None
    assert found.high is not None
    assert min(values) - 1e-9 <= found.low <= found.mean <= found.high <= max(values) + 1e-9
    assert bootstrap(data.draw(st.permutations(values)), seed=seed, resamples=50) == found


def test_more_confidence_is_a_wider_interval() -> None:
    values = [n / 30 for n in range(30)]
    narrow, wide = bootstrap(values, confidence=0.5), bootstrap(values, confidence=0.99)
    assert narrow.low is not None
    assert narrow.high is not None
    assert wide.low is not None
    assert wide.high is not None
    assert wide.low < narrow.low < narrow.high < wide.high


def test_the_interval_is_that_of_the_normal_approximation_when_rows_are_many() -> None:
    values = [0.0, 1.0] * 2000
    found = bootstrap(values)
    # 0.5 -+ 1.96 * 0.5 / sqrt(4000)
    assert found.low == pytest.approx(0.4845, abs=0.002)
    assert found.high == pytest.approx(0.5155, abs=0.002)


def test_rows_beyond_one_block_of_memory_are_resampled_too() -> None:
    found = bootstrap([0.0, 1.0] * 30_000, resamples=100)
    assert found.low is not None
    assert found.high is not None
    assert 0.49 < found.low < 0.5 < found.high < 0.51


def test_the_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    trials = 500
    covered = 0
    for seed in range(trials):
        found = bootstrap(rng.binomial(1, 0.3, 60).astype(float).tolist(), resamples=400, seed=seed)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0.3 <= found.high
    assert 0.91 <= covered / trials <= 0.98


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"confidence": 1.0}, "between 0 and 1"),
        ({"confidence": 95}, "between 0 and 1"),
        ({"resamples": 0}, "resamples is at least 1"),
    ],
)
def test_senseless_options_are_refused(options: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        bootstrap([0.0, 1.0], **options)  # type: ignore[arg-type]


def test_a_value_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="not finite: nan"):
        bootstrap([0.0, float("nan")])
    with pytest.raises(ValueError, match="not finite: inf"):
        paired([float("inf")], [0.0])


def test_a_comparison_by_hand() -> None:
    # five wins of one size: of the 32 sign patterns, only all plus and all minus are as extreme
    found = paired([1.0] * 5 + [0.5], [0.0] * 5 + [0.5])
    assert (found.wins, found.ties, found.losses, found.n, found.left_out) == (5, 1, 0, 6, 0)
    assert found.p_value == 2 / 32
    assert found.difference.mean == pytest.approx(5 / 6)


def test_unequal_sizes_by_hand() -> None:
    # differences 3, -1: |2| is reached by (+3 -1), (-3 +1), (+3 +1), (-3 -1): all of them
    assert paired([3.0, 0.0], [0.0, 1.0]).p_value == 1
    # differences 3, 1: |4| is reached by two of four
    assert paired([3.0, 1.0], [0.0, 0.0]).p_value == 0.5


@given(differences=st.lists(st.integers(-4, 4), min_size=1, max_size=8))
def test_few_rows_are_tested_by_counting_every_pattern(differences: list[int]) -> None:
    patterns = list(itertools.product([1, -1], repeat=len(differences)))
    sums = [sum(sign * size for sign, size in zip(pattern, differences, strict=True)) for pattern in patterns]
    expected = sum(abs(found) >= abs(sum(differences)) for found in sums) / len(patterns)
    tenths = [difference / 10 for difference in differences]  # tenths, so that rounding could break ties
    assert paired(tenths, [0.0] * len(tenths)).p_value == pytest.approx(expected)


def test_no_difference_and_no_rows_are_no_evidence() -> None:
    same = paired([0.2, 0.4], [0.2, 0.4])
    assert (same.p_value, same.ties, same.difference.mean) == (1, 2, 0)
    empty = paired([], [])
    assert (empty.p_value, empty.n, empty.difference.mean) == (1, 0, None)


def test_a_row_that_one_side_has_no_value_for_is_left_out_and_counted() -> None:
    found = paired([1.0, None, 0.0, None], [0.0, 0.5, None, None])
    assert (found.n, found.left_out, found.wins) == (1, 3, 1)


def test_values_equal_but_for_rounding_are_ties() -> None:
    found = paired([0.1 + 0.2], [0.3])
    assert (found.ties, found.wins, found.difference.mean) == (1, 0, 0)


def test_a_small_price_is_not_rounding() -> None:
    assert paired([2e-12], [1e-12]).wins == 1


def test_where_lower_is_better_the_cheaper_flow_wins_and_the_difference_keeps_its_sign() -> None:
    found = paired([1.0, 1.0, 5.0], [2.0, 3.0, 4.0], higher_is_better=False)
    assert (found.wins, found.losses) == (2, 1)
    assert found.difference.mean == pytest.approx(-2 / 3)


def test_rows_of_different_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="a has 1 rows and b has 2"):
        paired([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="permutations is at least 1"):
        paired([1.0], [1.0], permutations=0)


@settings(max_examples=40)
@given(rows=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=40), data=st.data())
def test_the_p_value_ignores_the_order_of_rows_and_which_flow_comes_first(
    rows: list[tuple[float, float]], data: st.DataObject
) -> None:
    options = {"resamples": 20, "permutations": 200}
    a, b = [row[0] for row in rows], [row[1] for row in rows]
    other = data.draw(st.permutations(rows))
    found = paired(a, b, **options)  # type: ignore[arg-type]
    assert 0 < found.p_value <= 1
    assert found.wins + found.ties + found.losses == found.n == len(rows)
    assert paired([row[0] for row in other], [row[1] for row in other], **options) == found  # type: ignore[arg-type]
    turned = paired(b, a, **options)  # type: ignore[arg-type]
    assert (turned.wins, turned.losses) == (found.losses, found.wins)
    assert turned.p_value == found.p_value


def test_many_rows_are_tested_by_random_patterns_close_to_the_exact_answer() -> None:
    # 20 differences of one size, 15 up and 5 down: twice the binomial tail, 2 * P(X >= 15) = 0.04139
    found = paired([1.0] * 15 + [0.0] * 5, [0.0] * 15 + [1.0] * 5, permutations=20_000)
    assert found.p_value == pytest.approx(0.04139, abs=0.005)


def test_a_random_p_value_is_never_zero() -> None:
    assert paired([1.0] * 100, [0.0] * 100, permutations=99).p_value == 1 / 100


@pytest.mark.parametrize(("rows", "permutations"), [(12, 1), (40, 199)], ids=["exact", "random"])
def test_between_equal_flows_a_p_value_below_alpha_is_no_more_frequent_than_alpha(rows: int, permutations: int) -> None:
    rng = np.random.default_rng(11)
    trials = 600
    found = np.array(
        [
            paired(
                rng.exponential(size=rows).tolist(),
                rng.exponential(size=rows).tolist(),
                resamples=1,
                permutations=permutations,
                seed=seed,
            ).p_value
            for seed in range(trials)
        ]
    )
    for alpha in (0.05, 0.1, 0.25, 0.5):
        slack = 3 * (alpha * (1 - alpha) / trials) ** 0.5
        assert np.mean(found <= alpha) <= alpha + slack
        assert np.mean(found <= alpha) >= alpha - slack - 0.01  # and it is not so timid that it never says so


def test_a_real_difference_is_found() -> None:
    rng = random.Random(3)
    b = [rng.random() for _ in range(60)]
    found = paired([value + 0.1 + 0.05 * rng.random() for value in b], b)
    assert found.p_value < 0.001
    assert found.difference.low is not None
    assert found.difference.low > 0.1


def test_holm_by_hand() -> None:
    # ascending .01 .02 .03 .04, times 4 3 2 1: .04 .06 .06 .04, then the running maximum
    assert holm([0.03, 0.01, 0.04, 0.02]) == pytest.approx((0.06, 0.04, 0.06, 0.06))
    assert holm([0.5, 0.9]) == (1, 1)
    assert holm([]) == ()


@given(values=st.lists(st.floats(0, 1), max_size=8))
def test_holm_never_lowers_a_p_value_keeps_their_order_and_bonferroni_bounds_it(values: list[float]) -> None:
    corrected = holm(values)
    for p, after in zip(values, corrected, strict=True):
        assert p <= after <= max(p, min(1, p * len(values)))
    pairs = sorted(zip(values, corrected, strict=True))
    assert [after for _, after in pairs] == sorted(corrected)


@pytest.mark.parametrize("bad", [-0.1, 1.1, float("nan")])
def test_holm_refuses_what_is_not_a_p_value(bad: float) -> None:
    with pytest.raises(ValueError, match="p-value"):
        holm([0.5, bad])


def test_results_survive_json() -> None:
    interval, comparison = bootstrap([0.0, 1.0, 1.0]), paired([1.0, 0.0], [0.0, 0.0])
    assert Interval.model_validate(json.loads(json.dumps(interval.model_dump()))) == interval
    assert Comparison.model_validate_json(comparison.model_dump_json()) == comparison
    assert interval.model_dump().keys() == {"mean", "low", "high", "n", "method"}


# --- intervals of bounded values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.30850),
        (10, 10, 0.69150, 1.0),
        (1, 20, 0.00127, 0.24873),
        (38, 40, 0.83081, 0.99389),
        (5, 10, 0.18709, 0.81291),
    ],
)
def test_the_interval_of_a_share_is_clopper_and_pearsons(hits: int, n: int, low: float, high: float) -> None:
    assert clopper_pearson(hits, n) == pytest.approx((low, high), abs=1e-5)
    found = interval([1.0] * hits + [0.0] * (n - hits))
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-5)
    assert (found.mean, found.n, found.method) == (hits / n, n, "Clopper-Pearson")


def test_the_interval_of_other_bounded_values_is_that_of_shares_where_they_come_near_to_them() -> None:
    near = interval([0.999999] * 9 + [0.000001], resamples=40_000)
    assert near.method == "Gaffke"
    assert (near.low, near.high) == pytest.approx(clopper_pearson(9, 10), abs=0.01)


@settings(max_examples=50)
@given(values=numbers, data=st.data())
def test_a_bounded_interval_holds_its_mean_stays_in_bounds_and_ignores_order(values: list[float], data: st.DataObject) -> None:
    found = interval(values, resamples=200)
    assert found.mean is not None
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.mean + 1e-12
    assert found.mean - 1e-12 <= found.high <= 1
    assert found.low < found.high
    assert interval(data.draw(st.permutations(values)), resamples=200) == found


def test_other_bounds_stretch_the_interval() -> None:
    found, wide = interval([0.0, 0.25, 0.5, 1.0]), interval([-2.0, -1.0, 0.0, 2.0], (-2.0, 2.0))
    assert found.low is not None
    assert found.high is not None
    assert (wide.low, wide.high) == pytest.approx((4 * found.low - 2, 4 * found.high - 2))


def test_values_outside_their_bounds_are_refused_and_bounds_that_do_not_hold_are_not_assumed() -> None:
    with pytest.raises(ValueError, match="outside its bounds"):
        interval([0.5, 1.5])
    with pytest.raises(ValueError, match="bounds are the least"):
        interval([0.5], (1.0, 0.0))
    assert bounds_of([0.5, None, 1.0]) == UNIT
    assert bounds_of([0.5, 1.5]) is None
    assert interval([0.5, 1.5], None).method == "bootstrap"


def test_the_bootstrap_of_few_skewed_costs_is_wider_to_the_side_where_more_may_come() -> None:
    found = bootstrap([1.0] * 8 + [2.0, 9.0])
    assert found.mean == 1.9
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.mean > 2 * (found.mean - found.low)


MIXTURES = {
    "0/1, .05": ([0.0, 1.0], [0.95, 0.05]),
    "0/1, .95": ([0.0, 1.0], [0.05, 0.95]),
    "0/1, .5": ([0.0, 1.0], [0.5, 0.5]),
    "recall": ([0.0, 0.5, 1.0], [0.1, 0.3, 0.6]),
    "F1": ([0.0, 0.4, 0.67, 1.0], [0.7, 0.1, 0.1, 0.1]),
    "skewed": ([0.2, 0.9, 1.0], [0.05, 0.15, 0.8]),
}


@pytest.mark.parametrize("n", [10, 20, 40])
@pytest.mark.parametrize("name", MIXTURES)
def test_intervals_cover_the_true_mean_at_least_as_often_as_they_say_with_few_rows(name: str, n: int) -> None:
    """Percentile bootstraps held .05 and .95 in 38 % of samples of 10. `benchmarks/intervals.py` has more cases."""
    values, shares = np.array(MIXTURES[name][0]), MIXTURES[name][1]
    rng, mean, trials, covered = np.random.default_rng(5), float(values @ shares), 200, 0
    for _ in range(trials):
        found = interval(rng.choice(values, p=shares, size=n).tolist(), resamples=400)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= mean <= found.high
    assert covered / trials >= 0.95 - 2 * (0.95 * 0.05 / trials) ** 0.5


# --- comparisons of bounded values -------------------------------------------------------------------------------------


def test_the_difference_of_equal_flows_has_width() -> None:
    found = paired([0.5] * 10, [0.5] * 10, bounds=UNIT)
    assert (found.p_value, found.difference.mean) == (1, 0)
    assert found.difference.low == pytest.approx(-0.31, abs=0.02)  # one of ten rows more could have lost all
    assert found.difference.high == pytest.approx(0.31, abs=0.02)


def test_many_small_gains_and_no_loss_are_no_proof_where_one_rare_loss_would_outweigh_them() -> None:
    found = paired([0.55] * 20, [0.5] * 20, bounds=UNIT)
    assert found.test == BOTH
    assert found.sign_flip < 0.001
    assert found.p_value > 0.4
    assert paired([0.55] * 400, [0.5] * 400, bounds=UNIT).p_value < 0.001  # 400 rows would have shown it


def test_differences_that_are_as_large_as_can_be_need_the_sign_flip_alone() -> None:
    found = paired([1.0] * 7 + [0.0] * 4, [0.0] * 7 + [1.0] + [0.0] * 3, bounds=UNIT)
    assert found.test == SIGN_FLIP
    assert found.p_value == found.sign_flip == 2 * (1 + 8) / 2**8


def test_large_losses_that_show_need_the_sign_flip_alone() -> None:
    assert paired([0.5] * 6 + [0.0], [0.0] * 6 + [0.5], bounds=UNIT).test == SIGN_FLIP
    assert paired([0.3] * 6 + [0.0], [0.0] * 6 + [0.5], bounds=UNIT).test == BOTH  # the loss is larger than any gain


def test_without_bounds_symmetry_is_assumed_and_said() -> None:
    assert paired([3.0, 1.0], [1.0, 1.0]).test == ASSUMED
