"""Fitting linear models: right, deterministic, and unimpressed by odd data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from seekgraph.nodes.fitting import LEAST_ROWS, LinearModel, fit_listwise, fit_logistic

NAMES = ("a", "b", "c")


def cosine(left: np.ndarray, right: np.ndarray) -> float:
    return float(left @ right / np.linalg.norm(left) / np.linalg.norm(right))


def slopes(model: LinearModel) -> np.ndarray:
    return np.array(model.weights) / np.array(model.scale)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_logistic_recovers_the_direction_that_separates(seed: int) -> None:
    rng = np.random.default_rng(seed)
    direction = rng.normal(size=3)
    X = rng.normal(size=(300, 3))
    model = fit_logistic(NAMES, X.tolist(), (X @ direction > 0).astype(float).tolist())
    assert model is not None
    assert cosine(slopes(model), direction) > 0.97


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_listwise_recovers_the_direction_that_ranks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    direction = rng.normal(size=3)
    groups = [rng.normal(size=(15, 3)) + rng.normal(size=3) * 5 for _ in range(60)]
    labels = [(group @ direction >= np.sort(group @ direction)[-2]).astype(float) for group in groups]
    model = fit_listwise(NAMES, [group.tolist() for group in groups], [marks.tolist() for marks in labels])
    assert model is not None
    assert cosine(slopes(model), direction) > 0.95


@settings(max_examples=20, deadline=None)
@given(st.tuples(*[st.floats(1e-4, 1e4)] * 3), st.tuples(*[st.floats(-100, 100)] * 3))
def test_units_of_the_features_do_not_change_what_is_learned(scales: tuple[float, ...], shifts: tuple[float, ...]) -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(80, 3))
    y = (X @ [1.0, -2.0, 0.5] + rng.normal(size=80) > 0).astype(float).tolist()
    moved = X * scales + shifts
    plain, other = fit_logistic(NAMES, X.tolist(), y), fit_logistic(NAMES, moved.tolist(), y)
    assert plain is not None
    assert other is not None
    assert [other.score(row) for row in moved] == pytest.approx([plain.score(row) for row in X], abs=1e-4)


def test_fitting_twice_gives_the_same_numbers() -> None:
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(50, 3)).tolist(), [float(at % 2) for at in range(50)]
    assert fit_logistic(NAMES, X, y) == fit_logistic(NAMES, X, y)


def test_a_feature_that_never_varies_gets_no_weight() -> None:
    rows = [[float(at), 7.0, 0.0] for at in range(20)]
    model = fit_logistic(NAMES, rows, [float(at > 9) for at in range(20)])
    assert model is not None
    assert model.weights[1:] == (0.0, 0.0)
    assert model.weights[0] > 0


def test_separable_data_gives_finite_weights() -> None:
    rows = [[float(at), 0.0, 0.0] for at in range(20)]
    model = fit_logistic(NAMES, rows, [float(at > 9) for at in range(20)], l2=1e-6)
    assert model is not None
    assert model.probability(rows[0]) < 0.01 < 0.99 < model.probability(rows[-1])


def test_extreme_scores_do_not_overflow() -> None:
    groups = [[[1e8 * at, 0.0, 0.0] for at in range(6)] for _ in range(5)]
    model = fit_listwise(NAMES, groups, [[0, 0, 0, 0, 0, 1]] * 5, l2=1e-9)
    assert model is not None
    assert LinearModel.of({"a": 1.0}).probability([-1e9]) == 0.0
    assert LinearModel.of({"a": 1.0}).probability([1e9]) == 1.0


def test_rows_that_are_not_finite_are_left_out() -> None:
    rng = np.random.default_rng(3)
    rows, labels = rng.normal(size=(40, 3)).tolist(), [float(at % 2) for at in range(40)]
    odd = [[float("nan"), 0.0, 0.0], [float("inf"), 0.0, 0.0], [1e200, 0.0, 0.0]]
    assert fit_logistic(NAMES, rows + odd, [*labels, 1.0, 1.0, 1.0]) == fit_logistic(NAMES, rows, labels)


def test_too_little_to_learn_from_gives_nothing() -> None:
    rows = [[float(at), 0.0, 0.0] for at in range(LEAST_ROWS)]
    assert fit_logistic(NAMES, rows[:-1], [1.0, 0.0] * 4 + [1.0]) is None
    assert fit_logistic(NAMES, rows, [1.0] * LEAST_ROWS) is None
    assert fit_logistic(NAMES, [], []) is None
    assert fit_listwise(NAMES, [rows], [[1.0] + [0.0] * (LEAST_ROWS - 1)]) is None
    assert fit_listwise(NAMES, [rows] * 3, [[0.0] * LEAST_ROWS] * 3) is None
    assert fit_listwise(NAMES, [], []) is None


def test_columns_that_do_not_match_are_refused_with_their_lengths() -> None:
    with pytest.raises(ValueError, match="'rows': 1, 'labels': 0"):
        fit_logistic(NAMES, [[1.0, 2.0, 3.0]], [])
    with pytest.raises(ValueError, match="3 features, one has 2"):
        fit_logistic(NAMES, [[1.0, 2.0]], [1.0])
    with pytest.raises(ValueError, match="l2 is above 0"):
        fit_logistic(NAMES, [], [], l2=0.0)


def test_a_model_of_other_features_is_refused_by_name() -> None:
    model = LinearModel.of({"near": 1.0, "rank": 2.0})
    assert model.expecting(("near", "rank")) is model
    with pytest.raises(ValueError, match=r"lacks \['new'\] and has \['rank'\] besides"):
        model.expecting(("near", "new"))
    with pytest.raises(ValueError, match="another order"):
        model.expecting(("rank", "near"))
    with pytest.raises(ValueError, match="3 numbers came"):
        model.score([1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    "change",
    [{"mean": (0.0,)}, {"scale": (0.0, 1.0)}, {"bias": float("nan")}, {"features": ("a", "a")}, {"weights": (float("inf"), 0.0)}],
)
def test_a_broken_model_is_refused(change: dict) -> None:
    with pytest.raises(ValidationError):
        LinearModel.model_validate(LinearModel.of({"a": 1.0, "b": 2.0}).model_dump() | change)


def test_a_model_survives_a_round_trip_through_json() -> None:
    model = LinearModel.of({"a": 1.5, "b": -2.0}, bias=0.5)
    again = LinearModel.model_validate_json(model.model_dump_json())
    assert again == model
    assert again.score([2.0, 1.0]) == pytest.approx(1.5)
