"""Whether passages answer a question at all: a fitted probability, and no word of any language.

What was found is asked for both of what an answer has: that a block of it is near to the question in meaning (a cosine), and that
the question's words, the rarest before all, stand together in one passage. What is missing in documentation is described in the
same words as what is there, but seldom all of them on one spot; and what only sounds alike lacks the words. A name in the
question that stands nowhere in the documents ("Does it run on OS/2?") speaks against them, the more the less else is asked.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from seekgraph.core.language.ports import Vocabulary
from seekgraph.nodes.fitting import LinearModel
from seekgraph.text.named import asking, names, other_words
from seekgraph.text.weights import terms
from seekgraph.types import Passage

BY_WORDS = (
    "rarest",  # 1 where one passage holds the three rarest of the question's terms
    "together",  # the most of the question's terms that one passage holds
    "unknown",  # names of the sentence that asks that stand nowhere in the documents, for each of its terms
    "unsaid",  # other words of it that stand nowhere, for each of its terms
)
"""The features where no nearness was measured."""

FEATURES = ("nearest", *BY_WORDS)
"""With how near the nearest block is to the question, in [-1, 1]."""

MEASURED = LinearModel.of(
    {"nearest": 5.419, "rarest": 1.462, "together": 0.362, "unknown": -5.061, "unsaid": -3.183}, bias=-4.282
)
UNMEASURED = LinearModel.of({"rarest": 1.735, "together": 0.437, "unknown": -6.645, "unsaid": -4.335}, bias=-1.237)
"""Fitted by `benchmarks/answerability.py` on 723 rows over seven documentations, six of software and a company's handbook:
questions that they answer, questions that they do not (a third of them for a name that they do not know), and the former without
the passages that answer. With each documentation judged by what was fitted on the others, at a threshold that refuses 7 % of the
answerable questions of those, 72 % [63, 79] of 123 unanswerable and 8 % [5, 11] of 303 answerable ones are refused
(`benchmarks/answerability.md`). The features were chosen on the same questions, so this is a little better than elsewhere."""


_RAREST = 3


class Unknown(NamedTuple):
    """What of a question stands nowhere in the documents: names, and other words; none where that is not known."""

    names: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


NOTHING = Unknown()


async def unknown(question: str, passages: Sequence[Passage], vocabulary: Vocabulary | None) -> Unknown:
    """What of the sentence that asks (`text.named`) neither these passages nor, by its `vocabulary`, any other has."""
    if vocabulary is None:
        return Unknown()
    read = " ".join(f"{passage.title} {passage.text}" for passage in passages).casefold()
    named, words = ([each for each in found if not _stands(each, read)] for found in (names(question), other_words(question)))
    stands = await vocabulary.stand([*named, *words])
    missing = [each for each, there in zip([*named, *words], stands, strict=True) if not there]
    return Unknown(tuple(each for each in missing if each in named), tuple(each for each in missing if each not in named))


def _stands(word: str, text: str) -> bool:
    """Whether a casefolded text has a word, with an ending or none."""
    return re.search(rf"(?<!\w){re.escape(word.casefold())}(?:e?s)?(?!\w|[./]\d)", text) is not None


def answerability(question: str, passages: Sequence[Passage], near: Mapping[str, float], missing: Unknown = NOTHING) -> float:
    """The probability, in [0, 1], that passages, best first, answer the question.

    `near` is how near their blocks are, by text; `missing` is what of the question no document has.
    """
    model, used = (MEASURED, FEATURES) if near else (UNMEASURED, BY_WORDS)
    found = features(question, passages, near, missing)
    return model.probability([found[name] for name in used])


def features(
    question: str, passages: Sequence[Passage], near: Mapping[str, float], missing: Unknown = NOTHING
) -> dict[str, float]:
    """The features of both models, by name. Terms weigh the more the rarer they are among the passages."""
    wanted = dict.fromkeys(terms(question))
    held = [set(terms(f"{passage.title} {passage.text}")) for passage in passages]
    counts = Counter(term for each in held for term in each)
    weights = {term: math.log(1 + len(held) / (1 + counts[term])) for term in {*wanted, *counts}}
    rarest = sorted(wanted, key=lambda term: -weights[term])[:_RAREST]
    asked = max(1, len(set(terms(asking(question)))))
    return {
        "nearest": max(near.values(), default=0.0),
        "rarest": float(bool(rarest) and any(each.issuperset(rarest) for each in held)),
        "together": float(max((len(wanted.keys() & each) for each in held), default=0)),
        "unknown": len(missing.names) / asked,
        "unsaid": len(missing.words) / asked,
    }
