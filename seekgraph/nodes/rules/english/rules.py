"""The rules of English, as nodes ask for them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import ClassVar

from seekgraph.nodes.rules.base import Asked, Comparison, Decided, Form, Hints, Rules, Short, Statement
from seekgraph.nodes.rules.english import comparing, following, forms, literals, polarity, questions, splitting
from seekgraph.nodes.rules.english.hints import EnglishHints
from seekgraph.nodes.rules.english.nesting import unnest
from seekgraph.text.stopwords import ENGLISH_STOPWORDS
from seekgraph.types import Passage, Turn

_PHRASE = re.compile(r"(?<![\w-])[a-z][a-z-]+(?: [a-z][a-z-]+){0,3}")


class English(Rules):
    """Patterns of English questions; see the files beside this one."""

    name: ClassVar[str] = "English"

    def asked(self, question: str) -> Asked:
        return questions.asked(question)

    def standalone(self, question: str, history: Sequence[Turn]) -> str:
        return following.standalone(question, history)

    def split(self, question: str, most: int, families: Collection[str]) -> list[str]:
        bridges = "bridges" in families
        asks = splitting.comparison(question, most, bridges) if "comparisons" in families else []
        if not asks and "intersections" in families:
            asks = splitting.intersection(question, most)
        return asks or (unnest(question, most) if bridges else [question])

    def unnest(self, question: str, most: int) -> list[str]:
        return unnest(question, most)

    def compare(self, question: str, options: Sequence[str], passages: Sequence[Passage]) -> Comparison:
        return comparing.compare(question, options, passages)

    def compare_findings(self, question: str, options: Sequence[str], left: str, right: str) -> tuple[str | None, bool]:
        """ "no" to whether two are the same is not sure: "Vendee" and "Picardy" may still be in one country."""
        text = comparing.compare_findings(question, options, left, right)
        return text, text is not None and not (text == "no" and comparing.is_sameness(question))

    def decide(self, question: str, statements: Sequence[Statement], weights: Mapping[str, float]) -> Decided | None:
        return polarity.decide(question, statements, weights)

    def short(self, question: str, statements: Sequence[Statement], weights: Mapping[str, float]) -> Short | None:
        return literals.short_answer(question, statements, weights)

    def form(self, question: str) -> Form:
        return forms.form(question)

    def fits(self, form: Form, text: str) -> float:
        return forms.fits(form, text)

    def hints(self, question: str) -> Hints:
        return EnglishHints(question)

    def phrases(self, text: str) -> Iterator[tuple[str, int]]:
        """Runs of up to three words in lower case that are no stop words."""
        for match in _PHRASE.finditer(text):
            words = list(re.finditer(r"[a-z-]+", match[0]))
            for at in range(len(words)):
                for size in (1, 2, 3):
                    run = words[at : at + size]
                    if len(run) == size and not any(word[0] in ENGLISH_STOPWORDS for word in run):
                        yield match[0][run[0].start() : run[-1].end()], match.start() + run[0].start()
