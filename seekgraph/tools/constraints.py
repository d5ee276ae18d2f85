"""What a query demands of a passage besides likeness: `must`, `must_not` and `filters`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import numpy as np

from seekgraph.text.analysis import Analyzer, contains
from seekgraph.tools.index import Index, Ints, filter_key
from seekgraph.types import Passage, Query

Phrase = tuple[str, ...]


class Constraints:
    """The demands of one query. A term of several words is a phrase: its terms have to follow one another in title or text.

    Words are compared as the index compares them (stemmed); a term of stop words alone demands nothing.
    """

    def __init__(self, query: Query, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._must = _phrases(query.must, analyzer)
        self._must_not = _phrases(query.must_not, analyzer)
        self._filters = [(field, filter_key(field, value)) for field, value in query.filters.items()]
        self._query = query

    def __bool__(self) -> bool:
        return bool(self._must or self._must_not or self._filters)

    @property
    def has_phrases(self) -> bool:
        """Whether some demand cannot be decided from postings alone."""
        return any(len(phrase) > 1 for phrase in self._must + self._must_not)

    def within(self, index: Index) -> Ints | None:
        """The passages that have all words of `must` and the values of `filters`, ascending; None when nothing is demanded."""
        lists = [index.with_term(term) for phrase in self._must for term in phrase]
        lists += [index.with_meta(field, value) for field, value in self._query.filters.items()]
        lists.sort(key=len)
        return reduce(lambda one, other: np.intersect1d(one, other, assume_unique=True), lists) if lists else None

    def without(self, index: Index) -> Ints | None:
        """The passages with a word of `must_not`, ascending; phrases are left to `phrases_hold`."""
        lists = [index.with_term(phrase[0]) for phrase in self._must_not if len(phrase) == 1]
        return np.unique(np.concatenate(lists)) if lists else None

    def phrases_hold(self, passage: Passage) -> bool:
        """Whether all of `must` and none of `must_not` occurs in the passage."""
        if not self._must and not self._must_not:
            return True
        fields = [self._analyzer.terms(passage.title), self._analyzer.terms(passage.text)]
        present = all(any(contains(field, phrase) for field in fields) for phrase in self._must)
        return present and not any(contains(field, phrase) for phrase in self._must_not for field in fields)

    def hold(self, passage: Passage) -> bool:
        """Whether the passage meets every demand."""
        meta = passage.meta
        if not all(name in meta and filter_key(name, meta[name]) == key for name, key in self._filters):
            return False
        return self.phrases_hold(passage)


def _phrases(texts: Iterable[str], analyzer: Analyzer) -> list[Phrase]:
    return [terms for text in texts if (terms := analyzer.terms(text))]
