"""Spans of a sentence that may be an answer, and how well each fits what is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from seekgraph.nodes.rules.base import AnswerType, Rules
from seekgraph.text.entities import Entity, entities
from seekgraph.text.stopwords import ENGLISH_STOPWORDS

_SIGNS = "-+\u2212\u00b1"
_JOINED = re.compile(r"[^\W_]|[)\]%'\"\u2019]")


@dataclass(frozen=True, slots=True)
class Span:
    """A span of a sentence that begins at `start`. `kind` is an entity's, or "phrase" for words in lower case."""

    text: str
    start: int
    kind: str


def spans_of(text: str, kind: AnswerType, rules: Rules, counts: bool = False) -> Iterator[Span]:
    """The spans of a sentence that may be an answer of the kind: names alone, and joined by a comma; numbers alone, and with
    their unit, except where the question says what it `counts`; and, for a thing, phrases by the rules of the language.
    """
    found = entities(text)
    for at, entity in enumerate(found):
        start = signed_start(text, entity)
        yield Span(text[start : entity.end] if start < entity.start else entity.text, start, entity.kind)
        following = found[at + 1] if at + 1 < len(found) else None
        if entity.kind == "name" and following and following.kind == "name" and text[entity.end : following.start] == ", ":
            yield Span(text[entity.start : following.end], entity.start, "name")
        if entity.kind == "date" and kind in ("year", "date") and (year := re.search(r"\b\d{4}\b", entity.text)):
            yield Span(year[0], entity.start, "year")
        if entity.kind == "number" and kind in ("number", "thing") and not counts:
            unit = re.match(r"[ -]([a-z]+)", text[entity.end :])
            if unit and unit[1] not in ENGLISH_STOPWORDS:
                yield Span(text[start : entity.end + unit.end()], start, "number")
    if kind == "thing":
        yield from (Span(phrase, start, "phrase") for phrase, start in rules.phrases(text))


def signed_start(text: str, entity: Entity) -> int:
    """Where an entity begins, with the sign of a number: "-5" is not "5". After a word or digit it is a hyphen ("1914-18")."""
    start = entity.start
    if entity.kind == "number" and start and text[start - 1] in _SIGNS and not (start > 1 and _JOINED.match(text[start - 2])):
        return start - 1
    return start


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
