"""Reading takes time linear in the text, on long runs of every kind of character.

Issue 10, section 4: `split_text("# a" + " " * 12000 + "b\\n")` took seven seconds. Nothing here asserts a time: what is slow for
its length is measured again on four times the length, and has to take less than ten times as long (a square takes sixteen).
"""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

import pytest

from seekgraph.text.analysis import Analyzer
from seekgraph.text.entities import entities, flat, folded
from seekgraph.text.normal import comparable, normal_form
from seekgraph.text.sentences import sentences
from seekgraph.text.titles import Titles, stripped
from seekgraph.text.units import units
from seekgraph.tools.split import split_text

SIZE = 2_000
SLOW = 0.004  # seconds from which on growth is looked at: a linear reader takes less, and a square one more
MOST = 10
KINDS = [*"aA1é中\u0301\u200b.,;:!?-_*`'\"’“”()[]{}<>#=~^+&|/\\@$%", " ", "\t", "\n", "\u00a0"]
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


def grows_too_fast(read: Callable[[str], object], make: Callable[[int], str]) -> bool:
    if took(read, make(SIZE)) < SLOW:
        return False
    short = min(took(read, make(SIZE - trim)) for trim in range(1, 4))  # other texts each time: some readers remember
    return took(read, make(4 * SIZE)) > MOST * short and took(read, make(4 * SIZE - 9)) > MOST * short


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
