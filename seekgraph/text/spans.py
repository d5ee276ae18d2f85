"""Spans of a sentence that may be an answer, and how well each fits what is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from seekgraph.text.analysis import ENGLISH_STOPWORDS
from seekgraph.text.entities import entities
from seekgraph.text.questions import AnswerType

_BODIES = re.compile(
    r"\b(?:University|School|College|Academy|Company|Corporation|Records|Church|Party|Awards?|Prize|Medal|League|Series|Festival|Club"
    r"|Institute|Association|Museum|Times|Army|Navy|War|Battle|Olympics|Cup|Championships?|House of|Act|Bank|Theatre|Order)\b"
)
_PLACES = re.compile(
    r"\b(?:County|River|City|Island|Lake|Street|District|Province|Republic|Kingdom|States|North|South|East|West)\b"
)
_PERSONS = re.compile(
    r"\b(?:King|Queen|Emperor|Empress|Prince|Princess|Duke|Duchess|Count|Countess|Earl|Lord|Lady|Sir|Mr|Mrs|Dr|Saint|President|Pope"
    r"|Bishop|General|Captain|Jr|Sr|II|III|IV)\b"
)
_DEMONYM = re.compile(r"[A-Z][a-z]+(?:ish|ese|ian|ican|ean|lsh|tch|ench|rman|aeli|stani|iss|eek)(?:[-/][A-Z]\w+)?")
_PHRASE = re.compile(r"(?<![\w-])[a-z][a-z-]+(?: [a-z][a-z-]+){0,3}")


@dataclass(frozen=True, slots=True)
class Span:
    """A span of a sentence that begins at `start`. `kind` is an entity's, or "phrase" for words in lower case."""

    text: str
    start: int
    kind: str


def spans_of(text: str, kind: AnswerType, counts: bool = False) -> Iterator[Span]:
    """The spans of a sentence that may be an answer of the kind: names alone, and joined by a comma; numbers alone, and with
    their unit, except where the question says what it `counts`.
    """
    found = entities(text)
    for at, entity in enumerate(found):
        yield Span(entity.text, entity.start, entity.kind)
        following = found[at + 1] if at + 1 < len(found) else None
        if entity.kind == "name" and following and following.kind == "name" and text[entity.end : following.start] == ", ":
            yield Span(text[entity.start : following.end], entity.start, "name")
        if entity.kind == "date" and kind in ("year", "date") and (year := re.search(r"\b\d{4}\b", entity.text)):
            yield Span(year[0], entity.start, "year")
        if entity.kind == "number" and kind in ("number", "thing") and not counts:
            unit = re.match(r"[ -]([a-z]+)", text[entity.end :])
            if unit and unit[1] not in ENGLISH_STOPWORDS:
                yield Span(text[entity.start : entity.end + unit.end()], entity.start, "number")
    if kind == "thing":
        for match in _PHRASE.finditer(text):
            yield from _phrases(match)


def _phrases(match: re.Match[str]) -> Iterator[Span]:
    """Runs of up to three words in lower case that are no stop words."""
    words = list(re.finditer(r"[a-z-]+", match[0]))
    for at in range(len(words)):
        for size in (1, 2, 3):
            run = words[at : at + size]
            if len(run) == size and not any(word[0] in ENGLISH_STOPWORDS for word in run):
                yield Span(match[0][run[0].start() : run[-1].end()], match.start() + run[0].start(), "phrase")


def fit_of(span: Span, kind: AnswerType) -> float:
    """How well a kind of span fits a type of answer, in [0, 1]."""
    if kind in ("date", "year"):
        return {("date", "date"): 1.0, ("year", "year"): 1.0, ("date", "year"): 0.7, ("year", "date"): 0.3}.get(
            (kind, span.kind), 0.0
        )
    if kind == "number":
        return float(span.kind == "number")
    if kind in ("person", "place"):
        return (1.0 if " " in span.text or kind == "place" else 0.7) if span.kind == "name" else 0.0
    if kind == "name":
        return {"name": 1.0, "quoted": 0.9}.get(span.kind, 0.0)
    return {"name": 0.8, "quoted": 0.7, "phrase": 0.6}.get(span.kind, 0.4)


def misfits(text: str, kind: AnswerType) -> bool:
    """Whether a name looks like something else than the person or the place that is asked for."""
    other = {"place": _PERSONS, "person": _PLACES}.get(kind)
    return other is not None and (other.search(text) is not None or _BODIES.search(text) is not None)


def is_demonym(span: Span) -> bool:
    """Whether a span looks like "French" or "American"."""
    return span.kind == "name" and _DEMONYM.fullmatch(span.text) is not None
