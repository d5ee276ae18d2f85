"""Questions that need two passages: two that are linked or related, and facts of what another passage leads to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seekgraph.synthesis.rules import definitions, facts, howto
from seekgraph.synthesis.rules.found import Found
from seekgraph.synthesis.rules.plain import sentences
from seekgraph.synthesis.view import View, document_of
from seekgraph.types import Passage

_NEAR = 12  # passages that a passage is related to: what a search for its heading finds
MOST_WORDS = 22  # of two goals together
_MADE_BY = (
    (r"(?:directed|filmed) by", "director"),
    (r"written by", "author"),
    (r"founded by", "founder"),
    (r"composed by", "composer"),
    (r"designed by", "designer"),
    (r"invented by", "inventor"),
    (r"painted by", "painter"),
    (r"discovered by", "discoverer"),
)
_RARE = 10  # passages of a small corpus that may have a word which says that two goals belong together
_ALIKE = re.compile(r"\W+")


def two_goals(view: View, passage: Passage) -> Iterator[Found]:
    """ "How do I X, and how do I Y?" for two related passages of different sections."""
    linked = {each.id for each in view.linked(passage)}
    for one in howto.write(view, passage):
        for other_passage in _related(view, passage):
            for other in howto.write(view, other_passage):
                near = other_passage.id in linked or document_of(other_passage) == document_of(passage)
                if _share(view, one.about, other.about, 1 if near else 2):
                    about = f"{one.about}, and how do I {other.about}"
                    yield _joined(one, other, f"How do I {about}?", about)
                    break


def difference(view: View, passage: Passage) -> Iterator[Found]:
    """ "What is the difference between X and Y?" where two related passages each say what one is."""
    for one in definitions.write(view, passage):
        for other_passage in _related(view, passage):
            for other in definitions.write(view, other_passage):
                same = one.about.casefold() == other.about.casefold()
                if (
                    not same
                    and one.question.startswith("What is")
                    and other.question.startswith("What is")
                    and _kind(one) == _kind(other)
                ):
                    yield _joined(one, other, f"What is the difference between {one.about} and {other.about}?", one.about)
                    break


def bridge(view: View, passage: Passage) -> Iterator[Found]:
    """A fact of a person whom another passage names: "When was the director of X born?"."""
    trail = view.headings(passage)
    if not trail:
        return
    title = re.sub(r" \([^()]*\)$", "", trail[-1])
    others = {each.title: each for each in view.linked(passage)}
    for said in sentences(passage.text):
        if not said.startswith(title):
            continue
        for pattern, noun in _MADE_BY:
            match = re.search(rf"\b{pattern} (?P<name>[A-Z][\w'’-]+(?: [A-Z][\w.'’-]+)*)", said)
            if match is None:
                continue
            person = match["name"].rstrip(".")
            for name, other in others.items():
                if not name.startswith(person):
                    continue
                for fact in facts.write(view, other):
                    if person in fact.question:
                        asked = fact.question.replace(person, f"the {noun} of {title}")
                        yield Found(asked, fact.answer, (other.id, passage.id), fact.nuggets, title)


def _related(view: View, passage: Passage) -> Iterator[Passage]:
    """Passages that it links to, then passages of other sections that a search for its heading finds."""
    seen = {passage.id}
    near = view.near(" ".join(view.headings(passage)[-2:]), _NEAR)
    for each in (*view.linked(passage), *near):
        if each.id not in seen and each.title != passage.title:
            seen.add(each.id)
            yield each


def _share(view: View, one: str, other: str, least: int) -> bool:
    """Whether two goals have so many words in common that few passages have, are not nearly the same, and not too long
    together."""
    left, right = (({word for word in _ALIKE.split(each.casefold()) if len(word) > 3}) for each in (one, other))
    rare = max(_RARE, len(view.passages) // 50)
    common = sum(view.with_word(word) <= rare for word in left & right)
    if len(one.split()) + len(other.split()) > MOST_WORDS:
        return False
    return least <= common < min(len(left), len(right)) and one.split(" ", 1)[0] != other.split(" ", 1)[0]


def _kind(found: Found) -> str:
    """What a definition says a thing is: the last word before what qualifies it, such as "class" of "a Python class that"."""
    head = re.split(r"\b(?:that|which|of|for|with|to|in|on|from|designed|used|built|based)\b|[,(]", found.answer)[0].split()
    return head[-1].casefold().removesuffix("s") if head else ""


def _joined(one: Found, other: Found, question: str, about: str) -> Found:
    return Found(question, one.answer, (*one.ids, *other.ids), ((one.answer,), (other.answer,)), about)
