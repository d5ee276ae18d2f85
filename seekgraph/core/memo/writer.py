"""Writing behind: steps wait in memory and go to the store in batches, from a thread of their own.

So a flow never waits for the disk, and a killed process loses at most the last batch: what came within `BATCH_SECONDS`, or
fewer than `BATCH_ROWS` rows that were still waiting, and the rows being written.
"""

from __future__ import annotations

import json
import threading
import time
import zlib
from itertools import islice
from typing import Final, NamedTuple

from pydantic import ValidationError

from seekgraph.core.language.node import Writes
from seekgraph.core.memo.file import warn
from seekgraph.core.memo.store import Row, Store, seal

BATCH_ROWS: Final = 64
BATCH_SECONDS: Final = 0.5
MOST_WRITTEN: Final = 256
"""Rows in one transaction."""

MOST_WAITING: Final = 2048
"""With this many rows waiting, each `put` writes a batch itself; what a locked file refuses even then stays in memory only."""

MOST_TOUCHED: Final = 4096
COMPRESS_FROM: Final = 1024
"""Values of at least this many bytes are compressed."""


class Waiting(NamedTuple):
    """A step on its way to the disk: a row but for its value, which is encoded when it is written."""

    row: Row
    value: Writes
    usage: dict[str, float]


class Writer:
    """The queue in front of a `Store`, and the thread that empties it, from the first `put` to `close`. Thread-safe."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.unstored = 0
        self._lock = threading.Lock()  # of the fields below; held for moments only, and inside the flushing lock where both are
        self._waiting: dict[bytes, Waiting] = {}
        self._leaving: dict[bytes, Waiting] = {}
        self._dropped: set[bytes] = set()
        self._touched: dict[bytes, tuple[int, float]] = {}
        self._flushing = threading.Lock()
        self._told: set[str] = set()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._scheduled = False  # whether the thread knows that something waits
        self._stopped = False

    def put(self, waiting: Waiting) -> None:
        """Store a step soon. Waits only where the disk is thousands of steps behind."""
        with self._lock:
            self._waiting[waiting.row.key] = waiting
            count = len(self._waiting)
            if count >= BATCH_ROWS or not self._scheduled:
                self._nudge()
        if count >= MOST_WAITING:
            self._write_batch()

    def get(self, key: bytes) -> Waiting | None:
        """A step that is not on disk yet."""
        with self._lock:
            return self._waiting.get(key) or self._leaving.get(key)

    def touch(self, key: bytes, used: float) -> None:
        """Note a hit."""
        with self._lock:
            hits, _ = self._touched.get(key, (0, 0.0))
            self._touched[key] = (hits + 1, used)
            if len(self._touched) >= MOST_TOUCHED and not self._scheduled:
                self._nudge()

    def drop(self, key: bytes) -> None:
        """Take a step out of the store soon: its value cannot be read."""
        with self._lock:
            self._dropped.add(key)

    def flush(self) -> None:
        """Write what waits now, and come back when other processes can see it."""
        for _ in range(len(self._waiting) // MOST_WRITTEN + 1):
            if not self._write_batch():
                return

    def _write_batch(self) -> bool:
        """One transaction. False where the file is locked."""
        with self._flushing:
            with self._lock:
                self._leaving = {key: self._waiting.pop(key) for key in list(islice(self._waiting, MOST_WRITTEN))}
                dropped, self._dropped = self._dropped, set()
                touched, self._touched = self._touched, {}
            written = not (self._leaving or dropped or touched)
            try:
                written = written or self.store.write(self._rows(), dropped, touched)
            finally:
                with self._lock:
                    if not written:
                        self._dropped |= dropped
                        self._waiting = self._kept_after_failure()
                    self._leaving = {}
                    self._scheduled = bool(self._waiting and self._thread and self._thread.is_alive() and not self._stopped)
                    if self._scheduled:
                        self._wake.set()
            return written

    def close(self) -> None:
        """Write what waits, end the thread and let go of the file. A later use starts again."""
        thread = self._thread
        self._stopped = True
        self._wake.set()
        if thread is threading.current_thread():  # called by the garbage collector: the thread does this at its own end
            return
        if thread is not None:
            thread.join()
        self._finish()

    def hold(self) -> None:
        """Before a fork."""
        self._flushing.acquire()
        self.store.hold()
        self._lock.acquire()

    def release(self, *, child: bool) -> None:
        """After a fork. In the child nothing waits, since that is the parent's to write, and the thread is not there."""
        if child:
            self._waiting, self._leaving, self._dropped, self._touched = {}, {}, set(), {}
            self._thread, self._scheduled = None, False
        self._lock.release()
        self.store.release()
        self._flushing.release()

    def _rows(self) -> list[Row]:
        rows = []
        for waiting in self._leaving.values():
            try:
                data, usage = encode(waiting.value), json.dumps(waiting.usage)
                if len(data) > self.store.max_bytes:
                    raise ValueError(f"{len(data)} bytes are more than the whole memo may hold ({self.store.max_bytes})")
                rows.append(seal(waiting.row._replace(data=data, usage=usage)))
            except Exception as error:  # a user's type may fail in any way when it is written or read
                self._tell_unstored(waiting.row.node, error)
        return rows

    def _tell_unstored(self, node: str, error: Exception) -> None:
        self.unstored += 1
        if node not in self._told:
            self._told.add(node)
            warn("memo_value_in_memory_only", node=node, error=explained(error), hint="said once for each node")

    def _kept_after_failure(self) -> dict[bytes, Waiting]:
        if len(self._waiting) + len(self._leaving) < MOST_WAITING:
            return {**self._leaving, **self._waiting}
        self._tell_unwritten(len(self._leaving))
        return self._waiting

    def _tell_unwritten(self, rows: int) -> None:
        hint = "another process keeps the file locked"
        warn("memo_rows_in_memory_only", path=str(self.store.path), rows=rows, hint=hint)

    def _nudge(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._wake, self._stopped = threading.Event(), False
            self._thread = threading.Thread(target=self._work, name="seekgraph-memo", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # no thread can start while the interpreter ends: `close` writes
                self._thread = None
        self._scheduled = True
        self._wake.set()

    def _work(self) -> None:
        wake = self._wake
        while not self._stopped:
            wake.wait()
            wake.clear()
            if not self._stopped and len(self._waiting) < BATCH_ROWS:
                wake.wait(BATCH_SECONDS)
                wake.clear()
            self.flush()
        self._finish()

    def _finish(self) -> None:
        self.flush()
        if self._waiting:
            self._tell_unwritten(len(self._waiting))
        self.store.close()


def encode(value: Writes) -> bytes:
    """A value as JSON, compressed where that pays. Raises where its JSON form would not read back as an equal value."""
    raw = value.__pydantic_serializer__.to_json(value, round_trip=True, warnings="error")
    if type(value).__pydantic_validator__.validate_json(raw) != value:
        raise ValueError("its JSON form reads back as another value (a number that is not finite, or a field of a loose type)")
    return zlib.compress(raw, 1) if len(raw) >= COMPRESS_FROM else raw


def decode(data: bytes, model: type[Writes]) -> Writes:
    """What `encode` wrote. Raises whatever is wrong with it. (No JSON text begins as zlib does, with an "x".)"""
    value: Writes = model.__pydantic_validator__.validate_json(zlib.decompress(data) if data[:1] == b"x" else data)
    return value


def explained(error: Exception) -> str:
    """An error in one line."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or error.title}: {first['msg']}"
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]


def now() -> float:
    """The time that `used` counts in."""
    return time.time()
