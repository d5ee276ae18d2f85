"""Composing an answer in prose from what was found, without a model: the blocks that answer, verbatim, chosen for what they say
together.

A block (a sentence, a list item, a table row, code, an introduction with what follows) is scored by how much of the question's
idf mass it and the headings above it hold, by how near it is in meaning where that was measured (code: by what introduces it,
too), by the standing of its passage, and by whether it names things literally, as instructions do. Blocks are taken one by one,
best first. What a block repeats of those already taken counts against it (maximal marginal relevance, Carbonell and Goldstein,
SIGIR 1998), names and numbers that are new count for it, and so does going on where one that was taken ends. A heading that names
something which the blocks below it do not is shown before them.

What is asked decides the form, as far as the language's rules tell it (`Rules.form`): what something is, by the sentence that
defines it and what stands first under its heading; how two things differ, by something on both and by what sets them apart;
why, by reasons; how to do something, by code. An answer ends where what is left is far less worth than what began it: more
words are no better answer, least of all where one fact is asked for.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from seekgraph.nodes.defining import headed
from seekgraph.nodes.rules.base import Form, Rules, Statement
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

FITS = {"definition": 2.0, "why": 0.4, "comparison": 0.3, "howto": 0.0, "list": 0.0, "fact": 0.0, "other": 0.0}
HEADED, SIDE, CODE = 0.6, 3.0, 0.3
"""What it adds to have the form that is asked for (`Rules.fits`); to stand first under a heading or a page's title that is what
is defined; to speak of the side that nothing which was taken speaks of; and to be code where how to do something is asked."""

ENOUGH = {"definition": 2.0, "why": 2.5, "comparison": 2.5, "howto": 2.5, "list": 2.5, "fact": 1.5, "other": 2.5}
"""How much less than the first block one may be worth and still be taken: what asks for a fact has its answer in the first."""

LONGEST_CODE = 60
"""Words of a block of code that is shown where how to do something is asked."""

_PAGE_LINK = re.compile(r"(?<!!)\[([^\[\]\n]{1,200})\]\((?![A-Za-z]{2,10}:)[^()\s]{0,300}\)")
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
    kind: str = "prose"
    fit: float = 0.0


def compose(
    question: str, passages: Sequence[Passage], *, words: int = 110, most: int = 12, near: Mapping[str, float] | None = None
) -> Composed | None:
    """An answer of at most `words` words in at most `most` blocks of `passages`, which stand best first.

    Each block is verbatim and is followed by the id of its passage in square brackets; blocks stand in the order of the
    passages, a definition before all. Where a block clearly says yes or no to a question for it (`Rules.decide`), the answer
    begins with "Yes." or "No." and that block; where one certainly has the number or the name asked for (`Rules.short`), with
    that. `near` has the nearness in meaning of blocks by their text, in [-1, 1]. None where no block shares a term with the
    question.
    """
    wanted, rules = frozenset(terms(question)), rules_for(question)
    form = rules.form(question)
    weights = _idf(passages)
    candidates = sorted(
        _candidates(wanted, passages, weights, near or {}, rules, form), key=lambda each: -(each.score + each.fit)
    )
    begins, first = _short(question, candidates[:_READ], passages, weights)
    if first is None and form.kind == "definition":
        first = candidates[0] if candidates and rules.fits(form, candidates[0].text) else None
    taken = _taken(candidates, words - len(begins.split()), most, first, form)
    held = frozenset().union(*(each.terms for each in taken))
    if not wanted & held:
        return None
    taken.sort(key=lambda each: (each is not first, each.rank, each.start))
    text = "\n".join(f"{_shown(each)}{_gap(each)}[{passages[each.rank].id}]" for each in taken)
    ranks = dict.fromkeys(each.rank for each in taken)
    return Composed(begins + text, tuple(passages[rank] for rank in ranks), coverage(wanted, held, weights))


def _gap(one: _Candidate) -> str:
    """What stands between a block and the id of its passage: a line that closes a fence has nothing else on it."""
    return "\n" if one.text.rstrip().endswith(("```", "~~~")) else " "


def _shown(one: _Candidate) -> str:
    """The text of a block, with links to other pages of the documents as their words: an answer stands on no page that they
    could start from."""
    return one.text if one.kind == "code" else _PAGE_LINK.sub(r"\1", one.text)


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


def shown(passage: Passage, code: int = LONGEST) -> Iterator[Unit]:
    """The blocks of a passage that may be shown; those of code may have `code` words."""
    for block in blocks(passage.text):
        if SHORTEST <= length(block.text) <= (code if block.kind == "code" else LONGEST):
            yield block


def _candidates(
    wanted: frozenset[str],
    passages: Sequence[Passage],
    weights: dict[str, float],
    near: Mapping[str, float],
    rules: Rules,
    form: Form,
) -> list[_Candidate]:
    best = max((passage.score or 0.0 for passage in passages), default=0.0)
    found = []
    for rank, passage in enumerate(passages):
        standing = (passage.score or 0.0) / best if best > 0 else 1 / (1 + rank)
        given = STANDING * standing + HEADINGS * coverage(wanted, set(terms(passage.title)), weights)
        before = 0.0
        for place, block in enumerate(shown(passage, LONGEST_CODE if form.kind == "howto" else LONGEST)):
            held, measured = frozenset(terms(block.text)), near.get(block.text, 0.0)
            raised = measured + INTRODUCED * max(0.0, before - measured) * (block.kind == "code")
            score = given + coverage(wanted, held, weights) + NEAR * raised + LITERAL * ("`" in block.text)
            score -= DEPTH * place + OPEN * block.text.endswith((":", "\uff1a"))
            fit = _of_form(form, rules, block, place, passage.title)
            named = frozenset(name for name in literals(block.text) if not wanted.issuperset(terms(name)))
            count, heading = length(block.text), passage.title.rpartition(" > ")[2]
            found.append(
                _Candidate(score, rank, block.start, block.text, held, named, count, measured, place, heading, block.kind, fit)
            )
            before = measured
    return found


def _of_form(form: Form, rules: Rules, block: Unit, place: int, title: str) -> float:
    """What a block gains for having the form that is asked for."""
    if block.kind == "code":
        return CODE * (form.kind == "howto")
    gained = FITS[form.kind] * rules.fits(form, block.text)
    if form.kind == "definition" and place == 0:
        gained += HEADED * headed(form.subject, title)
    return gained


class _Taking:
    """What was taken so far, and what another block is worth beside it."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.blocks: list[_Candidate] = []
        self.said: set[str] = set()
        self.named: set[str] = set()
        one, other = (frozenset(terms(side)) for side in form.sides) if form.sides else (frozenset[str](), frozenset[str]())
        self.sides = [side for side in (one - other, other - one) if side]

    def take(self, block: _Candidate) -> None:
        self.blocks.append(block)
        self.said |= block.terms
        self.named |= block.literals

    def worth(self, each: _Candidate) -> float:
        return self.plain(each) + each.fit + SIDE * any(self._lacks(side) and self._speaks_of(side, each) for side in self.sides)

    def plain(self, each: _Candidate) -> float:
        """What it is worth whatever is asked."""
        score = each.score - REPEATED * len(each.terms & self.said) / max(1, len(each.terms))
        score += NEW * min(_MOST_NEW, len(each.literals - self.named))
        if any(other.rank == each.rank and other.place == each.place - 1 for other in self.blocks):
            score += GOES_ON
        return score

    def _lacks(self, side: frozenset[str]) -> bool:
        return not any(self._speaks_of(side, block) for block in self.blocks)

    @staticmethod
    def _speaks_of(side: frozenset[str], block: _Candidate) -> bool:
        return 2 * len(side & block.terms) >= len(side)


def _taken(candidates: Sequence[_Candidate], words: int, most: int, first: _Candidate | None, form: Form) -> list[_Candidate]:
    """The best candidates that fit, `first` before all, each weighed by what those taken before it have not said."""
    taking, left, pool = _Taking(form), words, list(candidates)
    least = -math.inf
    while pool and len(taking.blocks) < most:
        best = first if first is not None and not taking.blocks else max(pool, key=taking.worth)
        if taking.worth(best) < least:
            break
        pool.remove(best)
        cost = best.words + 1  # the id counts as a word
        if cost <= left:
            above = None if any(each.rank == best.rank for each in taking.blocks) else _heading(best, taking.named)
            if above is not None and above.words + 1 + cost <= left and len(taking.blocks) + 2 <= most:
                taking.blocks.append(above)
                left -= above.words + 1
                taking.named |= above.literals
            if least == -math.inf:
                least = taking.plain(best) - ENOUGH[form.kind]
            taking.take(best)
            left -= cost
        elif best is first:
            first = None
    return taking.blocks


def _heading(block: _Candidate, named: Collection[str]) -> _Candidate | None:
    """The heading above a block, where it names what neither the block nor those taken before it do."""
    names = frozenset(name for name in literals(block.heading) if any(map(str.isalpha, name)))  # a version or a date is none
    if not names or all(name in block.text or name in named for name in names):
        return None
    held, count = frozenset(terms(block.heading)), length(block.heading)
    return _Candidate(0.0, block.rank, -1, block.heading, held, names, count, 0.0, -2)
