"""Fitting: how a node learns its `Fitted` settings from visits.

A node that has settings declared with `Fitted(...)` says how they are learned by a method `fit`. The compiler runs the flow,
hands the node every visit that it made together with the example, and keeps what comes back if it holds up on other examples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel

from seekgraph.types import Example


@dataclass(frozen=True)
class FitRow:
    """One visit to learn from: `arguments` are what `run` was given (without resources), by parameter; `round` counts from 1
    inside a loop and is 0 outside; `writes` are what the visit wrote, by channel."""

    arguments: Mapping[str, Any]
    example: Example
    round: int = 0
    writes: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Fittable(Protocol):
    """A node that can learn."""

    fit_needs: frozenset[str]
    """What an example must have to be learned from: "supporting_ids", "answers"."""

    def fit(self, rows: Sequence[FitRow], seed: int) -> Mapping[str, BaseModel]:
        """Fitted settings by name, learned from `rows`; an empty mapping where there is too little to learn from.

        Must not change the node, must depend on `rows` and `seed` only, and must not raise for odd rows: it leaves them out.
        """
        ...
