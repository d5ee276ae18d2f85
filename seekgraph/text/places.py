"""Finding one text in another as the two are read, not as they are spelled, and where it stands there."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from seekgraph.text.normal import _EMPHASIS, _INVISIBLE, _LINE_MARKS, _LINK, _SHAPES, _kept_emphasis
from seekgraph.text.scripts import unspaced

_JAMO = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff]")  # the second and third letter of a Korean syllable that is written apart


class Placed(NamedTuple):
    """A text as it is compared, and for each of its characters where in the text that one begins and ends."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]


def find(wanted: str, text: str) -> tuple[int, int] | None:
    """Where `wanted` stands in `text`: `text[start:end]` is it as the text has it. None where it does not.

    Compared without case, white space, invisible characters and Markdown's marks, in one Unicode form (NFKC), with one shape of
    quotation marks and of dashes. Whole words only, in scripts that have spaces between words.
    """
    key, held = placed(wanted).text, placed(text)
    if not any(character.isalnum() for character in key):
        return None
    at = held.text.find(key)
    while at >= 0:
        start, end = held.starts[at], held.ends[at + len(key) - 1]
        if _edge(text, start) and _edge(text, end):
            return start, end
        at = held.text.find(key, at + 1)
    return None


@lru_cache(maxsize=1024)
def placed(text: str) -> Placed:
    """`text` as `find` compares it."""
    left_out = _marks(text)
    kept: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    start, size = 0, len(text)
    while start < size:
        end = start + 1
        if not text.isascii():
            while end < size and _goes_with(text[end]):
                end += 1
        if start not in left_out:
            piece = _folded(text[start:end])
            kept.append(piece)
            starts += [start] * len(piece)
            ends += [end] * len(piece)
        start = end
    return Placed("".join(kept), tuple(starts), tuple(ends))


def _folded(letter: str) -> str:
    """A character, with the accents that follow it, as it is compared; "" for what is not."""
    if letter.isascii():
        return "" if letter.isspace() or (letter < " " or letter == "\x7f") else letter.lower()
    folded = unicodedata.normalize("NFKC", _INVISIBLE.sub("", letter).translate(_SHAPES)).translate(_SHAPES)
    folded = unicodedata.normalize("NFKC", folded.casefold())
    return "".join("\ufffd" if "\ud800" <= each <= "\udfff" else each for each in folded if not each.isspace())


def _goes_with(character: str) -> bool:
    """Whether a character belongs to the letter before it."""
    return unicodedata.category(character).startswith("M") or _JAMO.match(character) is not None


def _marks(text: str) -> frozenset[int]:
    """The places of Markdown's marks: backticks, emphasis, headings and lists, links but for their words."""
    found = {at for at, character in enumerate(text) if character == "`"}
    for match in _EMPHASIS.finditer(text):
        if not _kept_emphasis(match):
            found.update(range(*match.span()))
    for match in _LINK.finditer(text):
        found.update(range(match.start(), match.start(1)), range(match.end(1), match.end()))
    for match in _LINE_MARKS.finditer(text):
        found.update(range(*match.span()))
    return frozenset(found)


def _edge(text: str, place: int) -> bool:
    """Whether no word goes on over this place."""
    if not 0 < place < len(text):
        return True
    before, after = text[place - 1], text[place]
    return not (before.isalnum() and after.isalnum()) or unspaced(before) or unspaced(after)
