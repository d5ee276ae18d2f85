"""Reading takes time linear in the text, on long runs of every kind of character.

Issue 10, section 4: `split_text("# a" + " " * 12000 + "b\\n")` took seven seconds. Nothing here asserts a time: what is slow for
its length is measured again on four times the length, and has to take less than ten times as long (a square takes sixteen).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from time import process_time

import pytest
from pattern_kit import Used, patterns

from seekgraph.nodes.rules.english.nesting import unnest
from seekgraph.nodes.rules.english.questions import asked, compared
from seekgraph.nodes.rules.english.splitting import comparison, intersection
from seekgraph.text.analysis import Analyzer
from seekgraph.text.entities import entities, flat, folded
from seekgraph.text.named import names
from seekgraph.text.normal import comparable, normal_form
from seekgraph.text.sentences import sentences
from seekgraph.text.titles import Titles, stripped
from seekgraph.text.units import units
from seekgraph.tools.embedded import without_embedded
from seekgraph.tools.split import split_text
from seekgraph.tools.tags import without_tags

SIZE = 2_000
SLOW = 0.004  # seconds from which on growth is looked at: a linear reader takes less, and a square one more
MOST = 10
KINDS = [*"aA1é中\u0301\u200b.,;:!?-_*`'\"’“”()[]{}<>#=~^+&|/\\@$%", " ", "\t", "\n", "\u00a0"]
FEW = "aA1é,.:!-_*`'\"([{<>#=~|/ \t\n"
PAIRS = [
    "a ",
    "A ",
    "a, ",
    "a. ",
    "A. ",
    "1,",
    "1.",
    "a-",
    "a_",
    " \n",
    "a\n",
    "(a",
    "[a",
    "**a",
    "](",
    "- ",
    "> ",
    "A of ",
    "''",
]


def grows_too_fast(read: Callable[[str], object], make: Callable[[int], str], size: int = SIZE) -> bool:
    if took(read, make(size)) < SLOW * size / SIZE:
        return False
    short = min(took(read, make(size - trim)) for trim in range(1, 4))  # other texts each time: some readers remember
    return took(read, make(4 * size)) > MOST * short and took(read, make(4 * size - 9)) > MOST * short


def took(read: Callable[[str], object], text: str) -> float:
    start = process_time()
    read(text)
    return process_time() - start


def runs(unit: str, before: str = "", after: str = "") -> Callable[[int], str]:
    return lambda size: before + (unit * size)[:size] + after


# --- readers -----------------------------------------------------------------------------------------------------------------


def titles_in(text: str) -> list[object]:
    titles = Titles()
    titles.add("Paris, Texas", 1)
    return list(titles.named_in(text))


READERS: dict[str, Callable[[str], object]] = {
    "names": names.__wrapped__,
    "without tags": without_tags,
    "without embedded": without_embedded,
    "split .md": lambda text: split_text(text, ".md"),
    "split .rst": lambda text: split_text(text, ".rst"),
    "split .txt": lambda text: split_text(text, ".txt"),
    "stripped": stripped,
    "titles": titles_in,
    "terms": lambda text: Analyzer().terms(text),
    "phrases": lambda text: Analyzer().phrases(text),
    "sentences": sentences.__wrapped__,
    "entities": entities.__wrapped__,
    "folded": folded.__wrapped__,
    "flat": flat.__wrapped__,
    "units": lambda text: units(f"{text} x {len(text)}"),
    "normal form": lambda text: normal_form(text, drop_markdown=True, fold_case=True),
    "comparable": comparable.__wrapped__,
}


@pytest.mark.parametrize("name", READERS)
def test_readers_take_time_linear_in_the_text(name: str) -> None:
    slow = [
        (before, unit, after)
        for unit in [*KINDS, *PAIRS]
        for before, after in (("", ""), ("# a", "b\n"), ("---\ntitle: a", "b\n---\n"))
        if grows_too_fast(READERS[name], runs(unit, before, after))
    ]
    assert not slow


# --- patterns ----------------------------------------------------------------------------------------------------------------

BOUNDED = {
    "seekgraph.nodes.rules.english.nesting.": "unnest takes questions of up to LONGEST characters",
    "seekgraph.nodes.rules.english.forms.": "form and fits take sentences of up to LONGEST characters",
    "seekgraph.nodes.rules.english.splitting.": "so do comparison and intersection",
    "seekgraph.nodes.rules.english.questions.compared()": "so does compared",
    "seekgraph.synthesis.rules.howto.": "drafting looks at sentences, items and headings of up to plain.LONGEST characters",
    "seekgraph.synthesis.rules.conditions.": "so do these",
    "seekgraph.synthesis.rules.definitions.": "so do these",
    "seekgraph.synthesis.rules.facts.": "so do these",
    "seekgraph.synthesis.rules.others.": "so do these",
    "seekgraph.synthesis.rules.pairs.": "so do these",
    "seekgraph.text.sentences._LAST_WORD": "of the 24 characters before a dot",
}
"""Patterns whose texts are bounded by the functions that use them."""

QUESTIONS: dict[str, Callable[[str], object]] = {
    "asked": lambda text: asked(text),
    "compared": lambda text: compared(text),
    "comparison": lambda text: comparison(text, 3, True),
    "intersection": lambda text: intersection(text, 3),
    "unnest": lambda text: unnest(text, 3),
}


@cache
def every_pattern() -> tuple[Used, ...]:
    return tuple(patterns())


def texts_for(used: Used, thorough: bool) -> list[tuple[str, str]]:
    """What comes before a run, and of what the run is: of every kind of character, and of the pattern's own words."""
    words = used.literals()
    if not thorough:
        return [(start, unit) for start in ("", *words[:1]) for unit in [*FEW, *words[:4], *(f"{word} " for word in words[:4])]]
    units = [*KINDS, *PAIRS, *words[:16], *(f"{word} " for word in words[:16]), *(f"{word}a " for word in words[:16])]
    return [(start, unit) for start in ["", *(f"{word}a" for word in words[:6]), *words[:6]] for unit in units]


def quadratic(used: Used, thorough: bool) -> list[tuple[str, str]]:
    # A character that stands in no pattern comes last: what fails at the end has tried everything.
    size = SIZE if thorough else SIZE // 2
    found = []
    for start, unit in texts_for(used, thorough):
        if len(found) < 3 and grows_too_fast(used.run, runs(unit, start, "\x01"), size):
            found.append((start, unit))
    return found


def test_patterns_take_time_linear_in_the_text() -> None:
    assert len(every_pattern()) > 200
    slow = {used.place: found for used in every_pattern() if not _bounded(used) and (found := quadratic(used, False))}
    assert not slow


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_patterns_take_time_linear_in_the_text_whatever_of_their_words_it_repeats() -> None:
    slow = {used.place: found for used in every_pattern() if not _bounded(used) and (found := quadratic(used, True))}
    assert not slow


def _bounded(used: Used) -> bool:
    return any(used.place.startswith(place) for place in BOUNDED)


def test_every_bound_is_of_a_pattern_that_is_there() -> None:
    assert all(any(used.place.startswith(place) for used in every_pattern()) for place in BOUNDED)


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_takes_questions_apart_takes_time_linear_in_them(name: str) -> None:
    words = ["both ", "or ", "and ", "between ", "of the a ", "Who is ", "A and ", "born same ", "who ", "is ", "A or B, "]
    slow = [
        (before, unit)
        for unit in [*KINDS, *PAIRS, *words]
        for before in ("", "Which is older, A or ", "What is the name of ", "Who wrote both A and ")
        if grows_too_fast(QUESTIONS[name], runs(unit, before, "?"))
    ]
    assert not slow
