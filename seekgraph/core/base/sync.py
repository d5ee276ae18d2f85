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
        loop, call = self._started(), _Call()
        try:
            return asyncio.run_coroutine_threadsafe(call.watched(coroutine), loop).result()
        except BaseException:
            if not call.ended.is_set():
                # An interrupt may come before the future has a name here, so that the call is what is cancelled.
                loop.call_soon_threadsafe(call.cancel)
                call.ended.wait(timeout=MOST_WAITED)
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


class _Call:
    """A coroutine on its way in the portal's loop: whether it has ended, and how to end it, begun or not."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self._task: asyncio.Task[Any] | None = None
        self._cancelled = False

    async def watched(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """What the coroutine gives."""
        try:
            if self._cancelled:
                coroutine.close()
                raise asyncio.CancelledError
            self._task = asyncio.current_task()
            return await coroutine
        finally:
            self.ended.set()

    def cancel(self) -> None:
        """Cancel it; to be called in its loop."""
        self._cancelled = True
        if self._task is not None:
            self._task.cancel()


_portal = Portal()


def run_sync(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end from ordinary code. Raises `RuntimeError` when called from inside the portal's own loop."""
    if _portal.is_here():
        coroutine.close()
        raise RuntimeError("a sync call from inside a flow would wait for itself: await the async form")
    return _portal.run(coroutine)
