"""Where a visit stands still: it waits for others, and not for what it asked for.

Whoever runs visits beside one another may put something that counts this into the context (`STANDING`). What makes its callers
wait for others (a rate limit, a budget in flight, a local engine, a pool of threads) says so with `standing_still` and its like.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeVar

T = TypeVar("T")


class Standing(Protocol):
    """What is told of one visit's calls, from its event loop."""

    def call_begun(self) -> None: ...

    def call_ended(self) -> None: ...

    def pause(self) -> None:
        """A call waits for others from now on."""
        ...

    def resume(self) -> None:
        """It goes on."""
        ...


STANDING: ContextVar[Standing | None] = ContextVar("standing", default=None)


def stand_still() -> Callable[[], None]:
    """A call waits for others from now on, until what comes back is called; further calls of it do nothing."""
    standing = STANDING.get()
    if standing is None:
        return _nothing
    standing.pause()
    waits = [standing]

    def over() -> None:
        if waits:
            waits.pop().resume()

    return over


@contextmanager
def standing_still() -> Iterator[None]:
    """A call waits for others within this."""
    over = stand_still()
    try:
        yield
    finally:
        over()


async def in_thread(function: Callable[..., T], *arguments: object) -> T:
    """`asyncio.to_thread`, of which the time before a thread is free counts as standing still."""
    if STANDING.get() is None:
        return await asyncio.to_thread(function, *arguments)
    loop, over = asyncio.get_running_loop(), stand_still()

    def run() -> T:
        loop.call_soon_threadsafe(over)
        return function(*arguments)

    try:
        return await asyncio.to_thread(run)
    finally:
        over()


def _nothing() -> None:
    return None
