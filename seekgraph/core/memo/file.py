"""The memo's database file: its schema, how it is opened, and how a damaged one is set aside."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from seekgraph.core.base.logs import logger

APPLICATION: Final = 0x5EEF10
VERSION: Final = 2
BUSY_SECONDS: Final = 5.0

CORRUPT: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
BUSY: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
UNWRITABLE: Final = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY}

# `total` follows `step` by triggers, so that the size limit costs one small read. `body` is apart, so that scans and the
# notes of use touch small rows only.
_SCHEMA: Final = (
    "CREATE TABLE step (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, node TEXT NOT NULL, inputs TEXT NOT NULL,"
    " params TEXT NOT NULL, code TEXT NOT NULL, resources TEXT NOT NULL, seed TEXT NOT NULL, usage TEXT NOT NULL,"
    " seconds REAL NOT NULL, bytes INTEGER NOT NULL, used REAL NOT NULL, hits INTEGER NOT NULL DEFAULT 0)",
    "CREATE INDEX step_near ON step (node, inputs)",
    "CREATE INDEX step_used ON step (used)",
    "CREATE TABLE body (id INTEGER PRIMARY KEY, data BLOB NOT NULL)",
    "CREATE TABLE total (bytes INTEGER NOT NULL)",
    "INSERT INTO total VALUES (0)",
    "CREATE TRIGGER step_added AFTER INSERT ON step BEGIN UPDATE total SET bytes = bytes + NEW.bytes; END",
    "CREATE TRIGGER step_gone AFTER DELETE ON step BEGIN"
    " UPDATE total SET bytes = bytes - OLD.bytes; DELETE FROM body WHERE id = OLD.id; END",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)


class OtherSchemaError(Exception):
    """The file is a database, but not one that this version reads."""


class Link(NamedTuple):
    """An open connection, and the inode of the file that it was opened on."""

    database: sqlite3.Connection
    inode: int | None


def connect(path: Path) -> Link:
    """Open a memo, making it where there is none.

    Raises `sqlite3.Error`, `OtherSchemaError` or `OSError` for what is wrong with the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            with transaction(database, "BEGIN"):  # one snapshot: another process may be making it now
                ours = _is_ours(database)
            if not ours:
                _create(database)
            database.execute("PRAGMA synchronous = NORMAL")
            return Link(database, inode_of(path))
        except BaseException as error:
            database.close()
            # Processes that start a file together may find it locked in a place where SQLite does not wait by itself.
            if not isinstance(error, sqlite3.Error) or code_of(error) not in BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def inode_of(path: Path) -> int | None:
    """What tells a file from another that takes its name; None where there is none."""
    try:
        return path.stat().st_ino
    except OSError:
        return None


def code_of(error: Exception) -> int:
    """SQLite's primary result code, 0 for other errors."""
    return int(getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def is_damaged(error: Exception) -> bool:
    """Whether an error says that the file is no memo, or no longer one."""
    return isinstance(error, OtherSchemaError | UnicodeError) or code_of(error) in CORRUPT or str(error).startswith("no such")


def set_aside(path: Path, inode: int | None) -> Path | None:
    """Rename a memo that nothing in this process has open, with its log, to the path that comes back.

    Only the file with this inode: None when another process was faster and a fresh file has the name already.
    """
    with _sole(path.with_name(path.name + ".lock")):
        if inode is None or inode_of(path) != inode:
            return None
        stamp = time.strftime("%Y%m%dT%H%M%S")
        names = (path.with_name(f"{path.name}.corrupt-{stamp}{f'-{n}' if n else ''}") for n in range(1000))
        aside = next(name for name in names if not name.exists())
        for end in ("-wal", "-shm", ""):  # the file last: should we die in between, it is still found damaged
            with contextlib.suppress(FileNotFoundError):
                os.rename(f"{path}{end}", f"{aside}{end}")
        return aside


def warn(event: str, **what: object) -> None:
    """Log a warning."""
    logger("seekgraph.core.memo").warning(event, **what)


@contextlib.contextmanager
def transaction(database: sqlite3.Connection, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    """All or nothing. With the right to write from the start, unless it begins otherwise."""
    database.execute(begin)
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def _is_ours(database: sqlite3.Connection) -> bool:
    """Whether a database has our schema: false where it is empty, `OtherSchemaError` where it has another."""
    found = tuple(database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    if found == (APPLICATION, VERSION):
        return True
    if found != (0, 0) or database.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
        which = f"a memo of schema version {found[1]}" if found[0] == APPLICATION else "the database of another program"
        raise OtherSchemaError(f"{which}, expected a memo of schema version {VERSION}")
    return False


def _create(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA auto_vacuum = INCREMENTAL")  # has an effect only before the first table
    database.execute("PRAGMA journal_mode = WAL").fetchall()
    with transaction(database):
        if not _is_ours(database):  # another process may have been faster
            for statement in _SCHEMA:
                database.execute(statement)


@contextlib.contextmanager
def _sole(lock: Path) -> Iterator[None]:
    """One process at a time, on every platform: SQLite's own file lock."""
    database = sqlite3.connect(lock, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        database.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        database.close()
