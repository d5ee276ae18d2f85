"""Material: the passages of a visit, taken apart once for all questions that are put to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seekgraph.text.entities import flat, folded, names
from seekgraph.text.sentences import Sentence, sentences
from seekgraph.text.weights import idf, terms
from seekgraph.types import Passage


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of the passage with the number `passage`; `place` is how far down it stands, in [0, 1).

    `links` says whether it names the title of another passage.
    """

    sentence: Sentence
    passage: int
    place: float
    terms: frozenset[str]
    words: str
    links: bool


class Material:
    """Passages with their sentences, terms, folded texts and titles, and which of them name which.

    `weights` are the idf of terms within these passages, `naming` are for each passage the others whose titles it names, `linked`
    says of each whether another one names it.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages = tuple(passages)
        whole = [f"{passage.title} {passage.text}" for passage in self.passages]
        self.weights = idf(whole)
        self.terms = [frozenset(terms(text)) for text in whole]
        self.titles = [folded(passage.title) for passage in self.passages]
        self.texts = [flat(passage.text) for passage in self.passages]
        self.naming = [self._named_by(at) for at in range(len(self.passages))]
        self.linked = [any(at in others for others in self.naming) for at in range(len(self.passages))]
        self.lines = tuple(line for number in range(len(self.passages)) for line in self._lines(number))

    def about(self, question: str) -> list[bool]:
        """For each passage whether the question, given as `flat`, names its title."""
        return [names(question, title) for title in self.titles]

    def _named_by(self, at: int) -> frozenset[int]:
        title, text = self.titles[at], self.texts[at]
        return frozenset(to for to, other in enumerate(self.titles) if other != title and names(text, other))

    def _lines(self, number: int) -> list[Line]:
        others = {self.titles[other] for other in self.naming[number]}
        parts = sentences(self.passages[number].text)
        found = []
        for place, sentence in enumerate(parts):
            words = flat(sentence.text)
            links = any(names(words, title) for title in others)
            found.append(Line(sentence, number, place / len(parts), frozenset(terms(sentence.text)), words, links))
        return found
