"""Units of a text: the sentences, list items, table rows and code blocks that can be shown by themselves.

Code is what Markdown fences, what reStructuredText indents after `::` or below a code directive, and a doctest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from seekgraph.text.sentences import sentences

_FENCE = re.compile(r"^ {0,3}(?P<mark>`{3,}|~{3,})(?P<info>[^\n]*)$", re.MULTILINE)
_LITERAL = re.compile(
    r"^(?P<margin>[ \t]*)(?:\.\. (?:code-block|code|sourcecode|parsed-literal|prompt|click:\w+)::[^\n]*"
    r"(?:\n[ \t]+:[\w-]+:[^\n]*)*"
    r"|(?![ \t]|\.\. )(?:[^\n]*[^:\n])?(?P<colons>::))[ \t]*\n(?:[ \t]*\n)+(?=(?P=margin)[ \t]+\S)",
    re.MULTILINE,
)
_DOCTEST = re.compile(r"^(?P<margin>[ \t]*)>>> [^\n]*(?:\n[ \t]*\S[^\n]*)*", re.MULTILINE)
_INDENTED = re.compile(r"(?:[ \t]*\n)*(?P<margin>(?: {4}|\t)[ \t]*+)(?=[^\n]*[(){}=$\]])(?![-*+\u2022]\s|\d{1,3}[.)]\s)")
_ALONE = re.compile(
    r"#{1,6}(?:\s|$)|/{3,}|:{3,}|!{3}\s|\{[*%!]|(?=[\s|:]*--)[-\s|:]+$|<!--|={3}[\s=]*$|-{3,}$|[+|][-=+|\s]+$"
    r"|!\[[^\]\n]*\]\([^)\n]*\)$"
    r"|\.\.$|_[\w -]+:$|\.\. (?:\||image|figure|toctree|index|contents|include|literalinclude|(?:\w+:)?(?:current)?module"
    r"|highlight|rst-class|only|tabs|tab|tabularcolumns|list-table|csv-table|rubric|auto\w+)"
)
"""How lines begin that are structure and say nothing: headings, directives, pictures, rules, the line below a table's head."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a text as it stands there: `whole[start:end] == text`."""

    text: str
    start: int
    end: int
    kind: Literal["prose", "code"]


def units(text: str) -> tuple[Unit, ...]:
    """The units of Markdown or plain text in order; headings and directives are left out. Linear in the text's length.

    A fenced code block is one unit, also where the fence is not closed; so are an indented one and a doctest.
    """
    found: list[Unit] = []
    done = 0
    for start, end in _code(text):
        found += _prose(text, done, start)
        found.append(Unit(text[start:end], start, end, "code"))
        done = end
    found += _prose(text, done, len(text))
    return tuple(found)


def _code(text: str) -> Iterator[tuple[int, int]]:
    """Where the blocks of code begin and end, in order and apart: fences before all else, then what is indented."""
    fenced = list(_fenced(text))
    others = sorted({*_literal(text), *((match.start(), match.end()) for match in _DOCTEST.finditer(text))})
    done = 0
    for start, end in sorted([*fenced, *others], key=lambda span: (span[0], span not in fenced)):
        inside = (start, end) not in fenced and any(low < end and start < high for low, high in fenced)
        if start >= done and not inside:
            yield start, end
            done = end


def _literal(text: str) -> Iterator[tuple[int, int]]:
    """Where literal blocks begin and end: from the directive, or from the indented lines after a "::".

    A passage that begins indented begins in the middle of one.
    """
    if opened := _INDENTED.match(text):
        yield opened.start("margin"), _dedent(text, opened.end("margin"), "")
    for match in _LITERAL.finditer(text):
        start = match.end() if match["colons"] else match.start() + len(match["margin"])
        yield start, _dedent(text, match.end(), match["margin"])


def _dedent(text: str, start: int, margin: str) -> int:
    """Where the lines from `start` on that are indented deeper than `margin` end, without blank ones at the end."""
    end = at = start
    while at < len(text):
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        line = text[at:stop]
        if line.strip():
            if at != start and len(line) - len(line.lstrip()) <= len(margin):
                break
            end = at + len(line.rstrip())
        at = stop + 1
    return end


def _fenced(text: str) -> Iterator[tuple[int, int]]:
    """Where the fenced code blocks of a text begin and end."""
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        if opened is None:
            opened = fence
        elif fence["mark"].startswith(opened["mark"]) and not fence["info"].strip():
            yield opened.start(), fence.end()
            opened = None
    if opened is not None:
        yield opened.start(), len(text)


def _prose(text: str, start: int, end: int) -> Iterator[Unit]:
    for sentence in sentences(text[start:end]):
        if not _ALONE.match(sentence.text):
            yield Unit(sentence.text, start + sentence.start, start + sentence.end, "prose")
