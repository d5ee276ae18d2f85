"""What a ranker knows of each passage in a pool: how it matches the question, and how others lead to it.

All of it comes from the question, the passages and their rankings: no corpus statistics, no order of the corpus. Terms are weighed
by how rare they are in the pool. A pair feature holds between a source s and a target d; the target gets the highest value over
the sources, each weighed by p(s) = standing(s) / highest standing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from seekflow.nodes.fuse import LINKS, TITLES, best_first, shares, standing
from seekflow.nodes.refine import names_in, new_words, terms
from seekflow.text.titles import Titles, stripped, words_of
from seekflow.types import Passage, Ranking

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

OF_QUESTION: tuple[str, ...] = (
    "standing",  # fuse.standing, the highest of the pool being 1
    "match",  # share of the score in the first retriever's ranking of the question
    "other_match",  # the same, summed over the other retrievers
    "match_rank",  # 1 / rank in the best ranking of the question
    "followed",  # log(1 + sum of 1 / rank over the rankings of other queries)
    "title_named",  # the question names the title: 1 for two words or more, 1/2 for one
    "title_covered",  # weight of the title's terms that the question has
    "coverage",  # weight of the question's terms that the passage has
)
OF_PAIRS: tuple[str, ...] = (
    "linked",  # s names d
    "linked_new",  # s names d, and the question does not
    "window",  # weight of the question's terms around the mention that the title of s does not have
    "early",  # 1 / (1 + place of the mention among those of s)
    "specific",  # 1 / (1 + log(1 + links of s))
    "linking",  # d names s
    "follow",  # d's match of the follow-up query of s, the best match being 1
    "bridge",  # weight of the rarest name of s that d has, times the weight of what d has of the question and s lacks
    "completes",  # weight of the question's terms that s lacks and d has
    "together",  # weight of the question's terms that s and d have
    "source_named",  # the question names s
)
OF_POOL: tuple[str, ...] = (
    "follow_rank",  # log(1 + sum over s of p(s) / rank of d for the follow-up query of s)
)
FEATURES = OF_QUESTION + OF_PAIRS + OF_POOL

_AROUND = 7  # words on each side of a mention
_NAMES = 12  # words of names in a follow-up query
_KNOWN, _NAME = 0.3, 0.35  # weights in a follow-up query of words that s has, and of names: as FollowUp has them
_FIRST = 10  # ranks of a follow-up that count
_K1, _B = 0.9, 0.4


def order(asked: str, passages: Sequence[Passage], rankings: Sequence[Ranking]) -> tuple[list[Passage], dict[str, float]]:
    """The passages by standing, the highest first, equal ones by id; and their standing."""
    strength = {passage.id: 0.0 for passage in passages} | standing(asked, rankings)
    pool = {passage.id: passage for passage in passages}
    return [pool[id] for id in best_first(strength) if id in pool], strength


def features(asked: str, passages: Sequence[Passage], rankings: Sequence[Ranking], sources: int) -> tuple[list[Passage], Array]:
    """The passages by standing, and a row of `FEATURES` for each. The best `sources` of them are sources."""
    import numpy as np

    ordered, strength = order(asked, passages, rankings)
    pool = _Pool(asked, ordered, np.array([strength[passage.id] for passage in ordered]))
    columns = _ranked(asked, ordered, rankings) | pool.matches() | pool.pairs(min(sources, len(ordered)))
    return ordered, np.column_stack([columns[name] for name in FEATURES])


def _ranked(asked: str, ordered: Sequence[Passage], rankings: Sequence[Ranking]) -> dict[str, Array]:
    """What the rankings say."""
    import numpy as np

    best: dict[str, dict[str, float]] = {}
    reciprocal: dict[str, float] = {}
    followed: dict[str, float] = {}
    for ranking in rankings:
        if ranking.source in (LINKS, TITLES):
            continue
        own = ranking.query == asked
        for rank, id in enumerate(ranking.ids, start=1):
            if own:
                reciprocal[id] = max(reciprocal.get(id, 0.0), 1 / rank)
            else:
                followed[id] = followed.get(id, 0.0) + 1 / rank
        if own:
            scores = best.setdefault(ranking.source, {})
            for id, share in shares(ranking):
                scores[id] = max(share, scores.get(id, 0.0))
    first, others = next(iter(best.values()), {}), list(best.values())[1:]

    def column(scores: Mapping[str, float]) -> Array:
        return np.array([scores.get(passage.id, 0.0) for passage in ordered])

    return {
        "match": column(first),
        "other_match": sum((column(each) for each in others), np.zeros(len(ordered))),
        "match_rank": column(reciprocal),
        "followed": np.log1p(column(followed)),
    }


@dataclass(frozen=True)
class _Read:
    """A passage as terms."""

    counts: Mapping[str, int]
    title: frozenset[str]
    words: tuple[str, ...]
    names: tuple[str, ...]


@lru_cache(maxsize=16_384)  # the same passages come back in every round and in every candidate flow
def _read(title: str, text: str) -> _Read:
    counts = Counter(terms(text))
    for term in terms(title):
        counts[term] += 2
    return _Read(counts, frozenset(terms(stripped(title))), tuple(words_of(text)), ())


class _Pool:
    """A pool of passages, best first, with the terms that matter for one question."""

    def __init__(self, asked: str, ordered: Sequence[Passage], strength: Array) -> None:
        import numpy as np

        self.asked = asked
        self.ordered = ordered
        self.standing = strength / (strength.max(initial=0.0) or 1.0)
        self.read = [_read(passage.title, passage.text) for passage in ordered]
        self.size = len(ordered)
        df = Counter(term for each in self.read for term in each.counts)
        self.rarity = {term: float(np.log(1 + (self.size - n + 0.5) / (n + 0.5))) for term, n in df.items()}
        self.unknown = float(np.log(1 + (self.size + 0.5) / 0.5))
        self.question = list(dict.fromkeys(terms(asked)))
        weight = np.array([self.rarity.get(term, self.unknown) for term in self.question])
        self.total = float(weight.sum()) or 1.0
        self.weight = weight / self.total
        lengths = np.array([sum(each.counts.values()) for each in self.read], dtype=float)
        self.norm = _K1 * (1 - _B + _B * lengths / (lengths.mean() or 1.0))
        self.held = self._held(self.question)
        self.has = (self.held > 0).astype(float)
        self.titles = Titles()
        for number, passage in enumerate(ordered):
            self.titles.add(passage.title, number)
        self.named = np.zeros(self.size)
        for _, bearers in self.titles.named_in(asked):
            for bearer in bearers:
                self.named[bearer] = 1.0 if len(self.read[bearer].title) > 1 else 0.5

    def _held(self, wanted: Sequence[str]) -> Array:
        """How much the passages (rows) have of each term: BM25's tf / (tf + norm), in [0, 1)."""
        import numpy as np

        counts = np.array([[each.counts.get(term, 0) for term in wanted] for each in self.read], dtype=float)
        counts = counts.reshape(self.size, len(wanted))
        return counts / (counts + self.norm[:, None])

    def matches(self) -> dict[str, Array]:
        """How the passages match the question."""
        import numpy as np

        asked = set(self.question)
        covered = []
        for each in self.read:
            weights = {term: self.rarity.get(term, self.unknown) for term in each.title}
            covered.append(sum(weights[term] for term in each.title & asked) / (sum(weights.values()) or 1.0))
        return {
            "standing": self.standing,
            "title_named": self.named,
            "title_covered": np.array(covered),
            "coverage": self.has @ self.weight,
        }

    def pairs(self, sources: int) -> dict[str, Array]:
        """How the first `sources` passages lead to the others."""
        import numpy as np

        p = self.standing[:sources]
        links = {name: np.zeros((sources, self.size)) for name in ("linked", "window", "early", "linking")}
        for s in range(sources):
            self._mentions(s, links)
        linked = links["linked"]
        followed = self._follow_ups(sources)
        rank = followed.pop("rank")
        completes = ((1.0 - self.has[:sources]) * self.weight) @ self.has.T
        reached = np.maximum(linked, rank > 0)
        values = {
            **links,
            **followed,
            "linked_new": linked * (self.named < 1),
            "specific": linked / (1 + np.log1p(linked.sum(axis=1, keepdims=True))),
            "completes": completes * reached,
            "together": ((self.has[:sources] @ self.weight)[:, None] + completes) * reached,
            "source_named": self.named[:sources, None] * linked,
        }
        highest = {name: (p[:, None] * values[name]).max(axis=0, initial=0.0) for name in OF_PAIRS}
        return highest | {"follow_rank": np.log1p((p[:, None] * rank).sum(axis=0))}

    def _mentions(self, s: int, links: Mapping[str, Array]) -> None:
        """Fill in what passage `s` names."""
        source = self.read[s]
        open_terms = {term: weight for term, weight in zip(self.question, self.weight, strict=True) if term not in source.title}
        for number, (place, bearers) in enumerate(self.titles.named_in(self.ordered[s].text)):
            targets = [d for d in bearers if self.read[d].title != source.title]
            if not targets:
                continue
            around = set(terms(" ".join(source.words[max(0, place - _AROUND) : place + _AROUND + 2])))
            window = sum(weight for term, weight in open_terms.items() if term in around)
            for d in targets:
                links["linked"][s, d] = 1.0
                links["window"][s, d] = max(links["window"][s, d], window)
                links["early"][s, d] = max(links["early"][s, d], 1 / (1 + number))
                if d < len(links["linking"]):
                    links["linking"][d, s] = 1.0

    def _follow_ups(self, sources: int) -> dict[str, Array]:
        """How well the passages answer a follow-up from each source: what it leaves open of the question, about what it names."""
        import numpy as np

        lacks = 1.0 - self.has[:sources]
        left_open = (lacks * self.weight) @ self.held.T
        known = (self.has[:sources] * self.weight) @ self.held.T
        shared, names = self._shared_names(sources)
        match = left_open + _KNOWN * known + _NAME * names
        itself = np.arange(sources)
        for each in (match, shared, left_open):
            each[itself, itself] = 0.0
            each /= np.maximum(each.max(axis=1, keepdims=True, initial=0.0), 1e-12)
        place = np.argsort(np.argsort(-match, axis=1, kind="stable"), axis=1, kind="stable")
        rank = np.where((place < _FIRST) & (match > 0), 1 / (1 + place), 0.0)
        return {"follow": match, "bridge": shared * left_open, "rank": rank}

    def _shared_names(self, sources: int) -> tuple[Array, Array]:
        """For each source and passage: the weight of the rarest name of the source that the passage has, and of all of them."""
        import numpy as np

        named = []
        for passage in self.ordered[:sources]:
            fresh = new_words(self.asked, [passage.title, *names_in(passage.text)])[:_NAMES]
            named.append([term for word in fresh for term in terms(word)])
        vocabulary = {term: number for number, term in enumerate(dict.fromkeys(term for each in named for term in each))}
        weighted = self._held(list(vocabulary)) * np.array([self.rarity.get(term, 0.0) for term in vocabulary]) / self.total
        rarest, total = np.zeros((sources, self.size)), np.zeros((sources, self.size))
        for s, own in enumerate(named):
            if own:
                columns = weighted[:, [vocabulary[term] for term in own]]
                rarest[s], total[s] = columns.max(axis=1), columns.sum(axis=1)
        return rarest, total
