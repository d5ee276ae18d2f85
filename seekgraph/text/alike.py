"""How alike two questions are, where "#1" stands for the answer of another one.

A hop of a gold decomposition may be written as a question ("Who founded #1?") or as a subject and a relation
("#1 >> founded by"), and a planner writes goals in its own words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from seekgraph.text.answers import token_f1, tokens
from seekgraph.text.weights import terms

REFERENCE = re.compile(r"#([A-Za-z0-9_]+)")
"""A reference to the answer of another question, by its id or number."""

_ASKING = {"who": "who", "whom": "who", "whose": "who", "where": "where", "when": "when", "why": "why", "how": "how"}


def bare(question: str) -> str:
    """A question without its references and without the ">>" between a subject and a relation."""
    return " ".join(REFERENCE.sub(" ", question.replace(">>", " ")).split())


def put_in(question: str, answers: Mapping[str, str]) -> str:
    """A question with answers, by id or number, in the place of its references; one without an answer stays as it is."""
    return REFERENCE.sub(lambda match: answers.get(match[1]) or match[0], question)


def alike(one: str, other: str) -> float:
    """Token F1 of two questions, in [0, 1], over what they are about: stemmed terms without stop words, and who, where, when,
    why, how.

    Whole questions share "what is the ... of" with any other. Where neither has such a word it is the token F1 of all words.
    """
    left, right = _words(one), _words(other)
    count = left.total() + right.total()
    return 2 * (left & right).total() / count if count else token_f1(one, other, "musique")


def _words(question: str) -> Counter[str]:
    """Terms as they are, question words with a mark, so that "who" is not the stem of a name."""
    return Counter(terms(question)) + Counter(f"{_ASKING[word]}?" for word in tokens(question) if word in _ASKING)
