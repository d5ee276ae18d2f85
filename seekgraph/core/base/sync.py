"""The sync face: run a coroutine to its end from ordinary code, also where an event loop is already running (a notebook)."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

MOST_WAITED = 5.0
"""Seconds that an interrupted call waits for what it cancels."""


class Portal:
    """One event loop in a daemon thread, started when first needed, and again in a forked child.

    One loop serves all sync calls, so that resources with connections of their own keep them from call to call.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pid = 0

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """The coroutine's result. An interrupt in the calling thread cancels it, and waits until it has ended."""
        ended = threading.Event()
        future = asyncio.run_coroutine_threadsafe(_watched(coroutine, ended), self._started())
        try:
            return future.result()
        except BaseException:
            if not future.done():
                future.cancel()
                ended.wait(timeout=MOST_WAITED)
            raise

    def is_here(self) -> bool:
        """Whether the caller runs in the portal's own loop."""
        return threading.current_thread() is self._thread

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._pid != os.getpid():
                loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=loop.run_forever, name="seekgraph", daemon=True)
                self._thread.start()
                self._loop, self._pid = loop, os.getpid()
            return self._loop


async def _watched(coroutine: Coroutine[Any, Any, T], ended: threading.Event) -> T:
    try:
        return await coroutine
    finally:
        ended.set()


_portal = Portal()


def run_sync(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end from ordinary code. Raises `RuntimeError` when called from inside the portal's own loop."""
    if _portal.is_here():
        coroutine.close()
        raise RuntimeError("a sync call from inside a flow would wait for itself: await the async form")
    return _portal.run(coroutine)
