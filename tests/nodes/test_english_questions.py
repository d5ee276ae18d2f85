"""Questions: what they ask for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.nodes.rules.english.questions import asked


@pytest.mark.parametrize(
    ("question", "kind", "focus"),
    [
        ("Who directed the film that was shot in Leland in 1986", "person", ""),
        ("Where did the director of film Noose (1958 Film) die?", "place", ""),
        ("When did the country containing Nugegoda leave the British Empire?", "date", ""),
        ("How many Publix stores are in North Carolina?", "number", "stores"),
        ("In what county is the city where Harris W. Fawell was born?", "place", "county"),
        ("Toad Hall is a residential hall in a university located in what Australian city?", "place", "city"),
        ("The Women's League includes the Adelaide team that was formed in what year?", "year", "year"),
        ("What is the date of death of Madame La Presidente?", "date", "date"),
        ("What nationality is the composer of song Make The World Move?", "place", "nationality"),
        ("Which Danish heavy metal band released a compilation album?", "name", "band"),
        ("David Jones is an international in another sport that was started when?", "date", ""),
        ("Are Medici and Senet both board games?", "yes_no", ""),
        ("If Gallu is a demon Lilu is what?", "thing", ""),
        ("", "thing", ""),
    ],
)
def test_the_type_of_the_answer_is_read_from_the_question(question: str, kind: str, focus: str) -> None:
    assert (asked(question).type, asked(question).focus) == (kind, focus)


@pytest.mark.parametrize(
    ("question", "options"),
    [
        ("Who is the oldest, Sid Haig or Vic Darchinyan?", ("Sid Haig", "Vic Darchinyan")),
        ("Which band was formed first The Exies or Circus Diablo ?", ("The Exies", "Circus Diablo")),
        (
            "Which film has the director born later, La Mazurka Del Barone, Della Santa or Safe (2012 Film)?",
            ("La Mazurka Del Barone, Della Santa", "Safe (2012 Film)"),
        ),
        ("Are Medici and Senet both board games?", ("Medici", "Senet")),
        ("Between Iain Banks and Irwin Shaw, which writer has had a more diverse career?", ("Iain Banks", "Irwin Shaw")),
        ("Who was born first out of Alberto Casado and Arjun Naidu?", ("Alberto Casado", "Arjun Naidu")),
        ("Was David Fennario or Peter Emanuel Falck born first?", ("David Fennario", "Peter Emanuel Falck")),
        ("Who directed Jaws?", ()),
    ],
)
def test_what_a_question_compares_is_found(question: str, options: tuple[str, ...]) -> None:
    assert asked(question).options == options


@given(st.text(max_size=200) | st.text(alphabet="who or A,B?and which ", max_size=80))
def test_any_text_asks_for_something(text: str) -> None:
    assert asked(text) == asked(text)
