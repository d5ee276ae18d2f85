"""What happens, or what is to be done, under a condition; and why something is so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seekgraph.synthesis.rules.english import THIRD, VERBS, asked_by_me, points_outside, sentence_case
from seekgraph.synthesis.rules.found import Found
from seekgraph.synthesis.rules.plain import items, sentences, unquoted
from seekgraph.synthesis.view import View
from seekgraph.types import Passage

_IF = re.compile(
    r"^(?:And |But |So )?(?P<word>If|When|Whenever) (?P<condition>(?:`[^`]*`|[^`,:;]){10,130}?), (?:then )?(?P<main>.{12,260})$"
)
_WISH = re.compile(
    r"^you(?:'d|'re)? (?:want|need|wish|would|like|prefer|are (?:using|comparing|coming|interested|looking|new|familiar))\b"
)
_TOURED = re.compile(
    r"^you(?:'ve| have)? (?:already |now )?(?:check|go|look|open|see|click|try|know|needed|read|are reading|notice|remember|"
    r"think)\b"
)
_ELSEWHERE = re.compile(
    r"(?:you (?:can|should|may) )?(?:also )?(?:see|read|check|skip|go|look|refer|consult|continue|jump|ignore|learn|remember)\b"
)
_SAYS_LITTLE = re.compile(r"(?:it|they|this) (?:is|are) \w+\.?$|(?:\w+ ){1,2}also\b")
_HAVE_TO = re.compile(r"^you(?:'ll)? (?:must|should|have to|need to|will have to|will need to)\b")
_MAY = re.compile(r"^you (?:can|could|may) (?!want|wish|like|prefer|also)")
_DECLARES = re.compile(
    r"^(?:the |an? |its |all |any |no |every |each |this |it |they |you |only |`[^`]+`|[A-Z])[^,;]*?\b(?:is|are|was|will|would|"
    r"can|cannot|"
    r"must|does|doesn't|won't|has|have|gets?|raises?|returns?|ends?|fails?|shows?|becomes?|remains?|stays?|uses?|takes?|"
    r"receives?|sends?|responds?|costs?|expires?|starts?|stops?)\b"
)
_RAISES = re.compile(
    r"\b(?:(?:raises?|throws?) (?:an? |the )?`?(?P<name>[A-Z][a-z]+[A-Z]\w+)`?"
    r"|(?:gets?|receives?) (?:an? |the )?`?(?P<got>[A-Z]\w*(?:Error|Exception))`?)"
)
_BECAUSE = re.compile(
    r"^(?P<subject>(?:The |An? |All |Most |Some )?(?:`[^`]+`|\w[\w-]*)(?: (?:`[^`]+`|[\w-]+)){0,4}?) "
    r"(?P<verb>is|are|was|were|can|cannot|must|should|will) (?P<rest>[^,;]{3,80}?),? because (?!of )(?P<reason>[^;]{12,220})[.]$"
)
_DOES_BECAUSE = re.compile(
    r"^(?P<subject>(?:The |An? )?(?:`[^`]+`|[A-Z]\w+)(?: [a-z]+){0,2}?) (?P<verb>[a-z]+s) (?P<rest>[^,;]{4,80}?),? because"
    r" (?!of )"
    r"(?P<reason>[^;]{12,220})[.]$"
)
_PRONOUN = re.compile(r"^(?:it|this|that|these|those|they|there|here|he|she|we|you|i|what|which|all|one|some|most)\b", re.I)
MOST_WORDS, FEWEST_WORDS = 20, 3


def write(view: View, passage: Passage) -> Iterator[Found]:
    """Questions of the forms "What happens if ...?", "What do I have to do if ...?", "Why ...?"."""
    if view.language not in (None, "english"):
        return
    for said in (*sentences(passage.text), *items(passage.text)):
        if "?" in said or said.endswith(":"):
            continue
        yield from _conditional(said, passage)
        yield from _causal(said, passage)


def _conditional(said: str, passage: Passage) -> Iterator[Found]:
    match = _IF.match(said)
    if match is None or _WISH.match(match["condition"]):
        return
    condition, main = match["condition"], match["main"]
    if (
        not FEWEST_WORDS <= len(condition.split()) <= MOST_WORDS
        or points_outside(condition)
        or condition.count("(") != condition.count(")")
    ):
        return
    if _TOURED.search(condition) or _ELSEWHERE.match(main) or _SAYS_LITTLE.match(main):
        return
    if re.match(r"(?:in|on|at|for|with|as|using|like|a|the) ", main) and "," in main[:40]:
        return
    if main.count("(") != main.count(")"):
        return
    asked = f"{match['word'].lower()} {unquoted(asked_by_me(condition))}"
    if (raised := _RAISES.search(main)) is not None:
        name = raised["name"] or raised["got"]
        yield Found(f"Which exception is raised {asked}?", name, (passage.id,), ((name,),), asked)
        return
    answer = unquoted(main).rstrip(".")
    if _HAVE_TO.match(main) or main.split(" ", 1)[0] in VERBS:
        yield Found(f"What do I have to do {asked}?", answer, (passage.id,), about=asked)
    elif _MAY.match(main):
        yield Found(f"What can I do {asked}?", answer, (passage.id,), about=asked)
    elif _DECLARES.match(main) and not re.match(r"(?:this|that|you might|you may|you could|it's|you are)\b", main):
        yield Found(f"What happens {asked}?", answer, (passage.id,), about=asked)


def _causal(said: str, passage: Passage) -> Iterator[Found]:
    for pattern in (_BECAUSE, _DOES_BECAUSE):
        match = pattern.match(said)
        if match is None or _PRONOUN.match(match["subject"]):
            continue
        subject, rest = unquoted(sentence_case(match["subject"], passage.text)), unquoted(asked_by_me(match["rest"]))
        if pattern is _BECAUSE:
            verb = {"cannot": "can"}.get(match["verb"], match["verb"])
            rest = f"not {rest}" if match["verb"] == "cannot" else rest
        else:
            verb, base = "does", THIRD.get(match["verb"])
            if base is None:
                continue
            rest = f"{base} {rest}"
        if not points_outside(f"{subject} {rest}"):
            yield Found(f"Why {verb} {subject} {rest}?", unquoted(match["reason"]), (passage.id,), about=subject)
