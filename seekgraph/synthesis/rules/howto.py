"""How something is reached: sentences that say what to do for a purpose."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seekgraph.synthesis.rules.english import GERUNDS, VERBS, asked_by_me, points_outside, title_in_case
from seekgraph.synthesis.rules.found import Found
from seekgraph.synthesis.rules.plain import items, plain, sentences, unquoted, with_code
from seekgraph.synthesis.view import View
from seekgraph.text.weights import terms
from seekgraph.types import Passage

_LEAD = re.compile(r"^(?:(?:And|But|So|Then|Or|Now|However|Also|Alternatively|Additionally|For example|Finally|First),? )+", re.I)
_PURPOSE = re.compile(
    r"^(?:To|In order to|If you(?:'d)? (?:want|need|wish|would like|like|prefer|have) to|When you (?:want|need|have) to) "
    r"(?P<do>(?:`[^`]*`|[^`,:;]){6,110}?), (?:then )?(?P<main>.+)$"
)
_MEANS = re.compile(
    r"^(?:You|We|Users|Developers) can (?:also |then |easily |simply |just )?(?P<do>(?:`[^`]*`|[^`,:;]){6,90}?) "
    r"(?P<how>(?:by (?:`|[a-z]+ing\b)|using |via |with (?:the |an? )?(?:[a-z]+ ){0,2}`).+)$"
)
_TOOL = re.compile(
    r"^(?:(?:You|We) can (?:also )?use (?P<tool>(?:`[^`]*`|[^`,:;]){2,60}?) to|(?P<subject>(?:The |An? )?(?:`[^`]+`|[A-Z]\w+)"
    r"(?: \w+){0,3}) (?:can be used to|is used to|lets you|allows you to|enables you to)) (?P<do>(?:`[^`]*`|[^`,:;]){6,110}?"
    r")[.:]?$"
)
_INSTRUCTS = re.compile(
    r"^(?:(?:you|one|we|users|the user) (?:can|could|may|must|should|need|have|will need|only need|just need|would)\b|"
    r"(?:just |simply |first |please )?(?P<verb>[a-z]+)\b|`[^`]+` (?:can|must|should|is|has)\b|"
    r"(?:the |an? )?[\w`. -]{2,50} (?:can be|must be|should be|is|are) (?:used|set|called|passed|added|given|declared)\b)"
)
_ELSEWHERE = re.compile(
    r"^(?:you can |you may |you should |please )?(?:also )?(?:see|read|check|go|visit|refer|look|consult|learn|take a look|"
    r"have a look|"
    r"remember|note|consider|find|keep in mind|make sure|continue|follow)\b|\b(?:described|explained|discussed|documented)"
    r" in\b|\bsee\b"
)
_NO_GOAL = frozenset(
    """understand see know learn read summarize recap continue make be do demonstrate illustrate simplify avoid keep check
    start give take help go try show give refer""".split()
)
_UNSAID = re.compile(
    r"\b(?:write|do|use|run|have|for|like|with|in|to|of|as|by|from|is|are|this|following|follows|below|examples?)\W*$|\bfollowing\b|\bbelow\b"
)
_DETERMINED = re.compile(r"(?:an?|the|your|multiple|all|several) ")
_HOW_TO = re.compile(r"^How (?:to|do I|do you|can I|can you) (?P<do>.+?)\??$", re.I)
_CODE = re.compile(r"`([^`]+)`")
_SMALL = frozenset("a an the my your some any more new own own of to in on for with from at by as and or be is it".split())
MOST_WORDS, FEWEST_WORDS = 16, 3


def write(view: View, passage: Passage) -> Iterator[Found]:
    """Questions of the form "How do I ...?"."""
    if view.language not in (None, "english"):
        return
    for said in (*sentences(passage.text), *items(passage.text)):
        if "?" in said:
            continue
        bare = _LEAD.sub("", said)
        bare = bare[:1].upper() + bare[1:]
        if (goal := _goal(bare)) is not None and (told := complete(said, passage.text)) is not None:
            yield _found(goal, told, passage)
    if (goal := _headed(view, passage)) is not None and (told := _first_told(goal, passage.text)):
        yield _found(goal, told, passage)


def _found(goal: str, said: str, passage: Passage) -> Found:
    question = f"How do I {unquoted(asked_by_me(goal))}?"
    codes = _CODE.findall(said.split("\n")[0])
    named = dict.fromkeys(code for code in codes if unquoted(code) not in question and len(code) <= 40)
    nuggets = tuple((each,) for each in list(named)[:2])
    return Found(question, said, (passage.id,), nuggets, unquoted(asked_by_me(goal)))


def complete(said: str, text: str) -> str | None:
    """The sentence with the code that it introduces; None where it introduces something that is not there."""
    if not said.endswith(":"):
        return said
    if (whole := with_code(said, text)) is not None:
        return whole
    return None if _UNSAID.search(said) or not _CODE.search(said) else said.rstrip(":")


def _goal(said: str) -> str | None:
    """What the sentence says how to reach, as a clause that begins with a verb; None where it says nothing of that kind."""
    if (match := _PURPOSE.match(said)) is not None:
        main = match["main"]
        told = _INSTRUCTS.match(main)
        if told is None or _ELSEWHERE.search(main) or " as well" in main or (told["verb"] and told["verb"] not in VERBS):
            return None
        return _usable(match["do"])
    for pattern in (_TOOL, _MEANS):
        if (match := pattern.match(said)) is not None and not _ELSEWHERE.search(said[match.start("do") :]):
            tool = "" if pattern is _MEANS else match["tool"] or match["subject"]
            return None if points_outside(tool) or match["do"].startswith("use ") else _usable(match["do"])
    return None


def _usable(goal: str) -> str | None:
    words = goal.split()
    if not FEWEST_WORDS <= len(words) <= MOST_WORDS or words[0] not in VERBS or words[0] in _NO_GOAL:
        return None
    if len([word for word in words[1:] if word.lower() not in _SMALL]) < 2:
        return None
    if points_outside(goal) or goal.count("(") != goal.count(")") or words[-1] in ("by", "with", "to", "as", "in", "on", "be"):
        return None
    return goal


def _headed(view: View, passage: Passage) -> str | None:
    """The goal that the heading of a section names: "Disable the docs", "Enabling completion", "How to pin a version"."""
    trail = view.headings(passage)
    if len(trail) < 2 or not view.whole_section(passage):
        return None
    heading = plain(trail[-1])
    if (match := _HOW_TO.match(heading)) is not None:
        return _usable(match["do"])
    first, _, rest = heading.partition(" ")
    verb = first.lower() if first.lower() in VERBS and _DETERMINED.match(rest.lower()) else GERUNDS.get(first.lower())
    if verb is None or not rest or "," in rest or re.search(r"\b(?:and|just|only)\b", rest):
        return None
    return _usable(f"{verb} {title_in_case(rest, passage.text)}")


def _first_told(goal: str, text: str) -> str | None:
    """The first sentence of a section that tells what to do, names code, and has a word of substance of the goal."""
    about = set(terms(goal)[1:])
    for said in sentences(text)[:5]:
        if not about & set(terms(said)):
            continue
        low = said[:1].lower() + said[1:]
        verb = low.split(" ", 1)[0]
        instructs = re.match(r"(?:you|to|if you|we) ", low) or verb in VERBS
        if instructs and not _ELSEWHERE.search(low) and _CODE.search(said) and not said.endswith("?"):
            return complete(said, text)
    return None
