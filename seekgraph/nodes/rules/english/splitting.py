"""Splitting a question: what is compared, for each of the two; each of two conditions on one thing. English patterns."""

from __future__ import annotations

import re

from seekgraph.nodes.rules.english.questions import LONGEST, compared

_BORN = re.compile(r"\b(?:born|older|oldest|younger|youngest|elder|eldest|age)\b")
_MADE = re.compile(
    r"\b(released|published|established|founded|formed|opened|created|built|completed|launched|started|invented|premiered|written"
    r"|introduced|constructed|came out|come out)\b"
)
_PROPERTIES = (
    (
        re.compile(r"\b(?:lived|live|living) (?:longer|the longest)|\bshorter life|\blonger life"),
        "When was {x} born and when did {x} die?",
    ),
    (
        re.compile(r"\b(?:born|birth)\b.*\bsame (?:place|city|town|country|state)|\bsame (?:place of birth|birthplace)"),
        "Where was {x} born?",
    ),
    (re.compile(r"\bdied?\b.*\bsame|\bsame place of death"), "Where did {x} die?"),
    (_BORN, "When was {x} born?"),
    (re.compile(r"\b(?:died|die|death|dead)\b"), "When did {x} die?"),
    (re.compile(r"\bnationalit|\bcitizen"), "What is the nationality of {x}?"),
    (re.compile(r"\blocated\b.*\bsame (\w+)|\bsame (\w+)\b.*\blocated\b"), "In which country is {x} located?"),
    (re.compile(r"\b(?:from|in|of|share|originate) the same (?:country|nation)|\bsame country"), "Which country is {x} from?"),
)
_VERB = r"(?:\w+ed|is|was|has|wrote|won|sang|led)"
_ASKING = r"(?:In |On )?(?:[Ww]ho|[Ww]hich|[Ww]hat)\b(?: (?!and\b|was\b|is\b|did\b)[a-z-]+){0,3}?"
_MAKER = re.compile(
    r"\b(?:(?:has|have|had|with)\s+(?:the |a |both )?(?P<of>[a-z]+?)s?\b(?=\s+(?:who|that|with|born|died|from|is|was|of|share))"
    r"|whose (?P<whose>[a-z]+?)s?\b|\b(?P<both>director|performer|composer|author|producer|singer|writer)s? of\b"
    r"|(?:have|has|had) (?:the )?(?P<plain>director|performer|composer|author|producer|singer|writer)s?\b)"
)


def comparison(question: str, most: int, bridges: bool) -> list[str]:
    """What is compared, asked for each of the two: first who made them, where the question compares their makers."""
    options = compared(question)
    if len(options) != 2 or most < 2:
        return []
    rest = question
    for option in options:
        rest = rest.replace(option, " ")
    noun = compared_by(rest)
    asks = []
    if noun and bridges and most >= 4:
        asks = [f"Who is the {noun} of {option}?" for option in options]
    subjects = ("#1", "#2") if asks else options
    if (made := _MADE.search(rest)) and re.search(r"\bfirst|earlier|earliest|later|latest|recent|before|old|new", rest):
        verb = "released" if made[1].endswith("out") else made[1]
        return [*asks, *(f"When was {subject} {verb}?" for subject in subjects)]
    for pattern, template in _PROPERTIES:
        if pattern.search(rest):
            return [*asks, *(template.format(x=subject) for subject in subjects)]
    return [_only(question, options, subject) for subject in options]


def compared_by(rest: str) -> str:
    """The maker by which two works are compared, "director" in "Which film has the director who died first", or ""."""
    maker = _MAKER.search(rest)
    return next((group for group in maker.groups() if group), "") if maker else ""


def _only(question: str, options: tuple[str, ...], selected: str) -> str:
    """The question about one of its two options."""
    between = rf"{re.escape(options[0])}['\"]?(?:,? (?:and|or) )(?:the |a |an )?['\"]?{re.escape(options[1])}"
    alone = re.sub(between, lambda _: selected, question)
    return (
        re.sub(r"\b(?:both|either|out of|[Bb]etween) ", "", alone).strip()
        if alone != question
        else f"{question.rstrip('? ')}: {selected}?"
    )


def intersection(question: str, most: int) -> list[str]:
    """Each of two conditions on one thing as a question of its own; `[]` where there are not two."""
    if most < 2 or len(question) > LONGEST:
        return []
    text = question.strip().rstrip("?. ")
    head = re.match(rf"({_ASKING}) ({_VERB}\b.*)", text)
    if head is None:
        return []
    both = re.match(r"(.*?\bboth (?:the )?)(.+?) and (.+)$", head[2])
    if both and both[2][:1].isupper() and re.search(r"[A-Z]", both[3]):
        before = re.sub(r"\bboth ", "", both[1])
        return [f"{head[1]} {before}{each}?" for each in (both[2], both[3])]
    pair = re.match(
        r"(.*[A-Z].*?),? and (?:also |who |that |which )?(?:also )?((?:\w+ed|is|was|has|wrote|won|sang|led)\b.*[A-Z].*)$", head[2]
    )
    return [f"{head[1]} {each}?" for each in pair.groups()] if pair else []
