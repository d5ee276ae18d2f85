"""Composing an answer in prose from what was found, without a model: the blocks that answer, verbatim, chosen for what they say
together.

A block (a sentence, a list item, a table row, code, an introduction with what follows) is scored by how much of the question's
idf mass it and the headings above it hold, by how near it is in meaning where that was measured (code: by what introduces it,
too), by the standing of its passage, and by whether it names things literally, as instructions do. Blocks are taken one by one,
best first. What a block repeats of those already taken counts against it (maximal marginal relevance, Carbonell and Goldstein,
SIGIR 1998), names and numbers that are new count for it, and so does going on where one that was taken ends. A heading that names
something which the blocks below it do not is shown before them. Nothing here is particular to a language.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from seekgraph.nodes.rules.base import Statement
from seekgraph.nodes.rules.language import rules_for
from seekgraph.text.blocks import LONGEST, blocks
from seekgraph.text.lengths import words as length
from seekgraph.text.literals import literals
from seekgraph.text.units import Unit
from seekgraph.text.weights import coverage, terms
from seekgraph.types import Passage

LITERAL, HEADINGS, STANDING, NEAR, DEPTH, REPEATED = 0.3, 1.0, 1.5, 6.0, 0.04, 1.0
"""What a literal name, the headings' share, the passage's standing and nearness in meaning (a cosine) add, what each block before
it in its passage takes off, and what being a repetition takes off."""

INTRODUCED, NEW, GOES_ON, OPEN = 0.8, 0.2, 0.4, 1.0
"""How far the nearness of code is raised towards that of the block before it, what each new name or number adds, what going on
with a block that is taken adds, and what an introduction without what it introduces loses. All of these were chosen on the
questions over seven documentations by the share of the facts named: of passages as they were found then .84 with the numbers
chosen on the other six, .78 before (what `ask` names as a whole is in `benchmarks/documents.md`)."""

_MOST_NEW = 3  # names and numbers of a block that count
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
    literals: frozenset[str]
    words: int
    near: float
    place: int
    heading: str = ""


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
        before = 0.0
        for place, block in enumerate(shown(passage)):
            held, measured = frozenset(terms(block.text)), near.get(block.text, 0.0)
            raised = measured + INTRODUCED * max(0.0, before - measured) * (block.kind == "code")
            score = given + coverage(wanted, held, weights) + NEAR * raised + LITERAL * ("`" in block.text)
            score -= DEPTH * place + OPEN * block.text.endswith((":", "\uff1a"))
            named = frozenset(name for name in literals(block.text) if not wanted.issuperset(terms(name)))
            count, heading = length(block.text), passage.title.rpartition(" > ")[2]
            found.append(_Candidate(score, rank, block.start, block.text, held, named, count, measured, place, heading))
            before = measured
    return found


def _taken(candidates: Sequence[_Candidate], words: int, most: int, first: _Candidate | None) -> list[_Candidate]:
    """The best candidates that fit, `first` before all, each weighed by what those taken before it have not said."""
    taken: list[_Candidate] = []
    said: set[str] = set()
    named: set[str] = set()
    left, pool = words, list(candidates)

    def worth(each: _Candidate) -> float:
        score = each.score - REPEATED * len(each.terms & said) / max(1, len(each.terms))
        goes_on = any(other.rank == each.rank and other.place == each.place - 1 for other in taken)
        return score + NEW * min(_MOST_NEW, len(each.literals - named)) + GOES_ON * goes_on

    while pool and len(taken) < most:
        best = max(pool, key=worth)
        best = first if first is not None and not taken else best
        pool.remove(best)
        cost = best.words + 1  # the id counts as a word
        if cost <= left:
            heading = None if any(each.rank == best.rank for each in taken) else _heading(best, named)
            if heading is not None and heading.words + 1 + cost <= left and len(taken) + 2 <= most:
                taken.append(heading)
                left -= heading.words + 1
                named |= heading.literals
            taken.append(best)
            said |= best.terms
            named |= best.literals
            left -= cost
        elif best is first:
            first = None
    return taken


def _heading(block: _Candidate, named: Collection[str]) -> _Candidate | None:
    """The heading above a block, where it names what neither the block nor those taken before it do."""
    names = literals(block.heading)
    if not names or all(name in block.text or name in named for name in names):
        return None
    held, count = frozenset(terms(block.heading)), length(block.heading)
    return _Candidate(0.0, block.rank, -1, block.heading, held, names, count, 0.0, -2)
