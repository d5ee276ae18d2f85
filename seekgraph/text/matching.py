"""Comparing a short answer with gold answers strictly, in any script: what the published rules drop and a reader would not.

By SQuAD's normalisation "-5" equals "5", "1.5" equals "15", "C++" equals "C", "vitamin A" equals "vitamin", and a Chinese
sentence is one token. Here signs, decimal points and the marks of a name count; width, case, kinds of quotes and dashes, and the
spaces and punctuation between words do not. Seekgraph's own rule, for no published figure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from seekgraph.text.answers import CLOSED, bag_f1, closed_apart, some

_ARTICLES = frozenset({"a", "an", "the"})
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"  # Japanese kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Chinese characters
)
_GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_POWERS = str.maketrans({power: f"^{digit}" for digit, power in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")})
_FRACTIONS = re.compile("(?<=\\d)(?=[\u00bc-\u00be\u2150-\u215e])")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_QUOTES = re.compile("['`\u00b4\u2018-\u201b\u2032]")
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")


def strict_tokens(text: str) -> tuple[str, ...]:
    """The tokens of an answer, in order: words, numbers with sign and point, and each character of a script that has no spaces.

    Letters are compared without width and case (NFKC, casefold). Thousands separators, apostrophes, the dots of initials and
    a/an/the before another word are dropped. A text without any word or number is its own characters.
    """
    spaced = _FRACTIONS.sub(" ", text.translate(_POWERS))
    flat = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", spaced).casefold())
    flat = _QUOTES.sub("", _DASHES.sub("-", flat))
    flat = _INITIALS.sub(lambda found: found[0].replace(".", ""), flat)
    found = [_piece(each) for each in _pieces().finditer(flat)]
    if not found:
        return tuple("".join(flat.split()))
    kept = [each for each in found[:-1] if each not in _ARTICLES] + found[-1:]
    return tuple(kept if any(each not in _ARTICLES for each in found) else found)


def answers_match(text: str, golds: str | Iterable[str]) -> float:
    """1.0 if `text` has the same strict tokens as one of the golds, else 0.0. Raises `ValueError` if there are no golds."""
    answer = strict_tokens(text)
    return max(float(answer == strict_tokens(gold)) for gold in some(golds))


def answer_contains(text: str, golds: str | Iterable[str]) -> float:
    """1.0 if one of the golds stands in `text`, token by token in a row, else 0.0; for prose, of which F1 says nothing.

    A gold "yes" or "no" has to begin the text: prose has one of them by chance. Source: the accuracy of Mallen et al. (ACL 2023)
    and Asai et al. (Self-RAG, ICLR 2024), "whether gold answers are included in the model generations", by strict tokens here.
    Raises `ValueError` if there are no golds.
    """
    answer = strict_tokens(text)
    return max(float(_stands_in(answer, strict_tokens(gold))) for gold in some(golds))


def _stands_in(answer: tuple[str, ...], gold: tuple[str, ...]) -> bool:
    if len(gold) == 1 and gold[0] in CLOSED:
        return answer[:1] == gold
    return bool(gold) and any(answer[at : at + len(gold)] == gold for at in range(len(answer) - len(gold) + 1))


def match_f1(text: str, golds: str | Iterable[str]) -> float:
    """F1 of the bags of strict tokens, in [0, 1], best over the golds; 0 where one is yes, no or noanswer and the other is not.

    Equal tokens are 1, also none on both sides. Raises `ValueError` if there are no golds.
    """
    answer = strict_tokens(text)
    return max(_f1(answer, strict_tokens(gold)) for gold in some(golds))


def _f1(answer: tuple[str, ...], gold: tuple[str, ...]) -> float:
    if answer == gold:
        return 1.0
    return 0.0 if closed_apart(answer, gold) else bag_f1(answer, gold)


def _piece(found: re.Match[str]) -> str:
    piece = found[0]
    if found.lastgroup not in ("number", "power"):
        return piece
    plain = piece.replace(",", "") if _GROUPED.fullmatch(piece) else piece
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in plain)


@cache
def _pieces() -> re.Pattern[str]:
    marks = "".join(chr(code) for code in range(0x300, 0x12000) if unicodedata.category(chr(code))[0] == "M")
    return re.compile(
        r"(?P<power>\^-?\d+)"
        r"|(?P<number>(?:(?<![^\s(\[$€£¥~=<>])-)?(?:\d[\d.,]*\d|\d))(?![^\W\d_])"
        rf"|(?P<letter>[{_UNSPACED}])"
        rf"|(?P<word>(?:[^\W_{_UNSPACED}]|[{marks}])+[+#]*)"
        r"|(?P<symbol>[%‰°$€£¥])"
    )
