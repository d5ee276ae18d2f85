"""Budgets: what a run may spend, and meters that count it.

Nothing starts past a budget: a call asks its meter first. Meters form a chain: what an executor spends is counted in its own
meter, in the run's and in the compile's, and the tightest of them decides.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, NoReturn, Protocol

from seekgraph.core.base.errors import BudgetExceeded

_SUMMED = 1 - 1e-9
"""What is left of a sum of money after rounding: a hundred times 0.015 comes to a little less than 1.5."""


@dataclass(frozen=True)
class Budget:
    """Upper limits; None is unlimited.

    `calls` counts language model calls, `searches` retriever calls, `tokens` both directions, `usd` US dollars, `seconds` wall
    time.
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

    `fallbacks` counts replies of models that were not what was asked for, so that a step made do in another way.
    """

    calls: int = 0
    searches: int = 0
    ranks: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float = 0.0
    fallbacks: int = 0

    @property
    def tokens(self) -> int:
        """Tokens of both directions."""
        return self.tokens_in + self.tokens_out

    def add(self, other: Usage) -> None:
        """Add what another spent."""
        for name in USAGE_LINES:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def subtract(self, other: Usage) -> None:
        """Take away what another spent."""
        for name in USAGE_LINES:
            setattr(self, name, getattr(self, name) - getattr(other, name))

    def spent(self) -> dict[str, float]:
        """The lines that are not zero."""
        return {name: value for name in USAGE_LINES if (value := getattr(self, name))}

    @classmethod
    def of(cls, spent: Mapping[str, float]) -> Usage:
        """The usage that `spent` describes."""
        return cls(**spent)  # type: ignore[arg-type]


USAGE_LINES = tuple(each.name for each in fields(Usage))


class Meter:
    """Counts usage against a budget, and against the budgets around it. Safe to share between threads."""

    __slots__ = ("_lock", "budget", "limited", "parent", "refused", "started", "used")

    def __init__(self, budget: Budget | None = None, parent: Meter | None = None) -> None:
        self.budget = budget or Budget()
        self.parent = parent
        self.used = Usage()
        self.refused = False  # whether something was not started for its sake
        self.started = time.monotonic()
        self.limited: bool = self.budget.limited or (parent is not None and parent.limited)
        self._lock = threading.Lock()

    @property
    def seconds(self) -> float:
        """Wall time since the meter was made."""
        return time.monotonic() - self.started

    @property
    def used_up(self) -> bool:
        """Whether this budget, or one around it, has refused something, or one of its limits is reached."""
        budget, used = self.budget, self.used
        lines = (
            (budget.calls, used.calls),
            (budget.searches, used.searches),
            (budget.tokens, used.tokens),
            (budget.usd and budget.usd * _SUMMED, used.usd),
        )
        late = budget.seconds is not None and self.seconds >= budget.seconds
        reached = late or self.refused or any(limit and amount >= limit for limit, amount in lines)
        return reached or (self.parent is not None and self.parent.used_up)

    def deadline(self) -> tuple[float, Meter] | None:
        """Seconds left of the tightest time limit, and the meter that has it; None where there is no limit."""
        own = None if self.budget.seconds is None else (max(0.0, self.budget.seconds - self.seconds), self)
        outer = None if self.parent is None else self.parent.deadline()
        return min((left for left in (own, outer) if left is not None), key=lambda left: left[0], default=None)

    def caps(self, line: str) -> bool:
        """Whether this budget, or one around it, has a limit on a line."""
        return getattr(self.budget, line) is not None or (self.parent is not None and self.parent.caps(line))

    def closing(self) -> Meter:
        """A meter for ending a run: steps may still start, calls only as far as this meter lets them."""
        meter = Meter(None, self)
        meter.limited = False
        return meter

    def require(self) -> None:
        """Raise `BudgetExceeded` where nothing more may start."""
        if self.limited:
            self._refuse_spent("a step")
            if self.parent is not None:
                self.parent.require()

    def start(self, line: str) -> None:
        """Count one call in `line` ("calls", "searches", ...) before it is made, or raise `BudgetExceeded` and count nothing."""
        with self._lock:
            if self.limited:
                self._refuse_spent(f"one more of {line}")
                limit = getattr(self.budget, line, None)
                if limit is not None and getattr(self.used, line) + 1 > limit:
                    self._refuse(f"{limit} {line} are spent: one more would go past the budget")
            if self.parent is not None:
                self.parent.start(line)
            setattr(self.used, line, getattr(self.used, line) + 1)

    def spend(self, usage: Usage) -> None:
        """Count what a call has cost besides having been made: its tokens and money."""
        with self._lock:
            self.used.tokens_in += usage.tokens_in
            self.used.tokens_out += usage.tokens_out
            self.used.usd += usage.usd
        if self.parent is not None:
            self.parent.spend(usage)

    def _refuse_spent(self, what: str) -> None:
        budget, used = self.budget, self.used
        if budget.seconds is not None and self.seconds >= budget.seconds:
            self._refuse(f"{budget.seconds} seconds are over: {what} was not started")
        if budget.tokens is not None and used.tokens >= budget.tokens:
            self._refuse(f"{budget.tokens} tokens are spent: {what} was not started")
        if budget.usd is not None and used.usd and used.usd >= budget.usd * _SUMMED:  # one of nothing lets what is free start
            self._refuse(f"{budget.usd} US dollars are spent: {what} was not started")

    def _refuse(self, message: str) -> NoReturn:
        self.refused = True
        raise BudgetExceeded(message, self)


class ByAttempt(str):
    """A budget line that a method counts itself, since one call of it may make several attempts: it is given a `tally`."""

    __slots__ = ()


class Tally(Protocol):
    """Counts what one call of a resource does, attempt by attempt. May be used from any thread."""

    def start(self) -> None:
        """Count one attempt before it is made. Raises `BudgetExceeded`, and counts nothing, where it would go past a budget."""
        ...

    def spend(self, usage: Usage) -> None:
        """Count the tokens and the money of an attempt, as soon as they are known; of one that failed, too."""
        ...

    def caps(self, line: str) -> bool:
        """Whether there is a limit on a line of the budget, so that what cannot be counted in it must not start."""
        ...


class StepTally:
    """Counts the attempts of one step's calls in its usage, and in a meter."""

    __slots__ = ("_line", "_lock", "_meter", "_usage")

    def __init__(self, line: str, meter: Meter, usage: Usage) -> None:
        self._line = str(line)
        self._meter = meter
        self._usage = usage
        self._lock = threading.Lock()

    def start(self) -> None:
        self._meter.start(self._line)
        with self._lock:
            setattr(self._usage, self._line, getattr(self._usage, self._line) + 1)

    def spend(self, usage: Usage) -> None:
        with self._lock:
            self._usage.tokens_in += usage.tokens_in
            self._usage.tokens_out += usage.tokens_out
            self._usage.usd += usage.usd
        self._meter.spend(usage)

    def caps(self, line: str) -> bool:
        return self._meter.caps(line)


class Metered:
    """A resource as a step sees it: what its port charges is counted before it is made, everything else passes through."""

    __slots__ = ("_charges", "_inner", "_meter", "_on_text", "_usage")

    def __init__(
        self,
        inner: Any,
        charges: Mapping[str, str],
        meter: Meter,
        usage: Usage,
        on_text: Callable[[str, int], None] | None = None,
    ) -> None:
        self._on_text = on_text
        self._inner = inner
        self._charges = charges
        self._meter = meter
        self._usage = usage

    def fell_back(self) -> None:
        """Count that the step makes do without what this resource gave."""
        self._usage.fallbacks += 1

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._inner, name)
        if name == "with_settings":
            return lambda **settings: Metered(member(**settings), self._charges, self._meter, self._usage, self._on_text)
        line = self._charges.get(name)
        if isinstance(line, ByAttempt):
            listening = {} if self._on_text is None else {"on_text": self._on_text}
            return partial(member, tally=StepTally(line, self._meter, self._usage), **listening)
        return member if line is None else self._counted(member, line)

    def _counted(self, method: Any, line: str) -> Any:
        tally = StepTally(line, self._meter, self._usage)

        async def call(*args: Any, **kwargs: Any) -> Any:
            tally.start()
            result = await method(*args, **kwargs)
            spent = getattr(result, "usage", None)
            if isinstance(spent, Usage):
                tally.spend(spent)
            return result

        return call
