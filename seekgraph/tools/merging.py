"""An index after an edit: what stays of the old one and an index of what is new, put together without reading the rest again.

The result is the index that `index.build` gives for the passages that stay and those that are new, to the last byte, as long as
each is analysed in the same language.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seekgraph.tools.errors import CorpusError
from seekgraph.tools.index import PER_PASSAGE, PER_POSTING, Index, Ints, small
from seekgraph.tools.store import PassageStore
from seekgraph.tools.strings import Strings

Built = tuple[PassageStore, Index]


def merged(old: Built, stays: NDArray[np.bool_], new: Built | None) -> Built:
    """The store and the index of the passages of `old` for which `stays` is true, and of those of `new`.

    Both have to come from the same analysis. Raises `CorpusError` where nothing is left, and for an id that is in both.
    """
    if new is None:
        if stays.all():
            return old
        new = PassageStore(_NONE, _NONE, ""), _EMPTY
    kept = np.flatnonzero(stays)
    both = [*(old[0].ids[at] for at in kept.tolist()), *new[0].ids]
    if not both:
        raise CorpusError("the corpus has no passages: give at least one")
    order = np.asarray(sorted(range(len(both)), key=both.__getitem__), dtype=np.int64)
    ids = Strings.of([both[at] for at in order.tolist()])
    for one, other in pairwise(ids):
        if one == other:
            raise CorpusError(f"two passages have the id {one.decode()!r}: give each passage an id of its own")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    numbers = np.full(len(stays), -1, dtype=np.int64)  # of the old passages in the new order
    numbers[kept] = rank[: len(kept)]
    joined = _Joined(numbers, rank[len(kept) :], len(order))
    sources = np.concatenate([kept, len(stays) + np.arange(len(new[0]))])[order]
    records = joined_strings(old[0].records, new[0].records, sources)
    store = PassageStore(ids, records, hashlib.blake2b(records.blob.data, digest_size=16).hexdigest())
    terms, indptr, docs, posted = joined.postings(old[1], new[1], "terms", "indptr", "docs", PER_POSTING)
    keys, key_indptr, key_docs, _ = joined.postings(old[1], new[1], "keys", "key_indptr", "key_docs", ())
    fields: dict[str, Any] = {"terms": terms, "indptr": indptr, "docs": docs, **posted}
    fields |= {"keys": keys, "key_indptr": key_indptr, "key_docs": key_docs}
    for name in PER_PASSAGE:
        fields[name] = np.concatenate([getattr(old[1], name), getattr(new[1], name)])[sources]
    return store, Index(**fields)


class _Joined(NamedTuple):
    """Where the passages of both indexes went: the new number of each, -1 for what is gone, and how many there are."""

    old: NDArray[np.int64]
    new: NDArray[np.int64]
    total: int

    def postings(
        self, old: Index, new: Index, table: str, starts: str, listed: str, columns: Sequence[str]
    ) -> tuple[Strings, Ints, Ints, dict[str, Ints]]:
        """The strings of both tables that still have passages, in order, with their postings and what stands beside these."""
        sides = ((old, self.old), (new, self.new))
        docs = [numbers[getattr(index, listed)] for index, numbers in sides]
        owners = [np.repeat(np.arange(len(getattr(index, table))), np.diff(getattr(index, starts))) for index, _ in sides]
        left = docs[0] >= 0
        docs[0], owners[0] = docs[0][left], owners[0][left]
        places, strings = _united(getattr(old, table), np.unique(owners[0]), getattr(new, table))
        packed = np.concatenate([places[0][owners[0]], places[1][owners[1]]]) * self.total + np.concatenate(docs)
        order = np.argsort(packed, kind="stable")  # both halves are in order: it merges them
        packed = packed[order]
        all_owners, all_docs = np.divmod(packed, self.total)
        indptr = np.zeros(len(strings) + 1, dtype=np.int64)
        np.cumsum(np.bincount(all_owners, minlength=len(strings)), out=indptr[1:])
        beside = {}
        for name in columns:
            beside[name] = small(np.concatenate([getattr(old, name)[left], getattr(new, name)])[order])
        return strings, indptr, all_docs.astype(np.int32), beside


def _united(old: Strings, used: Ints, new: Strings) -> tuple[tuple[Ints, Ints], Strings]:
    """The sorted table of the `used` strings of `old` and all of `new`, and where the strings of each went (-1: left out)."""
    mine = [old[at] for at in used.tolist()]
    theirs = list(new)
    known = set(mine)
    both = sorted([*mine, *(each for each in theirs if each not in known)])
    at = {each: place for place, each in enumerate(both)}
    places = np.full(len(old), -1, dtype=np.int64)
    places[used] = np.fromiter((at[each] for each in mine), dtype=np.int64, count=len(mine))
    others = np.fromiter((at[each] for each in theirs), dtype=np.int64, count=len(theirs))
    return (places, others), Strings.of(both)


def joined_strings(old: Strings, new: Strings, order: Ints) -> Strings:
    """The table whose string `i` is string `order[i]` of both, those of `new` counted after those of `old`.

    Copied by stretches that lie together, which after an edit are few.
    """
    lengths = np.concatenate([np.diff(old.offsets), np.diff(new.offsets)])[order]
    offsets = np.zeros(len(order) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    blob = np.empty(int(offsets[-1]), dtype=np.uint8)
    breaks = np.flatnonzero((np.diff(order) != 1) | (order[1:] == len(old))) + 1 if len(order) else np.zeros(0, dtype=np.int64)
    for begin, end in pairwise([0, *breaks.tolist(), len(order)]):
        if begin == end:
            continue
        first, last = int(order[begin]), int(order[end - 1])
        side, first, last = (old, first, last) if first < len(old) else (new, first - len(old), last - len(old))
        blob[offsets[begin] : offsets[end]] = side.blob[side.offsets[first] : side.offsets[last + 1]]
    return Strings(blob, offsets)


_NONE = Strings(np.zeros(0, dtype=np.uint8), np.zeros(1, dtype=np.int64))
_ZEROS = {name: np.zeros(0, dtype=np.int32) for name in ("docs", "key_docs", *PER_POSTING, *PER_PASSAGE)}
_STARTS = {name: np.zeros(1, dtype=np.int64) for name in ("indptr", "key_indptr")}
_EMPTY = Index(terms=_NONE, keys=_NONE, **_STARTS, **_ZEROS)
