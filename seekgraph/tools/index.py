"""The inverted index: how often each term stands in the title and in the text of each passage.

It holds counts and no scores, so that k1, b and the weight of the title are chosen when a query comes. bm25s, which computes
the scores when it indexes, would need a new index for each setting that a compiler tries.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seekgraph.tools.strings import Arrays, Strings
from seekgraph.tools.tokens import Terms, Tokens, terms_of

Ints = NDArray[Any]

PER_POSTING = ("in_title", "in_text")  # the arrays of an index that stand beside `docs`; `merging` needs to know them
PER_PASSAGE = ("title_lengths", "text_lengths")

_PART = 500_000  # tokens counted at a time: bounds what counting needs beside its result


@dataclass(frozen=True, slots=True)
class Index:
    """Terms and postings of a corpus. Passages are numbered as in its `PassageStore`.

    The postings of term `t` are `docs[indptr[t]:indptr[t + 1]]`, ascending, with how often the term stands in the title and
    in the text. `title_lengths` and `text_lengths` count the terms of each passage. `keys`, `key_indptr` and `key_docs` are the
    same for filters: a key is a pair of a meta field and its value.
    """

    terms: Strings
    indptr: Ints
    docs: Ints
    in_title: Ints
    in_text: Ints
    title_lengths: Ints
    text_lengths: Ints
    keys: Strings
    key_indptr: Ints
    key_docs: Ints

    def term(self, term: str) -> int:
        """The number of a term, or -1."""
        return self.terms.find(term.encode())

    def postings(self, term: int) -> tuple[int, int]:
        """Where the postings of a term begin and end."""
        return int(self.indptr[term]), int(self.indptr[term + 1])

    def with_term(self, term: str) -> Ints:
        """The passages that contain a term, ascending."""
        number = self.term(term)
        return self.docs[slice(*self.postings(number))] if number >= 0 else self.docs[:0]

    def with_meta(self, field: str, value: Any) -> Ints:
        """The passages whose meta field has this value, ascending."""
        key = self.keys.find(filter_key(field, value))
        return self.key_docs[int(self.key_indptr[key]) : int(self.key_indptr[key + 1])] if key >= 0 else self.key_docs[:0]

    def arrays(self) -> Arrays:
        """What to save, by file name."""
        plain = {name: getattr(self, name) for name in self.__slots__ if name not in ("terms", "keys")}
        return {**self.terms.arrays("terms"), **self.keys.arrays("keys"), **plain}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Ints]) -> Index:
        """The index that `arrays` was saved from."""
        fields: dict[str, Any] = {name: Strings.from_arrays(arrays, name) for name in ("terms", "keys")}
        fields |= {name: arrays[name] for name in cls.__slots__ if name not in fields}
        return cls(**fields)


def build(tokens: Tokens, analyzers: Mapping[str, Terms], own: Ints | None = None) -> Index:
    """The index of a corpus that was read; `own` is for each passage the place of its analyzer, None is the first for all.

    Peak memory is about the text of the corpus and 20 bytes a term.
    """
    listed_terms, listed, ends = terms_of(tokens, analyzers, own)
    count, rank = len(tokens.store), tokens.rank
    fields = _fields(ends, rank)
    lengths = np.zeros(2 * count, dtype=np.int64)
    for start in range(0, len(fields), 8 * _PART):  # np.bincount makes a copy eight bytes wide
        lengths += np.bincount(fields[start : start + 8 * _PART], minlength=len(lengths))
    title_lengths, text_lengths = np.ascontiguousarray(lengths.astype(np.int32).reshape(-1, 2).T)
    terms = [term.encode() for term in listed_terms]
    # Everything that is as long as the corpus is let go as soon as it has served: this is where memory peaks.
    packed = _ranks(terms)[listed]
    del listed
    packed *= 2 * count
    packed += fields
    del fields
    by_term = _postings(terms, packed, count)
    keyed = 2 * (_ranks(tokens.keys)[tokens.keyed[:, 0]] * count + rank[tokens.keyed[:, 1]])
    return Index(*by_term, title_lengths, text_lengths, *_postings(tokens.keys, keyed, count)[:3])


def filter_key(field: str, value: Any) -> bytes:
    """One key for a meta field and its value; 1 and 1.0 are the same value, 1 and true are not."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps([field, value], ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass")


def _fields(ends: Ints, rank: Ints) -> Ints:
    """For each token where it stands: twice its passage's number, plus one in the text."""
    places = np.stack([rank * 2, rank * 2 + 1], axis=1).ravel().astype(np.uint32)
    return np.repeat(places, np.diff(ends, prepend=0))


def _postings(terms: list[bytes], packed: Ints, count: int) -> tuple[Strings, Ints, Ints, Ints, Ints]:
    """Sort tokens by term, passage and field, and count the equal ones: the table of terms, and the postings' four arrays.

    A token is packed into one number, 2 * (term * count + passage) + (1 in the text), term being its place in sorted order.
    `packed` is sorted in place.
    """
    packed.sort()
    documents = np.zeros(len(terms) + 1, dtype=np.int64)
    parts: list[tuple[Ints, Ints, Ints]] = []
    begin = 0
    while begin < len(packed):
        end = min(begin + _PART, len(packed))
        end = int(np.searchsorted(packed, (packed[end - 1] >> 1) * 2 + 2))  # a posting is not torn apart
        part = packed[begin:end]
        pairs = part >> 1
        first = np.flatnonzero(np.diff(pairs, prepend=-1))
        in_text = np.add.reduceat((part & 1).astype(np.uint32), first)
        total = np.diff(first, append=len(part))
        owners, docs = np.divmod(pairs[first], count)
        documents[owners[0] + 1 : owners[-1] + 2] += np.bincount(owners - owners[0])
        parts.append((docs.astype(np.int32), small(total - in_text), small(in_text)))
        begin = end
    columns = zip(*parts, strict=True) if parts else [[np.zeros(0, dtype=np.int32)]] * 3
    docs, in_title, in_text = (np.concatenate(list(column)) for column in columns)
    return Strings.of(sorted(terms)), np.cumsum(documents), docs, in_title, in_text


def _ranks(items: list[bytes]) -> Ints:
    """The place of each item in sorted order."""
    ranks = np.empty(len(items), dtype=np.int64)
    ranks[sorted(range(len(items)), key=items.__getitem__)] = np.arange(len(items))
    return ranks


def small(counts: Ints) -> Ints:
    """The same counts in the narrowest type that holds them: almost always a byte."""
    return counts.astype(np.min_scalar_type(int(counts.max(initial=0))))
