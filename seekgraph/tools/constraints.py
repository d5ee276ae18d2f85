"""What a query demands of a passage besides likeness: `must`, `must_not` and `filters`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import numpy as np

from seekgraph.text.analysis import contains
from seekgraph.text.polyglot import Analysis
from seekgraph.tools.index import Index, Ints, filter_key
from seekgraph.types import Passage, Query

Phrase = tuple[str, ...]
Wanted = list[Phrase]  # the sequences of terms that say one text, any of which will do


class Constraints:
    """The demands of one query. A text of several words is a phrase: its terms have to follow one another in title or text.

    Words are compared as the index compares them: stemmed, without accents, compounds by part or as one word ("e-mail" is
    "email"). A text of stop words alone demands nothing.
    """

    def __init__(self, query: Query, analyzer: Analysis) -> None:
        self._analyzer = analyzer
        self._must = _wanted(query.must, analyzer)
        self._must_not = _wanted(query.must_not, analyzer)
        self._filters = [(field, filter_key(field, value)) for field, value in query.filters.items()]
        self._query = query

    def __bool__(self) -> bool:
        return bool(self._must or self._must_not or self._filters)

    @property
    def has_phrases(self) -> bool:
        """Whether some demand cannot be decided from postings alone."""
        return any(len(phrase) > 1 for wanted in self._must + self._must_not for phrase in wanted)

    def within(self, index: Index) -> Ints | None:
        """The passages that have all words of `must` and the values of `filters`, ascending; None when nothing is demanded."""
        lists = [_union([_having(index, phrase) for phrase in wanted]) for wanted in self._must]
        lists += [index.with_meta(field, value) for field, value in self._query.filters.items()]
        return _intersection(lists) if lists else None

    def without(self, index: Index) -> Ints | None:
        """The passages with a word of `must_not`, ascending; phrases are left to `phrases_hold`."""
        lists = [index.with_term(phrase[0]) for wanted in self._must_not for phrase in wanted if len(phrase) == 1]
        return _union(lists) if lists else None

    def phrases_hold(self, passage: Passage) -> bool:
        """Whether all of `must` and none of `must_not` occurs in the passage."""
        if not self._must and not self._must_not:
            return True
        said = [way for field in (passage.title, passage.text) for way in self._analyzer.phrases(field)]

        def holds(wanted: Wanted) -> bool:
            return any(contains(way, phrase) for way in said for phrase in wanted)

        return all(map(holds, self._must)) and not any(map(holds, self._must_not))

    def hold(self, passage: Passage) -> bool:
        """Whether the passage meets every demand."""
        meta = passage.meta
        if not all(name in meta and filter_key(name, meta[name]) == key for name, key in self._filters):
            return False
        return self.phrases_hold(passage)


def _wanted(texts: Iterable[str], analyzer: Analysis) -> list[Wanted]:
    return [phrases for text in texts if (phrases := analyzer.phrases(text))]


def _having(index: Index, phrase: Phrase) -> Ints:
    """The passages with all terms of a phrase, in whatever order."""
    return _intersection([index.with_term(term) for term in dict.fromkeys(phrase)])


def _intersection(lists: list[Ints]) -> Ints:
    return reduce(lambda one, other: np.intersect1d(one, other, assume_unique=True), sorted(lists, key=len))


def _union(lists: list[Ints]) -> Ints:
    return lists[0] if len(lists) == 1 else np.unique(np.concatenate(lists))
