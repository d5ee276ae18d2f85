"""A ranker by meaning: the cosine of a query and each passage, embedded when they are first asked for and then kept."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from seekgraph.core.base.checksum import Damaged, sealed, unsealed
from seekgraph.core.base.logs import logger
from seekgraph.core.base.waiting import in_thread
from seekgraph.text.languages import detect
from seekgraph.tools.dense import text_of
from seekgraph.tools.embedder import Embedder, Vectors
from seekgraph.tools.minilm import MiniLM
from seekgraph.types import Passage, Query

UNKNOWN = 0.3
"""What meaning counts in a language that the embedder does not know. With its whole weight all-MiniLM-L6-v2 takes
three or four of 19 right passages of Spanish and of Japanese documentation from the first place, and with this one none."""

_CREATE = "CREATE TABLE IF NOT EXISTS vectors (key BLOB, embedder TEXT, vector BLOB, PRIMARY KEY (key, embedder))"
_SELECT = "SELECT vector FROM vectors WHERE key = ? AND embedder = ?"
_INSERT = "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)"


class Nearness:
    """A `Ranker`: cosines in [-1, 1] of the query's text with title and text of each passage.

    Nothing is embedded beforehand, so the first question over a new corpus waits for the passages that it found, not for all.
    Vectors are kept by a hash of the text: in memory, and in `file` (SQLite, made where it is missing) for later processes. A
    file that is damaged, or was made by another embedder, is left aside with a warning, and nothing is lost but time.
    """

    def __init__(self, embedder: Embedder | None = None, *, file: str | Path | None = None) -> None:
        self.embedder = embedder or MiniLM()
        self.file = None if file is None else Path(file)
        self._known: dict[bytes, Vectors] = {}
        self._lock = threading.Lock()

    @property
    def identity(self) -> str:
        """What the scores depend on: the embedder."""
        return blake2b(f"nearness/1/{self.embedder.identity}".encode(), digest_size=16).hexdigest()

    def knows(self, question: str) -> float:
        """How well the embedder knows the language of a question, in [0, 1], by its `languages`; 1 where it has none.

        A question whose language cannot be told counts as known where all of it is ASCII.
        """
        languages = getattr(self.embedder, "languages", None)
        if languages is None:
            return 1.0
        found = detect(question)
        return 1.0 if found in languages or (found is None and question.isascii()) else UNKNOWN

    async def scores(self, query: Query, passages: Sequence[Passage]) -> list[float]:
        """One cosine for each passage, in their order; () for none."""
        return await in_thread(self.rank, query.text, [text_of(passage) for passage in passages])

    def rank(self, query: str, texts: Sequence[str]) -> list[float]:
        """What `scores` does, of plain texts and without an event loop."""
        if not texts:
            return []
        vectors = self._vectors(texts)
        wanted = self.embedder.queries([query])[0]
        return [float(score) for score in vectors @ wanted]

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        keys = [content_key(text) for text in texts]
        with self._lock:  # what two questions find together is embedded once
            missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
            if missing and self.file is not None:
                self._known |= self._stored(list(missing))
                missing = {key: text for key, text in missing.items() if key not in self._known}
            if missing:
                made = dict(zip(missing, self.embedder.passages(list(missing.values())), strict=True))
                self._known |= made
                self._store(made)
            return np.stack([self._known[key] for key in keys])

    def _stored(self, keys: list[bytes]) -> dict[bytes, Vectors]:
        found: dict[bytes, Vectors] = {}
        try:
            with closing(self._opened()) as file:
                for key in keys:
                    row = file.execute(_SELECT, (key, self.identity)).fetchone()
                    if row is not None and (vector := _vector(row[0], key)) is not None:
                        found[key] = vector
        except (sqlite3.Error, OSError, ValueError, TypeError) as error:
            self._warn(error)
        return found

    def _store(self, made: dict[bytes, Vectors]) -> None:
        if self.file is None:
            return
        try:
            with closing(self._opened()) as file, file:
                rows = [(key, self.identity, sealed(vector.astype(np.float32).tobytes(), key)) for key, vector in made.items()]
                file.executemany(_INSERT, rows)
        except (sqlite3.Error, OSError) as error:
            self._warn(error)

    def _opened(self) -> sqlite3.Connection:
        assert self.file is not None
        self.file.parent.mkdir(parents=True, exist_ok=True)
        file = sqlite3.connect(self.file, timeout=10)
        file.execute(_CREATE)
        return file

    def _warn(self, error: Exception) -> None:
        logger("seekgraph.tools").warning("kept vectors not used", file=str(self.file), reason=str(error))
        self.file = None

    def __getstate__(self) -> dict[str, Any]:
        return {"embedder": self.embedder, "file": self.file, "_known": {}, "_lock": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state | {"_lock": threading.Lock()})


def _vector(stored: bytes, key: bytes) -> Vectors | None:
    """A vector as it was stored; None for a damaged one, which is embedded again."""
    try:
        return np.frombuffer(unsealed(stored, key), dtype=np.float32)
    except Damaged:
        return None


def content_key(text: str) -> bytes:
    """What an embedded text is known by: a hash of it."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
