"""What English words of a question tell of the words around its answer."""

from __future__ import annotations

import re
from functools import cache

from seekgraph.nodes.rules.base import AnswerType, Hints
from seekgraph.text.entities import flat
from seekgraph.text.weights import terms

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
_CHILD_OF = re.compile(r"\b(?:son|daughter|child|children|sons|born) (?:of|to)\b", re.IGNORECASE)
_ROLES = frozenset(
    "by with actor actress director singer author writer son daughter wife husband brother sister father mother and".split()
)
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
_DURATION = re.compile(r"\b(?:timeouts?|interval|delay|lifetime|ttl|duration|how long does)\b")
_OF_TIME = re.compile(
    r"\b(?:(?:milli|micro|nano)?seconds?|minutes?|hours?|days?|weeks?|months?|years?|ms|s|min|h)\b", re.IGNORECASE
)
_BIRTH_OR_DEATH = re.compile(r"\b(?:(born|birth\w*|old\w*|young\w*)|(died?|death))\b")
_PARENT = re.compile(r"\b(?:(father)|(mother))\b")


class EnglishHints(Hints):
    """The hints of one question."""

    roles = _ROLES
    places = frozenset(("in", "at", "from", "near", "of"))

    def __init__(self, question: str) -> None:
        words, stems = flat(question), frozenset(terms(question))
        self.cues = frozenset(stem for group in _cue_groups() if group & stems for stem in group)
        self.wants_demonym = re.search(r"\b(?:nationality|citizen|citizenship|country)\b", words) is not None
        life, parent = _BIRTH_OR_DEATH.search(words), _PARENT.search(words)
        self.life = 0 if life is None else 1 if life[1] else -1
        self.parent = 0 if parent is None else 1 if parent[1] else -1
        self.duration = _DURATION.search(words) is not None

    def after_child_of(self, text: str) -> int:
        found = _CHILD_OF.search(text)
        return found.end() if found else -1

    def misfits(self, text: str, kind: AnswerType) -> bool:
        if kind == "number":
            return self.duration and _OF_TIME.search(text) is None
        other = {"place": _PERSONS, "person": _PLACES}.get(kind)
        return other is not None and (other.search(text) is not None or _BODIES.search(text) is not None)

    def is_demonym(self, text: str) -> bool:
        return _DEMONYM.fullmatch(text) is not None


@cache
def _cue_groups() -> tuple[frozenset[str], ...]:
    return tuple(frozenset(terms(group)) for group in _CUES.split("|"))
