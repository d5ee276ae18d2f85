"""Extracting an answer from passages: by comparing, by judging a yes or no, or as the best span, one hop at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from seekgraph.nodes.candidates import FEATURES, Candidate, candidates
from seekgraph.nodes.fitting import LinearModel
from seekgraph.nodes.material import Line, Material
from seekgraph.nodes.plan import resolve
from seekgraph.nodes.read import scored
from seekgraph.nodes.rules.language import rules_for
from seekgraph.text.entities import flat, folded, names
from seekgraph.text.weights import coverage, terms
from seekgraph.types import Digest, Evidence, Passage

_MOST_HOPS = 4
_TYPE = FEATURES.index("type")
_SURE, _UNSURE = 0.85, 0.4  # the confidence of a comparison with all facts found, and of one without
_SAYS_SO = 0.6  # the share of a yes/no question's terms that one passage has to have for a yes


@dataclass(frozen=True, slots=True)
class Extracted:
    """An answer with the passages that support it, the one that holds it first, and a confidence in [0, 1]."""

    text: str
    passages: tuple[Passage, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Hopped:
    """A question with the answers of its inner questions put in, and the passages that those came from."""

    question: str
    passages: tuple[Passage, ...] = ()


def extract(
    question: str, context: Sequence[Passage], evidence: Sequence[Evidence], scorer: LinearModel, most: int, hops: bool
) -> Extracted | None:
    """The answer to `question` in what was read: the `evidence`, or else the best `most` sentences of the context.

    With `hops` the inner questions of a nested one are answered first. None where nothing that was read can be an answer.
    """
    reader = Reader(context, evidence, scorer, most)
    read = reader.material.passages
    if not read:
        return None
    asking = rules_for(question).asked(question)
    if asking.options and (asking.type == "yes_no" or asking.chooses):
        outcome = rules_for(question).compare(question, asking.options, read)
        if outcome is not None and outcome.passages:
            return Extracted(outcome.text, outcome.passages, _SURE if outcome.sure else _UNSURE)
    if asking.type == "yes_no":
        return _yes_or_no(question, reader.material)
    hopped = reader.hop(question) if hops else Hopped(question)
    ranked = _fitting(hopped.question, reader.rank(hopped.question))
    if not ranked:
        return None
    score, best = ranked[0]
    total = sum(math.exp(other - score) for other, _ in ranked)
    passages = _support(question, read[best.passage], hopped.passages, read)
    return Extracted(best.text, passages, _supported(hopped.question, passages, reader.material) / total)


def read_candidates(
    question: str, context: Sequence[Passage], evidence: Sequence[Evidence], scorer: LinearModel, most: int, hops: bool
) -> list[Candidate]:
    """What `extract` would choose from: every candidate, none where it would compare or say yes or no."""
    asking = rules_for(question).asked(question)
    if asking.type == "yes_no" or asking.chooses:
        return []
    reader = Reader(context, evidence, scorer, most)
    return reader.candidates(reader.hop(question).question if hops else question)


class Reader:
    """What was read, to be asked several questions.

    Evidence narrows the passages to its quotes; evidence from a passage outside the context is read as it stands.
    """

    def __init__(self, context: Sequence[Passage], evidence: Sequence[Evidence], scorer: LinearModel, most: int) -> None:
        self.scorer, self.most = scorer, most
        self.quotes: dict[str, list[str]] = {}
        for each in evidence:
            if each.stance != "refutes":
                self.quotes.setdefault(each.passage_id, []).append(each.quote or each.claim)
        known = {passage.id for passage in context}
        quoted = (Passage(id=name, text=" ".join(quotes)) for name, quotes in self.quotes.items() if name not in known)
        self.material = Material((*context, *quoted))

    def hop(self, question: str) -> Hopped:
        """The question with its inner questions answered: "Where was the director of X born?" with the director's name."""
        asks = rules_for(question).unnest(question, _MOST_HOPS)
        found: list[Digest] = []
        passages: list[Passage] = []
        for at, ask in enumerate(asks[:-1], start=1):
            ranked = self.rank(resolve(ask, found))
            if not ranked:
                return Hopped(question)
            best = ranked[0][1]
            found.append(Digest(goal_id=str(at), conclusion=best.text))
            passages.append(self.material.passages[best.passage])
        return Hopped(resolve(asks[-1], found), tuple(passages))

    def rank(self, question: str) -> list[tuple[float, Candidate]]:
        """Candidate answers with their scores, best first; each text once, at the place where it scores best."""
        best: dict[str, tuple[float, Candidate]] = {}
        for candidate in self.candidates(question):
            score, key = self.scorer.score(candidate.features), folded(candidate.text)
            if key not in best or score > best[key][0]:
                best[key] = (score, candidate)
        return sorted(best.values(), key=lambda pair: -pair[0])

    def candidates(self, question: str) -> list[Candidate]:
        """The candidates in the sentences of the evidence, or else in the best of the context."""
        pool = scored(question, self.material)
        if self.quotes:
            passages = self.material.passages
            pool = [
                (score, line) for score, line in pool if _is_quoted(line, self.quotes.get(passages[line.passage].id, ()))
            ] or pool
        return candidates(question, self.material, sorted(pool, key=lambda pair: -pair[0])[: self.most])


def _fitting(question: str, ranked: list[tuple[float, Candidate]]) -> list[tuple[float, Candidate]]:
    """Those that can be an answer at all: where a number is asked for, a name is none; of numbers, what `Hints` say fits."""
    rules = rules_for(question)
    if rules.asked(question).type != "number":
        return ranked
    numbers = [pair for pair in ranked if pair[1].features[_TYPE] > 0]
    hints = rules.hints(question)
    return [pair for pair in numbers if not hints.misfits(pair[1].text, "number")] or numbers


def _is_quoted(line: Line, quotes: Sequence[str]) -> bool:
    return any(line.sentence.text in quote or quote in line.sentence.text for quote in quotes)


def _support(question: str, holder: Passage, before: Sequence[Passage], context: Sequence[Passage]) -> tuple[Passage, ...]:
    """The passage that holds the answer and those of the hops before it, or else the one that leads there from the question."""
    chain = [passage for passage in before if passage.id != holder.id]
    title, asking = folded(holder.title), flat(question)
    if not chain and title and not names(asking, title):
        leading = [each for each in context if each.id != holder.id and names(flat(each.text), title)]
        named = [each for each in leading if names(asking, folded(each.title))]
        chain = (named or leading)[:1]
    return tuple({passage.id: passage for passage in (holder, *chain)}.values())


def _supported(question: str, passages: Sequence[Passage], material: Material) -> float:
    """Whether the question is about these passages at all: 1 where they hold half of its idf mass, less below."""
    held = {term for passage in passages for term in terms(f"{passage.title} {passage.text}")}
    return min(1.0, 2 * coverage(set(terms(question)), held, material.weights))


def _yes_or_no(question: str, material: Material) -> Extracted | None:
    """Yes if one passage has most of the question's terms, else no; None where no passage has any."""
    wanted = set(terms(question))
    shares = [len(wanted & held) / max(1, len(wanted)) for held in material.terms]
    share, best = max((share, -at) for at, share in enumerate(shares))
    if share == 0:
        return None
    return Extracted("yes" if share >= _SAYS_SO else "no", (material.passages[-best],), _UNSURE * min(1.0, share / _SAYS_SO))
