"""What a step's calls cost: counted and reserved before each is made, in the step's usage and in the meters around it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from seekgraph.core.base.budget import NOTHING, UNKNOWN, AtMost, Usage
from seekgraph.core.base.errors import BudgetExceeded, WithoutModel
from seekgraph.core.base.meter import Busy, Meter, Reservation
from seekgraph.core.base.waiting import STANDING, standing_still


class ByAttempt(str):
    """A budget line that a method counts itself, since one call of it may make several attempts: it is given a `tally`."""

    __slots__ = ()


class Bounded(Protocol):
    """The capability of a resource to say what a call may use at most; one that has a price for each search, for instance."""

    def at_most(self, method: str) -> AtMost:
        """The most that one call of `method` uses, in tokens and US dollars."""
        ...


class Attempt(Protocol):
    """One attempt that was counted, and has to be closed: then what was reserved for it is free for others.

    with await tally.begin(AtMost(tokens=900, usd=0.002)) as attempt:
        ...
        attempt.spend(Usage(tokens_in=120, tokens_out=40, usd=0.0003))
    """

    def spend(self, usage: Usage) -> None:
        """Count the tokens and the money that it used, as soon as they are known; of a failed one, too. Closes it."""
        ...

    def withdraw(self) -> None:
        """It was not made after all, and is not counted. Closes it."""
        ...

    def close(self) -> None:
        """It is over. Where nothing was said of what it used, its most stays reserved: the host may have charged for it."""
        ...

    def __enter__(self) -> Attempt: ...

    def __exit__(self, *_: object) -> None: ...


class Tally(Protocol):
    """Counts what one call of a resource does, attempt by attempt. May be used from any thread."""

    async def begin(self, most: AtMost = UNKNOWN) -> Attempt:
        """Count one attempt before it is made, and reserve what it may use at most.

        Waits where calls in flight may leave enough for it. Raises `BudgetExceeded`, and counts nothing, where too little is
        left. What is not known beforehand is tried alone, with all that is left.
        """
        ...

    def caps(self, line: str) -> bool:
        """Whether there is a limit on a line of the budget, so that what cannot be counted in it must not start."""
        ...


class StepTally:
    """Counts the attempts of one step's call in its usage, and in a meter."""

    __slots__ = ("_attempts", "_line", "_meter", "_usage")

    def __init__(self, line: str, meter: Meter, usage: Usage) -> None:
        self._line = str(line)
        self._meter = meter
        self._usage = usage
        self._attempts: list[StepAttempt] = []

    async def begin(self, most: AtMost = UNKNOWN) -> StepAttempt:
        try:
            return self._begun(self._meter.reserve(self._line, most, wait=True))
        except Busy as busy:
            waiter = busy.waiter
        with standing_still():
            await asyncio.wrap_future(waiter)
        return await self.begin_as_known(lambda: most)

    async def begin_as_known(self, most: Callable[[], AtMost]) -> StepAttempt:
        """The same, where what is known of a call's cost may change while it waits for others."""
        return self._begun(await _reserved(self._meter, self._line, most))

    def _begun(self, reservation: Reservation) -> StepAttempt:
        attempt = StepAttempt(reservation, self)
        self._attempts.append(attempt)
        self.count(1)
        return attempt

    def caps(self, line: str) -> bool:
        return self._meter.caps(line)

    def close(self) -> None:
        """The call is over: no attempt of it stays open."""
        for attempt in self._attempts:
            if attempt.reservation.open:
                attempt.close()

    def count(self, attempts: int, usage: Usage | None = None) -> None:
        """Add to the step's usage."""
        self._meter.add(self._usage, self._line, attempts, usage)


class StepAttempt:
    """An `Attempt` of a step."""

    __slots__ = ("_tally", "reservation")

    def __init__(self, reservation: Reservation, tally: StepTally) -> None:
        self.reservation = reservation
        self._tally = tally

    def spend(self, usage: Usage) -> None:
        if self.reservation.spend(usage):
            self._tally.count(0, usage)

    def withdraw(self) -> None:
        if self.reservation.withdraw():
            self._tally.count(-1)

    def close(self) -> None:
        self.reservation.lose()

    def __enter__(self) -> StepAttempt:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Metered:
    """A resource as a step sees it: what its port charges is counted before it is made, everything else passes through."""

    __slots__ = ("_charges", "_inner", "_meter", "_notes", "_on_call", "_on_text", "_usage")

    def __init__(
        self,
        inner: Any,
        charges: Mapping[str, str],
        meter: Meter,
        usage: Usage,
        on_text: Callable[[str, int], None] | None = None,
        notes: dict[str, None] | None = None,
        on_call: Callable[[], None] | None = None,
    ) -> None:
        self._on_call = on_call
        self._on_text = on_text
        self._notes = {} if notes is None else notes
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
            return lambda **settings: Metered(
                member(**settings), self._charges, self._meter, self._usage, self._on_text, self._notes, self._on_call
            )
        line = self._charges.get(name)
        if line is None:
            return member
        return self._by_attempt(member, line) if isinstance(line, ByAttempt) else self._counted(member, name, line)

    def _by_attempt(self, method: Callable[..., Awaitable[Any]], line: str) -> Any:
        listening = {} if self._on_text is None else {"on_text": self._on_text}

        async def call(*args: Any, **kwargs: Any) -> Any:
            tally = StepTally(line, self._meter, self._usage)
            if self._on_call is not None:
                self._on_call()
            if (visit := STANDING.get()) is not None:
                visit.call_begun()
            try:
                result = await self._in_time(lambda: method(*args, tally=tally, **listening, **kwargs))
                self._notes.update(dict.fromkeys(getattr(result, "notes", ())))
                return result
            finally:
                tally.close()
                if visit is not None:
                    visit.call_ended()

        return call

    async def _in_time(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """What a model replies, as long as enough time is left after it for going on by rules.

        Raises `WithoutModel` where there is not, and where a run whose budget is spent is to end without it.
        """
        limit = self._meter.for_models()
        try:
            if limit is None:
                return await ask()
            seconds, limiting = limit
            if seconds > 0:
                async with asyncio.timeout(seconds) as timer:
                    return await ask()
        except TimeoutError:
            if limit is None or not timer.expired():
                raise
        except BudgetExceeded as error:
            if not self._meter.ending:
                raise
            self._notes["by rules: the budget is spent"] = None
            raise WithoutModel(str(error), error.meter) from None
        self._meter.cut(limiting)
        self._notes["by rules: the time is nearly over"] = None
        raise WithoutModel("the time is nearly over", limiting)

    def _counted(self, method: Callable[..., Awaitable[Any]], name: str, line: str) -> Any:
        async def call(*args: Any, **kwargs: Any) -> Any:
            if (visit := STANDING.get()) is not None:
                visit.call_begun()
            try:
                with await StepTally(line, self._meter, self._usage).begin_as_known(lambda: self._at_most(name)) as attempt:
                    result = await method(*args, **kwargs)
                    spent = getattr(result, "usage", None)
                    used = spent if isinstance(spent, Usage) else Usage()
                    self._learn(name, used)
                    attempt.spend(used)
                    return result
            finally:
                if visit is not None:
                    visit.call_ended()

        return call

    def _at_most(self, method: str) -> AtMost:
        """What a call may use at most, as the resource says.

        Of one that does not say so it is not known: under a cap of tokens or US dollars its calls are made one at a time, each
        with all that is left reserved for it, and none where less is left than the largest so far used. So one call at most, the
        last, can use more than is left. One whose calls have never used anything is taken for free.
        """
        bounded: Callable[[str], AtMost] | None = getattr(self._inner, "at_most", None)
        if bounded is not None:
            return bounded(method)
        largest = self._meter.largest.get(self._name(method))
        if largest is None or largest == NOTHING:
            return UNKNOWN if largest is None else NOTHING
        return self._meter.all_left(largest)

    def _learn(self, method: str, used: Usage) -> None:
        name, largest = self._name(method), self._meter.largest
        before = largest.get(name, NOTHING)
        largest[name] = AtMost(max(before.tokens or 0, used.tokens), max(before.usd or 0.0, used.usd))

    def _name(self, method: str) -> str:
        kind = type(self._inner)
        return f"{kind.__module__}:{kind.__qualname__}.{method}"


async def _reserved(meter: Meter, line: str, most: Callable[[], AtMost]) -> Reservation:
    """A reservation, as soon as there is room for it."""
    while True:
        try:
            return meter.reserve(line, most(), wait=True)
        except Busy as busy:
            waiter = busy.waiter
        with standing_still():
            await asyncio.wrap_future(waiter)
