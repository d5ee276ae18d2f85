"""Candidate answers: spans of sentences, with features that say how well each one answers a question."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from seekgraph.nodes.candidate_spans import Span, fit_of, spans_of
from seekgraph.nodes.material import Line, Material
from seekgraph.nodes.rules.base import Hints
from seekgraph.nodes.rules.language import rules_for
from seekgraph.text.entities import entities, flat, folded
from seekgraph.text.weights import terms

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
    "linked",  # a passage that the question names, or if there is none any passage, names its passage; the question does not
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

_TOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_REACH = 30  # words further away weigh nothing


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible answer: its text, the number of its passage, and its features in the order of `FEATURES`."""

    text: str
    passage: int
    features: tuple[float, ...]


def candidates(question: str, material: Material, pool: Iterable[tuple[float, Line]]) -> list[Candidate]:
    """Every span of the sentences in `pool` (each with its score) that may answer `question`, as often as it occurs."""
    looks = _Looks(question, material)
    found = [
        (span, folded(span.text), score, line)
        for score, line in pool
        for span in spans_of(line.sentence.text, looks.kind, looks.rules, looks.counts)
    ]
    holders = Counter(key for key, _ in {(key, line.passage) for _, key, _, line in found})
    made: list[Candidate] = []
    words: dict[str, _Words] = {}
    for span, key, score, line in found:
        if key:
            text = line.sentence.text
            held = words[text] if text in words else words.setdefault(text, _Words(text, looks.wanted, looks.hints))
            features = looks.features(span, key, score, line, held, holders[key])
            made.append(Candidate(span.text, line.passage, features))
    return made


class _Words:
    """The words of a sentence with their places and stems; `hits` are the stems that are looked for."""

    def __init__(self, text: str, wanted: Collection[str], hints: Hints) -> None:
        matches = list(_TOKEN.finditer(text))
        self.starts = [match.start() for match in matches]
        self.words = [match[0].casefold() for match in matches]
        self.stems = ["".join(terms(match[0])) for match in matches]
        self.hits = [(at, stem) for at, stem in enumerate(self.stems) if stem in wanted]
        self.length = max(1, len(text))
        found = entities(text)
        bracket = re.search(r"\([^()]*", text)
        inside = [
            each.start
            for each in found
            if each.kind in ("date", "year") and bracket and bracket.start() < each.start <= bracket.end()
        ]
        self.life = (inside[0], inside[-1]) if len(inside) > 1 else (-1, -1)
        child = hints.after_child_of(text)
        after = [each for each in found if 0 <= child < each.start and each.kind == "name"]
        parents = [each.start for each in after if text[each.start - 2 : each.start] != ", "]
        self.parents = (parents[0], parents[1]) if len(parents) > 1 else (parents[0], -1) if parents else (-1, -1)


class _Looks:
    """What a question looks for in a context, worked out once for all spans."""

    def __init__(self, question: str, material: Material) -> None:
        self.rules = rules_for(question)
        self.hints = hints = self.rules.hints(question)
        asking = self.rules.asked(question)
        self.kind, self.focus = asking.type, "".join(terms(asking.focus)) if asking.focus else ""
        self.counts = asking.type == "number" and asking.focus != ""
        self.flat = flat(question)
        self.stems = frozenset(terms(question))
        rare = max(material.weights.values(), default=1.0)
        self.weights = {stem: material.weights.get(stem, rare) for stem in self.stems}
        self.total = sum(self.weights.values()) or 1.0
        self.cues = hints.cues
        self.wanted = {*self.stems, *self.cues, self.focus} - {""}
        self.titles, self.about = material.titles, material.about(self.flat)
        ahead = {to for at, about in enumerate(self.about) if about for to in material.naming[at]}
        self.linked = [
            not about and (at in ahead if any(self.about) else material.linked[at]) for at, about in enumerate(self.about)
        ]

    def slot(self, start: int, held: _Words) -> float:
        """1 for a span in the place that is asked for, -1 in the other: of birth and death, of father and mother."""
        if self.hints.life and start in held.life:
            return self.hints.life * (1.0 if start == held.life[0] else -1.0)
        if self.hints.parent and start in held.parents:
            return self.hints.parent * (1.0 if start == held.parents[0] else -1.0)
        return 0.0

    def _around(self, first: int, last: int, hits: Sequence[tuple[int, str]]) -> tuple[float, float, float]:
        """How much of the question, how near a cue, and whether the noun asked for stand around the words `first` to `last`."""
        near, cue, focus = 0.0, 0.0, 0.0
        start = bisect_left(hits, (first - _REACH, ""))
        for at, stem in hits[start : bisect_left(hits, (last + _REACH, ""), start)]:
            if first <= at <= last:
                continue
            gap = first - at if at < first else at - last
            if stem in self.weights:
                near += self.weights[stem] * math.exp(-gap / 6)
            if stem in self.cues:
                cue = max(cue, math.exp(-(gap if at < first else gap + 2) / 4))
            if stem == self.focus and gap <= 3:
                focus = 1.0
        return near, cue, focus

    def features(self, span: Span, key: str, score: float, line: Line, held: _Words, holders: int) -> tuple[float, ...]:
        """The features of one occurrence of a span, in the order of `FEATURES`."""
        own = terms(span.text)
        first = bisect_left(held.starts, span.start)
        last = first + len(_TOKEN.findall(span.text)) - 1
        near, cue, focus = self._around(first, last, held.hits)
        before = held.stems[max(0, first - 3) : first]
        word = held.words[first - 1] if first else ""
        place_in = float(self.kind == "place" and span.kind == "name" and word in self.hints.places)
        shared = sum(term in self.stems for term in own) / len(own) if own else 1.0
        opens = line.sentence.start == 0 and span.start < 5
        demonym = span.kind == "name" and self.hints.is_demonym(span.text)
        return (
            score,
            fit_of(span, self.kind),
            shared,
            float(shared == 1.0),
            float(key == self.titles[line.passage]),
            float(key in self.titles and key != self.titles[line.passage]),
            min(1.0, near / self.total),
            cue,
            float(any(stem in self.weights or stem in self.cues for stem in before)),
            float(bool(self.focus) and self.focus in own),
            focus,
            place_in,
            float(self.kind == "person" and span.kind == "name" and word in self.hints.roles),
            float(self.about[line.passage]),
            float(self.linked[line.passage]),
            float(line.sentence.start == 0),
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
            float(self.hints.misfits(span.text, self.kind)),
            float(demonym and not self.hints.wants_demonym),
            float(demonym and self.hints.wants_demonym),
            1.0 / (1 + line.passage),
        )
