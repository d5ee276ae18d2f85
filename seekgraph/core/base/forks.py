"""Surviving `os.fork`: locks and open files of what is shared by threads, held still while the process is copied.

A child has only the thread that forked. A lock that another thread held would stay locked in it for ever, and an open SQLite
connection must not be used by both. So before a fork everything that is watched is brought to rest, and afterwards, in both
processes, let go again.
"""

from __future__ import annotations

import os
import threading
import weakref
from functools import cache
from typing import Protocol


class Forkable(Protocol):
    """What can be brought to rest. `hold` takes its locks and closes its files; `release`, in both processes, unlocks."""

    def hold(self) -> None: ...

    def release(self, *, child: bool) -> None: ...


def watch(thing: Forkable) -> None:
    """Hold `thing` still during every fork, for as long as it lives."""
    _register()
    _watched.add(thing)


_watched: weakref.WeakSet[Forkable] = weakref.WeakSet()
_held: list[Forkable] = []
_one_at_a_time = threading.Lock()


@cache
def _register() -> None:
    if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
        os.register_at_fork(before=_hold, after_in_parent=_release, after_in_child=lambda: _release(child=True))


def _hold() -> None:
    _one_at_a_time.acquire()
    _held.extend(_watched)
    for thing in _held:
        thing.hold()


def _release(*, child: bool = False) -> None:
    for thing in _held:
        thing.release(child=child)
    _held.clear()
    _one_at_a_time.release()
