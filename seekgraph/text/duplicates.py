"""Texts that say the same: a page that is in two folders, a passage copied with a word changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from seekgraph.text.normal import comparable
from seekgraph.text.scripts import LETTERS, unspaced

_WORD = re.compile(f"[{LETTERS}]+")
_LONG = 3  # words, or characters of a script without spaces, that are compared together
_NUMBERS = re.compile(r"\d+")


def distinct(texts: Sequence[str], alike: float = 0.9) -> list[int]:
    """The places of the texts that no earlier one is like, in order.

    Two are alike where the Jaccard index of their shingles (Broder, "On the resemblance and containment of documents", 1997) is
    at least `alike`, in (0, 1], and their numbers are the same: lists that differ in a value say different things. White space,
    case and the shapes of quotes do not count. A text without a word is like none.
    """
    kept: list[int] = []
    seen: list[tuple[frozenset[str], tuple[str, ...]]] = []
    for at, text in enumerate(texts):
        plain = comparable(text)
        own = _shingles(plain), tuple(_NUMBERS.findall(plain))
        if any(own[1] == numbers and _jaccard(own[0], other) >= alike for other, numbers in seen):
            continue
        kept.append(at)
        seen.append(own)
    return kept


def _shingles(text: str) -> frozenset[str]:
    words = [part for word in _WORD.findall(text) for part in (word if unspaced(word) else [word])]
    return frozenset(" ".join(each) for each in _runs(words))


def _runs(words: Sequence[str]) -> Iterable[Sequence[str]]:
    return (words[at : at + _LONG] for at in range(max(1, len(words) - _LONG + 1))) if words else ()


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0
