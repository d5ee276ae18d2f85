"""Which texts say the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seekgraph.text.duplicates import distinct

TEXT = "Set the size of the cache in the file of the settings and start the server again, or else it is not used by it."


def test_copies_are_found_whatever_their_case_spaces_and_quotes() -> None:
    assert distinct([TEXT, TEXT.upper(), TEXT.replace(" ", "\n "), "“" + TEXT + "”"]) == [0]


def test_a_word_changed_in_a_long_text_is_a_copy_and_in_a_short_one_is_not() -> None:
    long = " ".join(f"{one}{other}" for one in "abcdefghij" for other in "klmnopqrst")
    assert distinct([long, long.replace("ep", "changed")]) == [0]
    assert distinct(["Deprecated since the first version.", "Removed since the first version."]) == [0, 1]


def test_texts_with_other_numbers_say_different_things() -> None:
    assert distinct([TEXT + " It is 10 MB.", TEXT + " It is 20 MB."]) == [0, 1]


def test_scripts_without_spaces_are_compared_by_characters() -> None:
    text = "サーバーを止めずに整合性のあるスナップショットを作ります。"
    assert distinct([text, text + "\n", text.replace("止めずに", "止めて")]) == [0, 2]


@given(st.lists(st.text(max_size=12), max_size=8))
def test_the_first_of_like_texts_is_kept(texts: list[str]) -> None:
    kept = distinct(texts, 1.0)
    assert kept == sorted(set(kept))
    assert kept[:1] == [0][: len(texts)]
    assert distinct([texts[at] for at in kept], 1.0) == list(range(len(kept)))
