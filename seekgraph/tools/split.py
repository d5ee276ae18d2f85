"""Splitting the sections of a document into passages: at paragraphs, then sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from seekgraph.tools.blocks import FENCE, Block, blocks
from seekgraph.tools.identity import TOP
from seekgraph.tools.markup import Include
from seekgraph.tools.sections import Section, sections_of

_SENTENCE_END = re.compile(
    r"[.!?\u2026][\"'\u201d\u2019)\]]*\s+(?=[\"'\u201c\u2018(\[]?\w)"
    r"|[\u3002\uff01\uff1f\uff0e\uff61\u061f\u06d4\u0589\u0964\u0965\u0f0d\u0f0e\u104b\u1362\u1367\u17d4\u17d5]+"
)
_WHOLE = 2  # times the words of a passage: a code block or table up to this long stays whole
_WORD = re.compile(r"\S+")


class Piece(NamedTuple):
    """What becomes a passage: the headings above it, outermost first, its text, and the name of its section in ids."""

    headings: tuple[str, ...]
    text: str
    name: str = TOP


class _Unit(NamedTuple):
    """What is never cut: a paragraph or a sentence, its length in words, and what separates it from the one before."""

    text: str
    words: int
    gap: str


def split_text(
    text: str, kind: str, words: int = 180, overlap: int = 0, include: Include | None = None
) -> tuple[str, list[Piece]]:
    """The title of a text document ("" when it has none) and its pieces: `sections.sections_of`, each split."""
    content = sections_of(text, kind, include)
    return content.title, split_sections(content.sections, words, overlap)


def split_sections(sections: Iterable[Section], words: int = 180, overlap: int = 0) -> list[Piece]:
    """The pieces of these sections, each at most `words` words long.

    A piece never reaches over two sections. Whole paragraphs are put together up to `words`; only a paragraph that is longer is
    split at sentences, and only a longer sentence between words. Code blocks and tables of Markdown stay whole up to twice as
    many words; only longer ones are cut, between their lines. A piece repeats up to `overlap` words from the end of the one
    before, in whole paragraphs or sentences.

    Raises `ValueError` unless 0 <= overlap < words.
    """
    if not 0 <= overlap < words:
        raise ValueError(f"passages of {words} words cannot overlap by {overlap}: 0 <= overlap < words")
    return [
        Piece(section.headings, piece, section.name)
        for section in sections
        for piece in _pieces(section.text, words, overlap, section.markdown)
    ]


def _pieces(body: str, words: int, overlap: int, markdown: bool) -> Iterator[str]:
    """Put units together greedily; each piece begins with the units that it repeats."""
    held: list[_Unit] = []
    fresh = False
    for unit in _units(body, words, markdown):
        if fresh and sum(part.words for part in held) + unit.words > words:
            yield _joined(held)
            held, fresh = _tail(held, min(overlap, words - unit.words)), False
        held.append(unit)
        fresh = True
    if fresh:
        yield _joined(held)


def _tail(units: list[_Unit], room: int) -> list[_Unit]:
    kept: list[_Unit] = []
    for unit in reversed(units):
        room -= unit.words
        if room < 0:
            break
        kept.insert(0, unit)
    return kept


def _joined(units: list[_Unit]) -> str:
    return "".join(unit.gap * (at > 0) + unit.text for at, unit in enumerate(units))


def _units(body: str, words: int, markdown: bool) -> Iterator[_Unit]:
    for block in blocks(body, markdown):
        length = len(block.text.split())
        if length <= (_WHOLE * words if block.kind != "text" else words):
            yield _Unit(block.text, length, "\n\n")
            continue
        gap = "\n\n"
        cut = _cut(block.text.strip(), words) if block.kind == "text" else _cut_lines(block, words)
        for part in cut:
            yield _Unit(part, len(part.split()), gap)
            gap = " " if block.kind == "text" else "\n\n"


def _cut_lines(block: Block, words: int) -> Iterator[str]:
    """A code block or table between its lines, each part again within fences or under the first two rows."""
    lines = block.text.split("\n")
    head = lines[:2] if block.kind == "table" else lines[:1]
    fence = FENCE.match(lines[0])
    closed = block.kind == "code" and fence is not None and len(lines) > 1 and not lines[-1].strip(" \t>").strip(fence[1][0])
    foot = lines[-1:] if closed else []
    held: list[str] = []
    length = start = sum(len(line.split()) for line in [*head, *foot])
    for line in lines[len(head) : len(lines) - len(foot)]:
        for part in [line] if len(line.split()) <= words else _cut(line, words):
            added = len(part.split())
            if held and length + added > words:
                yield "\n".join([*head, *held, *foot])
                held, length = [], start
            held.append(part)
            length += added
    if held:
        yield "\n".join([*head, *held, *foot])


def _cut(paragraph: str, words: int) -> Iterator[str]:
    """The sentences of a paragraph, those that are too long cut between words."""
    ends = [0, *(match.end() for match in _SENTENCE_END.finditer(paragraph)), len(paragraph)]
    for begin, end in pairwise(ends):
        found = list(_WORD.finditer(paragraph, begin, end))
        for start in range(0, len(found), words):
            part = found[start : start + words]
            yield paragraph[part[0].start() : part[-1].end()]
