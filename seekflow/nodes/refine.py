"""Refining what is searched for by what has been found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

from seekflow.core.node import Node, Writes
from seekflow.core.params import Float, Int
from seekflow.nodes.fuse import leading, standing
from seekflow.text.analysis import Analyzer
from seekflow.text.entities import entities
from seekflow.types import Evidence, Goal, Passage, Query, Ranking


class Refined(Writes):
    """The query to ask next."""

    query: Query


class Refine(Node):
    """Expand the question by pseudo-relevance feedback, and by the names in the evidence. Before anything is found: the question.

    The feedback is RM3: of the relevance model  P(w|R) = sum over the best `feedback` passages d of P(w|d) P(d|q),  with P(d|q)
    in proportion to the passages' standing, the `terms` likeliest terms are mixed into the query with the share 1 - `original`.
    (Lavrenko and Croft, "Relevance-based language models", SIGIR 2001; Abdul-Jaleel and others, "UMass at TREC 2004".)
    Each term of a name that the evidence quotes and the question lacks gets the weight `names`; a term of the question has 1.
    """

    feedback: int = Int(5, low=1, high=20)
    terms: int = Int(10, low=0, high=50)
    original: float = Float(0.7, low=0.1, high=1.0)
    names: float = Float(0.5, low=0.0, high=2.0)

    async def run(
        self,
        question: str,
        goal: Goal | None = None,
        passages: tuple[Passage, ...] = (),
        context: tuple[Passage, ...] = (),
        rankings: tuple[Ranking, ...] = (),
        evidence: tuple[Evidence, ...] = (),
    ) -> Refined:
        asked = goal.text if goal else question
        best = leading(asked, passages, context, rankings, self.feedback)
        strength = standing(asked, rankings)
        weights = self._relevance(asked, [(passage, strength.get(passage.id, 0.0)) for passage in best])
        for word in new_words(asked, (name for each in evidence for name in names_in(each.quote or each.claim))):
            weights[word] = max(weights.get(word, 0.0), self.names)
        return Refined(query=Query(text=asked, weights={word: weight for word, weight in weights.items() if weight > 0}))

    def _relevance(self, asked: str, best: Sequence[tuple[Passage, float]]) -> dict[str, float]:
        """The weights of the likeliest terms, where each term of the question weighs 1."""
        total = sum(strength for _, strength in best)
        if not total or self.original >= 1:
            return {}
        likely: dict[str, float] = {}
        written: dict[str, str] = {}  # a word for each term: a query is made of words, the retriever makes its own terms of them
        for passage, strength in best:
            found = [(term, word) for word in words(f"{passage.title} {passage.text}") for term in terms(word)]
            for term, word in found:
                likely[term] = likely.get(term, 0.0) + strength / total / len(found)
                written.setdefault(term, word)
        top = sorted(likely, key=lambda term: (-likely[term], term))[: self.terms]
        mass = sum(likely[term] for term in top)
        scale = (1 - self.original) / self.original * len(terms(asked)) / mass if mass else 0.0
        return {written[term]: likely[term] * scale for term in top}


class FollowedUp(Writes):
    """Queries that go on from what was found."""

    queries: tuple[Query, ...]


class FollowUp(Node):
    """One further query from each of the best `sources` passages: for what the source leaves open, about what it names.

    A query's text is the words of the question that the source does not have. The words that it has weigh `known`, and the first
    `names` terms of names in it, its title before all, weigh `name_weight` each.
    """

    sources: int = Int(10, low=1, high=30)
    names: int = Int(12, low=0, high=30)
    name_weight: float = Float(0.35, low=0.0, high=1.0)
    known: float = Float(0.3, low=0.0, high=1.0)

    async def run(
        self,
        question: str,
        goal: Goal | None = None,
        passages: tuple[Passage, ...] = (),
        context: tuple[Passage, ...] = (),
        rankings: tuple[Ranking, ...] = (),
    ) -> FollowedUp:
        asked = goal.text if goal else question
        best = leading(asked, passages, context, rankings, self.sources)
        return FollowedUp(queries=tuple(self._query(asked, source) for source in best))

    def _query(self, asked: str, source: Passage) -> Query:
        have = content(source)
        asked_words = [word for word in dict.fromkeys(words(asked)) if terms(word)]
        left_open = [word for word in asked_words if not have.issuperset(terms(word))]
        weights = {word: self.known for word in asked_words if word not in left_open}
        weights |= dict.fromkeys(new_words(asked, [source.title, *names_in(source.text)])[: self.names], self.name_weight)
        return Query(text=" ".join(left_open), weights={word: weight for word, weight in weights.items() if weight > 0})


def words(text: str) -> list[str]:
    """The words of a text in order, casefolded."""
    return _analyzer().words(text)


def terms(text: str) -> tuple[str, ...]:
    """The terms of a text in order: stems of its words, without stop words."""
    return _analyzer().terms(text)


@lru_cache(maxsize=16_384)  # the same passages come back in every round and in every candidate flow
def _terms_of(title: str, text: str) -> frozenset[str]:
    return frozenset(terms(title)).union(terms(text))


def content(passage: Passage) -> frozenset[str]:
    """The terms of a passage's title and text."""
    return _terms_of(passage.title, passage.text)


def names_in(text: str) -> list[str]:
    """What a text names, in order of mention."""
    return [each.text for each in entities(text) if each.kind == "name"]


def new_words(asked: str, names: Iterable[str]) -> list[str]:
    """The words of `names` that the question does not have, in order, one for each term."""
    seen = set(terms(asked))
    found = []
    for word in (word for name in names for word in words(name)):
        if not seen.issuperset(term := terms(word)):
            seen.update(term)
            found.append(word)
    return found


@cache
def _analyzer() -> Analyzer:
    return Analyzer()
