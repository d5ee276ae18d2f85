"""Retrieval by the nearness of embeddings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

import numpy as np

from seekgraph.core.base.waiting import in_thread
from seekgraph.text.analysis import Analyzer
from seekgraph.tools.constraints import Constraints
from seekgraph.tools.embedder import DEFAULT_MODEL, Embedder, SentenceEmbedder, Vectors, require_extra
from seekgraph.tools.errors import SavedIndexError
from seekgraph.tools.saved import open_arrays, save_arrays
from seekgraph.tools.store import PassageStore
from seekgraph.types import Passage, Query

Progress = Callable[[int, int], None]

_FORMAT = 1
_CHUNK = 1024  # passages between two reports of progress


class Dense:
    """A retriever by cosine similarity, exact, over one float32 matrix (1.5 MB for a thousand passages of 384 numbers).

    `model` is a folder, a name on the hub, or an `embedder.Embedder` of your own. Building embeds title and text of every
    passage, some 50 to 150 a second on four cores; `on_progress(done, total)` is told meanwhile. Scores are in [-1, 1].

    Of a query `text` is embedded; `must`, `must_not` and `filters` hold for what is returned; `weights` are not used.
    Raises `CorpusError` as `BM25` does, `MissingExtra` without the extra `dense`, `ModelNotFound` for missing weights.
    """

    def __init__(
        self,
        passages: Iterable[Passage] | PassageStore,
        model: str | Path | Embedder = DEFAULT_MODEL,
        *,
        on_progress: Progress | None = None,
        name: str = "dense",
    ) -> None:
        embedder = _embedder(model)
        store = passages if isinstance(passages, PassageStore) else PassageStore.of(passages)
        self._assemble(store, embedder, _embedded(store, embedder, on_progress), name)

    def _assemble(self, store: PassageStore, embedder: Embedder, vectors: Vectors, name: str) -> None:
        self.passages = store
        self.name = name
        self._embedder = embedder
        self._vectors = vectors
        self._analyzer = Analyzer()
        facts = f"dense/{_FORMAT}/{store.corpus_hash}/{embedder.identity}/{name}"
        self.identity = blake2b(facts.encode(), digest_size=16).hexdigest()

    async def search(self, query: Query, k: int) -> tuple[Passage, ...]:
        """At most `k` passages, nearest first, equal scores by id; () for a query without text."""
        return await in_thread(self.find, query, k)

    def find(self, query: Query | str, k: int) -> tuple[Passage, ...]:
        """What `search` does, without an event loop."""
        query = Query(text=query) if isinstance(query, str) else query
        if k < 1 or not query.text.strip():
            return ()
        scores = self._scores(query.text)
        constraints = Constraints(query, self._analyzer)
        if not constraints:
            return self._found(_nearest(scores, k), scores)
        asked = 4 * k
        while True:  # demands are checked on the passages themselves, nearest first
            ranked = _nearest(scores, asked)
            kept = [number for number in ranked if constraints.hold(self.passages[number])]
            if len(kept) >= k or asked >= len(scores):
                return self._found(kept[:k], scores)
            asked *= 4

    def score(self, query: Query | str, passage_ids: Iterable[str]) -> list[float]:
        """The cosine of the query's text with each of these passages, in their order. Raises `KeyError` for an unknown id."""
        numbers = []
        for id in passage_ids:
            number = self.passages.number(id)
            if number is None:
                raise KeyError(f"no passage of the corpus has the id {id!r}")
            numbers.append(number)
        scores = self._scores(query if isinstance(query, str) else query.text)
        return [float(scores[number]) for number in numbers]

    def __len__(self) -> int:
        return len(self.passages)

    def _scores(self, text: str) -> Vectors:
        query = _checked(self._embedder.queries([text]), 1, self._embedder, self._vectors.shape[1])[0]
        scores: Vectors = self._vectors @ query
        return scores

    def _found(self, numbers: Iterable[int], scores: Vectors) -> tuple[Passage, ...]:
        return tuple(self.passages.found(number, float(scores[number]), self.name) for number in numbers)

    def save(self, folder: str | Path) -> None:
        """Write the embeddings into `folder`, with what they were made from; the passages are not written."""
        facts = {"corpus_hash": self.passages.corpus_hash, "embedder": self._embedder.identity, "name": self.name}
        save_arrays(Path(folder), "dense", _FORMAT, facts, {"vectors": self._vectors})

    @classmethod
    def open(
        cls, folder: str | Path, passages: Iterable[Passage] | PassageStore, model: str | Path | Embedder = DEFAULT_MODEL
    ) -> Self:
        """Saved embeddings of these passages by this model, mapped from disk.

        Raises `SavedIndexError` when they were made from other passages, by another model, or are damaged.
        """
        folder = Path(folder)
        facts, arrays = open_arrays(folder, "dense", _FORMAT)
        embedder = _embedder(model)
        store = passages if isinstance(passages, PassageStore) else PassageStore.of(passages)
        if facts.get("embedder") != embedder.identity:
            raise SavedIndexError(
                f"{folder} was embedded by {facts.get('embedder')!r}, the model given is {embedder.identity!r}: "
                "open it with the model it was made with, or embed the corpus again"
            )
        vectors = arrays.get("vectors")
        if facts.get("corpus_hash") != store.corpus_hash or vectors is None or len(vectors) != len(store):
            raise SavedIndexError(f"{folder} was embedded from another corpus: embed this one (Dense(passages).save(folder))")
        opened = cls.__new__(cls)
        opened._assemble(store, embedder, vectors, str(facts.get("name", "dense")))
        return opened


def text_of(passage: Passage) -> str:
    """What is embedded of a passage."""
    return f"{passage.title}\n{passage.text}" if passage.title else passage.text


def _embedder(model: str | Path | Embedder) -> Embedder:
    if not isinstance(model, (str, Path)):
        return model
    require_extra()
    return SentenceEmbedder(model)


def _embedded(store: PassageStore, embedder: Embedder, on_progress: Progress | None) -> Vectors:
    total = len(store)
    # Texts of like length are embedded together: each text of a batch costs as much as its longest. The longest come first, so
    # that a batch which is too large for the memory fails at once.
    order = sorted(range(total), key=lambda number: -len(text_of(store[number])))
    matrix: Vectors | None = None
    for start in range(0, total, _CHUNK):
        numbers = order[start : start + _CHUNK]
        vectors = embedder.passages([text_of(store[number]) for number in numbers])
        if matrix is None:
            matrix = np.zeros((total, np.shape(vectors)[-1]), dtype=np.float32)
        matrix[numbers] = _checked(vectors, len(numbers), embedder, matrix.shape[1])
        if on_progress is not None:
            on_progress(min(start + _CHUNK, total), total)
    assert matrix is not None, "a store has at least one passage"
    return matrix


def _checked(vectors: Any, count: int, embedder: Embedder, width: int) -> Vectors:
    """Vectors of length 1. An embedder that does not fit its index is an error here, not bad results later (FlashRAG#12)."""
    array = np.asarray(vectors, dtype=np.float32)
    if array.shape != (count, width):
        raise ValueError(f"the embedder {embedder.identity!r} gave vectors of shape {array.shape}, expected {(count, width)}")
    lengths = np.linalg.norm(array, axis=1, keepdims=True)
    return np.divide(array, np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _nearest(scores: Vectors, k: int) -> list[int]:
    """The numbers of the `k` highest scores, highest first, equal ones ascending."""
    numbers = np.arange(len(scores))
    if k < len(scores):
        limit = np.partition(scores, len(scores) - k)[len(scores) - k]
        level = np.flatnonzero(scores == limit)
        numbers = np.concatenate([np.flatnonzero(scores > limit), level])[:k]
    ranked: list[int] = numbers[np.lexsort((numbers, -scores[numbers]))].tolist()
    return ranked
