"""Comparing a short answer with gold answers by the published scripts of SQuAD, HotpotQA and MuSiQue.

Sources: `evaluate-v1.1.py` of SQuAD (Rajpurkar et al., 2016), `hotpot_evaluate_v1.py` (Yang et al., 2018), and MuSiQue's
`metrics/answer.py` (Trivedi et al., 2022), which has the rule of SQuAD 2.0. The numbers are theirs, with one deliberate
difference: letters with marks are compared in their composed form (NFC), so that a name which macOS has decomposed equals the
same name as it is typed.

These rules drop all ASCII punctuation: "-5" equals "5", "C++" equals "C". `seekgraph.text.matching` is stricter.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Literal, get_args

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
CLOSED = frozenset({"yes", "no", "noanswer"})
"""The answers that earn no partial credit by HotpotQA's rule."""

Rule = Literal["squad", "hotpot", "musique"]
_RULES: tuple[str, ...] = get_args(Rule)


def normalize(text: str) -> str:
    """`text` in NFC and lower case, without ASCII punctuation, without a/an/the, with single spaces; in that order.

    A text of nothing else (the option "A.", the band "The The") becomes empty, as in all three scripts: it equals every other
    such text. Where answers are of that kind, use `answer_match`.
    """
    lowered = unicodedata.normalize("NFC", text).lower()
    return " ".join(_ARTICLES.sub(" ", lowered.translate(_NO_PUNCTUATION)).split())


def tokens(text: str) -> tuple[str, ...]:
    """The words of `normalize(text)`, in order."""
    return tuple(normalize(text).split())


def exact_match(text: str, golds: str | Iterable[str]) -> float:
    """1.0 if `text` equals one of the golds after `normalize`, else 0.0; the same in all three scripts.

    Raises `ValueError` if there are no golds.
    """
    answer = normalize(text)
    return max(float(answer == normalize(gold)) for gold in some(golds))


def token_f1(text: str, golds: str | Iterable[str], rule: Rule = "hotpot") -> float:
    """F1 of the bags of tokens, in [0, 1], best over the golds, by the rule of one script.

    F1 = 2 P R / (P + R), which is 2 common / (|answer| + |gold|), where common counts a repeated token as often as both have it.

    `rule`                where a side is yes, no, noanswer and they differ    where a side has no token
    "squad"               as any text ("no idea" for "no" is 2/3)              0, also where both have none
    "hotpot" (default)    0 ("no" earns nothing for "no idea")                 0, also where both have none
    "musique"             as any text                                          1 where both have none, else 0

    Raises `ValueError` if there are no golds, and for another rule.
    """
    if rule not in _RULES:
        raise ValueError(f"rule is one of {', '.join(_RULES)}, not {rule!r}")
    answer = tokens(text)
    return max(_f1(answer, tokens(gold), rule) for gold in some(golds))


def bag_f1(answer: tuple[str, ...], gold: tuple[str, ...]) -> float:
    """2 common / (|answer| + |gold|) of two bags of tokens; 0 where both are empty."""
    if answer == gold or not answer or not gold:  # the most frequent cases need no counting
        return float(bool(answer) and answer == gold)
    common = (Counter(answer) & Counter(gold)).total()
    return 2 * common / (len(answer) + len(gold)) if common else 0.0


def closed_apart(answer: tuple[str, ...], gold: tuple[str, ...]) -> bool:
    """Whether the two differ and either is yes, no or noanswer."""
    return answer != gold and any(len(side) == 1 and side[0] in CLOSED for side in (answer, gold))


def some(golds: str | Iterable[str]) -> tuple[str, ...]:
    """The golds as a tuple. Raises `ValueError` if there are none."""
    found = (golds,) if isinstance(golds, str) else tuple(golds)
    if not found:
        raise ValueError("there is no gold answer to compare with: leave out the rows whose `answers` are empty")
    return found


def _f1(answer: tuple[str, ...], gold: tuple[str, ...], rule: Rule) -> float:
    if rule == "musique" and not (answer and gold):
        return float(answer == gold)
    if rule == "hotpot" and closed_apart(answer, gold):
        return 0.0
    return bag_f1(answer, gold)
