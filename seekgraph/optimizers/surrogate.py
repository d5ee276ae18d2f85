"""What step rewards say of a change, as far as they have been seen to predict the outcome.

A node's own rewards see a change of that node much more clearly than the outcome of the whole run does, on which all other nodes
and the judge's error act, too. But a better reward need not make a better outcome. So the outcome is regressed on the nodes'
rewards over all rows that were run, and only nodes whose coefficient is clearly above 0 count. A change of such nodes alone then
has two estimates of what it gains on a row: the difference of the outcomes, and that of the predicted ones; they are weighted by
the inverse of their variances, as the outcome and a control variate are. The outcome always keeps a fifth.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seekgraph.evaluation.row import Row

CLEAR = 1.65
"""Standard errors by which a coefficient has to be above 0."""

LEAST_ROWS = 16
"""With fewer rows nothing is predicted."""

MOST_TRUST = 0.8
"""The largest weight of what is predicted."""

_DOUBT = 0.01
"""The error that a mean of predictions is taken to have besides their own, in points of the outcome."""


@dataclass
class Surrogate:
    """Predicts outcomes from the mean rewards of nodes at `paths`; refitted as rows come."""

    paths: tuple[str, ...]
    _x: list[list[float]] = field(default_factory=list)
    _y: list[float] = field(default_factory=list)
    _weights: Mapping[str, float] = field(default_factory=dict)

    def learn(self, rows: Sequence[Row], outcomes: Sequence[float]) -> None:
        """Take more rows into account."""
        for row, outcome in zip(rows, outcomes, strict=True):
            if not row.failed:
                self._x.append([_mean(row, path) for path in self.paths])
                self._y.append(outcome)
        self._weights = self._fitted()

    def predicts(self, paths: Collection[str]) -> bool:
        """Whether each of these nodes' rewards has been seen to predict the outcome."""
        return bool(paths) and set(paths) <= set(self._weights)

    def gaps(self, mine: Sequence[Row], theirs: Sequence[Row], seen: Sequence[float], changed: Collection[str]) -> list[float]:
        """What is gained on each row, of which `seen` are the differences of the outcomes, by a change of the nodes `changed`."""
        if len(seen) < 2 or not self.predicts(changed):
            return list(seen)
        predicted = [self._predicted(one) - self._predicted(other) for one, other in zip(mine, theirs, strict=True)]
        noise, doubt = float(np.var(seen, ddof=1)) / len(seen), float(np.var(predicted, ddof=1)) / len(seen) + _DOUBT**2
        trust = min(MOST_TRUST, noise / (noise + doubt))
        return [(1 - trust) * real + trust * thought for real, thought in zip(seen, predicted, strict=True)]

    def _predicted(self, row: Row) -> float:
        return sum(weight * _mean(row, path) for path, weight in self._weights.items()) if not row.failed else 0.0

    def _fitted(self) -> dict[str, float]:
        """The coefficients that are clearly above 0, of all nodes together or, with few rows, of each by itself."""
        if len(self._y) < LEAST_ROWS:
            return {}
        x, y = np.array(self._x), np.array(self._y)
        varying = [at for at in range(len(self.paths)) if np.ptp(x[:, at]) > 0]
        if len(y) >= 2 * len(varying) + 8:
            varying = [at for at, weight, error in _regressed(x, y, varying) if weight > CLEAR * error]
            found = _regressed(x, y, varying)
        else:
            found = [each for at in varying for each in _regressed(x, y, [at])]
        return {self.paths[at]: weight for at, weight, error in found if weight > CLEAR * error}


def _regressed(x: Any, y: Any, columns: Sequence[int]) -> list[tuple[int, float, float]]:
    """Ordinary least squares with an intercept: each column with its coefficient and the coefficient's standard error."""
    if not columns:
        return []
    design = np.column_stack([np.ones(len(y)), x[:, list(columns)]])
    inverse = np.linalg.pinv(design.T @ design)
    coefficients = inverse @ design.T @ y
    left = y - design @ coefficients
    variance = float(left @ left) / max(1, len(y) - design.shape[1])
    errors = np.sqrt(np.maximum(np.diag(inverse) * variance, 0.0))
    return [(at, float(coefficients[n]), float(errors[n])) for n, at in enumerate(columns, start=1)]


def _mean(row: Row, path: str) -> float:
    """The mean reward of a node's visits; 0 where it has none."""
    values = [value for _, _, value in row.rewards.get(path, ())]
    return sum(values) / len(values) if values else 0.0
