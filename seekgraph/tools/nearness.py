"""A ranker by meaning: the cosine of a query and each passage, embedded when they are first asked for and then kept."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from seekgraph.core.base.waiting import in_thread
from seekgraph.text.languages import detect
from seekgraph.tools.dense import text_of
from seekgraph.tools.embedder import Embedder, Vectors
from seekgraph.tools.kept_vectors import KeptVectors
from seekgraph.tools.minilm import MiniLM
from seekgraph.types import Passage, Query

UNKNOWN = 0.3
"""What meaning counts in a language that the embedder does not know. With its whole weight all-MiniLM-L6-v2 takes
three or four of 19 right passages of Spanish and of Japanese documentation from the first place, and with this one none."""

_MOST_KNOWN = 100_000
"""Vectors in memory, of 1.5 kB each; where there are more, all are let go."""


class Nearness:
    """A `Ranker`: cosines in [-1, 1] of the query's text with title and text of each passage.

    Nothing is embedded beforehand, so the first question over a new corpus waits for the passages that it found, not for all.
    Vectors are kept by a hash of the text: in memory, and in `file` (SQLite, made where it is missing) for later
    processes, bounded in size (`kept_vectors`). A file that is damaged is left aside with a warning; nothing is lost but time.
    """

    def __init__(self, embedder: Embedder | None = None, *, file: str | Path | None = None) -> None:
        self.embedder = embedder or MiniLM()
        self.file = None if file is None else Path(file)
        self._known: dict[bytes, Vectors] = {}
        self._lock = threading.Lock()
        self._kept = self._open()

    def _open(self) -> KeptVectors | None:
        return None if self.file is None else KeptVectors(self.file, self.identity)

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
            if missing and self._kept is not None:
                self._known |= self._kept.get(missing)
                missing = {key: text for key, text in missing.items() if key not in self._known}
            if missing:
                made = dict(zip(missing, self.embedder.passages(list(missing.values())), strict=True))
                self._known |= made
                if self._kept is not None:
                    self._kept.put(made)
            found = np.stack([self._known[key] for key in keys])
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            return found

    def __getstate__(self) -> dict[str, Any]:
        return {"embedder": self.embedder, "file": self.file, "_known": {}, "_lock": None, "_kept": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state | {"_lock": threading.Lock()})
        self._kept = self._open()


def content_key(text: str) -> bytes:
    """What an embedded text is known by: a hash of it."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
