"""Budgets: what a run may spend, and what it spent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import NamedTuple


@dataclass(frozen=True)
class Budget:
    """Upper limits; None is unlimited.

    `calls` counts language model calls, `searches` retriever calls, `tokens` both directions, `usd` US dollars, `seconds` wall
    time. What a call may use at most is reserved before it starts: one for which too little is left is not started.
    """

    calls: int | None = None
    searches: int | None = None
    tokens: int | None = None
    usd: float | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        for each in fields(self):
            limit = getattr(self, each.name)
            if limit is not None and (not isinstance(limit, int | float) or isinstance(limit, bool) or not limit >= 0):
                raise ValueError(f"budget {each.name} is a number of 0 or more, not {limit!r}")

    @property
    def limited(self) -> bool:
        """Whether there is any limit at all."""
        return (self.calls, self.searches, self.tokens, self.usd, self.seconds) != (None,) * 5


@dataclass(slots=True)
class Usage:
    """What was spent: counts of calls by kind, tokens, US dollars.

    `fallbacks` counts replies of models that were not what was asked for, so that a step made do in another way. `unpriced`
    counts replies of models whose price is not known: `usd` is without them.
    """

    calls: int = 0
    searches: int = 0
    ranks: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float = 0.0
    fallbacks: int = 0
    unpriced: int = 0

    @property
    def tokens(self) -> int:
        """Tokens of both directions."""
        return self.tokens_in + self.tokens_out

    def add(self, other: Usage) -> None:
        """Add what another spent."""
        for name in USAGE_LINES:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def add_amounts(self, other: Usage) -> None:
        """Add what a call used besides having been made: its tokens and money, and whether its price is known."""
        self.tokens_in += other.tokens_in  # written out: this is done several times for each call
        self.tokens_out += other.tokens_out
        self.usd += other.usd
        self.unpriced += other.unpriced

    def subtract(self, other: Usage) -> None:
        """Take away what another spent."""
        for name in USAGE_LINES:
            setattr(self, name, getattr(self, name) - getattr(other, name))

    def spent(self) -> dict[str, float]:
        """The lines that are not zero."""
        values = _AMOUNTS(self)
        return {name: value for name, value in zip(USAGE_LINES, values, strict=True) if value} if any(values) else {}

    @classmethod
    def of(cls, spent: Mapping[str, float]) -> Usage:
        """The usage that `spent` describes."""
        return cls(**spent)  # type: ignore[arg-type]


USAGE_LINES = tuple(each.name for each in fields(Usage))
_AMOUNTS: Callable[[Usage], tuple[float, ...]] = attrgetter(*USAGE_LINES)


class AtMost(NamedTuple):
    """What one call may use at most: tokens of both directions, US dollars. None: not known beforehand."""

    tokens: int | None = None
    usd: float | None = None


UNKNOWN = AtMost()
"""Under a cap such a call is made alone, with all that is left reserved for it."""
NOTHING = AtMost(0, 0.0)
