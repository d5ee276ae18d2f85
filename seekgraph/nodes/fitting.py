"""Linear models over named features: what critics, readers and rankers are fitted as.

Two ways to fit one, both convex with an L2 penalty, solved by Newton's method and so the same on every run:
- `fit_logistic`: the probability of a label, for critics;
- `fit_listwise`: the order within a group, for rankers: each positive against all negatives of its group.

Features are standardised, so that the penalty does not depend on their units. Fitting imports numpy; a fitted model does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from operator import mul
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Objective = Callable[[Array], tuple[float, Array, Array]]

LEAST_ROWS = 10  # fewer are no ground to learn from
_LARGEST = 1e100  # beyond it, squares overflow
_MOST_STEPS = 100


class LinearModel(BaseModel):
    """score(x) = bias + sum_i weights_i (x_i - mean_i) / scale_i, over features in the order of `features`.

    All tuples have one length; scales are above 0; every number is finite. Raises `ValueError` otherwise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    features: tuple[str, ...] = Field(min_length=1)
    mean: tuple[FiniteFloat, ...]
    scale: tuple[FiniteFloat, ...]
    weights: tuple[FiniteFloat, ...]
    bias: FiniteFloat = 0.0

    @classmethod
    def of(cls, weights: Mapping[str, float], bias: float = 0.0) -> Self:
        """A model written by hand: weights by feature, of the features as they are."""
        size = len(weights)
        return cls(features=tuple(weights), mean=(0.0,) * size, scale=(1.0,) * size, weights=tuple(weights.values()), bias=bias)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        sizes = {name: len(getattr(self, name)) for name in ("features", "mean", "scale", "weights")}
        if len(set(sizes.values())) != 1:
            raise ValueError(f"a linear model has one mean, scale and weight for each feature, these have lengths {sizes}")
        if len(set(self.features)) != len(self.features):
            raise ValueError(f"the features of a linear model have different names, these are {list(self.features)}")
        if not all(scale > 0 for scale in self.scale):
            raise ValueError("the scales of a linear model are above 0")
        return self

    def expecting(self, features: Sequence[str]) -> Self:
        """This model, if it was made for exactly these features in this order; else `ValueError` with the differences."""
        if self.features == tuple(features):
            return self
        missing = [name for name in features if name not in self.features]
        unknown = [name for name in self.features if name not in features]
        detail = f"it lacks {missing} and has {unknown} besides" if missing or unknown else "they are in another order"
        raise ValueError(f"the fitted model does not fit the features that the node computes: {detail}. Fit it again (compile)")

    def score(self, vector: Sequence[float]) -> float:
        """The score of one vector of features. Raises `ValueError` where its length is not that of `features`."""
        slopes, start = self._folded
        if len(vector) != len(slopes):
            raise ValueError(f"the model takes the features {list(self.features)}, {len(vector)} numbers came")
        return start + float(sum(map(mul, slopes, vector)))

    def probability(self, vector: Sequence[float]) -> float:
        """1 / (1 + exp(-score)), in [0, 1]."""
        return sigmoid(self.score(vector))

    @cached_property
    def _folded(self) -> tuple[tuple[float, ...], float]:
        """Weights of the features as they come, and what a vector of zeros scores."""
        slopes = tuple(weight / scale for weight, scale in zip(self.weights, self.scale, strict=True))
        return slopes, self.bias - sum(slope * mean for slope, mean in zip(slopes, self.mean, strict=True))


def sigmoid(score: float) -> float:
    """1 / (1 + exp(-score)) without overflow."""
    return 0.5 * (1.0 + math.tanh(score / 2))


def fit_logistic(
    features: Sequence[str],
    rows: Sequence[Sequence[float]],
    labels: Sequence[float],
    weights: Sequence[float] | None = None,
    l2: float = 0.01,
) -> LinearModel | None:
    """The model that minimises  sum_i w_i log-loss(label_i, p_i) / sum_i w_i + l2 / 2 |weights|^2  (the bias is free).

    `labels` are in [0, 1], `weights` are 0 or more (all 1 by default). Rows with a number that is not finite are left out. None
    where fewer than `LEAST_ROWS` rows are left, or all have the same label. `ValueError` for lengths that do not match, l2 <= 0.
    """
    import numpy as np

    _check("fit_logistic", l2, rows=rows, labels=labels, **({} if weights is None else {"weights": weights}))
    X = _matrix(features, rows)
    y = np.asarray(labels, dtype=float)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    selected = _usable(X) & np.isfinite(y) & (y >= 0) & (y <= 1) & np.isfinite(w) & (w > 0)
    X, y, w = X[selected], y[selected], w[selected]
    if len(y) < LEAST_ROWS or y.min() == y.max():
        return None
    w = w / w.sum()
    mean, scale = _standard(X)
    Z = np.hstack([(X - mean) / scale, np.ones((len(X), 1))])
    ridge = np.append(np.full(X.shape[1], l2), 0.0)

    def objective(theta: Array) -> tuple[float, Array, Array]:
        s = Z @ theta
        p = 0.5 * (1 + np.tanh(s / 2))
        loss = float(w @ (np.logaddexp(0, s) - y * s) + 0.5 * ridge @ theta**2)
        return loss, Z.T @ (w * (p - y)) + ridge * theta, (Z.T * (w * p * (1 - p))) @ Z + np.diag(ridge)

    theta = _newton(objective, Z.shape[1])
    return _model(features, mean, scale, theta[:-1], float(theta[-1]))


def fit_listwise(
    features: Sequence[str],
    groups: Sequence[Sequence[Sequence[float]]],
    labels: Sequence[Sequence[float]],
    l2: float = 0.01,
) -> LinearModel | None:
    """The model that puts the positives of each group before its negatives.

    Minimises the mean over groups of the mean over their positives p of  -log(e^s_p / (e^s_p + sum_{n negative} e^s_n)),
    plus l2 / 2 |weights|^2. A label above 0 is a positive. Rows with a number that is not finite are left out, then groups that
    lack a positive or a negative. None where fewer than `LEAST_ROWS` rows or two groups are left. Scores compare
    within a group only; the bias is 0. `ValueError` for lengths that do not match, l2 <= 0.
    """
    import numpy as np

    _check("fit_listwise", l2, groups=groups, labels=labels)
    kept_rows, kept_labels = [], []
    for rows, row_labels in zip(groups, labels, strict=True):
        _check("a group of fit_listwise", l2, rows=rows, labels=row_labels)
        X, y = _matrix(features, rows), np.asarray(row_labels, dtype=float) > 0
        usable = _usable(X)
        if y[usable].any() and not y[usable].all():
            kept_rows.append(X[usable])
            kept_labels.append(y[usable])
    if len(kept_rows) < 2 or sum(map(len, kept_rows)) < LEAST_ROWS:
        return None
    X, y = np.vstack(kept_rows), np.concatenate(kept_labels)
    mean, scale = _standard(X)
    theta = _newton(_softmax_objective((X - mean) / scale, y, [len(each) for each in kept_rows], l2), X.shape[1])
    return _model(features, mean, scale, theta, 0.0)


def _softmax_objective(Z: Array, y: NDArray[np.bool_], sizes: Sequence[int], l2: float) -> Objective:
    """Loss, gradient and Hessian of `fit_listwise`, over all groups at once."""
    import numpy as np

    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    group = np.repeat(np.arange(len(sizes)), sizes)
    share = 1.0 / (len(sizes) * np.add.reduceat(y.astype(float), starts))  # what one positive of a group weighs
    positive, negative = np.flatnonzero(y), np.flatnonzero(~y)
    gp, gn = group[positive], group[negative]
    first = np.searchsorted(gn, np.arange(len(sizes)))  # where the negatives of each group begin
    Zp, Zn, c = Z[positive], Z[negative], share[gp]

    def objective(theta: Array) -> tuple[float, Array, Array]:
        s = Z @ theta
        top = np.maximum.reduceat(s[negative], first)
        en = np.exp(s[negative] - top[gn])
        total = np.add.reduceat(en, first)
        margin = (top + np.log(total))[gp] - s[positive]  # how far the negatives together are above a positive
        miss = 0.5 * (1 + np.tanh(margin / 2))  # the probability that the positive leaves to them
        loss = float(c @ np.logaddexp(0, margin) + 0.5 * l2 * theta @ theta)
        a = np.bincount(gp, weights=c * miss, minlength=len(sizes))[gn] * en / total[gn]  # what each negative weighs
        gradient = Zn.T @ a - Zp.T @ (c * miss) + l2 * theta
        centre = np.add.reduceat(Zn * en[:, None], first) / total[:, None]
        middle = Zp * (1 - miss)[:, None] + centre[gp] * miss[:, None]
        hessian = (Zn.T * a) @ Zn + (Zp.T * (c * (1 - miss))) @ Zp - (middle.T * c) @ middle
        return loss, gradient, hessian + l2 * np.eye(len(theta))

    return objective


def _newton(objective: Objective, size: int) -> Array:
    """The minimum of a strictly convex function: Newton's steps, halved until they go down."""
    import numpy as np

    theta = np.zeros(size)
    loss, gradient, hessian = objective(theta)
    for _ in range(_MOST_STEPS):
        step = np.linalg.solve(hessian + 1e-12 * np.eye(size), gradient)
        slope = float(gradient @ step)
        if slope < 1e-14:
            break
        length = 1.0
        while length > 1e-10:
            trial = objective(theta - length * step)
            if trial[0] <= loss - 1e-4 * length * slope:
                break
            length /= 2
        else:
            break
        theta = theta - length * step
        loss, gradient, hessian = trial
    return theta


def _matrix(features: Sequence[str], rows: Sequence[Sequence[float]]) -> Array:
    import numpy as np

    if bad := [len(row) for row in rows if len(row) != len(features)]:
        raise ValueError(f"every row has one number for each of the {len(features)} features, one has {bad[0]}")
    return np.asarray(rows, dtype=float).reshape(len(rows), len(features))


def _usable(X: Array) -> NDArray[np.bool_]:
    import numpy as np

    return np.asarray((np.abs(X) < _LARGEST).all(axis=1))  # False for NaN, too


def _standard(X: Array) -> tuple[Array, Array]:
    """Mean and deviation of each column; a column that does not vary is left as it is, and so gets weight 0."""
    import numpy as np

    mean, scale = X.mean(axis=0), X.std(axis=0)
    return mean, np.where(scale > 1e-10 * np.abs(X).max(axis=0), scale, 1.0)


def _model(features: Sequence[str], mean: Array, scale: Array, weights: Array, bias: float) -> LinearModel:
    middle, spread, slopes = (tuple(map(float, column)) for column in (mean, scale, weights))
    return LinearModel(features=tuple(features), mean=middle, scale=spread, weights=slopes, bias=bias)


def _check(where: str, l2: float, **columns: Sequence[object]) -> None:
    if not l2 > 0:
        raise ValueError(f"l2 is above 0, so that separable data has a solution; it was {l2}")
    sizes = {name: len(column) for name, column in columns.items()}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"{where} takes columns of one length, these have {sizes}")
