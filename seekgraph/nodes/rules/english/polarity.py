"""Whether a sentence says yes or no to a question: by exceptions, negation, and words of ability and need. No model.

Conservative: a sentence decides only where it speaks of nearly all that the main clause of the question names and of the same
ability, need or fact; what is hedged, and what sentences do not agree on, is not decided.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from seekgraph.nodes.rules.base import Decided, Says, Statement
from seekgraph.nodes.rules.english.questions import AUXILIARIES
from seekgraph.text.weights import coverage, terms

NEAR, SHARED, ALL = 0.7, 0.55, 0.9
"""Nearness in meaning from which a sentence decides if it has `SHARED` of the main clause's idf mass; without it has to have
`ALL`. Chosen on the training questions over two documentations and on sentences written for the tests."""

_AUX = "|".join([*AUXILIARIES, "am"])
_ASKS = re.compile(rf"(?:^|[.!?,;:\u2014]\s+)(?:so |and |but |then )?(?P<clause>(?P<aux>{_AUX})\b[^.?!]*)\?", re.IGNORECASE)
_OPEN = re.compile(r"\b(?:what|which|who|whom|whose|where|why|how)\b", re.IGNORECASE)
_ASIDE = re.compile(
    r"(?:,|(?<!\s))\s*\b(?:if|when|whenever|while|unless|until|after|before|since|once|because|although|though|as soon as)\b"
    r"[^,]*(?:,|$)",
    re.IGNORECASE,
)
_CANNOT = re.compile(r"\b(?:cannot|can['\u2019]t)\b", re.IGNORECASE)
_NOT = re.compile(r"\b(?:not|never|none|neither|nor|nothing|nobody|no)\b|n['\u2019]t\b", re.IGNORECASE)
_HEDGED = re.compile(
    r"\b(?:unless|except|only|but|however|although|though|instead|might|maybe|perhaps|sometimes|usually|often|some|rather|without"
    r"|by not|not only|future|eventually|someday|planned|plans?|possible that|likely|considering|proposed)\b",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[^\s,;:?!()\"'`]+")
_QUALIFIED = re.compile(r"\b(?:by default|automatic\w*|always|all|every|both|each|first|last|once|twice)\b", re.IGNORECASE)
_NO = re.compile(r"(?<!^)\bno\b(?! (?:longer|way|support|need|effect))", re.IGNORECASE)
_EXCEPTED = re.compile(r"(?:,|\bbut|\band) not (?P<what>[^,.;]+)|\bexcept(?: for)? (?P<other>[^,.;]+)", re.IGNORECASE)
_IF = re.compile(r"\b(?:if|when|whenever|where)\b", re.IGNORECASE)
_LINK = re.compile(r"\]\([^()\s]*\)")
_ABLE = re.compile(r"\b(?:can|could|may|able|allow\w*|permit\w*|support\w*|possible|accepts?|available|works?)\b", re.IGNORECASE)
_UNABLE = re.compile(
    r"\b(?:unable|impossible|forbid\w*|forbidden|prohibit\w*|disallow\w*|unsupported|reject\w*)\b", re.IGNORECASE
)
_FILLERS = frozenset(terms("still really also even ever already myself itself own simply possible allowed able need"))
_NEED = re.compile(r"\b(?:must|needs?|needed|has to|have to|requir\w+|necessary|mandatory|obligatory)\b", re.IGNORECASE)
_NO_NEED = re.compile(r"\b(?:optional\w*|automatic\w*|out of the box|needless|unnecessary)\b", re.IGNORECASE)
_OPPOSITES = (
    ("enabled", "disabled"), ("enable", "disable"), ("on by default", "off by default"), ("sensitive", "insensitive"),
    ("included", "excluded"), ("included", "omitted"), ("automatically", "manually"), ("mutable", "immutable"),
    ("synchronous", "asynchronous"), ("before", "after"), ("kept", "removed"), ("kept", "deleted"), ("inherited", "overridden"),
    ("keep", "forfeit"), ("keep", "lose"),
)  # fmt: skip


def decide(question: str, statements: Sequence[Statement], weights: Mapping[str, float]) -> Decided | None:
    """What the statements say to a question for yes or no, and which of them says it; None where that is not clear.

    `weights` are the idf of terms. An exception that names what is asked for decides before all others.
    """
    asks = _main_clause(question)
    if asks is None:
        return None
    aux, clause = asks
    wanted = frozenset(terms(clause)) - _FILLERS
    if not wanted:
        return None
    everything = frozenset(terms(question))
    for at, statement in enumerate(statements):
        if _excepts(_LINK.sub("]", statement.text), statement.title, everything):
            return Decided("no", at)
    saying = [(at, _says(aux, clause, wanted, each, weights)) for at, each in enumerate(statements)]
    found = [Decided(says, at) for at, says in saying if says is not None]
    if not found or len({each.text for each in found}) > 1:
        return None
    return found[0]


def _main_clause(question: str) -> tuple[str, str] | None:
    """The auxiliary and the main clause of a question for yes or no; None for other questions, negated ones and choices."""
    asks = list(_ASKS.finditer(question if question.rstrip().endswith("?") else question.rstrip() + "?"))
    if not asks:
        return None
    last = asks[-1]
    clause = _ASIDE.sub(" ", last["clause"])
    before = question[: last.start("clause")].rpartition(". ")[2]
    if (
        _NOT.search(_CANNOT.sub("can not", clause))
        or re.search(r"\bor\b", clause)
        or _OPEN.search(before)
        or _HEDGED.search(clause)
    ):
        return None
    return last["aux"].lower(), clause


def _excepts(text: str, title: str, wanted: frozenset[str]) -> bool:
    """Whether it takes out what the question names, and speaks of it in all else: "any number, but not -1"."""
    for match in _EXCEPTED.finditer(text):
        speaks_of = frozenset(terms(f"{title} {text[: match.start()]}"))
        out = frozenset(terms(match["what"] or match["other"])) - speaks_of
        if out & wanted and 2 * len(out & wanted) >= len(out) and speaks_of & wanted:
            return True
    return False


def _says(aux: str, clause: str, wanted: frozenset[str], said: Statement, weights: Mapping[str, float]) -> Says | None:
    """ "yes", "no", or None where it does not say."""
    main = _ASIDE.sub(" ", _CANNOT.sub("can not", said.text))
    opposed = [pair for pair in _OPPOSITES if _opposed(clause, main, *pair)]
    wanted -= {term for pair in opposed for term in terms(" ".join(pair))}
    needs = aux in ("must", "should") or _NEED.search(clause) is not None
    near = said.near >= NEAR and not needs  # "When you use it, you have to know it" does not say that you have to use it
    shared = coverage(wanted, {*terms(said.text if near else main), *terms(said.title)}, weights)
    if shared < (SHARED if near else ALL) or not wanted & set(terms(main)) or not _names_all(clause, f"{said.title} {said.text}"):
        return None
    negated = len(_NOT.findall(main))
    if negated > 1 or _HEDGED.search(main) or _NO.search(main) or not _qualifiers(clause) <= _qualifiers(main):
        return None
    if needs and _IF.search(said.text):
        return None
    if needs:
        return _stated(_NEED, _NO_NEED, main, negated)
    if aux in ("can", "could", "may", "might") or _ABLE.search(clause):
        return _stated(_ABLE, _UNABLE, main, negated)
    return "no" if bool(negated) != bool(opposed) else "yes"


def _names_all(clause: str, text: str) -> bool:
    """Whether a text has all numbers of the clause, and names with numbers ("HTTP/3"): what is said of others says nothing."""
    return _numbered(clause) <= _numbered(text)


def _numbered(text: str) -> set[str]:
    tokens = (each.casefold().strip(".-+*[]") for each in _TOKEN.findall(text))
    return {each for each in tokens if any(map(str.isdigit, each))}


def _qualifiers(text: str) -> set[str]:
    """The words of how often and how far in it, "automatic" for all of its forms."""
    return {match[0].lower()[:9] for match in _QUALIFIED.finditer(text)}


def _stated(positive: re.Pattern[str], negative: re.Pattern[str], text: str, negated: int) -> Says | None:
    """What a sentence says of an ability or a need that it has to name."""
    if negative.search(text):
        return None if negated else "no"
    return None if not positive.search(text) else "no" if negated else "yes"


def _opposed(clause: str, text: str, one: str, other: str) -> bool:
    """Whether one of them has the one word and the other the opposite."""
    has = [[re.search(rf"\b{word}\b", each, re.IGNORECASE) is not None for word in (one, other)] for each in (clause, text)]
    return has in ([[True, False], [False, True]], [[False, True], [True, False]])
