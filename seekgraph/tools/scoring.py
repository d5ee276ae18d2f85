"""BM25 over an index of counts, with its numbers chosen when a query comes.

A passage's score for a term is `idf * tf / (tf + norm)`, where

    idf  = ln(1 + (N - df + 0.5) / (df + 0.5))
    tf   = occurrences in the text + title_weight * occurrences in the title
    norm = k1 * (1 - b + b * length / mean length),   length weighted as tf is.

Weighting counts before they saturate, and not adding the scores of two fields, is the extension to fields of Robertson,
Zaragoza and Taylor, "Simple BM25 extension to multiple weighted fields" (CIKM 2004): a word in title and text is one match, not
two. A title weight of 1 is BM25 of title and text together, one of 0 is BM25 of the text alone: df is the number of passages
that have the term in a field that counts, in the text where the title weight is 0, else in title or text. The idf is Lucene's,
never negative. The constant factor k1 + 1 is left out, as in Lucene and in bm25s: it changes no order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seekgraph.tools.index import Index

Ints = NDArray[Any]
Floats = NDArray[np.float32]

_LONG = 20_000  # postings from which on it pays to look whether a term can still change the result
_KEEP = 32_000_000  # scored postings kept, 4 bytes each
_TINY = np.float32(1e-9)  # keeps 0 / 0 out where k1 is 0 and a term stands in a title of weight 0


class Scorer:
    """Scores of one corpus with one choice of k1, b and title weight. Building one costs a pass over the passage lengths.

    Scores are single precision and are summed in one fixed order of terms, so that a passage has the same score to the last
    bit however it is reached.
    """

    def __init__(self, index: Index, k1: float, b: float, title_weight: float) -> None:
        self._index = index
        self._title_weight = np.float32(title_weight)
        lengths = index.text_lengths + self._title_weight * index.title_lengths
        mean = float(lengths.mean(dtype=np.float64)) or 1.0
        self._norm: Floats = np.maximum(k1 * (1 - b) + (k1 * b / mean) * lengths, _TINY).astype(np.float32)
        self._kept: dict[int, Floats] = {}
        self._kept_postings = 0
        self._text_df: dict[int, int] = {}

    def idf(self, term: int) -> float:
        """The idf of a term by its number; above 0, at most ln(N + 1) and a little where no text has the term."""
        df = self._df(term)
        return float(np.log1p((len(self._norm) - df + 0.5) / (df + 0.5)))

    def _df(self, term: int) -> int:
        """In how many passages a term stands in a field that counts."""
        start, end = self._index.postings(term)
        if self._title_weight:
            return end - start
        found = self._text_df.get(term)
        if found is None:
            found = self._text_df[term] = int(np.count_nonzero(self._index.in_text[start:end]))
        return found

    def top(self, terms: Mapping[int, float], k: int, without: Ints | None = None) -> tuple[Ints, Floats]:
        """The best `k` passages with a score above 0, best first, equal scores by number; `without` are left out.

        `terms` maps the number of a term to its weight. Exact: ahead of a long list of postings it looks whether a passage that
        was not met yet can still come among the best (MaxScore: Turtle and Flood, 1995); if none can, the list is looked up
        for the passages met and not read through.
        """
        plan = self._plan(terms)
        ahead = np.cumsum([bound for bound, _, _ in reversed(plan)])[::-1].tolist()
        prunes = all(weight > 0 for _, _, weight in plan)
        scores = np.zeros(len(self._norm), dtype=np.float32)
        for at, (_, term, weight) in enumerate(plan):
            start, end = self._index.postings(term)
            if prunes and end - start > _LONG and ahead[at] < ahead[0] - ahead[at]:
                met = _without(np.flatnonzero(scores), without)
                if _kth(scores[met], k) > ahead[at] * 1.0001:
                    return self._finish(plan[at:], ahead[at:], met, scores[met], k)
            np.add.at(scores, self._index.docs[start:end], _times(self._impacts(term), weight))
        met = _without(np.flatnonzero(scores > 0), without)
        return best(met, scores[met], k)

    def at(self, terms: Mapping[int, float], docs: Ints) -> Floats:
        """The scores of the passages `docs`, in their order."""
        scores = np.zeros(len(docs), dtype=np.float32)
        for _, term, weight in self._plan(terms):
            self._add(scores, docs, term, weight)
        return scores

    def _finish(
        self, plan: Sequence[tuple[float, int, float]], ahead: Sequence[float], docs: Ints, scores: Floats, k: int
    ) -> tuple[Ints, Floats]:
        """Score the passages met so far on the terms that are left, dropping those that fall out of reach."""
        for (_, term, weight), reach in zip(plan, ahead, strict=True):
            within = scores + reach * 1.0001 >= _kth(scores, k)
            docs, scores = docs[within], scores[within]
            self._add(scores, docs, term, weight)
        return best(docs, scores, k)

    def _add(self, scores: Floats, docs: Ints, term: int, weight: float) -> None:
        start, end = self._index.postings(term)
        listed = self._index.docs[start:end]
        places = np.searchsorted(listed, docs.astype(listed.dtype, copy=False))
        places[places == len(listed)] = 0
        hits = np.flatnonzero(listed[places] == docs)
        kept = self._kept.get(term)
        places = places[hits]
        impacts = kept[places] if kept is not None else self._compute(term, start + places)
        scores[hits] += _times(impacts, weight)

    def _plan(self, terms: Mapping[int, float]) -> list[tuple[float, int, float]]:
        """(highest possible score, term, weight), highest first: the order in which scores are summed, always."""
        idf = ((self.idf(term), term, weight) for term, weight in terms.items() if weight)
        return sorted(((value * weight, term, weight) for value, term, weight in idf), key=lambda item: (-item[0], item[1]))

    def _impacts(self, term: int) -> Floats:
        """The scores of all postings of a term, kept while there is room: the same words come back query after query."""
        kept = self._kept.get(term)
        if kept is None:
            kept = self._compute(term, slice(*self._index.postings(term)))
            if self._kept_postings + len(kept) > _KEEP:
                self._kept, self._kept_postings = {}, 0
            self._kept[term] = kept
            self._kept_postings += len(kept)
        return kept

    def _compute(self, term: int, postings: Any) -> Floats:
        index = self._index
        counts = index.in_title[postings].astype(np.float32)
        counts *= self._title_weight
        counts += index.in_text[postings]
        impacts: Floats = self._norm[index.docs[postings]]
        impacts += counts
        np.divide(counts, impacts, out=impacts)
        impacts *= np.float32(self.idf(term))
        return impacts

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise TypeError("a Scorer is not pickled: pickle the BM25 that it belongs to")


def best(docs: Ints, scores: Floats, k: int) -> tuple[Ints, Floats]:
    """The best `k` with a score above 0, best first, equal scores by number. `docs` are ascending."""
    above = scores > 0
    docs, scores = docs[above], scores[above]
    if len(docs) > k:
        limit = _kth(scores, k)
        level = np.flatnonzero(scores == limit)
        keep = np.concatenate([np.flatnonzero(scores > limit), level])[:k]
        docs, scores = docs[keep], scores[keep]
    order = np.lexsort((docs, -scores))
    return docs[order], scores[order]


def _kth(scores: Floats, k: int) -> float:
    """The `k`-th highest score, or -inf where there are fewer."""
    return float(np.partition(scores, len(scores) - k)[len(scores) - k]) if len(scores) >= k else float("-inf")


def _without(docs: Ints, without: Ints | None) -> Ints:
    return docs if without is None else docs[~np.isin(docs, without)]


def _times(impacts: Floats, weight: float) -> Floats:
    return impacts if weight == 1 else impacts * np.float32(weight)
