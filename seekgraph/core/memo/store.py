"""The memo's steps on disk: one SQLite database, shared by processes and restarts.

Write-ahead logging lets many processes read while one writes, and leaves a whole database behind when one is killed. A `Store`
holds two connections, one for reading and one for writing, each behind a lock, so that a lookup never waits for a batch.

Nothing here raises for a bad file. One that is damaged or of another schema is renamed to `NAME.corrupt-<time>` and a fresh
one takes its place; one that cannot be opened or written is left alone, and the memo goes on in memory. The log says so, once.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from seekgraph.core.base.checksum import sealed, unsealed
from seekgraph.core.memo import file as memo_file
from seekgraph.core.memo.file import Link, OtherSchemaError, code_of, inode_of, is_damaged, transaction, warn
from seekgraph.core.memo.key import Variant

ROW_BYTES: Final = 400
"""About what a row takes in the file besides its value: the fields of its key, and the indices."""

_T = TypeVar("_T")


class Row(NamedTuple):
    """A step as it is written. `usage` is JSON, `data` the encoded value, `used` a time in seconds since the epoch."""

    key: bytes
    node: str
    inputs: str
    params: str
    code: str
    resources: str
    seed: str
    usage: str
    seconds: float
    used: float
    data: bytes


class Stored(NamedTuple):
    """What a lookup brings back: any of it may be damaged, and of any type."""

    data: bytes
    usage: str
    seconds: float


def seal(row: Row) -> Row:
    """The row as it is written: its value with a checksum, which is also of the key, the usage and the seconds."""
    return row._replace(data=sealed(row.data, *_beside(row.key, row.usage, row.seconds)))


def unseal(key: bytes, stored: Stored) -> bytes:
    """The encoded value of a row. Raises `Damaged`, or another error for what is not even of its type."""
    return unsealed(stored.data, *_beside(key, stored.usage, stored.seconds))


def _beside(key: bytes, usage: str, seconds: float) -> tuple[bytes, ...]:
    return key, usage.encode("utf-8", "surrogatepass"), repr(float(seconds)).encode()


class Count(NamedTuple):
    """What the file holds of one node. `bytes` counts values and `ROW_BYTES` for each row; `hits` those of the rows held."""

    node: str
    entries: int
    bytes: int
    hits: int


class Store:
    """One database file. Safe to use from many threads and, through the file, from many processes.

    The file is opened when it is first needed, and again after `close`.
    """

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.path = path
        self.max_bytes = max_bytes
        self._readable = self._writable = True
        self._said_busy = False
        self._reader: Link | None = None
        self._writer: Link | None = None
        self._reading = threading.Lock()
        self._writing = threading.Lock()  # taken before `_reading` where both are

    def read(self, key: bytes) -> Stored | None:
        """The step with this key."""
        rows = self._read("SELECT body.data, usage, seconds FROM step JOIN body ON body.id = step.id WHERE key = ?", key)
        return Stored(*rows[0]) if rows else None

    def near(self, node: str, inputs: str, limit: int = 32) -> list[Variant]:
        """The latest steps of a node with these inputs, newest first."""
        query = "SELECT params, code, resources, seed FROM step WHERE node = ? AND inputs = ? ORDER BY id DESC LIMIT ?"
        return [Variant(*row) for row in self._read(query, node, inputs, limit)]

    def knows(self, node: str) -> bool:
        """Whether any step of this node is held."""
        return bool(self._read("SELECT 1 FROM step WHERE node = ? LIMIT 1", node))

    def counts(self) -> list[Count]:
        """What is held, by node."""
        query = "SELECT node, COUNT(*), SUM(bytes), SUM(hits) FROM step GROUP BY node ORDER BY node"
        return [Count(_text(node), *map(_whole, numbers)) for node, *numbers in self._read(query)]

    def write(self, rows: Sequence[Row], dropped: Iterable[bytes], touched: Mapping[bytes, tuple[int, float]]) -> bool:
        """One transaction: take `dropped` out, put `rows` in, note the hits and last use of `touched`.

        Evicts what is then too much. A row whose key is held already is skipped. False when another process kept the file locked:
        try again later.
        """

        def work(database: sqlite3.Connection) -> bool:
            with transaction(database):
                database.executemany("DELETE FROM step WHERE key = ?", [(key,) for key in dropped])
                for row in rows:
                    _insert(database, row)
                touches = [(hits, used, key) for key, (hits, used) in touched.items()]
                database.executemany("UPDATE step SET hits = hits + ?, used = MAX(used, ?) WHERE key = ?", touches)
                total = _total(database)
            if total > self.max_bytes:
                self._evict(database)
            return True

        return self._write(work, busy=False, off=True)

    def clear(self, node: str | None, before: float | None) -> set[bytes]:
        """Take out the steps of `node` (None: of all) last used before a time (None: ever). Gives their keys.

        The disk gets its room back.
        """
        wanted: list[tuple[str, Any]] = [("node = ?", node), ("used < ?", before)]
        wanted = [(condition, value) for condition, value in wanted if value is not None]
        where = " AND ".join(condition for condition, _ in wanted) or "1"
        chunk = f"DELETE FROM step WHERE id IN (SELECT id FROM step WHERE {where} LIMIT 2000) RETURNING key"
        gone: set[bytes] = set()

        def work(database: sqlite3.Connection) -> bool:
            keys = [(b"",)]
            while keys:
                with transaction(database):
                    keys = database.execute(chunk, [value for _, value in wanted]).fetchall()
                gone.update(key for (key,) in keys)
            database.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);")  # `execute` frees one page only
            return True

        self._write(work, busy=False, off=False)
        return gone

    def close(self) -> None:
        """Let go of the file."""
        with self._writing, self._reading:
            self._let_go()

    def hold(self) -> None:
        """Before a fork: wait for running work and let go of the file, since SQLite's locks do not survive a fork."""
        self._writing.acquire()
        self._reading.acquire()
        self._let_go()

    def release(self) -> None:
        """After a fork, in both processes."""
        self._reading.release()
        self._writing.release()

    def _read(self, query: str, *values: bytes | str | int) -> list[Any]:
        for _ in range(2):
            if not self._readable:
                break
            with self._reading:
                try:
                    if self._reader is None:
                        self._reader = memo_file.connect(self.path)
                    return self._reader.database.execute(query, values).fetchall()
                except (sqlite3.Error, OtherSchemaError, OSError, UnicodeError) as error:
                    caught, inode = error, self._reader.inode if self._reader else inode_of(self.path)
            if not self._mended(caught, inode):
                break
        return []

    def _write(self, work: Callable[[sqlite3.Connection], _T], *, busy: _T, off: _T) -> _T:
        for _ in range(2):
            if not self._writable:
                return off
            with self._writing:
                try:
                    self._follow_the_name()
                    if self._writer is None:
                        self._writer = memo_file.connect(self.path)
                    return work(self._writer.database)
                except (sqlite3.Error, OtherSchemaError, OSError, UnicodeError) as error:
                    caught, inode = error, self._writer.inode if self._writer else inode_of(self.path)
            if not self._mended(caught, inode):
                return busy if code_of(caught) in memo_file.BUSY else off
        return off

    def _follow_the_name(self) -> None:
        """Let go of a file that someone has renamed or deleted."""
        inode = inode_of(self.path)
        if any(link is not None and link.inode != inode for link in (self._reader, self._writer)):
            with self._reading:
                self._let_go()

    def _let_go(self) -> None:
        for link in (self._reader, self._writer):
            if link is not None:
                link.database.close()
        self._reader = self._writer = None

    def _mended(self, error: Exception, inode: int | None) -> bool:
        """Whether trying again may help. Sets a damaged file aside; switches off what the disk does not allow."""
        if is_damaged(error):
            try:
                with self._writing, self._reading:
                    self._let_go()
                    aside = memo_file.set_aside(self.path, inode)
                if aside is not None:
                    warn("memo_set_aside", path=str(self.path), moved_to=str(aside), error=str(error))
                return True
            except (sqlite3.Error, OSError, UnicodeError) as refused:
                error = refused
        elif code_of(error) in memo_file.BUSY:
            if not self._said_busy:
                self._said_busy = True
                warn("memo_busy", path=str(self.path), error=str(error), waited_seconds=memo_file.BUSY_SECONDS)
            return False
        if self._writable:
            warn("memo_in_memory_only", path=str(self.path), error=str(error), hint="free the disk or give another path")
        self._writable = False
        self._readable = self._readable and code_of(error) in memo_file.UNWRITABLE
        return False

    def _evict(self, database: sqlite3.Connection) -> None:
        """Take out the least recently used steps until a tenth of the room is free."""
        enough = self.max_bytes - self.max_bytes // 10
        gone = [(0,)]
        while gone:
            with transaction(database):
                total, gone = _total(database), []
                for identity, size in database.execute("SELECT id, bytes FROM step ORDER BY used, id LIMIT 1000").fetchall():
                    if total <= enough:
                        break
                    gone.append((identity,))
                    total -= size
                database.executemany("DELETE FROM step WHERE id = ?", gone)


def _insert(database: sqlite3.Connection, row: Row) -> None:
    insert = (
        "INSERT OR IGNORE INTO step (key, node, inputs, params, code, resources, seed, usage, seconds, used, bytes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    step = database.execute(insert, (*row[:10], len(row.data) + len(row.usage) + ROW_BYTES))
    if step.rowcount > 0:
        database.execute("INSERT INTO body (id, data) VALUES (?, ?)", (step.lastrowid, row.data))


def _total(database: sqlite3.Connection) -> int:
    row = database.execute("SELECT bytes FROM total").fetchone()
    if row is None or type(row[0]) is not int:
        raise OtherSchemaError("the size that it notes is no number")
    total: int = row[0]
    return total


def _text(found: Any) -> str:
    """A name that a damaged row may hold as anything."""
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)


def _whole(found: Any) -> int:
    """A count that a damaged row may hold as anything."""
    plain = isinstance(found, int | float) and 0 <= found < 2**63
    return int(found) if plain else 0
