"""What a question asks for: yes or no, one of two names, or a thing of some type. English patterns, no model."""

from __future__ import annotations

import re
from functools import lru_cache

from seekgraph.nodes.rules.base import AnswerType, Asked
from seekgraph.text.entities import Entity, entities

AUXILIARIES = "is are was were do does did has have had can could will would should may might must".split()
_AUX = "|".join(AUXILIARIES)

_NOUNS: dict[AnswerType, frozenset[str]] = {
    "person": frozenset(
        """person man woman actor actress author writer novelist poet director producer filmmaker screenwriter singer musician
        composer artist painter player footballer athlete driver boxer politician president minister king queen emperor
        prince princess duke senator governor mayor general leader founder inventor scientist architect philosopher performer
        songwriter rapper comedian host character father mother son daughter brother sister wife husband spouse child parent
        uncle aunt grandfather grandmother stepmother stepfather cousin father-in-law mother-in-law owner coach manager
        editor publisher killer winner lyricist rapper drummer guitarist vocalist bassist engineer explorer""".split()
    ),
    "place": frozenset(
        """place city town country state county village region province district continent island river lake mountain capital
        location birthplace area neighborhood street building borough municipality nationality citizenship territory
        headquarters hometown waterfall sea ocean airport community township suburb""".split()
    ),
    "date": frozenset(["date", "birthday", "day", "time", "month"]),
    "year": frozenset(["year", "decade", "century"]),
    "number": frozenset(
        """number population percentage percent amount age height length distance size area_of cost price budget rate
        elevation depth weight speed duration capacity total count snowfall salary timeout interval delay lifetime ttl
        port""".split()
    ),
    "name": frozenset(
        """film movie song album book novel show series band group company corporation organization organisation team club school
        university college magazine newspaper award prize party league label studio network station game language religion
        play musical opera ship brand agency institution church museum hotel name title single episode channel tribe event
        war battle award medal airline publisher university genre""".split()
    ),
}
_TYPE_OF: dict[str, AnswerType] = {noun: kind for kind, nouns in _NOUNS.items() for noun in nouns}

_SORT_OF = frozenset("name names title type kind sort".split())
_NO_SORT = frozenset("first last one ones other most only".split())
_BOOLEAN = re.compile(rf"^\W*(?:{_AUX})(?:n't)?\b", re.IGNORECASE)
_WH = re.compile(
    r"\b(?P<how>how\s+(?:many|much|long|old|tall|far|high|big|large|deep|often)\b)"
    r"|\b(?P<where>where|whence)\b|\b(?P<when>when)\b|\b(?P<who>who|whom|whose)\b|\b(?P<what>what|which)\b",
    re.IGNORECASE,
)
_HEAD = re.compile(rf"\s*(?:'s|{_AUX})\s+(?=\S)(?:the|a|an|[\w.\u2019' -]+?['\u2019]s?)\s+(?P<noun>[^,?]*)", re.IGNORECASE)
_STOPS = re.compile(rf"\b(?:of|in|on|at|for|from|to|by|with|that|which|who|whose|where|when|and|or|{_AUX})\b|[,?]", re.IGNORECASE)
_CHOOSES = re.compile(
    r"\b(?:who|which|what|whose|whom|first|last|earlier|later|older|younger|oldest|youngest|longer|larger|bigger)\b",
    re.IGNORECASE,
)
LONGEST = 1000
"""A question of more characters is text to be left alone: taking one apart may take time with the square of its length."""
_AFTER_BRACKET = re.compile(r"\s*\([^()]*\)")


@lru_cache(maxsize=4096)
def asked(question: str) -> Asked:
    """What `question` asks for. Any text is taken; one that is no question asks for a "thing"."""
    options = compared(question)
    choice = _choice_is_asked(question)
    chooses = bool(options) and " or " in question
    if _BOOLEAN.match(question) and not choice:
        return Asked("yes_no", "", options, chooses)
    found = _interrogative(question)
    if found is None:
        kind: AnswerType = "yes_no" if options and not choice and _BOOLEAN.search(question) else "thing"
        return Asked(kind, "", options, chooses)
    kind, focus = _typed(question, found)
    return Asked(kind, focus, options, chooses)


def compared(question: str) -> tuple[str, ...]:
    """The two names that a question compares, as they stand there, or `()`: "A or B" and "both A and B"."""
    text = question.strip().rstrip("?!. ").strip()
    if len(text) > LONGEST:
        return ()
    if match := re.match(r"(?:Between|Of|Out of) (.+?) (?:and|or) (.+?), (?:who|which|what|whose)\b", text, re.IGNORECASE):
        return _clean(match[1]), _clean(match[2])
    if match := re.search(r"\b(?:out of|between) (.+?) (?:and|or) (.+)$", text):
        return _clean(match[1]), _clean(match[2])
    if _choice_is_asked(question):
        if match := re.match(r"(.+?) or (.+?)[,:] ?(?:who|which|what|whose)\b", text):
            return _clean(match[1]), _clean(match[2])
        return _around(text, " or ")
    if _BOOLEAN.match(text) or re.search(r"\b[Bb]oth\b|\bthe same\b", text):
        return _around(text, " and ")
    return ()


def _choice_is_asked(question: str) -> bool:
    return " or " in question and _CHOOSES.search(question) is not None


def _around(text: str, word: str) -> tuple[str, ...]:
    """The names on both sides of `word`: all between a comma and the end for "or", else the entities next to it."""
    names = entities(text)
    for match in re.finditer(re.escape(word), text):
        left, right = _ending_at(text, names, match.start()), _starting_at(text, names, match.end())
        comma = text.find(", ")
        if word == " or " and 0 < comma < match.start():
            return _clean(text[comma + 2 : match.start()]), _clean(text[match.end() :])
        if left and right:
            return _clean(left), _clean(
                right if word == " and " or re.match(r" [a-z]", text[match.end() + len(right) :]) else text[match.end() :]
            )
    return ()


def _ending_at(text: str, names: tuple[Entity, ...], end: int) -> str:
    for name in names:
        bracket = _AFTER_BRACKET.match(text, name.end)
        if end in (name.end, bracket.end() if bracket else name.end) or text[name.end : end] in ('"', '" both', " both"):
            return text[name.start : end].removesuffix(" both")
    return ""


def _starting_at(text: str, names: tuple[Entity, ...], start: int) -> str:
    rest = text[start:]
    skipped = start + len(rest) - len(re.sub(r"^(?:the |a |an |\"|films? |movies? |songs? )+", "", rest))
    for name in names:
        if name.start in (start, skipped):
            bracket = _AFTER_BRACKET.match(text, name.end)
            return text[name.start : bracket.end() if bracket else name.end]
    return ""


def _clean(name: str) -> str:
    name = re.sub(r"^(?:the|either|both)\s+(?=\S)", "", name.strip().strip('"').strip(","))
    return name.strip().strip('"')


def _interrogative(question: str) -> re.Match[str] | None:
    """The word that asks: the one that begins the question, else the last that stands after a preposition, a verb or a comma."""
    matches = list(_WH.finditer(question))
    if not matches:
        return None
    first = matches[0]
    if first.start() <= 3 or re.fullmatch(
        r"\W*(?:(?:in|on|at|of|to|for|from|by|with|about|during) )", question[: first.start()], re.I
    ):
        return first
    asking = [match for match in matches if match["what"] or match["how"] or match.end() >= len(question.rstrip("?!. "))]
    return asking[-1] if asking else first


def _typed(question: str, match: re.Match[str]) -> tuple[AnswerType, str]:
    if match["how"]:
        rest = question[match.end() :]
        stop = _STOPS.search(rest)
        counted = re.findall(r"[\w-]+", rest[: stop.start()] if stop else rest)
        return "number", counted[-1].lower() if counted and match["how"].lower().endswith("many") else ""
    if match["where"]:
        return "place", ""
    if match["when"]:
        return "date", ""
    focus = _focus(question, match)
    if match["who"] and not (match["who"].lower() == "whose" and focus):
        return "person", ""
    return noun_type(focus), focus


def _focus(question: str, match: re.Match[str]) -> str:
    """The noun that says what is asked for: "county" in "What county is ...", "mother" in "What is the mother of ..."."""
    rest = question[match.end() :]
    head = _HEAD.match(rest)
    phrase = head["noun"] if head else rest
    stop = _STOPS.search(phrase)
    words = [word for word in re.findall(r"[\w-]+", phrase[: stop.start()] if stop else phrase)[:4] if word not in _NO_SORT]
    if (
        head
        and words
        and words[-1] in ("name", "names", "title", "type", "kind")
        and (after := re.match(r"\s*of (?:the )?([\w-]+)", phrase[stop.start() :] if stop else ""))
    ):
        return after[1].lower()
    known = [word.lower() for word in words if noun_type(word.lower()) != "thing"]
    return (known[-1] if head else known[0]) if known else (words[-1].lower() if words else "")


def noun_type(noun: str) -> AnswerType:
    """The sort of thing that a noun names: "person" for "author", "thing" where it is not known."""
    singular = noun[:-3] + "y" if noun.endswith("ies") else noun.removesuffix("s")
    return _TYPE_OF.get(noun) or _TYPE_OF.get(singular) or "thing"
