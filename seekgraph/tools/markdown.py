"""The headings of a Markdown document, as CommonMark has them."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token


class Heading(NamedTuple):
    """A heading of a document: its level from 1, its text as written, and its lines `first` to `after` (exclusive, from 0)."""

    level: int
    text: str
    first: int
    after: int


def headings(text: str) -> list[Heading]:
    """The headings of `text`, underlined ones too, in order; lines end with "\\n".

    What looks like a heading inside of a code block, an HTML block or comment, a list or a quotation is none, and a heading
    without text is none either. Takes time linear in the text.
    """
    tokens: list[Token] = []
    parser = _parser()
    parser.block.parse(text.replace("\0", "\ufffd"), parser, {}, tokens)
    found = []
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and token.level == 0 and token.map is not None and inline.content.strip():
            found.append(Heading(int(token.tag[1:]), " ".join(inline.content.split()), *token.map))
    return found


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark")
