"""Composing an answer in prose from what was found, without a model: the blocks that answer, verbatim, chosen for what they say
together.

A block (a sentence, a list item, a table row, code, an introduction with what follows) is scored by how much of the question's
idf mass it and the headings above it hold, by how near it is in meaning where that was measured, by the standing of its passage,
and by whether it names things literally, as instructions do. Blocks are taken one by one, best first, and what a block repeats of
those already taken counts against it (maximal marginal relevance, Carbonell and Goldstein, SIGIR 1998), so that the answer covers
more than one way of saying the same. Nothing here is particular to a language.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from seekgraph.nodes.rules.base import Statement
from seekgraph.nodes.rules.language import rules_for
from seekgraph.text.blocks import LONGEST, blocks
from seekgraph.text.lengths import words as length
from seekgraph.text.units import Unit
from seekgraph.text.weights import coverage, terms
from seekgraph.types import Passage

LITERAL, HEADINGS, STANDING, NEAR, DEPTH, REPEATED = 0.3, 0.5, 1.5, 3.0, 0.02, 1.0
"""What a literal name, the headings' share, the passage's standing and nearness in meaning (a cosine) add, what each block before
it in its passage takes off, and what being a repetition takes off. Chosen on the training questions over two documentations, by
the share of the facts named."""

_READ = 12  # best blocks that are read for a yes or no

SHORTEST = 3
"""Words of a block that is shown: shorter ones say nothing by themselves, those over `LONGEST` leave no room for others."""


@dataclass(frozen=True, slots=True)
class Composed:
    """An answer of several blocks: its text, the passages that they stand in, and the share of the question that they cover."""

    text: str
    passages: tuple[Passage, ...]
    coverage: float


@dataclass(frozen=True, slots=True)
class _Candidate:
    score: float
    rank: int
    start: int
    text: str
    terms: frozenset[str]
    words: int
    near: float


def compose(
    question: str, passages: Sequence[Passage], *, words: int = 100, most: int = 8, near: Mapping[str, float] | None = None
) -> Composed | None:
    """An answer of at most `words` words in at most `most` blocks of `passages`, which stand best first.

    Each block is verbatim and is followed by the id of its passage in square brackets; blocks stand in the order of the
    passages. Where a block clearly says yes or no to a question for it (`Rules.decide`), the answer begins with "Yes." or "No."
    and that block; where one certainly has the number or the name asked for (`Rules.short`), with that. `near` has the nearness
    in meaning of blocks by their text, in [-1, 1]. None where no block shares a term with the question.
    """
    wanted = frozenset(terms(question))
    weights = _idf(passages)
    candidates = sorted(_candidates(wanted, passages, weights, near or {}), key=lambda each: -each.score)
    begins, first = _short(question, candidates[:_READ], passages, weights)
    taken = _taken(candidates, words - len(begins.split()), most, first)
    held = frozenset().union(*(each.terms for each in taken))
    if not wanted & held:
        return None
    taken.sort(key=lambda each: (each is not first, each.rank, each.start))
    text = "\n".join(f"{each.text} [{passages[each.rank].id}]" for each in taken)
    ranks = dict.fromkeys(each.rank for each in taken)
    return Composed(begins + text, tuple(passages[rank] for rank in ranks), coverage(wanted, held, weights))


def _short(
    question: str, candidates: Sequence[_Candidate], passages: Sequence[Passage], weights: Mapping[str, float]
) -> tuple[str, _Candidate | None]:
    """What an answer begins with: "Yes. ", "No. ", a number or a name with the id of its passage, or ""; and which has it."""
    statements = [Statement(each.text, passages[each.rank].title, each.near) for each in candidates]
    rules = rules_for(question)
    if decided := rules.decide(question, statements, weights):
        return f"{decided.text.capitalize()}. ", candidates[decided.at]
    if short := rules.short(question, statements, weights):
        first = candidates[short.at]
        return f"{short.text} [{passages[first.rank].id}]\n", first
    return "", None


def _idf(passages: Sequence[Passage]) -> dict[str, float]:
    """log(1 + n / (1 + df)) of each term within the passages."""
    counts = Counter(term for passage in passages for term in set(terms(f"{passage.title} {passage.text}")))
    return {term: math.log(1 + len(passages) / (1 + count)) for term, count in counts.items()}


def shown(passage: Passage) -> Iterator[Unit]:
    """The blocks of a passage that may be shown."""
    return (block for block in blocks(passage.text) if SHORTEST <= length(block.text) <= LONGEST)


def _candidates(
    wanted: frozenset[str], passages: Sequence[Passage], weights: dict[str, float], near: Mapping[str, float]
) -> list[_Candidate]:
    best = max((passage.score or 0.0 for passage in passages), default=0.0)
    found = []
    for rank, passage in enumerate(passages):
        standing = (passage.score or 0.0) / best if best > 0 else 1 / (1 + rank)
        given = STANDING * standing + HEADINGS * coverage(wanted, set(terms(passage.title)), weights)
        for place, block in enumerate(shown(passage)):
            held = frozenset(terms(block.text))
            score = given + coverage(wanted, held, weights) + NEAR * near.get(block.text, 0.0)
            score += LITERAL * ("`" in block.text) - DEPTH * place
            count = length(block.text)
            found.append(_Candidate(score, rank, block.start, block.text, held, count, near.get(block.text, 0.0)))
    return found


def _taken(candidates: Sequence[_Candidate], words: int, most: int, first: _Candidate | None) -> list[_Candidate]:
    """The best candidates that fit, `first` before all, each weighed by what those taken before it have not said."""
    taken: list[_Candidate] = []
    said: set[str] = set()
    left, pool = words, list(candidates)
    while pool and len(taken) < most:
        best = max(pool, key=lambda each: each.score - REPEATED * len(each.terms & said) / max(1, len(each.terms)))
        best = first if first is not None and not taken else best
        pool.remove(best)
        cost = best.words + 1  # the id counts as a word
        if cost <= left:
            taken.append(best)
            said |= best.terms
            left -= cost
        elif best is first:
            first = None
    return taken
