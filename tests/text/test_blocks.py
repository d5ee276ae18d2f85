"""Blocks: what can be read by itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seekgraph.text.blocks import blocks


def texts(text: str, longest: int = 40) -> list[str]:
    return [block.text for block in blocks(text, longest)]


def test_a_list_item_is_whole() -> None:
    assert texts("* `size` - The size of the pool. Defaults to `5`.\n* `name` - Its name.") == [
        "* `size` - The size of the pool. Defaults to `5`.",
        "* `name` - Its name.",
    ]


def test_an_introduction_has_what_it_introduces() -> None:
    code = "```sh\nopen door\n```"
    assert texts(f"Open it with:\n\n{code}\n\nThen go in.") == [f"Open it with:\n\n{code}", "Then go in."]
    assert texts(f"ドアを開けるには：\n\n{code}") == [f"ドアを開けるには：\n\n{code}"]


def test_what_would_be_too_long_stays_apart() -> None:
    assert len(texts("Open it with:\n\n```sh\nopen door\n```", longest=4)) == 2


def test_lines_of_a_quotation_that_break_a_sentence_are_one() -> None:
    assert texts("> The first of the two\n> wins. So it is\n> said.")[0].startswith("> The first of the two\n> wins.")


def test_fences_without_text_are_left_out() -> None:
    silent = ("```{versionadded} 2.0\n```", "```{image} a.svg\n:alt: a\n```", "```mermaid\ngraph LR\n```")
    assert texts("\n\n".join(("It works.", *silent))) == ["It works."]


@given(st.text(alphabet="ab .:`~\n#*|-{}/>", max_size=120), st.integers(1, 40))
def test_blocks_are_verbatim_and_in_order(text: str, longest: int) -> None:
    last = 0
    for block in blocks(text, longest):
        assert text[block.start : block.end] == block.text
        assert block.start >= last
        last = block.end
