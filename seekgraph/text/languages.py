"""Which language a text is in, by its script and its commonest words; and how it is analysed.

A language that is written without spaces is told by its script, another one by how many of its function words (`stopwords`) a
text has. That needs a sentence or two, and no model: a passage of a manual has dozens of them. A short question may have none;
then nothing is claimed.
"""

from __future__ import annotations

from collections import Counter
from functools import cache

from seekgraph.text.compounds import TOKEN
from seekgraph.text.scripts import script
from seekgraph.text.stopwords import STOPWORDS

CODES = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "eu": "basque",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "he": "hebrew",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "ja": "japanese",
    "km": "khmer",
    "ko": "korean",
    "lo": "lao",
    "lt": "lithuanian",
    "my": "burmese",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "th": "thai",
    "tr": "turkish",
    "uk": "ukrainian",
    "zh": "chinese",
}
"""Languages by their ISO 639-1 code."""

_BY_SCRIPT = {
    "HIRAGANA": "japanese",
    "KATAKANA": "japanese",
    "CJK": "chinese",
    "HANGUL": "korean",
    "THAI": "thai",
    "LAO": "lao",
    "KHMER": "khmer",
    "MYANMAR": "burmese",
    "HEBREW": "hebrew",
    "ARMENIAN": "armenian",
}
FEWEST = 2  # votes for a language to be claimed
AHEAD = 1.25  # times the votes of the next one
_READ = 4000  # characters that are looked at


def language(name: str) -> str:
    """A language by its name or its ISO 639-1 code: "es" and "Spanish" are "spanish". Raises `ValueError` for another one."""
    known = name.casefold()
    known = CODES.get(known, known)
    if known not in languages():
        raise ValueError(f"no language is called {name!r}: give a code such as 'es', or one of {', '.join(sorted(languages()))}")
    return known


@cache
def languages() -> frozenset[str]:
    """The languages that there is a stemmer, a list of stop words or a script for."""
    return frozenset({*CODES.values(), *STOPWORDS, *stemmers()})


@cache
def stemmers() -> frozenset[str]:
    """The languages that Snowball has a stemmer for."""
    import Stemmer

    return frozenset(Stemmer.algorithms()) - {"porter", "dutch_porter"}


@cache
def _voting() -> dict[str, tuple[str, ...]]:
    """The languages that each function word belongs to."""
    found: dict[str, list[str]] = {}
    for each, words in STOPWORDS.items():
        for word in words:
            found.setdefault(word, []).append(each)
    return {word: tuple(each) for word, each in found.items()}


def votes(token: str) -> tuple[str, ...]:
    """The languages that a token speaks for: those whose function word it is, or that whose script it is in."""
    if named := _voting().get(token.casefold()):
        return named
    if token.isascii():
        return ()
    named = tuple(dict.fromkeys(_BY_SCRIPT[each] for character in token if (each := script(character)) in _BY_SCRIPT))
    return ("japanese",) if "japanese" in named else named  # Han characters among kana


def decided(counts: Counter[str]) -> str | None:
    """The language that most votes are for, or None where they are too few or too even."""
    first, *rest = [*counts.most_common(2), ("", 0), ("", 0)][:2]
    if first[1] < (1 if first[0] in _BY_SCRIPT.values() else FEWEST) or first[1] < AHEAD * rest[0][1]:
        return None
    return first[0]


def detect(text: str) -> str | None:
    """The language of a text, by its name; None where it is too short, or like none that is known."""
    counts = Counter(each for token in TOKEN.findall(text[:_READ]) for each in votes(token))
    if counts["japanese"] and counts["chinese"]:
        counts["japanese"] += counts.pop("chinese")
    return decided(counts)
