"""Units of a text: the sentences, list items, table rows and code blocks that can be shown by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from seekgraph.text.sentences import sentences

_FENCE = re.compile(r"^ {0,3}(?P<mark>`{3,}|~{3,})(?P<info>[^\n]*)$", re.MULTILINE)
_ALONE = re.compile(r"#{1,6}(?:\s|$)|/{3,}|:{3,}|!{3}\s|\{[*%!]|(?=[\s|:]*--)[-\s|:]+$|<!--|={3,}$|-{3,}$")
"""How lines begin that are structure and say nothing: headings, directives, rules, the line below a table's head."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a text as it stands there: `whole[start:end] == text`."""

    text: str
    start: int
    end: int
    kind: Literal["prose", "code"]


def units(text: str) -> tuple[Unit, ...]:
    """The units of Markdown or plain text in order; headings and directives are left out. Linear in the text's length.

    A fenced code block is one unit, also where the fence is not closed.
    """
    found: list[Unit] = []
    done = 0
    for start, end in _fenced(text):
        found += _prose(text, done, start)
        found.append(Unit(text[start:end], start, end, "code"))
        done = end
    found += _prose(text, done, len(text))
    return tuple(found)


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
