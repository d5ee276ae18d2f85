"""The headings of a Markdown document, as CommonMark has them."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from seekgraph.tools.attributes import heading_and_anchor


class Heading(NamedTuple):
    """A heading of a document: its level from 1, its text as written, and its lines `first` to `after` (exclusive, from 0).

    `anchor` is the name that the document gives it ("# Origins { #origin }"), "" where it gives none; it is not in the text.
    """

    level: int
    text: str
    first: int
    after: int
    anchor: str = ""


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
            written, anchor = heading_and_anchor(" ".join(inline.content.split()))
            first, after = token.map
            found.append(Heading(int(token.tag[1:]), written, first, after, anchor))
    return found


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark")
