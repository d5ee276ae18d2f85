"""Splitting text into sentences with their offsets, so that a quote is verbatim by construction.

Rules, no model: a sentence ends at `.`, `!`, `?` or `…` (with closing quotes and brackets) before white space, unless what
stands before is an abbreviation or an initial, or what follows goes on in lower case; at the full stops and question marks of
other scripts (CJK, Arabic, Urdu, Armenian, Devanagari, Tibetan, Burmese, Ethiopic, Khmer); at a blank line; and at a line break
before a list item or after a heading. A decimal point, or a dot inside a name, is followed by no white space and ends nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a text: `whole[start:end] == text`, without white space at its ends."""

    text: str
    start: int
    end: int


# Before a name or a number: a dot after these never ends a sentence.
_BEFORE_NAMES = frozenset(
    """mr mrs ms dr prof st sgt capt cpt col gen lt maj cmdr adm rev hon gov sen rep pres messrs mme mlle vs v cf eg ie e.g i.e
    viz approx ca c fl b d nr no nos vol vols pp p fig figs ed eds jan feb aug sept sep oct nov dec mt ft trans""".split()
)
_ALSO_WORDS = frozenset("b d p v c sep dec ed fig no".split())
# May stand last: a dot after these ends a sentence where the next word often begins one.
_MAY_END = frozenset(
    "jr sr inc ltd co corp bros esq phd ph.d m.d b.a m.a d.c u.s u.k u.n u.s.a a.m p.m b.c a.d etc dept univ ave blvd rd".split()
)
_STARTERS = frozenset(
    """the a an he she it they we i you this that these those his her its their our my in on at as after before during since
    until when while where although though however if for from with by but and or so both one two there here some many most
    all each another other such no not born upon under also today later then what who which how why because despite""".split()
)

_END = re.compile(
    r"""(?<![.!?\u2026])(?P<mark>[.!?\u2026]+)(?P<close>["'\u201d\u2019\u00bb)\]]*)(?P<after>\s+|$)
      | (?P<full>[\u3002\uff01\uff1f\uff0e\uff61\u061f\u06d4\u0589\u0964\u0965\u0f0d\u0f0e\u104b\u1362\u1367\u17d4\u17d5]+
        [\u201d\u2019\u00bb\u300d\u300f\uff09]*)
      | (?<![^\S\n])(?P<line>[^\S\n]*\n\s*)
      | (?<=[a-z]{3})(?P<glued>\.)(?=[A-Z])""",
    re.VERBOSE,
)
_LAST_WORD = re.compile(r"[^\W_]+(?:\.[^\W_]+)*$")
_NEXT_WORD = re.compile(r"""["'\u201c\u2018\u00ab(\[]*([^\W_]+)""")
_ITEM = re.compile(r"(?:[-*+•#>|]|\d{1,3}[.)])\s|#")
_HEADING = re.compile(r"\s*#{1,6}\s")


@lru_cache(maxsize=8192)
def sentences(text: str) -> tuple[Sentence, ...]:
    """The sentences of `text` in order; together they hold everything but white space. No text gives `()`."""
    found: list[Sentence] = []
    start = 0
    for match in _END.finditer(text):
        end = _boundary(text, start, match)
        if end is not None and end > start:
            _add(found, text, start, end)
            start = end
    _add(found, text, start, len(text))
    return tuple(found)


def _add(found: list[Sentence], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        found.append(Sentence(text[start:end], start, end))


def _boundary(text: str, start: int, match: re.Match[str]) -> int | None:
    """Where the sentence that began at `start` ends, if it ends at this match."""
    if match["full"]:
        return match.end("full")
    if match["line"]:
        return match.start("line") if _line_ends(text, start, match.start("line"), match["line"], match.end()) else None
    following = _NEXT_WORD.match(text, match.end())
    word = following[1] if following else ""
    if match["glued"]:
        return match.end("glued") if word.casefold() in _STARTERS else None
    end = match.end("close")
    lines = match["after"].count("\n")
    if not match["after"] or lines > 1 or (lines and _ITEM.match(text, match.end())):
        return end
    if word and word[0].islower():
        return None
    if match["mark"] == "." and _abbreviates(text, start, match.start("mark"), word):
        return None
    return end


def _abbreviates(text: str, start: int, dot: int, following: str) -> bool:
    """Whether the dot at `dot` belongs to an abbreviation or an initial, given the word that follows."""
    last = _LAST_WORD.search(text, max(start, dot - 24), dot)
    if last is None:
        return False
    word, starts = last[0].casefold(), following.casefold() in _STARTERS and following[:1].isupper()
    if len(word) == 1 and word.isalpha() and last[0].isupper():
        return not (starts and (len(following) > 1 or following != "I"))
    if word in _BEFORE_NAMES:
        return not (word in _ALSO_WORDS and starts) and (word != "no" or following[:1].isdigit())
    return (word in _MAY_END or "." in word) and not starts


def _line_ends(text: str, start: int, line: int, gap: str, after: int) -> bool:
    """Whether a line break without a full stop ends a sentence: a paragraph, a list item, or the end of a heading."""
    return gap.count("\n") > 1 or _ITEM.match(text, after) is not None or _HEADING.match(text, start, line) is not None
