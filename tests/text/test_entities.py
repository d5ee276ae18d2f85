"""Entities: what a text names, with offsets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.text.entities import entities, flat, folded, names


def found(text: str, kind: str) -> list[str]:
    return [entity.text for entity in entities(text) if entity.kind == kind]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The film stars Johnny Depp and Bela Lugosi.", ["Johnny Depp", "Bela Lugosi"]),
        ("He met Martin Landau. Sarah Jessica Parker left.", ["Martin Landau", "Sarah Jessica Parker"]),
        ("Ludwig van Beethoven and the University of California", ["Ludwig van Beethoven", "University of California"]),
        ("Ed Wood's wife saw D. C. Fontana & Sons.", ["Ed Wood", "D. C. Fontana & Sons"]),
        ("Jack O'Neil, Jr. came to Paris, France.", ["Jack O'Neil, Jr", "Paris", "France"]),
        (
            "Which film is older, Wrong Turn 5: Bloodlines or I Died A Thousand Times?",
            ["Wrong Turn 5: Bloodlines", "I Died A Thousand Times"],
        ),
        ("Édgar Ramírez sang. She and I danced.", ["Édgar Ramírez"]),
        ("Nothing here.", ["Nothing"]),
    ],
)
def test_names_are_runs_of_capitalised_words(text: str, expected: list[str]) -> None:
    assert found(text, "name") == expected


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("born July 16, 1966 or 16 July 1966", "date", ["July 16, 1966", "16 July 1966"]),
        ("He( died 11 November 875) in May 1998.", "date", ["11 November 875", "May 1998"]),
        ("in the 19th century, in 1914 and 2004", "year", ["1914", "2004"]),
        ("in the 19th century", "date", ["19th century"]),
        ("It cost $60,000 and 1.5 million, 35 % of three", "number", ["$60,000", "1.5 million", "35 %", "three"]),
        ('the book "Beware the Night" of \u201cOld Times\u201d', "quoted", ["Beware the Night", "Old Times"]),
    ],
)
def test_dates_years_numbers_and_quotes_are_told_apart(text: str, kind: str, expected: list[str]) -> None:
    assert found(text, kind) == expected


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("The Exies", "Exies"),
        ("Ed Wood (film)", "ed wood"),
        ("Fíngen", "Fingen"),
        ("Woman'S Century", "Woman's Century"),
        ("A", "a"),
    ],
)
def test_folding_makes_equal_what_is_one_name(name: str, other: str) -> None:
    assert folded(name) == folded(other) != ""


def test_a_name_is_found_by_whole_words_only() -> None:
    assert names(flat("He came to New York."), folded("New York"))
    assert not names(flat("He came to Yorkshire."), folded("York"))
    assert not names(flat("It is."), folded("It"))


@given(st.text(max_size=300) | st.text(alphabet="aB .,'\"1I-:&", max_size=80))
def test_entities_are_verbatim_and_in_order(text: str) -> None:
    starts = []
    for entity in entities(text):
        assert text[entity.start : entity.end] == entity.text != ""
        starts.append(entity.start)
    assert starts == sorted(starts)


@given(st.text(max_size=200))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert flat(flat(text)) == flat(text)


@pytest.mark.parametrize(
    ("text", "name", "there"),
    [
        ("彼女は東京で生まれた。", "東京", True),
        ("彼女は京都で生まれた。", "東京", False),
        ("그녀는 서울에서 태어났다", "서울", True),
        ("彼女は東京で生まれた。", "京", False),
        ("She was born in Oslo.", "Os", False),
        ("She was born in Oslo.", "Osl", False),
    ],
)
def test_a_name_in_a_script_without_spaces_is_found_wherever_it_stands(text: str, name: str, there: bool) -> None:
    assert names(flat(text), folded(name)) is there
