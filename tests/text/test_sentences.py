"""Sentences: verbatim, complete, and split where a reader would split."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.text.sentences import sentences


def texts(text: str) -> list[str]:
    return [sentence.text for sentence in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four.", ["One.", "Two!", "Three?", "Four."]),
        ("Mr. Smith met Dr. Jones vs. St. Louis.", ["Mr. Smith met Dr. Jones vs. St. Louis."]),
        ("J. R. R. Tolkien was born in 1892. He wrote.", ["J. R. R. Tolkien was born in 1892.", "He wrote."]),
        ("It cost 3.5 million. It sank.", ["It cost 3.5 million.", "It sank."]),
        ("He died in the U.S. The war went on.", ["He died in the U.S.", "The war went on."]),
        ("The U.S. Army left.", ["The U.S. Army left."]),
        ("It began after World War I. The end came.", ["It began after World War I.", "The end came."]),
        ('"Go!" he said. "Stop." Then he left.', ['"Go!" he said.', '"Stop."', "Then he left."]),
        ("Yahoo! is a company. It is old.", ["Yahoo! is a company.", "It is old."]),
        ("Then... nothing.", ["Then... nothing."]),
        ("No. 5 is alive. I said no. She left.", ["No. 5 is alive.", "I said no.", "She left."]),
        ("in seven films.He left.", ["in seven films.", "He left."]),
        ("# Head\nfoo bar\nbaz.", ["# Head", "foo bar\nbaz."]),
        ("a line\n\nanother one", ["a line", "another one"]),
        ("these:\n- one\n- two", ["these:", "- one", "- two"]),
        ("東京。大阪。", ["東京。", "大阪。"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_a_text_is_split_where_its_sentences_end(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


@given(st.text(max_size=300) | st.text(alphabet='aB .!?\n"1#-)U', max_size=80))
def test_sentences_are_verbatim_in_order_and_hold_everything_but_white_space(text: str) -> None:
    last = 0
    for sentence in sentences(text):
        assert text[sentence.start : sentence.end] == sentence.text == sentence.text.strip()
        assert not text[last : sentence.start].strip()
        last = sentence.end
    assert not text[last:].strip()
