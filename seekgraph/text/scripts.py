"""What words are made of in all scripts, and the n-grams that stand for words where a script has no spaces between them.

Chinese, Japanese, Thai, Lao, Khmer and Burmese have no spaces to cut at, and Korean joins particles to words. Overlapping pairs
of characters find a word wherever it stands, without a dictionary (as Lucene's CJKAnalyzer does); a combining vowel or tone
belongs to the character that it follows.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

LETTERS = (
    r"\w\u0300-\u036f"  # decomposed Latin, Greek, Cyrillic
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"  # Hebrew points
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"  # Arabic vowels
    "\u0900-\u0963\u0966-\u0dff"  # Indic
    "\u0e31-\u0e4e\u0e81-\u0ecd\u1000-\u1049\u1050-\u109d\u1780-\u17d3\u17dd\u3099\u309a"  # Thai, Lao, Burmese, Khmer, Japanese
)
"""Letters, digits and the marks that belong to letters, for a character class of a pattern."""

ACCENTS = "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670"
"""The marks that a word is also written without, in form NFD: accents, and the vowels of Hebrew and Arabic."""

_UNSPACED = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f\u3105-\u312f"  # Hiragana, Katakana, Bopomofo
    "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3"  # Hangul
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ebd\u0ec0-\u0ecd"  # Thai, Lao
    "\u1000-\u103f\u1050-\u108f\u1780-\u17d3\u17dd"  # Burmese, Khmer
)
_MARKS = (
    "\u0e31\u0e33-\u0e3a\u0e45\u0e47-\u0e4e\u0eb1\u0eb3-\u0ebc\u0ec8-\u0ecd\u102b-\u103e\u1056-\u1059\u105e-\u1060\u1062-\u1064"
    "\u1067-\u106d\u1071-\u1074\u1082-\u108d\u108f\u17b6-\u17d3\u17dd\u3099\u309a\uff9e\uff9f"
)
_SOME = re.compile(f"[{_UNSPACED}]")
_RUNS = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_CHARACTER = re.compile(f"[{_MARKS}]+|.[{_MARKS}]*", re.DOTALL)


def unspaced(text: str) -> bool:
    """Whether `text` has a character of a script that is written without spaces."""
    return not text.isascii() and _SOME.search(text) is not None


def runs(word: str) -> list[str]:
    """A word cut where it goes from a spaced to an unspaced script and back: "使用Python編程" gives 使用, Python, 編程."""
    return _RUNS.findall(word) if unspaced(word) else [word]


def pairs(run: str) -> list[str]:
    """The overlapping pairs of characters of a run of an unspaced script; a single character stands for itself."""
    characters = _CHARACTER.findall(run)
    return [one + other for one, other in pairwise(characters)] or characters


@lru_cache(maxsize=8192)
def script(character: str) -> str:
    """The script of a letter, as Unicode names it: "LATIN", "CJK", "HIRAGANA", "ARABIC"; "" for what is no letter."""
    if not character.isalpha():
        return ""
    name = unicodedata.name(character, "").removeprefix("FULLWIDTH ").removeprefix("HALFWIDTH ")
    return name.split("-")[0].split(" ")[0]
