"""Splitting a document into passages: by headings, then paragraphs, then sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from seekgraph.text.normal import composed
from seekgraph.tools.blocks import FENCE, Block, blocks
from seekgraph.tools.identity import TOP, slug
from seekgraph.tools.markdown import Heading, headings
from seekgraph.tools.markup import Include, readable

MARKDOWN = (".md", ".markdown")
_RULE = re.compile(r"([=\-~^\"'`#*+.:_])\1{2,}\s*$")
_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:(.*)$", re.MULTILINE)
_SENTENCE_END = re.compile(
    r"[.!?\u2026][\"'\u201d\u2019)\]]*\s+(?=[\"'\u201c\u2018(\[]?\w)"
    r"|[\u3002\uff01\uff1f\uff0e\uff61\u061f\u06d4\u0589\u0964\u0965\u0f0d\u0f0e\u104b\u1362\u1367\u17d4\u17d5]+"
)
_WHOLE = 2  # times the words of a passage: a code block or table up to this long stays whole
_WORD = re.compile(r"\S+")


class Piece(NamedTuple):
    """A stretch of a document: the headings above it, outermost first, its text, and what these headings name it in an id.

    The name is the anchor that the last heading declares, or else the way of slugs to it, without the document's own heading
    (level 1) above others: "origin", "setup/linux", "top" above the first heading.
    """

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
    """The title of a document ("" when it has none) and its pieces, each at most `words` words long.

    `kind` is the suffix of its file: headings are looked for in ".md" and ".markdown" (CommonMark's, see `markdown.headings`) and
    ".rst" (underlined). A piece never reaches over a heading. Whole paragraphs are put together up to `words`; only a
    paragraph that is longer is split at sentences, and only a longer sentence between words. Code blocks and tables of Markdown
    stay whole up to twice as many words; only longer ones are cut, between their lines. A piece repeats up to `overlap`
    words from the end of the one before, in whole paragraphs or sentences. The title is that of the front matter, or else
    the first heading if no other is on its level.

    Markdown is read as `markup.readable` does, with `include` for the files that it includes.

    Raises `ValueError` unless 0 <= overlap < words.
    """
    if not 0 <= overlap < words:
        raise ValueError(f"passages of {words} words cannot overlap by {overlap}: 0 <= overlap < words")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    title = ""
    if kind != ".txt" and (front := _FRONT.match(text)):
        named = _FRONT_TITLE.search(front[1])
        title, text = (_unquoted(named[1].strip()) if named else ""), text[front.end() :]
    if kind in MARKDOWN:
        text = readable(text, include)
    sections = list(_sections(text, kind))
    levels = [len(trail) for trail, _ in sections]
    if not title and sections and levels.count(0) <= 1 and len({trail[0].text for trail, _ in sections if trail}) == 1:
        title = next(trail[0].text for trail, _ in sections if trail)
    pieces = []
    for trail, body in sections:
        texts, name = tuple(heading.text for heading in trail), _named(trail)
        pieces += [Piece(texts, piece, name) for piece in _pieces(body, words, overlap, kind in MARKDOWN)]
    return title, pieces


def _named(trail: tuple[Heading, ...]) -> str:
    if not trail:
        return TOP
    if trail[-1].anchor:
        return composed(trail[-1].anchor)
    below = [heading for heading in trail[:-1] if heading.level > 1] + [trail[-1]]
    return "/".join(composed(heading.anchor) or slug(heading.text) for heading in below)


def _unquoted(value: str) -> str:
    return value[1:-1].strip() if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def _sections(text: str, kind: str) -> Iterator[tuple[tuple[Heading, ...], str]]:
    """The headings above each stretch of text, and the stretch."""
    lines = text.split("\n")
    found = [] if kind == ".txt" else _underlined(lines) if kind == ".rst" else headings(text)
    trail: list[Heading] = []
    start = 0
    for heading in found:
        yield tuple(trail), "\n".join(lines[start : heading.first])
        trail = [above for above in trail if above.level < heading.level] + [heading]
        start = heading.after
    yield tuple(trail), "\n".join(lines[start:])


def _underlined(lines: list[str]) -> list[Heading]:
    """The headings of reStructuredText: a line at the margin after a blank one, underlined, or ruled above and below.

    The level of a heading is the order in which its kind of line first appeared.
    """
    kinds: list[str] = []
    found: list[Heading] = []
    at = 0
    while at < len(lines):
        kind, text, taken = _underlined_at(lines, at)
        if taken:
            if kind not in kinds:
                kinds.append(kind)
            found.append(Heading(kinds.index(kind) + 1, text, at, at + taken))
        at += taken or 1
    return found


def _underlined_at(lines: list[str], at: int) -> tuple[str, str, int]:
    """(kind, text, lines taken) where a heading begins at line `at`, else no lines taken."""
    line = lines[at]
    if at + 1 >= len(lines) or not line.strip() or line[0].isspace() or (at and lines[at - 1].strip()):
        return "", "", 0
    over, below = _RULE.match(line), _RULE.match(lines[at + 1])
    if over and at + 2 < len(lines) and lines[at + 2].rstrip() == line.rstrip() and lines[at + 1].strip():
        return over[1] * 2, lines[at + 1].strip(), 3
    if not over and below and len(lines[at + 1].rstrip()) >= len(line.rstrip()):
        return below[1], line.strip(), 2
    return "", "", 0


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
