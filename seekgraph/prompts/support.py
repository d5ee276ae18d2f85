"""Whether a passage supports an answer: it says it in these words, or, of a sentence, has nearly all that the sentence adds."""

from __future__ import annotations

from collections.abc import Sequence

from seekgraph.prompts.quotes import locate
from seekgraph.text.entities import entities
from seekgraph.text.sentences import sentences
from seekgraph.text.weights import terms
from seekgraph.types import Passage

MOST, NEARLY_ALL = 0.6, 0.8
"""The share of an answer's terms that a passage has to have: of one that names something, and of one that names nothing."""

BORNE_OUT = 0.6
"""The share of the terms that a sentence adds to the question which a passage that it cites has to have."""

_CLOSE = 2  # so few terms have to stand in one sentence: two words of a name may be anywhere in a passage by chance


def says(text: str, passage: Passage) -> bool:
    """Whether a passage has a text in it, title included, compared as `locate` does."""
    return locate(text, f"{passage.title}\n{passage.text}") is not None


def supports(text: str, passage: Passage, question: str = "") -> bool:
    """Whether a passage says an answer, or has the most of what it adds to the question.

    What it adds are its terms (stemmed words without stop words) that the question lacks; where there are none, all of them. A
    passage has to have every name and every number among them, and at least 0.6 of all; 0.8 where it names nothing. Of one word
    it has to have that very word (`says`); two or fewer terms have to stand in one sentence, or in its title.
    """
    if says(text, passage):
        return True
    said = dict.fromkeys(terms(text))
    if len(said) < 2:
        return False
    known = frozenset(terms(question))
    new = [term for term in said if term not in known] or [*said]
    named = {term for entity in entities(text) for term in terms(entity.text)}
    needed = [term for term in new if term in named or any(map(str.isdigit, term))]
    if len(new) <= _CLOSE:
        places = [f"{passage.title} {sentence.text}" for sentence in sentences(passage.text)] or [passage.title]
        return any(frozenset(terms(place)).issuperset(new) for place in places)
    held = frozenset(terms(f"{passage.title} {passage.text}"))
    share = sum(term in held for term in new) / len(new)
    return held.issuperset(needed) and share >= (MOST if needed else NEARLY_ALL)


def bears_out(text: str, passage: Passage, question: str = "") -> bool:
    """Whether a passage that a sentence cites is one that says so: it has its words (`says`), or every number in it that the
    question lacks and at least `BORNE_OUT` of the terms that it adds to the question.

    Less is asked than of `supports`, which finds a source by itself: a model that cites says it in its own words. A sentence
    that adds nothing is borne out.
    """
    known = frozenset(terms(question))
    new = [term for term in dict.fromkeys(terms(text)) if term not in known]
    held = frozenset(terms(f"{passage.title} {passage.text}"))
    numbers = [term for term in new if any(map(str.isdigit, term))]
    return says(text, passage) or (held.issuperset(numbers) and sum(term in held for term in new) >= BORNE_OUT * len(new))


def supporting(text: str, passages: Sequence[Passage], question: str = "") -> tuple[str, ...]:
    """The ids of the passages that say an answer in its words, or else of those that support it otherwise."""
    return tuple(each.id for each in passages if says(text, each)) or tuple(
        each.id for each in passages if supports(text, each, question)
    )
