"""The interface of a language's rules, and what it says where none is known: the way without patterns."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Literal

from seekgraph.types import Passage, Turn

Says = Literal["yes", "no"]
AnswerType = Literal["yes_no", "person", "place", "date", "year", "number", "name", "thing"]

# A run of Chinese characters, of katakana, of hiragana; else a word. Scripts without spaces have no others to go by.
_WORD = re.compile(
    "[\u3400-\u9fff\uf900-\ufaff]+|[\u30a0-\u30ff]+|[\u3040-\u309f]+|[^\\W\\d_\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+"
)
_GAP = re.compile(r"[ \u00a0-]")
_LONGEST_PHRASE = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks for.

    `type` is the expected type of the answer: "name" is a proper name of no known sort, "thing" may be anything. `focus` is the
    noun that says what kind of thing is asked for ("county" in "What county ..."), or "". `options` are the names between
    which the question chooses or that it compares, or `()`; `chooses` says that it wants one of them.
    """

    type: AnswerType
    focus: str = ""
    options: tuple[str, ...] = ()
    chooses: bool = False

    @property
    def closed(self) -> bool:
        """Whether the answer is yes, no, or one of the options."""
        return self.type == "yes_no" or bool(self.options)

    @property
    def compares(self) -> bool:
        """Whether two things are compared, for a yes or no or for one of them."""
        return len(self.options) == 2 and (self.type == "yes_no" or self.chooses)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome: "yes", "no" or one of the options; the passages that it rests on; whether the facts were found."""

    text: str
    passages: tuple[Passage, ...]
    sure: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence that was found, the headings above it, and how near it is to the question in meaning (0 if not measured)."""

    text: str
    title: str = ""
    near: float = 0.0


@dataclass(frozen=True, slots=True)
class Decided:
    """A yes or no, and the place of the statement that says it."""

    text: Says
    at: int


@dataclass(frozen=True, slots=True)
class Form:
    """The form that an answer in prose has: of a "definition" the `subject`, of a "comparison" the two `sides`.

    A "fact" is a value, a name, or a yes or no; "other" is what nothing is known of.
    """

    kind: Literal["definition", "comparison", "why", "list", "howto", "fact", "other"] = "other"
    subject: str = ""
    sides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Short:
    """A short answer, verbatim, and the place of the statement that has it."""

    text: str
    at: int


class Hints:
    """What the words of a question tell of the words around its answer. Here: nothing."""

    cues: frozenset[str] = frozenset()
    """Stems that go with what is asked: "married" for a spouse."""

    roles: frozenset[str] = frozenset()
    """Words that stand before a person."""

    places: frozenset[str] = frozenset()
    """Words that stand before a place."""

    wants_demonym: bool = False
    """Whether a nationality is asked for, as "French" is one."""

    life: int = 0
    """1 where a birth is asked for, -1 for a death, 0 for neither."""

    parent: int = 0
    """1 where a father is asked for, -1 for a mother, 0 for neither."""

    def after_child_of(self, text: str) -> int:
        """Where what follows "son of" or the like begins in a sentence; -1 where it says no such thing."""
        return -1

    def misfits(self, text: str, kind: AnswerType) -> bool:
        """Whether a name looks like something else than the person or the place that is asked for, or a number like no duration
        where one is."""
        return False

    def is_demonym(self, text: str) -> bool:
        """Whether a name looks like "French" or "American"."""
        return False


class Rules:
    """What can be read out of a question without a model. Every method takes any text and never fails.

    This class knows no language: a question is about some thing, it is one question, and nothing is compared. A language's own
    rules override what they know better.
    """

    name: ClassVar[str] = "any"

    def asked(self, question: str) -> Asked:
        """What a question asks for."""
        return Asked("thing")

    def standalone(self, question: str, history: Sequence[Turn]) -> str:
        """A question that goes on from a conversation, as one that stands by itself; as it is where that is not known."""
        return question

    def split(self, question: str, most: int, families: Collection[str]) -> list[str]:
        """The questions that a question takes, at most `most`; `#n` in one stands for the answer of the n-th before it.

        `families` of patterns that may be used: "comparisons", "bridges", "intersections".
        """
        return [question]

    def unnest(self, question: str, most: int) -> list[str]:
        """The inner questions of a nested one before what is left of it, at most `most`, with `#n` as in `split`."""
        return [question]

    def compare(self, question: str, options: Sequence[str], passages: Sequence[Passage]) -> Comparison | None:
        """What passages say about the two options of a question; None where that is not known."""
        return None

    def compare_findings(self, question: str, options: Sequence[str], left: str, right: str) -> tuple[str | None, bool]:
        """What two findings, one for each option, say: "yes", "no", an option, or None; and whether that is sure."""
        return None, False

    def decide(self, question: str, statements: Sequence[Statement], weights: Mapping[str, float]) -> Decided | None:
        """What statements, the likeliest first, say to a question for yes or no; None where it is none, or that is not clear.

        `weights` are the idf of terms.
        """
        return None

    def short(self, question: str, statements: Sequence[Statement], weights: Mapping[str, float]) -> Short | None:
        """The short answer that statements have to a question for a number or a name; None where it is not certain."""
        return None

    def form(self, question: str) -> Form:
        """The form that an answer in prose to a question has."""
        return Form()

    def fits(self, form: Form, text: str) -> float:
        """How clearly a sentence has the form that is asked for, in [0, 1]; 0 where any sentence will do."""
        return 0.0

    def hints(self, question: str) -> Hints:
        """What its words tell of the words around its answer."""
        return Hints()

    def phrases(self, text: str) -> Iterator[tuple[str, int]]:
        """Runs of up to three words that may be an answer, though they are no name, each with where it begins."""
        words = list(_WORD.finditer(text))
        joined = [_GAP.fullmatch(text[one.end() : other.start()]) is not None for one, other in pairwise(words)]
        for at, first in enumerate(words):
            for last in range(at, min(at + _LONGEST_PHRASE, len(words))):
                if not all(joined[at:last]):
                    break
                yield text[first.start() : words[last].end()], first.start()
