"""A text as what is not cut without need: paragraphs, and in Markdown whole code blocks and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

FENCE = re.compile(r"[ \t]*(?:>[ \t]*|[-*+][ \t]+|\d{1,9}[.)][ \t]+)*(`{3,}(?=[^`]*$)|~{3,})")
_DELIMITERS = frozenset("|:- \t")


class Block(NamedTuple):
    """Some lines, and what they are: "text", "code" (a fenced block with its fences) or "table"."""

    text: str
    kind: str = "text"


def blocks(text: str, markdown: bool) -> Iterator[Block]:
    """The blocks of `text`: stretches between blank lines, in Markdown also each fenced block and each table.

    Takes time linear in the text. A fence that is not closed goes to the end, as in CommonMark.
    """
    held: list[str] = []
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        end, kind = _whole(lines, at) if markdown else (at, "")
        if end > at:
            yield from _paragraph(held)
            yield Block("\n".join(lines[at:end]), kind)
            held, at = [], end
            continue
        if line.strip():
            held.append(line)
        else:
            yield from _paragraph(held)
            held = []
        at += 1
    yield from _paragraph(held)


def _whole(lines: list[str], at: int) -> tuple[int, str]:
    """Where the fenced block or table that begins at this line ends, and which it is; the line itself where none begins."""
    if opened := FENCE.match(lines[at]):
        return end_of_fence(lines, at, opened[1]), "code"
    below = set(lines[at + 1]) if at + 1 < len(lines) else set()
    if "|" in lines[at] and {"|", "-"} <= below <= _DELIMITERS:
        end = at + 2
        while end < len(lines) and "|" in lines[end]:
            end += 1
        return end, "table"
    return at, ""


def end_of_fence(lines: list[str], at: int, fence: str) -> int:
    """The line after the one that closes the fence that line `at` opens, or the end."""
    for number in range(at + 1, len(lines)):
        closing = lines[number].strip().lstrip("> \t")
        if len(closing) >= len(fence) and not closing.strip(fence[0]):
            return number + 1
    return len(lines)


def _paragraph(lines: list[str]) -> Iterator[Block]:
    if lines:
        yield Block("\n".join(lines).rstrip())
