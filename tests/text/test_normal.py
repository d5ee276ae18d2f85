"""The normal form of text: what is one text to a reader is one text to the code."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seekgraph.text.normal import comparable, composed, normal_form

MARKED = st.text(alphabet="ab2 *_`#>-+[]()\n\u2019\u2014e\u0301\u200b", max_size=30)
ANY = st.one_of(st.text(max_size=40), MARKED)
OPTIONS = st.fixed_dictionaries({name: st.booleans() for name in ("compatibility", "drop_markdown", "fold_case")})


@given(ANY, OPTIONS)
@example("\u0149", {"compatibility": False, "drop_markdown": False, "fold_case": True})
@example("- - a", {"compatibility": False, "drop_markdown": True, "fold_case": False})
@settings(max_examples=200)
def test_a_normal_form_is_its_own(text: str, options: dict[str, bool]) -> None:
    once = normal_form(text, **options)
    assert normal_form(once, **options) == once


@given(ANY, OPTIONS)
@settings(max_examples=150)
def test_nfc_and_nfd_are_one_text(text: str, options: dict[str, bool]) -> None:
    forms = {normal_form(unicodedata.normalize(form, text), **options) for form in ("NFC", "NFD")}
    assert len(forms) == 1
    assert composed(unicodedata.normalize("NFD", text)) == composed(text)


@given(ANY)
@settings(max_examples=60)
def test_a_comparable_form_is_its_own(text: str) -> None:
    assert comparable(comparable(text)) == comparable(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Cafe\u0301", "Caf\u00e9"),
        ("the \u201cgreat\u201d one\u2019s", 'the "great" one\'s'),
        ("1990\u20131995", "1990-1995"),
        ("a\u00a0b\n c", "a b c"),
        ("zero\u200bwidth", "zerowidth"),
        ("soft\u00adhyphen", "softhyphen"),
        ("\ud55c\uae00", unicodedata.normalize("NFD", "\ud55c\uae00")),
    ],
)
def test_shapes_that_a_reader_does_not_tell_apart(one: str, other: str) -> None:
    assert normal_form(one) == normal_form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The **Rhine** flows", "the Rhine flows"),
        ("run `make test` now", "run make test now"),
        ("a _very_ old **_town_**", "a very old town"),
        ("# Title\n- one\n- two", "Title one two"),
        ("see [the guide](https://example.org/a_b) first", "see the guide first"),
        ("\uff12\uff10\uff12\uff14", "2024"),
        ("STRASSE", "stra\u00dfe"),
    ],
)
def test_what_says_the_same_is_comparable(one: str, other: str) -> None:
    assert comparable(one) == comparable(other)


@pytest.mark.parametrize(
    ("one", "other"), [("2*3", "23"), ("2 * 3", "2 3"), ("snake_case", "snakecase"), ("-5", "5"), ("1.5", "15"), ("C++", "C")]
)
def test_what_says_something_else_is_not(one: str, other: str) -> None:
    assert comparable(one) != comparable(other)


def test_without_the_options_nothing_but_shapes_is_folded() -> None:
    assert normal_form("**Bold** \uff12 _x_") == "**Bold** \uff12 _x_"
