"""Extracting an answer from passages: by comparing, by judging a yes or no, or as the best span, one hop at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from seekflow.nodes.comparing import compare
from seekflow.nodes.fitting import LinearModel
from seekflow.nodes.nesting import unnest
from seekflow.nodes.plan import resolve
from seekflow.nodes.read import DEFAULT as READ
from seekflow.nodes.read import Scored, scored_sentences
from seekflow.nodes.spans import Candidate, candidates
from seekflow.text.entities import flat, folded, names
from seekflow.text.questions import asked
from seekflow.text.weights import coverage, idf, terms
from seekflow.types import Digest, Evidence, Passage

_MOST_HOPS = 4
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
    read, kept = readable(context, evidence)
    if not read:
        return None
    asking = asked(question)
    if asking.options and (asking.type == "yes_no" or " or " in question):
        outcome = compare(question, asking.options, read)
        if outcome.passages:
            return Extracted(outcome.text, outcome.passages, _SURE if outcome.sure else _UNSURE)
    if asking.type == "yes_no":
        return _yes_or_no(question, read)
    hopped = hop(question, read, kept, scorer, most) if hops else Hopped(question)
    ranked = rank(hopped.question, read, kept, scorer, most)
    if not ranked:
        return None
    score, best = ranked[0]
    total = sum(math.exp(other - score) for other, _ in ranked)
    passages = _support(question, read[best.passage], hopped.passages, read)
    return Extracted(best.text, passages, _supported(hopped.question, passages, read) / total)


def read_candidates(
    question: str, context: Sequence[Passage], evidence: Sequence[Evidence], scorer: LinearModel, most: int, hops: bool
) -> list[Candidate]:
    """What `extract` would choose from: every candidate, none where it would compare or say yes or no."""
    read, kept = readable(context, evidence)
    asking = asked(question)
    if not read or asking.type == "yes_no" or (asking.options and " or " in question):
        return []
    hopped = hop(question, read, kept, scorer, most) if hops else Hopped(question)
    return candidates(hopped.question, read, _pool(hopped.question, read, kept, most))


def readable(context: Sequence[Passage], evidence: Sequence[Evidence]) -> tuple[tuple[Passage, ...], dict[str, list[str]]]:
    """The passages to read, and the quotes by passage. Evidence from a passage outside the context is read as it stands."""
    kept: dict[str, list[str]] = {}
    for each in evidence:
        if each.stance != "refutes":
            kept.setdefault(each.passage_id, []).append(each.quote or each.claim)
    known = {passage.id for passage in context}
    quoted = (Passage(id=name, text=" ".join(quotes)) for name, quotes in kept.items() if name not in known)
    return (*context, *quoted), kept


def hop(question: str, context: Sequence[Passage], kept: dict[str, list[str]], scorer: LinearModel, most: int) -> Hopped:
    """The question with its inner questions answered: "Where was the director of X born?" with the director's name."""
    asks = unnest(question, _MOST_HOPS)
    found: list[Digest] = []
    passages: list[Passage] = []
    for at, ask in enumerate(asks[:-1], start=1):
        ranked = rank(resolve(ask, found), context, kept, scorer, most)
        if not ranked:
            return Hopped(question)
        best = ranked[0][1]
        found.append(Digest(goal_id=str(at), conclusion=best.text))
        passages.append(context[best.passage])
    return Hopped(resolve(asks[-1], found), tuple(passages))


def rank(
    question: str, context: Sequence[Passage], kept: dict[str, list[str]], scorer: LinearModel, most: int
) -> list[tuple[float, Candidate]]:
    """Candidate answers with their scores, best first; each text once, at the place where it scores best."""
    best: dict[str, tuple[float, Candidate]] = {}
    for candidate in candidates(question, context, _pool(question, context, kept, most)):
        score, key = scorer.score(candidate.features), folded(candidate.text)
        if key not in best or score > best[key][0]:
            best[key] = (score, candidate)
    return sorted(best.values(), key=lambda pair: -pair[0])


def _pool(question: str, context: Sequence[Passage], kept: dict[str, list[str]], most: int) -> list[tuple[float, Scored]]:
    """The sentences to take answers from: those of the evidence, or else the best of the context."""
    found = [(READ.probability(each.features), each) for each in scored_sentences(question, context)]
    if kept:
        quoted = [pair for pair in found if _is_quoted(pair[1].sentence.text, kept.get(context[pair[1].passage].id, ()))]
        found = quoted or found
    return sorted(found, key=lambda pair: -pair[0])[:most]


def _is_quoted(sentence: str, quotes: Sequence[str]) -> bool:
    return any(sentence in quote or quote in sentence for quote in quotes)


def _support(question: str, holder: Passage, before: Sequence[Passage], context: Sequence[Passage]) -> tuple[Passage, ...]:
    """The passage that holds the answer and those of the hops before it, or else the one that leads there from the question."""
    chain = [passage for passage in before if passage.id != holder.id]
    title, asking = folded(holder.title), flat(question)
    if not chain and title and not names(asking, title):
        leading = [each for each in context if each.id != holder.id and names(flat(each.text), title)]
        named = [each for each in leading if names(asking, folded(each.title))]
        chain = (named or leading)[:1]
    return tuple({passage.id: passage for passage in (holder, *chain)}.values())


def _supported(question: str, passages: Sequence[Passage], context: Sequence[Passage]) -> float:
    """Whether the question is about these passages at all: 1 where they hold half of its idf mass, less below."""
    held = {term for passage in passages for term in terms(f"{passage.title} {passage.text}")}
    weights = idf(f"{passage.title} {passage.text}" for passage in context)
    return min(1.0, 2 * coverage(set(terms(question)), held, weights))


def _yes_or_no(question: str, context: Sequence[Passage]) -> Extracted | None:
    """Yes if one passage has most of the question's terms, else no; None where no passage has any."""
    wanted = set(terms(question))
    shares = [(len(wanted & {*terms(each.text), *terms(each.title)}) / max(1, len(wanted)), each) for each in context]
    share, best = max(shares, key=lambda pair: pair[0])
    if share == 0:
        return None
    return Extracted("yes" if share >= _SAYS_SO else "no", (best,), _UNSURE * min(1.0, share / _SAYS_SO))
