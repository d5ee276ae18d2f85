"""What a text writes literally."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seekgraph.text.literals import literals


def test_names_options_identifiers_and_numbers_are_literal_and_words_are_not() -> None:
    text = "Set `allow_origins` or --no-deps, call run() of max_size.py: $3,000 within 2.5 days. Anybody can."
    assert literals(text) == {"allow_origins", "--no-deps", "run()", "max_size.py", "$3,000", "2.5"}
    assert literals("Nothing here is written so.") == frozenset()


@given(st.text(alphabet="ab_-.`$1 \n", max_size=80))
def test_they_stand_in_the_text(text: str) -> None:
    assert all(literal in text for literal in literals(text))
