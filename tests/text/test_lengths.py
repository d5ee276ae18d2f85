"""Lengths of texts in words."""

from __future__ import annotations

import pytest

from seekgraph.text.lengths import words


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("two words", 2), ("¿Dónde está?", 2), ("設定ファイル", 3), ("使用Python編程。", 4), ("한국어 문장", 3)],
)
def test_two_characters_without_spaces_are_one_word(text: str, count: int) -> None:
    assert words(text) == count
