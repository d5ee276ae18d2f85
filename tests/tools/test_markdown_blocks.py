"""Code blocks and tables stay whole, and are cut between their lines only where they are very long."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seekgraph.tools.blocks import Block, blocks
from seekgraph.tools.split import split_text

CODE = "```python\nfirst = 1\n\nsecond = 2\n```"
TABLE = "| a | b |\n|---|---|\n| 1 | 2 |"


def pieces(text: str, words: int) -> list[str]:
    return [piece.text for piece in split_text(text, ".md", words)[1]]


def test_blocks_of_markdown() -> None:
    text = f"Words\nhere.\n{CODE}\nAfter.\n\n{TABLE}\n\n~~~\nnot closed\n\nx"
    assert [block.kind for block in blocks(text, markdown=True)] == ["text", "code", "text", "table", "code"]
    assert Block(CODE, "code") in list(blocks(text, markdown=True))
    assert {block.kind for block in blocks(text, markdown=False)} == {"text"}


def test_a_code_block_with_blank_lines_is_one_piece_even_if_it_is_longer_than_a_passage() -> None:
    assert pieces(f"One two three four.\n\n{CODE}\n\nFive six.", 5) == ["One two three four.", CODE, "Five six."]


def test_a_very_long_code_block_is_cut_between_lines_each_part_within_fences() -> None:
    code = "```sh\n" + "\n".join(f"run this {number}" for number in range(6)) + "\n```"
    found = pieces(code, 8)
    assert len(found) == 3
    assert all(piece.startswith("```sh\nrun") and piece.endswith("\n```") for piece in found)


def test_each_part_of_a_very_long_table_has_the_head() -> None:
    table = TABLE + "".join(f"\n| {number} | x |" for number in range(40))
    found = pieces(table, 40)
    assert len(found) > 2
    assert all(piece.startswith("| a | b |\n|---|---|\n| ") for piece in found)


line = st.sampled_from(("", "words here", "```", "```py", "~~~~", "| a | b |", "|---|---|", "- ```", "    x", "> ```", "# no"))


@given(st.lists(line, max_size=20), st.booleans())
def test_no_line_of_a_text_is_lost(lines: list[str], markdown: bool) -> None:
    found = "\n".join(block.text for block in blocks("\n".join(lines), markdown))
    assert [each for each in found.split("\n") if each.strip()] == [each for each in lines if each.strip()]
