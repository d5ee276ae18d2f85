"""Splitting a document into passages: by headings, then paragraphs, then sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

_FENCE = re.compile(r"\s{0,3}(```+|~~~+)")
_HASHES = re.compile(r"\s{0,3}(#{1,6})\s+(.*?)(?:\s+#+)?\s*$")
_RULE = re.compile(r"([=\-~^\"'`#*+.:_])\1{2,}\s*$")
_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:[ \t]*[\"']?(.*?)[\"']?[ \t]*$", re.MULTILINE)
_SENTENCE_END = re.compile(r"[.!?\u2026][\"'\u201d\u2019)\]]*\s+(?=[\"'\u201c\u2018(\[]?\w)|[\u3002\uff01\uff1f]")
_WORD = re.compile(r"\S+")


class Piece(NamedTuple):
    """A stretch of a document: the headings above it, outermost first, and its text."""

    headings: tuple[str, ...]
    text: str


class _Unit(NamedTuple):
    """What is never cut: a paragraph or a sentence, its length in words, and what separates it from the one before."""

    text: str
    words: int
    gap: str


def split_text(text: str, kind: str, words: int = 180, overlap: int = 0) -> tuple[str, list[Piece]]:
    """The title of a document ("" when it has none) and its pieces, each at most `words` words long.

    `kind` is the suffix of its file: headings are looked for in ".md" and ".markdown" (# and underlined; none inside a fenced
    block) and ".rst" (underlined). A piece never reaches over a heading. Whole paragraphs are put together up to `words`; only a
    paragraph that is longer is split at sentences, and only a longer sentence between words. A piece repeats up to `overlap`
    words from the end of the one before, in whole paragraphs or sentences. The title is that of the front matter, or else
    the first heading if no other is on its level.

    Raises `ValueError` unless 0 <= overlap < words.
    """
    if not 0 <= overlap < words:
        raise ValueError(f"passages of {words} words cannot overlap by {overlap}: 0 <= overlap < words")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    title = ""
    if kind != ".txt" and (front := _FRONT.match(text)):
        named = _FRONT_TITLE.search(front[1])
        title, text = (named[1] if named else ""), text[front.end() :]
    sections = list(_sections(text, kind))
    levels = [len(trail) for trail, _ in sections]
    if not title and sections and levels.count(0) <= 1 and len({trail[0] for trail, _ in sections if trail}) == 1:
        title = next(trail[0] for trail, _ in sections if trail)
    return title, [Piece(trail, piece) for trail, body in sections for piece in _pieces(body, words, overlap)]


def _sections(text: str, kind: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """The headings above each stretch of text, and the stretch."""
    if kind == ".txt":
        yield (), text
        return
    trail: list[tuple[int, str]] = []
    body: list[str] = []
    marks: list[str] = []  # in reStructuredText the level of an underline is the order in which its kind first appeared
    fence = ""
    lines = [*text.split("\n"), ""]
    at = 0
    while at < len(lines):
        line = lines[at]
        opened = _FENCE.match(line) if kind != ".rst" else None
        if opened:
            if not fence:
                fence = opened[1][:3]
            elif opened[1].startswith(fence):
                fence = ""
        heading = None if fence or opened else _heading(lines, at, kind, marks)
        if heading is None:
            body.append(line)
            at += 1
            continue
        yield tuple(name for _, name in trail), "\n".join(body)
        level, name, taken = heading
        trail = [above for above in trail if above[0] < level] + [(level, name)]
        body = []
        at += taken
    yield tuple(name for _, name in trail), "\n".join(body)


def _heading(lines: list[str], at: int, kind: str, marks: list[str]) -> tuple[int, str, int] | None:
    """(level, text, lines taken) where a heading begins at line `at`."""
    line = lines[at]
    if kind != ".rst" and (hashes := _HASHES.match(line)):
        return (len(hashes[1]), hashes[2], 1) if hashes[2] else None
    if at + 1 >= len(lines) or not line.strip() or line[0].isspace() or (at and lines[at - 1].strip()):
        return None  # an underlined heading is one line, at the margin, after a blank one
    if kind != ".rst":
        below = _RULE.match(lines[at + 1])
        return (1 if below[1] == "=" else 2, line.strip(), 2) if below and below[1] in "=-" and not _RULE.match(line) else None
    over = _RULE.match(line)
    if over and at + 2 < len(lines) and lines[at + 2].rstrip() == line.rstrip() and lines[at + 1].strip():
        return _level(marks, over[1] * 2), lines[at + 1].strip(), 3
    below = _RULE.match(lines[at + 1])
    if not over and below and len(lines[at + 1].rstrip()) >= len(line.rstrip()):
        return _level(marks, below[1]), line.strip(), 2
    return None


def _level(marks: list[str], mark: str) -> int:
    if mark not in marks:
        marks.append(mark)
    return marks.index(mark) + 1


def _pieces(body: str, words: int, overlap: int) -> Iterator[str]:
    """Put units together greedily; each piece begins with the units that it repeats."""
    held: list[_Unit] = []
    fresh = False
    for unit in _units(body, words):
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


def _units(body: str, words: int) -> Iterator[_Unit]:
    for paragraph in re.split(r"\n[ \t]*\n", body):
        paragraph = paragraph.strip("\n").rstrip()
        length = len(paragraph.split())
        if not length:
            continue
        if length <= words:
            yield _Unit(paragraph, length, "\n\n")
            continue
        gap = "\n\n"
        for sentence in _cut(paragraph.strip(), words):
            yield _Unit(sentence, len(sentence.split()), gap)
            gap = " "


def _cut(paragraph: str, words: int) -> Iterator[str]:
    """The sentences of a paragraph, those that are too long cut between words."""
    ends = [0, *(match.end() for match in _SENTENCE_END.finditer(paragraph)), len(paragraph)]
    for begin, end in pairwise(ends):
        found = list(_WORD.finditer(paragraph, begin, end))
        for start in range(0, len(found), words):
            part = found[start : start + words]
            yield paragraph[part[0].start() : part[-1].end()]
