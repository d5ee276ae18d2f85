"""One text is found in another as the two are read, whatever their Unicode forms, marks, and shapes of quotes."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.text.places import find, placed

TEXT = "## On **bold** text\n- The *Cafe\u0301* “Central” opened in `1876`; see [its page](http://a.b/c). A – B. snake_case 2 * 3"


@pytest.mark.parametrize(
    ("wanted", "stands"),
    [
        ("bold text", "bold** text"),
        ("the café", "The *Cafe\u0301"),
        ('café "central" OPENED', "Cafe\u0301* “Central” opened"),
        ("in 1876;", "in `1876`;"),
        ("see its page.", "see [its page](http://a.b/c)."),
        ("A - B", "A – B"),
        ("snake_case", "snake_case"),
        ("2*3", "2 * 3"),
        ("**bold**", "bold"),
    ],
)
def test_a_text_is_found_and_given_as_it_stands(wanted: str, stands: str) -> None:
    place = find(wanted, TEXT)
    assert place is not None
    assert TEXT[slice(*place)] == stands


@pytest.mark.parametrize("wanted", ["", "**", "old text", "cafe", "snakecase", "1877", "pag"])
def test_what_is_not_there_is_not_found(wanted: str) -> None:
    assert find(wanted, TEXT) is None


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("東京", "彼は東京で生まれた。"),
        (
            "กรุงเทพ",
            "ไปกรุงเทพแล้ว",
        ),
    ],
)
def test_scripts_without_spaces_have_words_anywhere(wanted: str, text: str) -> None:
    place = find(wanted, text)
    assert place is not None
    assert text[slice(*place)] == wanted


@pytest.mark.parametrize(
    "word",
    ["Ångström", "한국어", "ガード", "Thérèse", "İstanbul", "straße"],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_any_unicode_form_is_found_in_any_other(word: str, form: str) -> None:
    text = f"so {unicodedata.normalize(form, word)} it is"  # type: ignore[arg-type]
    for other in ("NFC", "NFD"):
        place = find(unicodedata.normalize(other, word.upper()), text)  # type: ignore[arg-type]
        assert place is not None
        assert text[slice(*place)] == unicodedata.normalize(form, word)  # type: ignore[arg-type]


@given(st.text(max_size=40), st.integers(0, 40), st.integers(1, 40))
def test_places_are_in_order_and_inside(text: str, start: int, size: int) -> None:
    form = placed(text)
    assert len(form.text) == len(form.starts) == len(form.ends)
    assert [*form.starts] == sorted(form.starts)
    assert all(0 <= start < end <= len(text) for start, end in zip(form.starts, form.ends, strict=True))
    place = find(text[start : start + size], text)
    assert place is None or 0 <= place[0] < place[1] <= len(text)
