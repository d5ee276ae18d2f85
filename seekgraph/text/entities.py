"""Finding what a text names: capitalised spans, dates, years, numbers and quoted spans, with their offsets.

Rules for text in Latin script with English function words; no model. Text in other scripts gives its numbers and quotes.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from seekgraph.text.scripts import unspaced
from seekgraph.text.sentences import sentences
from seekgraph.text.titles import stripped

Kind = Literal["name", "date", "year", "number", "quoted"]


@dataclass(frozen=True, slots=True)
class Entity:
    """A span of a text that names something: `whole[start:end] == text`.

    `kind` is "name" (capitalised words), "date" (with a month or a century), "year", "number" (with its unit, if it is one of
    a few), or "quoted" (what stands between quotation marks, without them).
    """

    text: str
    start: int
    end: int
    kind: Kind

    @property
    def key(self) -> str:
        """The text as it is compared: folded, see `folded`."""
        return folded(self.text)


_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_TIME = re.compile(
    rf"""(?P<date>\b\d{{1,2}}(?:st|nd|rd|th)?\s(?:of\s)?(?:{_MONTHS})\b(?:,?\s\d{{3,4}}\b)?
               | \b(?:{_MONTHS})\s\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s\d{{3,4}}\b)?
               | \b(?:{_MONTHS}),?\s\d{{4}}\b
               | \b\d{{4}}-\d{{2}}-\d{{2}}\b
               | \b\d{{1,2}}(?:st|nd|rd|th)\s[Cc]entury\b(?:\s(?:BCE?|CE|AD))?)
      | (?P<year>\b(?:1\d{{3}}|20\d{{2}})s?\b(?![,.]\d)(?!%))
      | (?P<number>(?:[$€£]\s?)?\b\d+(?:,\d+)*(?:\.\d+)?(?:\s?%|(?:\s(?:percent|per\scent|million|billion|trillion|thousand)\b)+)?
               | \b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|once|twice)
                 (?:\s(?:million|billion|trillion|thousand|hundred)\b)?(?=\W|$))""",
    re.VERBOSE,
)
_QUOTED = re.compile(r'"([^"\n]{2,100})"|\u201c([^\u201d\n]{2,100})\u201d|\u00ab\s?([^\u00bb\n]{2,100}?)\s?\u00bb')
_WORD = re.compile(r"[^\W_]+(?:(?:[-'\u2019\u2013&/!]|(?<![^\W_]{3})\.)[^\W_]+)*")
_GAP = re.compile(r"[ \u00a0]|\. ?|: | ?& ")
_CLOSES = re.compile(r'[.!?]["\u201d\u2019)\]]*\s*["\u201c\u2018(\[]*$|^\s*["\u201c\u2018(\[]*$')

_JOINERS = frozenset(
    "of the de da di do dos das del della dei der den van von zu zur la le les du des al el bin ibn y e i ap ab ua an".split()
)
# Words that begin a sentence in capitals without naming anything, and words of a question.
_PLAIN = frozenset(
    """much many several about around early late nearly almost earlier later finally recently currently originally
    the a an this that these those he she it they we i you his her its their our my your in on at of to by for from with as and or
    but if when while where after before during since until although though however because despite both either neither one two
    three there here some many most all each every another other such no not what which who whom whose how why is are was were be
    been do does did has have had can could will would should may might must also then thus under upon over between among about
    against into through besides according although unlike like out up so than too very only just even still yet again once
    born died named called known based located founded""".split()
)
_ORDINARY = frozenset("january february march april may june july august september october november december".split())


@lru_cache(maxsize=8192)
def entities(text: str) -> tuple[Entity, ...]:
    """What `text` names, by start, the longer first. Only a quoted span may lie over others."""
    times = [Entity(match[0], match.start(), match.end(), _kind(match)) for match in _TIME.finditer(text)]
    found = [*times, *_quoted(text)]
    taken = [each for each in times if each.kind != "number"]
    names = _names(text, taken)
    covered = {place for name in names for place in range(name.start, name.end)}
    found = [each for each in found if each.kind == "quoted" or each.start not in covered]
    return tuple(sorted([*found, *names], key=lambda each: (each.start, -each.end)))


@lru_cache(maxsize=16384)
def folded(name: str) -> str:
    """A name as names are compared: `flat`, without a leading article and a bracket at its end."""
    words = flat(stripped(name)).split()
    return " ".join(words[1:] if len(words) > 1 and words[0] in ("the", "a", "an") else words)


@lru_cache(maxsize=16384)
def flat(text: str) -> str:
    """The words of `text` in lower case, with single spaces, without accents, punctuation and possessive endings."""
    if not text.isascii():
        text = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return " ".join(re.findall(r"[^\W_]+", re.sub(r"['\u2019]s\b|['\u2019]", "", text.casefold())))


def names(text: str, name: str) -> bool:
    """Whether `text` has the words of `name`, both given as `flat` or `folded`.

    A name under three letters is in nothing; in a script without spaces, where a word may stand anywhere, one under two.
    """
    if unspaced(name):
        return len(name) > 1 and name.replace(" ", "") in text.replace(" ", "")
    return len(name) > 2 and f" {name} " in f" {text} "


def _kind(match: re.Match[str]) -> Kind:
    return "date" if match["date"] else "year" if match["year"] else "number"


def _quoted(text: str) -> list[Entity]:
    found = []
    for match in _QUOTED.finditer(text):
        group = match.lastindex or 1
        inner = match[group].rstrip(".,;")
        start = match.start(group)
        if inner.strip() == inner and inner:
            found.append(Entity(inner, start, start + len(inner), "quoted"))
    return found


def _names(text: str, taken: list[Entity]) -> list[Entity]:
    """Runs of capitalised words, joined by "of", "de" and the like between two of them."""
    blocked = {place for each in taken for place in range(each.start, each.end)}
    begins = {each.start for each in sentences(text)}
    found: list[Entity] = []
    start = end = -1  # the run so far
    joined = -1  # the end of the last word, where joiners follow the run
    for match in _WORD.finditer(text):
        word, at = match[0], match.start()
        if at in blocked:
            start = _close(found, text, start, end)
            continue
        if start >= 0 and not _goes_on(text[joined:at], word, any(place in begins for place in range(joined + 1, at + 1))):
            start = _close(found, text, start, end)
        if word[0].isupper():
            if start < 0:
                if _plain(text, word, at):
                    continue
                start = at
            end = joined = _without_possessive(word, match.end())
            if end != match.end():
                start = _close(found, text, start, end)
        elif start >= 0 and word.isdigit() and len(word) < 4 and joined == end:
            end = joined = match.end()
        elif start >= 0 and word in _JOINERS:
            joined = match.end()
        else:
            start = _close(found, text, start, end)
    _close(found, text, start, end)
    return found


def _goes_on(gap: str, word: str, new_sentence: bool) -> bool:
    """Whether a name may run on over this gap to this word."""
    return not new_sentence and (_GAP.fullmatch(gap) is not None or (gap == ", " and word in ("Jr", "Sr")))


def _plain(text: str, word: str, at: int) -> bool:
    """Whether a capitalised word that would begin a name names nothing."""
    low = word.casefold()
    if low == "i":
        return not text[at + 1 : at + 3].strip().isupper()
    return low in _ORDINARY or (low in _PLAIN and _CLOSES.search(text[max(0, at - 6) : at]) is not None)


def _without_possessive(word: str, end: int) -> int:
    return end - 2 if word.endswith(("'s", "\u2019s")) and len(word) > 2 else end


def _close(found: list[Entity], text: str, start: int, end: int) -> int:
    """Keep the run from `start` to `end`, if there is one; no run is under way then."""
    if start >= 0:
        found.append(Entity(text[start:end], start, end, "name"))
    return -1
