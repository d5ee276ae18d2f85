"""Comparing a short answer with gold answers, as SQuAD and HotpotQA do.

Source: the official scripts `evaluate-v1.1.py` (Rajpurkar et al., 2016) and `hotpot_evaluate_v1.py` (Yang et al., 2018). The
numbers are theirs wherever a text has a word that is not an article. See `normalize` for the one case that they leave open.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_CLOSED = frozenset({"yes", "no", "noanswer"})


def normalize(text: str) -> str:
    """`text` in lower case, without ASCII punctuation, without a/an/the, with single spaces; in that order.

    A text of nothing else (the option "A", the band "The The") is only lowered and spaced: the official scripts make it
    empty, so that it would equal every other such text and an empty answer.
    """
    lowered = text.lower()
    words = _ARTICLES.sub(" ", lowered.translate(_NO_PUNCTUATION)).split()
    return " ".join(words or lowered.split())


def tokens(text: str) -> tuple[str, ...]:
    """The words of `normalize(text)`, in order."""
    return tuple(normalize(text).split())


def exact_match(text: str, golds: str | Iterable[str]) -> float:
    """1.0 if `text` equals one of the golds after `normalize`, else 0.0. Raises `ValueError` if there are no golds."""
    answer = normalize(text)
    return max(float(answer == normalize(gold)) for gold in _some(golds))


def token_f1(text: str, golds: str | Iterable[str]) -> float:
    """F1 of the bags of tokens, in [0, 1], best over the golds. Raises `ValueError` if there are no golds.

    F1 = 2 P R / (P + R), which is 2 common / (|answer| + |gold|), where common counts a repeated token as often as both have it.
    Where either side is yes, no or noanswer and they differ, F1 is 0: "no" earns nothing for "no idea".
    """
    answer = tokens(text)
    return max(_f1(answer, tokens(gold)) for gold in _some(golds))


def _f1(answer: tuple[str, ...], gold: tuple[str, ...]) -> float:
    if answer == gold:
        return 1.0
    if any(len(side) == 1 and side[0] in _CLOSED for side in (answer, gold)):
        return 0.0
    common = (Counter(answer) & Counter(gold)).total()
    return 2 * common / (len(answer) + len(gold))


def _some(golds: str | Iterable[str]) -> tuple[str, ...]:
    found = (golds,) if isinstance(golds, str) else tuple(golds)
    if not found:
        raise ValueError("there is no gold answer to compare with: leave out the rows whose `answers` are empty")
    return found
