"""Refining what is searched for by what has been found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from seekgraph.core.language.lm import LM
from seekgraph.core.language.node import Node, Writes
from seekgraph.core.language.params import Float, Int
from seekgraph.nodes.fuse import LINKS, TITLES, leading
from seekgraph.nodes.llm_node import LLMNode, searched
from seekgraph.nodes.read import about, wanted
from seekgraph.prompts.outputs import QueryOut, to_query
from seekgraph.prompts.prompt import OURS
from seekgraph.text.analysis import Analyzer
from seekgraph.text.entities import entities
from seekgraph.text.titles import words_of
from seekgraph.types import Digest, Evidence, Goal, Passage, Query, Ranking, Verdict


class Refined(Writes):
    """The query to ask next."""

    query: Query


class Refine(LLMNode):
    """Expand the question by pseudo-relevance feedback, and by the names in the evidence. Before anything is found: the question.

    The feedback is RM3: of the relevance model  P(t|R) = sum over the best `feedback` passages d of P(t|d) P(d|q),  with P(d|q)
    in proportion to 1 / rank, the `terms` likeliest terms are mixed into the query with the share 1 - `original`.
    (Lavrenko and Croft, "Relevance-based language models", SIGIR 2001; Abdul-Jaleel and others, "UMass at TREC 2004".)
    Each word of a name that the evidence quotes and the question lacks gets the weight `names`; a word of the question has 1.
    Inside a call that works on a goal, the goal is the question.

    Inside a `redo`, where `critique` says what was wrong with the query before, the terms that come next are taken.

    A model that is bound writes the query, from what was found, what is missing (`verdict`), what was searched for already, and
    the `critique`.
    """

    prompt = OURS / "refine.md"
    output = QueryOut

    feedback: int = Int(5, low=1, high=20)
    terms: int = Int(10, low=0, high=50)
    original: float = Float(0.7, low=0.1, high=1.0)
    names: float = Float(0.5, low=0.0, high=2.0)

    @property
    def reply_tokens(self) -> int:
        return 64  # one query

    async def run(
        self,
        question: str,
        goal: Goal | None = None,
        digests: tuple[Digest, ...] = (),
        passages: tuple[Passage, ...] = (),
        context: tuple[Passage, ...] = (),
        rankings: tuple[Ranking, ...] = (),
        evidence: tuple[Evidence, ...] = (),
        verdict: Verdict | None = None,
        critique: str = "",
        lm: LM | None = None,
    ) -> Refined:
        inputs: dict[str, Any] = {"question": question, "goal": goal, "digests": digests, "passages": passages}
        inputs |= {"context": context, "rankings": rankings, "evidence": evidence, "verdict": verdict, "critique": critique}
        if (query := await self.ask(lm, inputs, lambda out: to_query(out).value)) is not None:
            return Refined(query=query)
        asked = wanted(question, goal, digests)
        best = leading(asked, passages, context, rankings, self.feedback)
        weights = self._relevance(asked, best, skipped=self.terms if critique else 0)
        for word in new_words(asked, (name for each in evidence for name in names_in(each.quote or each.claim))):
            weights[word] = max(weights.get(word, 0.0), self.names)
        return Refined(query=Query(text=asked, weights=_above_zero(weights)))

    def prompt_inputs(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        rankings, subject = inputs.get("rankings") or (), about(inputs)
        asked = subject["goal"].text if subject["goal"] else subject["question"]
        best = leading(asked, inputs.get("passages") or (), inputs.get("context") or (), rankings, self.feedback)
        asked_before = searched(rankings, (LINKS, TITLES))
        return (
            {"evidence": inputs.get("evidence"), "context": best, "asked": asked_before}
            | subject
            | {"verdict": inputs.get("verdict"), "critique": tuple(filter(None, [inputs.get("critique")]))}
        )

    def reply(self, writes: Mapping[str, Any]) -> QueryOut | None:
        query = writes.get("query")
        return QueryOut.of(query) if isinstance(query, Query) and query.text.strip() else None

    def _relevance(self, asked: str, best: Sequence[Passage], skipped: int = 0) -> dict[str, float]:
        """The likeliest terms but for the first `skipped`, as words with weights, where each term of the question weighs 1."""
        total = sum(1 / rank for rank in range(1, len(best) + 1))
        likely: dict[str, float] = {}
        written: dict[str, str] = {}  # a word for each term: a query is made of words, the retriever makes its own terms of them
        for rank, passage in enumerate(best, start=1):
            found = [(term, word) for word in words_of(f"{passage.title} {passage.text}".casefold()) for term in terms(word)]
            for term, word in found:
                likely[term] = likely.get(term, 0.0) + 1 / (rank * total * len(found))
                written.setdefault(term, word)
        top = sorted(likely, key=lambda term: (-likely[term], term))[skipped : skipped + self.terms]
        mass = sum(likely[term] for term in top)
        scale = (1 - self.original) / self.original * len(terms(asked)) / mass if mass else 0.0
        return {written[term]: likely[term] * scale for term in top}


class FollowedUp(Writes):
    """Queries that go on from what was found."""

    queries: tuple[Query, ...]


class FollowUp(Node):
    """One further query from each of the best `sources` passages: for what the source leaves open, about what it names.

    A query's text is the words of the question that the source does not have. The words that it has weigh `known`, and the first
    `names` words of names in it, its title before all, weigh `name_weight` each. Run them with
    `each(S.queries, Retrieve(...), item="query")`. A query of the round before is not asked again.
    """

    sources: int = Int(10, low=1, high=30)
    names: int = Int(12, low=0, high=30)
    name_weight: float = Float(0.35, low=0.0, high=1.0)
    known: float = Float(0.3, low=0.0, high=1.0)

    async def run(
        self,
        question: str,
        goal: Goal | None = None,
        digests: tuple[Digest, ...] = (),
        passages: tuple[Passage, ...] = (),
        context: tuple[Passage, ...] = (),
        rankings: tuple[Ranking, ...] = (),
        queries: tuple[Query, ...] = (),
    ) -> FollowedUp:
        asked = wanted(question, goal, digests)
        best = leading(asked, passages, context, rankings, self.sources)
        made = (self._query(asked, source) for source in best)
        return FollowedUp(queries=tuple(query for query in made if query not in queries))

    def _query(self, asked: str, source: Passage) -> Query:
        have = {*terms(source.title), *terms(source.text)}
        words = new_words("", [asked])
        left_open = [word for word in words if not have.issuperset(terms(word))]
        weights = dict.fromkeys(words, self.known) | dict.fromkeys(names_of(asked, source)[: self.names], self.name_weight)
        for word in left_open:
            del weights[word]
        return Query(text=" ".join(left_open), weights=_above_zero(weights))


def terms(text: str) -> tuple[str, ...]:
    """The terms of a text or of a word, as an English BM25 has them."""
    return _analyzer().terms(text)


def names_of(asked: str, passage: Passage) -> list[str]:
    """The words of names in a passage that the question lacks: its title's, then in order of mention, one for each term."""
    have = set(terms(asked))
    return [word for word, its_terms in _name_words(passage.title, passage.text) if not have.issuperset(its_terms)]


@lru_cache(maxsize=16_384)  # the same passages come back in every round and in every candidate flow
def _name_words(title: str, text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((word, terms(word)) for word in new_words("", [title, *names_in(text)]))


def names_in(text: str) -> list[str]:
    """What a text names, in order of mention."""
    return [each.text for each in entities(text) if each.kind == "name"]


def new_words(asked: str, texts: Iterable[str]) -> list[str]:
    """The words of `texts` that the question does not have, casefolded, in order, one for each term."""
    seen = set(terms(asked))
    found = []
    for word in (word for text in texts for word in words_of(text.casefold())):
        if not seen.issuperset(term := terms(word)):
            seen.update(term)
            found.append(word)
    return found


@cache
def _analyzer() -> Analyzer:
    return Analyzer()


def _above_zero(weights: dict[str, float]) -> dict[str, float]:
    return {word: weight for word, weight in weights.items() if weight > 0}
