"""Candidate answers: spans of sentences, with features that say how well each one answers a question."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from seekflow.nodes.read import Scored
from seekflow.text.analysis import ENGLISH_STOPWORDS
from seekflow.text.entities import entities, flat, folded, names
from seekflow.text.questions import AnswerType, asked
from seekflow.text.weights import idf, terms
from seekflow.types import Passage

FEATURES = (
    "sentence",  # the score of its sentence, in [0, 1]
    "type",  # how well its kind fits what is asked for, in [0, 1]
    "in_question",  # share of its terms that the question has
    "nothing_new",  # the question has all of its terms
    "own_title",  # it is the title of its passage
    "other_title",  # it is the title of another passage
    "near",  # share of the question's idf mass around it, falling off with distance
    "cue",  # how near a word is that goes with what is asked ("married" for a spouse), in [0, 1]
    "just_after",  # a word of the question, or a cue, stands in the three words before it
    "focus_in",  # it has the noun that is asked for in it
    "focus_near",  # that noun stands within three words
    "place_in",  # a place is asked for, and "in", "at", "from" or "near" stands before it
    "person_by",  # a person is asked for, and "by", "with" or a role stands before it
    "about",  # the question names its passage
    "linked",  # another passage names its passage, the question does not
    "first",  # it is in the first sentence of its passage
    "start",  # how far into the sentence it begins, in [0, 1]
    "words",  # its number of words over 6, at most 1
    "passages",  # log2 of the number of passages that have it
    "quoted",
    "joined",  # two names with a comma between: "Teaneck, New Jersey"
    "phrase",  # words in lower case
    "slot",  # 1 in the place that is asked for in "(1900 – 1950)" or "son of X and Y", -1 in the other
    "cue_place",  # cue * place_in
    "subject",  # it opens its passage, and a person or a thing is asked for
    "subject_else",  # it opens its passage, and something else is asked for
    "misfit",  # a place is asked for and it looks like a person or a body, or a person and it looks like a place or a body
    "demonym",  # "French", where no nationality is asked for
    "nationality",  # the same, where one is
    "rank",  # 1 / (1 + rank of its passage)
)

_CUES = """born birth birthplace birthday native | died death die killed buried assassinated executed deceased
    | wife husband spouse married marry widow wed marriage | father son daughter parents child children mother born
    | brother sister sibling | director directed | composer composed music score
    | performer performed sung recorded singer song album artist single band | author wrote written writer novel book
    | producer produced | founder founded established formed created started | owner owned acquired
    | publisher published publishes | located situated lies
    | educated studied attended graduated school university college alma degree | work worked employer professor taught
    | award won received prize medal awarded | population inhabitants census people | star starring starred cast actor actress
    | label records signed | headquarters headquartered based | border borders bordered | cause cancer disease attack
    | nationality citizen citizenship | buried burial interred cemetery tomb | president elected
    | played plays position | character played voiced portrayed role"""
_TOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
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
_CHILD_OF = re.compile(r"\b(?:son|daughter|child|children|sons|born) (?:of|to)\b", re.IGNORECASE)
_PHRASE = re.compile(r"(?<![\w-])[a-z][a-z-]+(?: [a-z][a-z-]+){0,3}")
_ROLES = frozenset(
    "by with actor actress director singer author writer son daughter wife husband brother sister father mother and".split()
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible answer: its text, the number of its passage, and its features in the order of `FEATURES`."""

    text: str
    passage: int
    features: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Span:
    text: str
    start: int
    kind: str


def candidates(question: str, context: Sequence[Passage], pool: Iterable[tuple[float, Scored]]) -> list[Candidate]:
    """Every span of the sentences in `pool` (each with its score) that may answer `question`, as often as it occurs."""
    looks = _Looks(question, context)
    found = [(span, score, each) for score, each in pool for span in _spans(each.sentence.text, looks.kind)]
    holders = Counter(key for key, _ in {(folded(span.text), each.passage) for span, _, each in found})
    made = []
    tokens: dict[int, _Tokens] = {}
    for span, score, each in found:
        key = folded(span.text)
        if key:
            held = tokens.get(id(each)) or tokens.setdefault(id(each), _Tokens(each.sentence.text))
            made.append(Candidate(span.text, each.passage, looks.features(span, key, score, each, held, holders[key])))
    return made


class _Tokens:
    """The words of a sentence with their places and stems."""

    def __init__(self, text: str) -> None:
        matches = list(_TOKEN.finditer(text))
        self.starts = [match.start() for match in matches]
        self.words = [match[0].casefold() for match in matches]
        self.stems = ["".join(terms(match[0])) for match in matches]
        self.length = max(1, len(text))
        found = entities(text)
        bracket = re.search(r"\([^()]*", text)
        inside = [
            each.start
            for each in found
            if each.kind in ("date", "year") and bracket and bracket.start() < each.start <= bracket.end()
        ]
        self.life = (inside[0], inside[-1]) if len(inside) > 1 else (-1, -1)
        child = _CHILD_OF.search(text)
        after = [each for each in found if child and each.start > child.end() and each.kind == "name"]
        parents = [each.start for each in after if not text[: each.start].endswith(", ")]
        self.parents = (parents[0], parents[1]) if len(parents) > 1 else (parents[0], -1) if parents else (-1, -1)


class _Looks:
    """What a question looks for in a context, worked out once for all spans."""

    def __init__(self, question: str, context: Sequence[Passage]) -> None:
        asking = asked(question)
        self.kind, self.focus = asking.type, "".join(terms(asking.focus)) if asking.focus else ""
        self.flat = flat(question)
        self.stems = set(terms(question))
        weights = idf(passage.text for passage in context)
        rare = max(weights.values(), default=1.0)
        self.weights = {stem: weights.get(stem, rare) for stem in self.stems}
        self.total = sum(self.weights.values()) or 1.0
        self.cues = {stem for group in _cue_groups() if group & self.stems for stem in group}
        self.titles = [folded(passage.title) for passage in context]
        texts = [flat(passage.text) for passage in context]
        self.about = [names(self.flat, title) for title in self.titles]
        self.linked = [
            not self.about[at] and any(other != at and names(text, title) for other, text in enumerate(texts))
            for at, title in enumerate(self.titles)
        ]
        self.wants_demonym = re.search(r"\b(?:nationality|citizen|citizenship|country)\b", self.flat) is not None
        life = re.search(r"\b(?:(born|birth\w*|old\w*|young\w*)|(died?|death))\b", self.flat)
        parent = re.search(r"\b(?:(father)|(mother))\b", self.flat)
        self.life = 0 if life is None else 1 if life[1] else -1
        self.parent = 0 if parent is None else 1 if parent[1] else -1

    def slot(self, start: int, held: _Tokens) -> float:
        """1 for a span in the place that is asked for, -1 in the other: of birth and death, of father and mother."""
        if self.life and start in held.life:
            return self.life * (1.0 if start == held.life[0] else -1.0)
        if self.parent and start in held.parents:
            return self.parent * (1.0 if start == held.parents[0] else -1.0)
        return 0.0

    def features(self, span: _Span, key: str, score: float, each: Scored, held: _Tokens, holders: int) -> tuple[float, ...]:
        """The features of one occurrence of a span, in the order of `FEATURES`."""
        own = terms(span.text)
        first = next((at for at, start in enumerate(held.starts) if start >= span.start), len(held.starts))
        last = first + len(_TOKEN.findall(span.text)) - 1
        near, cue, focus = 0.0, 0.0, 0.0
        for at, stem in enumerate(held.stems):
            if first <= at <= last or not stem:
                continue
            gap = first - at if at < first else at - last
            if stem in self.weights:
                near += self.weights[stem] * math.exp(-gap / 6)
            if stem in self.cues:
                cue = max(cue, math.exp(-(gap if at < first else gap + 2) / 4))
            focus = max(focus, float(stem == self.focus and gap <= 3))
        before = held.stems[max(0, first - 3) : first]
        word = held.words[first - 1] if first else ""
        place_in = float(self.kind == "place" and span.kind == "name" and word in ("in", "at", "from", "near", "of"))
        shared = sum(term in self.stems for term in own) / len(own) if own else 1.0
        opens = each.sentence.start == 0 and span.start < 5
        demonym = span.kind == "name" and _DEMONYM.fullmatch(span.text) is not None
        return (
            score,
            _fit(span, self.kind),
            shared,
            float(shared == 1.0),
            float(key == self.titles[each.passage]),
            float(key in self.titles and key != self.titles[each.passage]),
            min(1.0, near / self.total),
            cue,
            float(any(stem in self.weights or stem in self.cues for stem in before)),
            float(bool(self.focus) and self.focus in own),
            focus,
            place_in,
            float(self.kind == "person" and span.kind == "name" and word in _ROLES),
            float(self.about[each.passage]),
            float(self.linked[each.passage]),
            float(each.sentence.start == 0),
            span.start / held.length,
            min(1.0, len(span.text.split()) / 6),
            math.log2(max(1, holders)),
            float(span.kind == "quoted"),
            float(span.kind == "name" and ", " in span.text),
            float(span.kind == "phrase"),
            self.slot(span.start, held),
            cue * place_in,
            float(opens and self.kind in ("person", "name", "thing")),
            float(opens and self.kind not in ("person", "name", "thing")),
            float(_misfits(span.text, self.kind)),
            float(demonym and not self.wants_demonym),
            float(demonym and self.wants_demonym),
            1.0 / (1 + each.passage),
        )


def _spans(text: str, kind: AnswerType) -> Iterator[_Span]:
    """The spans of a sentence that may be an answer of the kind; names alone, and joined by a comma."""
    found = entities(text)
    for at, entity in enumerate(found):
        yield _Span(entity.text, entity.start, entity.kind)
        following = found[at + 1] if at + 1 < len(found) else None
        if entity.kind == "name" and following and following.kind == "name" and text[entity.end : following.start] == ", ":
            yield _Span(text[entity.start : following.end], entity.start, "name")
        if entity.kind == "date" and kind in ("year", "date") and (year := re.search(r"\b\d{4}\b", entity.text)):
            yield _Span(year[0], entity.start, "year")
        if entity.kind == "number" and kind in ("number", "thing"):
            unit = re.match(r"[ -]([a-z]+)", text[entity.end :])
            if unit and unit[1] not in ENGLISH_STOPWORDS:
                yield _Span(text[entity.start : entity.end + unit.end()], entity.start, "number")
    if kind == "thing":
        for match in _PHRASE.finditer(text):
            yield from _phrases(match)


def _phrases(match: re.Match[str]) -> Iterator[_Span]:
    """Runs of up to three words in lower case that are no stop words."""
    words = list(re.finditer(r"[a-z-]+", match[0]))
    for at in range(len(words)):
        for size in (1, 2, 3):
            run = words[at : at + size]
            if len(run) == size and not any(word[0] in ENGLISH_STOPWORDS for word in run):
                yield _Span(match[0][run[0].start() : run[-1].end()], match.start() + run[0].start(), "phrase")


def _fit(span: _Span, kind: AnswerType) -> float:
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


def _misfits(text: str, kind: AnswerType) -> bool:
    """Whether a name looks like something else than the person or the place that is asked for."""
    other = {"place": _PERSONS, "person": _PLACES}.get(kind)
    return other is not None and (other.search(text) is not None or _BODIES.search(text) is not None)


@cache
def _cue_groups() -> tuple[frozenset[str], ...]:
    return tuple(frozenset(terms(group)) for group in _CUES.split("|"))
