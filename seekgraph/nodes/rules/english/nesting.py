"""Unnesting a question: "the mother of the director of X" is two questions; `#1` in the second stands for the first's answer.

English patterns. The names of the question are masked first, so that no pattern looks into a title. Then the innermost phrase
that describes something by a name ("the director of X", "X's father", "the city where X was born") becomes a question of its
own, its place in the text is taken by a reference, and so on, until nothing but the asked relation is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from seekgraph.nodes.rules.english.questions import AUXILIARIES, LONGEST, asked
from seekgraph.text.entities import entities
from seekgraph.text.stopwords import ENGLISH_STOPWORDS

Phrase = tuple[str, str]
"""A phrase as it stands in the text, and the question that it answers to."""

KIN = {
    "paternal grandfather": ("father", "father"),
    "paternal grandmother": ("father", "mother"),
    "maternal grandfather": ("mother", "father"),
    "maternal grandmother": ("mother", "mother"),
    "father-in-law": ("spouse", "father"),
    "mother-in-law": ("spouse", "mother"),
    "sibling-in-law": ("spouse", "sibling"),
    "brother-in-law": ("spouse", "brother"),
    "sister-in-law": ("spouse", "sister"),
    "son-in-law": ("daughter", "husband"),
    "daughter-in-law": ("son", "wife"),
    "child-in-law": ("child", "spouse"),
    "stepmother": ("father", "wife"),
    "stepfather": ("mother", "husband"),
    "uncle": ("parent", "brother"),
    "aunt": ("parent", "sister"),
    "nephew": ("sibling", "son"),
    "niece": ("sibling", "daughter"),
}

_EMPTY = ENGLISH_STOPWORDS | frozenset(AUXILIARIES) | {"whom", "whose", "name", "s", "film", "movie", "song", "person"}
_STOP = "|".join(sorted(ENGLISH_STOPWORDS | frozenset(AUXILIARIES) | {"whose", "along"}))
_WORD = rf"(?!(?:{_STOP})\b)[a-z-]+\b"
_ATOM = r"(?:⟦\d+⟧|#\d+)"
_NAMED = (
    r"(?:\b(?:the|an?) )?(?:\b(?:films?|movies?|songs?|album|single|book|novel|band|group|show|series|play|opera|magazine"
    r"|newspaper|university|school|company|country|city|town|village|state|singer|actor|actress|author|director|politician"
    rf"|footballer) )?{_ATOM}"
)
_SET = (
    r"(?:(?:place|date|city|country|state|cause|year|day) of (?:birth|death|burial|origin|citizenship)"
    r"|birth ?(?:place|date|day|country|city)|alma mater|record label|home ?town|home (?:country|state|city|team))"
)
_RELATION = (
    r"(?:father|mother|parent|son|daughter|child|brother|sister|sibling|wife|husband|spouse|author|writer|director|producer"
    r"|composer|performer|singer|artist|founder|creator|publisher|developer|owner|designer|screenwriter|star|actor|actress"
    r"|predecessor|successor|capital|country|county|state|city|continent|birthplace|hometown|nationality|employer|label|company"
    r"|team|band|school|university|discoverer|inventor|leader|head|mayor|governor|president|king|queen|ruler|headquarters"
    r"|manufacturer|distributor|network|airline)"
)
_NOT_A_RELATION = frozenset(
    """name part kind type sort title city town village state county province kingdom republic island country number list set
    battle university college bank isle first second third last best largest biggest most oldest only own""".split()
)
_DEMONYM = re.compile(r"[A-Z][a-z]+(?:ish|ese|ian|can|ean|lsh|tch|nch|rman|aeli|stani)")
_TRAILING = frozenset(
    """is was were are be been has had did does in from at on of to by with born located found situated held formed a an the
    citizen part died lived lives living die live works worked work take took takes place premiered set published released based
    buried educated competed competes plays played comes came come made headquartered written shot filmed currently ended
    originally started grew up member belongs belonged founded built considered fought occur occurs occurred happened""".split()
)
_FINITE = frozenset("is was were are did does has had".split())
_WHERE = r"(?:where|whose|in which|at which|on which|from which|for which|to which|of which|in whom|by whom|by which|whom)"


def unnest(question: str, most: int) -> list[str]:
    """The questions, inner ones first, the last one being what is left of `question`; at most `most` of them (1 or more).

    `#n` in a question stands for the answer of the n-th. A question that matches no pattern comes back alone.
    """
    if len(question) > LONGEST:
        return [question]
    names, text = _mask(_with_kin(question))
    asks: list[str] = []
    while len(asks) < most - 1:
        found = next((phrase for rule in _RULES for phrase in rule(text) if _may_go(text, phrase[0])), None)
        if found is None:
            break
        phrase, ask = found
        asks.append(ask)
        text = text.replace(phrase, f"#{len(asks)}", 1)
    return [_unmask(each, names) for each in (*asks, text)] if asks else [question]


def _with_kin(question: str) -> str:
    """Kin that is two steps away, in steps: "the uncle of X" becomes "the brother of the parent of X"."""
    for word, (inner, outer) in KIN.items():
        question = re.sub(rf"\b{word} of\b", f"{outer} of the {inner} of", question)
        question = re.sub(rf"(['\u2019])s {word}\b", rf"\1s {inner}\1s {outer}", question)
    return question


def _mask(question: str) -> tuple[list[str], str]:
    """The names of a question, and the question with "⟦n⟧" in the place of the n-th."""
    spans: list[tuple[int, int]] = []
    for entity in entities(question):
        start, end = entity.start, entity.end
        if entity.kind not in ("name", "quoted") or (spans and start < spans[-1][1]):
            continue
        if _DEMONYM.fullmatch(entity.text) and re.match(r" [a-z]", question[end:]):
            continue
        if entity.kind == "quoted":
            start, end = start - 1, end + (question[end : end + 1] in '"\u201d')
        if re.search(r"\b[A-Z]\.[A-Z]$", question[:end]) and question[end : end + 1] == ".":
            end += 1  # "the U.S.A."
        if bracket := re.match(r" ?\([^()]*\)", question[end:]):
            end += bracket.end()
        if number := re.search(r"\b\d+ $", question[:start]):
            start = number.start()
        while spans and question[end : end + 1] in ("'", "\u2019", "?", "") and _one_name(question, spans[-1], start):
            start = spans.pop()[0]
        spans.append((start, end))
    names: list[str] = []
    parts: list[str] = []
    last = 0
    for start, end in spans:
        parts += [question[last:start], f"⟦{len(names)}⟧"]
        names.append(question[start:end])
        last = end
    return names, "".join((*parts, question[last:]))


def _one_name(question: str, before: tuple[int, int], start: int) -> bool:
    """Whether a name goes on at `start`: "Maurice, Prince Of Orange", "the film Jump for Glory"."""
    gap = question[before[1] : start]
    if re.fullmatch(r", (?:\d+(?:st|nd|rd|th) )?", gap, re.IGNORECASE):
        return True
    work = re.search(r"\b(?:films?|movies?|songs?|book|novel|album|of) (?:the )?$", question[: before[0]])
    return work is not None and re.fullmatch(r",? (?:for|from|in|to|with|at|on|by|and) (?:the |a )?", gap) is not None


def _unmask(text: str, names: list[str]) -> str:
    return re.sub(r"⟦(\d+)⟧", lambda match: names[int(match[1])], text).strip()


def _may_go(text: str, phrase: str) -> bool:
    """Whether something is left to ask when `phrase` is known, and it does not itself define ("X is the son of Y, ...")."""
    before, after = text.split(phrase, 1)
    if re.search(r"⟦\d+⟧,? (?:is|was|are|were) $", before):
        return False
    rest = re.sub(r"#\d+", " ", before + after).replace("⟦", " named ")
    return any(word not in _EMPTY for word in re.findall(r"[a-z]+", rest.lower()))


def _possessives(text: str) -> list[Phrase]:
    """X's father"""
    found = []
    for match in re.finditer(rf"((?:\bthe )?{_ATOM})['\u2019]s? ({_SET}\b|(?:(?:former|first|second|own) )?{_WORD})", text):
        if match[2].split()[-1] not in _NOT_A_RELATION - {"city", "state", "country", "county", "university", "college", "title"}:
            found.append((match[0], _ask(match[2].split()[-1], f"{match[1]}'s {match[2]}")))
    return found


def _compounds(text: str) -> list[Phrase]:
    """the X singer"""
    matches = re.finditer(rf"\bthe ({_ATOM}) ({_RELATION})\b(?! of)", text)
    return [(match[0], _ask(match[2], f"the {match[2]} of {match[1]}")) for match in matches]


def _relations(text: str) -> list[Phrase]:
    """the director of X"""
    found = []
    for match in re.finditer(rf"(?:\b(the) )?\b({_SET}|(?:{_WORD} ){{0,2}}?{_WORD}) of ({_NAMED})", text):
        noun = match[2].split()[-1]
        known = re.fullmatch(rf"{_RELATION}s?|{_SET}", match[2]) is not None
        if known or (match[1] and noun.removesuffix("s") not in _NOT_A_RELATION):
            found.append((match[0], _ask(noun, f"the {match[2]} of {match[3]}")))
    return found


def _clauses(relative: str, trailing: bool, text: str) -> list[Phrase]:
    """the city where X was born; the association which published X; the country X is from"""
    found = []
    for match in re.finditer(rf"\b(?:the|an?) (?P<noun>(?:{_WORD} ){{1,3}}?){relative}", text):
        end = match.end()
        if trailing:
            while (word := re.match(r" ([a-z]+)(?=[ ,?'.]|$)", text[end:])) and word[1] in _TRAILING:
                if word[1] in _FINITE and end > match.end():
                    break
                end += word.end()
        if not trailing or end > match.end():
            phrase = text[match.start() : end]
            found.append((phrase, _ask(match["noun"].split()[-1], phrase)))
    return found


def _ask(noun: str, phrase: str) -> str:
    person = asked(f"Which {noun} is it?").type == "person"
    return f"{'Who' if person else 'What'} is {phrase}?"


_INSIDE = rf"(?:(?!\b(?:where|which|who|that|whose|what)\b)[^?,⟦#])*?{_ATOM}"
_VERB = r"(?:is|was|were|are|did|has|lived|died|comes?|came|works?|worked|plays?|played|belongs?|belonged)"
_RULES: tuple[Callable[[str], list[Phrase]], ...] = (
    _possessives,
    _compounds,
    _relations,
    partial(_clauses, rf"{_WHERE} {_INSIDE}(?:['\u2019]s(?: {_WORD}){{1,3}})?", True),
    partial(_clauses, rf"(?:that |which )?{_NAMED}(?= {_VERB}\b)", True),
    partial(_clauses, rf"(?:who|that|which) {_INSIDE}", False),
    partial(_clauses, rf"(?:[a-z]+ing|[a-z]+ed (?:by|in|for|from|at|after|on|with)|known as) {_NAMED}", False),
)
