"""The passages of a corpus, in the order of their ids, in memory or mapped from disk."""

from __future__ import annotations

import hashlib
import json
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seekgraph.tools.errors import CorpusError
from seekgraph.tools.strings import Arrays, Strings
from seekgraph.types import Passage

_KEEP = 65_536  # decoded passages kept; a question's passages come back in every round of every candidate flow


class PassageStore:
    """All passages of a corpus; the number of a passage is its place in the order of ids.

    So nothing that is built on a store depends on the order of the corpus file, ties broken by number are broken by id, and
    an id is found by binary search in a file that was never read. `ids` are all ids, `records` the passages as JSON, and
    `corpus_hash` is a hash of all ids, titles, texts and meta.
    """

    def __init__(self, ids: Strings, records: Strings, corpus_hash: str) -> None:
        self.ids = ids
        self.records = records
        self.corpus_hash = corpus_hash
        self._decoded: dict[int, Passage] = {}

    @classmethod
    def of(cls, passages: Iterable[Passage]) -> PassageStore:
        """A store of `passages`. Raises `CorpusError` for an id that occurs twice and for no passages at all."""
        growing = GrowingStore()
        for passage in passages:
            growing.add(passage)
        return growing.done()[0]

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Passage]:
        return map(decode, self.records)

    def __getitem__(self, number: int) -> Passage:
        passage = self._decoded.get(number)
        if passage is None:
            if len(self._decoded) >= _KEEP:
                self._decoded.clear()
            passage = self._decoded[number] = decode(self.records[number])
        return passage

    def id(self, number: int) -> str:
        """The id of a passage by its number."""
        return str(self.ids[number].decode())

    def number(self, id: str) -> int | None:
        """The number of a passage by its id, or None when the corpus has no such passage."""
        found = self.ids.find(id.encode("utf-8", "surrogatepass"))
        return found if found >= 0 else None

    def get(self, id: str) -> Passage | None:
        """The passage with this id, or None."""
        number = self.number(id)
        return None if number is None else self[number]

    def page(self, id: str) -> tuple[Passage, ...]:
        """The passages of the document that a passage is part of, the part of ids before "#"; () for an unknown id."""
        document, sharp, _ = id.partition("#")
        if self.number(id) is None:
            return ()
        begin = f"{document}{sharp}".encode("utf-8", "surrogatepass")
        start = bisect_left(self.ids, begin)
        end = bisect_left(self.ids, begin[:-1] + b"$", start) if sharp else start + 1  # "$" comes next after "#"
        return tuple(self[number] for number in range(start, end))

    def found(self, number: int, score: float, source: str) -> Passage:
        """The passage as a retriever returns it."""
        return self[number].model_copy(update={"score": score, "source": source})

    def arrays(self) -> Arrays:
        """What to save, by file name."""
        return {**self.ids.arrays("ids"), **self.records.arrays("records")}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], corpus_hash: str) -> PassageStore:
        """The store that `arrays` was saved from."""
        return cls(Strings.from_arrays(arrays, "ids"), Strings.from_arrays(arrays, "records"), corpus_hash)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_decoded": {}}


class GrowingStore:
    """A store in the making, fed one passage at a time; it holds their text once, as bytes, and no objects."""

    def __init__(self) -> None:
        self._ids: list[bytes] = []
        self._records = bytearray()
        self._ends = array("q", [0])

    def add(self, passage: Passage) -> None:
        """Take a passage in. `score` and `source` belong to a search, not to the corpus, and are left out."""
        fields = [passage.id, passage.title, passage.text, dict(passage.meta)]
        try:
            record = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        except UnicodeEncodeError as error:
            raise CorpusError(f"passage {passage.id!r} holds text that is no Unicode ({error.reason}): replace it") from None
        self._ids.append(passage.id.encode())
        self._records += record
        self._ends.append(len(self._records))

    def done(self) -> tuple[PassageStore, NDArray[np.int64]]:
        """The store, and the number that each passage got, in the order they came.

        Raises `CorpusError` for an id that came twice and where nothing came.
        """
        order = sorted(range(len(self._ids)), key=self._ids.__getitem__)
        if not order:
            raise CorpusError("the corpus has no passages: give at least one")
        ids = Strings.of([self._ids[place] for place in order])
        for one, other in pairwise(ids):
            if one == other:
                raise CorpusError(f"two passages have the id {one.decode()!r}: give each passage an id of its own")
        records = Strings(np.frombuffer(self._records, dtype=np.uint8), np.frombuffer(self._ends, dtype=np.int64))
        if order != list(range(len(order))):
            records = records.reordered(order)
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        return PassageStore(ids, records, hashlib.blake2b(records.blob.data, digest_size=16).hexdigest()), rank


def decode(record: bytes) -> Passage:
    """The passage of a record."""
    id, title, text, meta = json.loads(record)
    return Passage(id=id, title=title, text=text, meta=meta)
