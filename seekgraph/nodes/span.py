"""Spans of what was read that may be the answer, and a reply that is held to them.

A model that may only write one of these spans cannot write what the passages do not say; a small one gains most by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from seekgraph.nodes.candidate_spans import signed_start
from seekgraph.nodes.rules.base import Asked, Rules
from seekgraph.nodes.rules.language import rules_for
from seekgraph.prompts.guard import clean, shown_id
from seekgraph.prompts.outputs import AnswerOut
from seekgraph.text.entities import Entity, entities, folded
from seekgraph.text.sentences import sentences
from seekgraph.text.stopwords import ENGLISH_STOPWORDS
from seekgraph.text.weights import coverage, idf, terms
from seekgraph.types import Evidence, Passage

_LONGEST = 12  # words of a span
_MOST_CITED = 4  # a small model that is let go on names the same passage until it is cut off
_FITS: dict[str, dict[str, float]] = {
    "person": {"name": 1.0},
    "place": {"name": 1.0},
    "date": {"date": 1.0, "year": 0.7},
    "year": {"year": 1.0, "date": 0.5},
    "number": {"number": 1.0, "year": 0.3},
    "name": {"name": 1.0, "quoted": 0.9},
}
_ANY = {"name": 0.8, "quoted": 0.7, "phrase": 0.5, "date": 0.4, "year": 0.4, "number": 0.4}


def span_candidates(
    question: str, evidence: Sequence[Evidence] = (), context: Sequence[Passage] = (), most: int = 200
) -> tuple[str, ...]:
    """At most `most` spans that may answer `question`, verbatim, the likeliest first, each once.

    From the quotes of the evidence, and from the sentences and titles of the context: names, dates, numbers and quoted words, and
    words in lower case where the question asks for no name. What the question chooses between, or "yes" and "no" where it asks
    for them, is all there is then; names that the question has come last.
    """
    rules = rules_for(question)
    asking = rules.asked(question)
    if asking.type == "yes_no":
        return ("yes", "no")[:most]
    quotes = [clean(each.quote or each.claim) for each in evidence if each.stance != "refutes"]
    parts = [sentence.text for passage in context for sentence in sentences(clean(passage.text))]
    titles = [clean(passage.title) for passage in context]
    options = [option for option in asking.options if option.strip()]
    if len(options) > 1:
        return tuple(dict.fromkeys(options))[:most]
    wanted, weights = frozenset(terms(question)), idf([*quotes, *parts])
    known = {folded(entity.text) for entity in entities(question)}
    worth: dict[str, tuple[float, int, str]] = {}
    for source, bonus in ((quotes, 0.5), (parts, 0.0), (titles, 0.2)):
        for text in source:
            near = coverage(wanted, frozenset(terms(text)), weights) + bonus
            for span, kind in _spans(text, asking, rules, whole=source is titles):
                key = folded(span)
                fit = _FITS.get(asking.type, _ANY).get(kind, 0.0)
                score = near + 2 * fit - 2 * (key in known and not asking.options)
                if key and (key not in worth or score > -worth[key][0]):
                    worth[key] = (-score, len(worth), span)
    found = [span for _, _, span in sorted(worth.values())]
    return tuple({folded(span) or span: span for span in reversed(found)}.values())[::-1][:most]


def held_to_spans(candidates: Sequence[str], ids: Iterable[str] = (), output: type[AnswerOut] = AnswerOut) -> type[AnswerOut]:
    """`output` with a `text` that is one of `candidates`, and with at most four `citations` out of `ids` where those are given.

    A subclass of `output`, so what takes the one takes the other. Raises `ValueError` where there are no candidates.
    """
    if not candidates:
        raise ValueError("there are no spans to hold an answer to: nothing that was read may be an answer")
    fields: dict[str, Any] = {"text": (Literal[tuple(dict.fromkeys(candidates))], ...)}
    if shown := tuple(dict.fromkeys(map(shown_id, ids))):
        fields["citations"] = (tuple[Literal[shown], ...], Field(default=(), max_length=_MOST_CITED))  # type: ignore[valid-type]
    return create_model(f"Held{output.__name__}", __base__=output, **fields)


def span_schema(candidates: Sequence[str], ids: Iterable[str] = (), output: type[AnswerOut] = AnswerOut) -> dict[str, Any]:
    """The JSON schema of `held_to_spans`: `text` is an `enum` of the candidates. Raises `ValueError` where there are none."""
    model: type[BaseModel] = held_to_spans(candidates, ids, output)
    return model.model_json_schema()


def _spans(text: str, asking: Asked, rules: Rules, *, whole: bool) -> Iterator[tuple[str, str]]:
    """The spans of a sentence with their kinds; of a title also all of it, without its bracket."""
    if whole and (title := re.sub(r"(?<!\s)\s*\([^()]*\)\s*$", "", text).strip()):
        yield title, "name"
    found = entities(text)
    for at, entity in enumerate(found):
        if len(entity.text.split()) <= _LONGEST:
            yield from _variants(text, entity, found[at + 1] if at + 1 < len(found) else None)
    if asking.type == "thing":
        yield from ((phrase, "phrase") for phrase, _ in rules.phrases(text))


def _variants(text: str, entity: Entity, following: Entity | None) -> Iterator[tuple[str, str]]:
    """An entity; with the name after its comma ("Teaneck, New Jersey"), as its year alone, or with its unit."""
    start = signed_start(text, entity)
    yield " ".join(text[start : entity.end].split()) if start < entity.start else " ".join(entity.text.split()), entity.kind
    if entity.kind == "name" and following and following.kind == "name" and text[entity.end : following.start] == ", ":
        yield text[entity.start : following.end], "name"
    if entity.kind == "date" and (year := re.search(r"\b\d{4}\b", entity.text)):
        yield year[0], "year"
    if entity.kind == "number" and (unit := re.match(r"[ -]([a-z]+)", text[entity.end :])) and unit[1] not in ENGLISH_STOPWORDS:
        yield text[start : entity.end + unit.end()], "number"
