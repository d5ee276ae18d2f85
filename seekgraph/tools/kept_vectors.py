"""Vectors kept in a file from one process to the next, bounded in size: those that were not used for longest go first."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from pathlib import Path

import numpy as np

from seekgraph.core.base.checksum import Damaged, sealed, unsealed
from seekgraph.core.base.logs import logger
from seekgraph.tools.embedder import Vectors

MOST_BYTES = 256 * 2**20
"""What a file holds at most: some 150,000 vectors of 384 numbers."""

_LEFT = 0.8  # of it, after the oldest went
_DAY = 86_400  # seconds; a use is noted once a day, so that reading seldom writes
_COLUMNS = "key BLOB, embedder TEXT, vector BLOB, used INTEGER DEFAULT 0, PRIMARY KEY (key, embedder)"
_CREATE = f"CREATE TABLE IF NOT EXISTS vectors ({_COLUMNS})"
_SELECT = "SELECT vector, used FROM vectors WHERE key = ? AND embedder = ?"
_INSERT = "INSERT OR REPLACE INTO vectors (key, embedder, vector, used) VALUES (?, ?, ?, ?)"
_USED = "UPDATE vectors SET used = ? WHERE key = ? AND embedder = ?"
_OLDEST = "DELETE FROM vectors WHERE rowid IN (SELECT rowid FROM vectors ORDER BY used, rowid LIMIT ?)"


class KeptVectors:
    """The vectors of one embedder in an SQLite `file`, made where it is missing, by the key of each text.

    A file that is damaged is left aside with one warning, and a vector that is damaged is not believed: nothing is lost but time.
    The file holds at most `most` bytes. It may be used by several processes at once.
    """

    def __init__(self, file: Path, embedder: str, most: int = MOST_BYTES) -> None:
        self.file: Path | None = file
        self._embedder, self._most = embedder, most

    def get(self, keys: Iterable[bytes]) -> dict[bytes, Vectors]:
        """The vectors that are there, by key."""
        found: dict[bytes, Vectors] = {}
        if self.file is None:
            return found
        try:
            with closing(self._opened()) as file:
                now, old = int(time.time()), []
                for key in keys:
                    row = file.execute(_SELECT, (key, self._embedder)).fetchone()
                    if row is not None and (vector := _vector(row[0], key)) is not None:
                        found[key] = vector
                        old += [key] if now - int(row[1] or 0) > _DAY else []
                if old:
                    with suppress(sqlite3.OperationalError), file:  # another process writes: then the use is not noted
                        file.executemany(_USED, [(now, key, self._embedder) for key in old])
        except (sqlite3.Error, OSError, ValueError, TypeError) as error:
            self._leave(error)
        return found

    def put(self, made: Mapping[bytes, Vectors]) -> None:
        """Keep these, and let the oldest go where there are too many."""
        if self.file is None or not made:
            return
        now = int(time.time())
        try:
            with closing(self._opened()) as file, file:
                rows = [
                    (key, self._embedder, sealed(vector.astype(np.float32).tobytes(), key), now) for key, vector in made.items()
                ]
                file.executemany(_INSERT, rows)
                self._prune(file)
        except (sqlite3.Error, OSError) as error:
            self._leave(error)

    def _prune(self, file: sqlite3.Connection) -> None:
        """Pages of what goes are used again, so that the file never grows beyond `most`."""
        pages, free, size = (
            file.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        used = (pages - free) * size
        if used > self._most:
            count = file.execute("SELECT count(*) FROM vectors").fetchone()[0]
            file.execute(_OLDEST, (int(count * (1 - _LEFT * self._most / used)) + 1,))

    def _opened(self) -> sqlite3.Connection:
        assert self.file is not None
        self.file.parent.mkdir(parents=True, exist_ok=True)
        file = sqlite3.connect(self.file, timeout=10)
        file.execute(_CREATE)
        if all(row[1] != "used" for row in file.execute("PRAGMA table_info(vectors)")):  # a file of before
            with suppress(sqlite3.OperationalError):
                file.execute("ALTER TABLE vectors ADD COLUMN used INTEGER DEFAULT 0")
        return file

    def _leave(self, error: Exception) -> None:
        logger("seekgraph.tools").warning("kept vectors not used", file=str(self.file), reason=str(error))
        self.file = None


def _vector(stored: bytes, key: bytes) -> Vectors | None:
    """A vector as it was stored; None for a damaged one, which is embedded again."""
    try:
        return np.frombuffer(unsealed(stored, key), dtype=np.float32)
    except Damaged:
        return None
