"""Meters: they count what is spent against a budget, and reserve before a call what it may cost at most.

Nothing starts past a budget: a call asks its meter first. Meters form a chain: what an executor spends is counted in its own
meter, in the run's and in the compile's, and the tightest of them decides.
"""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import Future
from typing import NoReturn

from seekgraph.core.base.budget import NOTHING, AtMost, Budget, Usage
from seekgraph.core.base.errors import BudgetExceeded

_ROUNDING = 1e-9
"""Relative: sums of money round, a hundred times 0.015 comes to a little less than 1.5."""

_SPARED, _SPARED_SECONDS = 0.25, 5.0
"""Of a budget of seconds, what models leave for searching and answering by rules: this share, and not more than this."""

_NO_USAGE = Usage()
"""Only read."""

_UNLIMITED = Budget()
"""Made once: every run has a meter, and most have no budget of their own."""

_LEAST = sys.float_info.min

Waiter = Future[None]


class AllLeft(AtMost):
    """All that is left, for a call of which it is not known what it may use: where it fails, nothing stays reserved for it."""

    __slots__ = ()


class Busy(BudgetExceeded):
    """What is left may do once calls in flight have been settled: `waiter` is then set."""

    def __init__(self, message: str, meter: Meter) -> None:
        super().__init__(message, meter)
        self.waiter = Waiter()


class Meter:
    """Counts usage against a budget, and against the budgets around it. Safe to share between threads and event loops."""

    __slots__ = (
        "_flying", "_lock", "_lost", "_waiting", "budget", "cut_short", "ending", "largest", "limited", "parent", "reason",
        "refused", "started", "used",
    )  # fmt: skip

    def __init__(self, budget: Budget | None = None, parent: Meter | None = None) -> None:
        self.budget = budget or _UNLIMITED
        self.parent = parent
        self.used = Usage()
        self.refused = False  # whether something was not started for its sake
        self.reason = ""  # what was refused first, in words
        self.cut_short = False  # whether models were not asked, or not heard to the end, since the time is nearly over
        self.ending = False  # whether it is for ending a run whose budget is spent
        self.started = time.monotonic()
        self.limited: bool = self.budget.limited or (parent is not None and parent.limited)
        self.largest: dict[str, AtMost] = {} if parent is None else parent.largest
        """The most that one call has used, of resources that do not say it beforehand."""
        self._flying = NOTHING  # reserved for calls that run
        self._lost = NOTHING  # reserved for calls that ended without saying what they used
        self._waiting: list[Waiter] = []
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
            (budget.usd and budget.usd * (1 - _ROUNDING), used.usd),
        )
        late = budget.seconds is not None and self.seconds >= budget.seconds
        reached = late or self.refused or any(limit and amount >= limit for limit, amount in lines)
        return reached or (self.parent is not None and self.parent.used_up)

    def deadline(self) -> tuple[float, Meter] | None:
        """Seconds left of the tightest time limit, and the meter that has it; None where there is no limit."""
        own = None if self.budget.seconds is None else (max(0.0, self.budget.seconds - self.seconds), self)
        outer = None if self.parent is None else self.parent.deadline()
        return min((left for left in (own, outer) if left is not None), key=lambda left: left[0], default=None)

    def for_models(self) -> tuple[float, Meter] | None:
        """Seconds that a model may still take, so that what is left does for going on without one; and the meter that has the
        limit. None where there is none; zero or less where no model is to be asked any more."""
        limit = self.deadline()
        if limit is None:
            return None
        left, meter = limit
        return left - min(_SPARED * (meter.budget.seconds or 0.0), _SPARED_SECONDS), meter

    def cut(self, limiting: Meter) -> None:
        """Note that a model was not asked, or not heard to the end, for the sake of the meter around this one that has the
        limit."""
        meter: Meter | None = self
        while meter is not None:
            meter.cut_short = True
            meter.reason = (
                meter.reason or f"{limiting.budget.seconds:g} seconds are nearly over: the rest is done without a model"
            )
            meter = None if meter is limiting else meter.parent

    def caps(self, line: str) -> bool:
        """Whether this budget, or one around it, has a limit on a line."""
        return getattr(self.budget, line) is not None or (self.parent is not None and self.parent.caps(line))

    def all_left(self, least: AtMost) -> AllLeft:
        """What is left of each capped line in the tightest budget, calls in flight not counted; `least` where that is more."""
        tokens, usd = least.tokens or 0, least.usd or 0.0
        left: list[tuple[int | None, float | None]] = []
        meter: Meter | None = self
        while meter is not None:
            budget, used, lost = meter.budget, meter.used, meter._lost
            left.append(
                (
                    None if budget.tokens is None else budget.tokens - used.tokens - (lost.tokens or 0),
                    None if budget.usd is None else budget.usd - used.usd - (lost.usd or 0.0),
                )
            )
            meter = meter.parent
        return AllLeft(
            max(tokens, min((each for each, _ in left if each is not None), default=0)),
            max(usd, min((each for _, each in left if each is not None), default=0.0)),
        )

    def closing(self) -> Meter:
        """A meter for ending a run: steps may still start, calls only as far as this meter lets them."""
        meter = Meter(None, self)
        meter.limited = False
        meter.ending = True
        return meter

    def require(self) -> None:
        """Raise `BudgetExceeded` where nothing more may start."""
        if self.limited:
            self._refuse_spent("a step")
            if self.parent is not None:
                self.parent.require()

    def start(self, line: str) -> None:
        """Count one call in `line` ("calls", "searches", ...) before it is made, or raise `BudgetExceeded` and count nothing.

        For a call that uses neither tokens nor money; see `reserve` for others.
        """
        self.reserve(line, NOTHING)

    def reserve(self, line: str, most: AtMost, *, wait: bool = False) -> Reservation:
        """Count one call in `line`, and keep for it what it may use at most, in every budget of the chain.

        Raises `BudgetExceeded`, and counts nothing, where too little is left; with `wait`, `Busy` where it would be enough if
        calls in flight used nothing: its `waiter` is set when one of them has been settled, and trying again may help.
        """
        return Reservation(self, line, self._reserve(line, most, wait), None not in most and not isinstance(most, AllLeft))

    def spend(self, usage: Usage) -> None:
        """Count what a call has cost besides having been made: its tokens and money."""
        meter: Meter | None = self
        while meter is not None:
            with meter._lock:
                meter._count(usage)
            meter = meter.parent

    def add(self, into: Usage, line: str, attempts: int, usage: Usage | None) -> None:
        """Add to the usage of a step that counts in this meter. Its calls may be in many threads, so this is under its lock."""
        with self._lock:
            if attempts:
                setattr(into, line, getattr(into, line) + attempts)
            if usage is not None:
                into.add_amounts(usage)

    def _reserve(self, line: str, most: AtMost, wait: bool) -> dict[Meter, AtMost] | None:
        with self._lock:
            own = self._checked(line, most, wait) if self.limited else NOTHING
            held = None if self.parent is None else self.parent._reserve(line, most, wait)
            setattr(self.used, line, getattr(self.used, line) + 1)
            if own is not NOTHING:
                held = held or {}
                held[self] = own
                self._flying = _plus(self._flying, own)
        return held

    def _checked(self, line: str, most: AtMost, wait: bool) -> AtMost:
        """What to keep for a call in this meter."""
        budget, used = self.budget, self.used
        self._refuse_spent(f"one more of {line}")
        limit = getattr(budget, line, None)
        if limit is not None and getattr(used, line) + 1 > limit:
            self._refuse(f"{limit} {line} are spent: one more would go past the budget")
        tokens = 0 if budget.tokens is None else self._part("tokens", budget.tokens, used.tokens, 0, wait, most)
        usd = 0 if budget.usd is None else self._part("usd", budget.usd, used.usd, _ROUNDING, wait, most)
        return NOTHING if not tokens and not usd else AtMost(int(tokens), usd)

    def _part(self, line: str, limit: float, used: float, rounding: float, wait: bool, most: AtMost) -> float:
        """What to keep of one line."""
        wanted: float | None = getattr(most, line)
        if wanted == 0:
            return 0
        flying: float = getattr(self._flying, line)
        left = limit - used - getattr(self._lost, line)
        spare = limit * rounding
        if wanted is not None and wanted > left + spare:
            self._refuse(
                f"{_amount(max(0, left), line)} of {_amount(limit, line)} are left: a call that may take "
                f"{_amount(wanted, line)} was not started"
            )
        if flying > spare if wanted is None else wanted > left - flying + spare:
            if not wait:
                self._refuse(f"what is left of {_amount(limit, line)} is reserved for calls in flight: one more was not started")
            busy = Busy("calls in flight may take what is left", self)
            self._waiting.append(busy.waiter)
            raise busy
        return (
            max(_LEAST, left) if wanted is None else wanted
        )  # more than nothing, so that it is alone also where nothing is left

    def _settle(self, held: AtMost, usage: Usage | None, withdrawn: str = "") -> None:
        """Give back what was kept for a call and count what it used. None: not known, so it stays kept for good."""
        with self._lock:
            if held is not NOTHING:
                self._flying = _plus(self._flying, held, -1)
            if usage is not None:
                self._count(usage)
            elif held is not NOTHING:
                self._lost = _plus(self._lost, held)
            if withdrawn:
                setattr(self.used, withdrawn, getattr(self.used, withdrawn) - 1)
            waiting: list[Waiter] = []
            if self._waiting:
                waiting, self._waiting = self._waiting, waiting
        for waiter in waiting:
            if waiter.set_running_or_notify_cancel():
                waiter.set_result(None)

    def _count(self, usage: Usage) -> None:
        self.used.add_amounts(usage)

    def _refuse_spent(self, what: str) -> None:
        budget, used = self.budget, self.used
        if budget.seconds is not None and self.seconds >= budget.seconds:
            self._refuse(f"{budget.seconds} seconds are over: {what} was not started")
        if budget.tokens is not None and used.tokens >= budget.tokens:
            self._refuse(f"{budget.tokens} tokens are spent: {what} was not started")
        # one of no dollars lets what is free start
        if budget.usd is not None and used.usd and used.usd >= budget.usd * (1 - _ROUNDING):
            self._refuse(f"{budget.usd} US dollars are spent: {what} was not started")

    def _refuse(self, message: str) -> NoReturn:
        self.refused = True
        self.reason = self.reason or message
        raise BudgetExceeded(message, self)


class Reservation:
    """What is kept for one call in a meter and those around it. It is settled once; anything after that does nothing."""

    __slots__ = ("_bounded", "_held", "_line", "_meter", "open")

    def __init__(self, meter: Meter, line: str, held: dict[Meter, AtMost] | None, bounded: bool) -> None:
        self._meter, self._line, self._held, self._bounded = meter, line, held, bounded
        self.open = True

    def spend(self, usage: Usage) -> bool:
        """Count what the call used, and give back the rest. Whether it was open."""
        return self._end(usage)

    def lose(self) -> bool:
        """The call has ended, and what it used is not known: what it may have used at most is not given back."""
        return self._end(None if self._bounded else _NO_USAGE)

    def withdraw(self) -> bool:
        """The call was never made: it is not counted."""
        return self._end(_NO_USAGE, self._line)

    def _end(self, usage: Usage | None, withdrawn: str = "") -> bool:
        if not self.open:
            return False
        with self._meter._lock:
            was, self.open = self.open, False
        meter: Meter | None = self._meter if was else None
        while meter is not None:
            meter._settle(self._held.get(meter, NOTHING) if self._held else NOTHING, usage, withdrawn)
            meter = meter.parent
        return was


def _plus(one: AtMost, other: AtMost, sign: int = 1) -> AtMost:
    tokens = (one.tokens or 0) + sign * (other.tokens or 0)
    return AtMost(tokens, max(0.0, (one.usd or 0.0) + sign * (other.usd or 0.0)))  # differences of money round, too


def _amount(amount: float, line: str) -> str:
    return f"{amount:g} US dollars" if line == "usd" else f"{int(amount)} tokens"
