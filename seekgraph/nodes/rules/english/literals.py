"""The short answer to a question for a number or an identifier: the only one in the sentence that answers. No model.

Conservative: nothing is said where the sentence has several, where another that is about as near to the question has a different
one, or where the question asks for several things.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from seekgraph.nodes.rules.base import Short, Statement
from seekgraph.text.weights import coverage, terms

BY_WORDS, CLOSE, LEAST = 0.5, 0.1, 0.35
"""What the share of the question's idf mass counts beside the nearness in meaning, how much less is about as near, and how near
the sentence has to be at all. Chosen on the training questions over two documentations."""

_NUMBER = re.compile(
    r"(?<![\w.-])(?P<number>\d+(?:[.,]\d+)*)(?![\w-]|\.\d)(?:`*\s+(?P<unit>(?:milli|micro)?seconds?|minutes?|hours?|days?|weeks?"
    r"|months?|years?|bytes?|characters?|items?|[kmg]i?b|%|percent)\b)?",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<!`)`{1,2}([^`\n]+)`{1,2}(?!`)")
_LINK = re.compile(r"\]\([^()\s]*\)|https?://\S+")
_HOW_TO = re.compile(r"\bhow (?:do|does|can|could|should|would|to|is|are)\b", re.IGNORECASE)
_ASKING = re.compile(r"\b(?:what|which|who|where|when|why|how)\b", re.IGNORECASE)
_HOW_MUCH = re.compile(
    r"\bhow (?:many|much|long|often|large|big|old|fast|high|deep|far)\b"
    r"|\b(?:version|status code|exit code|return code|port|number|percentage|timeout)\b",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(
    r"\b(?:which|what)\b(?: \w+){0,2}? (?:argument|parameter|option|function|method|class|exception|decorator|package|module"
    r"|library|command|flag|setting|variable|attribute|header|keyword|property|field|error|object|tool)\b",
    re.IGNORECASE,
)


def short_answer(question: str, statements: Sequence[Statement], weights: Mapping[str, float]) -> Short | None:
    """The number or identifier that answers and which statement has it; None where it is not certain.

    `weights` are the idf of terms.
    """
    asks_amount, asks_name = _HOW_MUCH.search(question), _IDENTIFIER.search(question)
    if not (asks_amount or asks_name) or _HOW_TO.search(question) or len(_ASKING.findall(question)) > 1:
        return None
    wanted = frozenset(terms(question))
    scores = [each.near + BY_WORDS * coverage(wanted, set(terms(each.text)), weights) for each in statements]
    best = max(scores, default=0.0)
    found = {
        at: _numbers(each.text, question) if asks_amount else _names(each.text, wanted)
        for at, each in enumerate(statements)
        if scores[at] >= max(best - CLOSE, LEAST)
    }
    at = max(found, key=lambda at: scores[at], default=-1)
    if at < 0 or len(found[at]) != 1:
        return None
    text = found[at][0]
    rivals = [other for other in found.values() if len(other) == 1 and other[0] != text]
    return None if rivals else Short(text, at)


def _numbers(text: str, question: str) -> list[str]:
    """The different numbers in a text that the question does not have, with their units."""
    known = {match["number"] for match in _NUMBER.finditer(question)}
    found = {match["number"]: match[0].replace("`", "") for match in _NUMBER.finditer(_LINK.sub("]", text))}
    return [shown for number, shown in found.items() if number not in known]


def _names(text: str, wanted: frozenset[str]) -> list[str]:
    """The different code literals in a text that are not, for the most part, words of the question."""
    names = dict.fromkeys(match[1].strip() for match in _NAME.finditer(text))
    return [name for name in names if name and 2 * len(wanted & set(terms(name))) < len(set(terms(name)))]
