"""One normal form of text, for every place where two texts are compared: quotes, support, citations, gold, ids.

One text can be written in several ways that a reader does not tell apart: "é" as one character or as "e" with a combining accent
(NFC and NFD; macOS writes file names in the latter), straight and curly quotes, hyphens and dashes, spaces that do not break,
characters of no width, Markdown's marks. All functions are pure and take time linear in the text.

    composed(text)       the same characters in Unicode's form NFC, nothing else: for ids, file names and what is kept
    normal_form(text)    the shapes of quotes, dashes and spaces folded as well, more on demand: for finding a quote
    comparable(text)     everything folded: for asking whether two texts say the same
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal

_SHAPES = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u2035\u00b4\u02bc\u2039\u203a\uff07", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb\u301d\u301e\u301f\uff02", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d", "-")
)
# Control characters that are no white space, and what Unicode ignores by default (zero-width spaces and joiners, marks of
# direction, soft hyphens, variation selectors, tags), but for the fillers of Hangul.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
_EMPHASIS = re.compile(r"(?<![*_])[*_]+")
_LINK = re.compile(r"\[([^\[\]\s][^\[\]]*)\]\([^()\s]*\)")
_LINE_MARKS = re.compile(r"^[^\S\n]*(?:(?:#{1,6}|>|[-*+])\s+)+", re.MULTILINE)
_MOST_PASSES = 6  # folding case can undo a normal form, and a mark may stand between a letter and its accent


def composed(text: str) -> str:
    """`text` in Unicode's form NFC: one form for an accent that is part of its letter and one that follows it."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def normal_form(text: str, *, compatibility: bool = False, drop_markdown: bool = False, fold_case: bool = False) -> str:
    """`text` as it is compared: NFC, straight quotes, one kind of dash, no invisible characters, single spaces, none at the ends.

    `compatibility` takes NFKC in place of NFC, which makes full-width letters and digits, ligatures, and superscripts
    plain. `drop_markdown` leaves out backticks, emphasis, headings' and lists' marks and the targets of links; `2*3`,
    `2 * 3` and `snake_case` keep theirs. `fold_case` is `str.casefold`.

    Idempotent: the normal form of a normal form, with the same options, is itself.
    """
    form: Literal["NFC", "NFKC"] = "NFKC" if compatibility else "NFC"
    for _ in range(_MOST_PASSES):
        before = text
        text = _INVISIBLE.sub("", text)
        if not text.isascii():
            text = unicodedata.normalize(form, text.translate(_SHAPES)).translate(_SHAPES)
        if fold_case:
            text = text.casefold()
        text = _without_markdown(text) if drop_markdown else " ".join(text.split())
        if text == before or (text.isascii() and before.isascii()):
            break
    return text


@lru_cache(maxsize=4096)
def comparable(text: str) -> str:
    """The form in which two texts say the same: `normal_form` with all that it can fold."""
    return normal_form(text, compatibility=True, drop_markdown=True, fold_case=True)


def _without_markdown(text: str) -> str:
    """`text` in one line, without marks; what is left is never taken for a mark another time."""
    text = _EMPHASIS.sub(_kept_emphasis, text.replace("`", ""))
    text = _LINK.sub(r"\1", text).replace("](", "] (")
    return " ".join(_LINE_MARKS.sub("", text).split())


def _kept_emphasis(match: re.Match[str]) -> str:
    """The run of `*` and `_` where it marks nothing: between two digits or two spaces, and `_` inside of a word."""
    text, marks = match.string, match[0]
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    if not before.strip() and not after.strip():
        return marks
    within = str.isdigit if "*" in marks else str.isalnum
    return marks if within(before) and within(after) else ""
