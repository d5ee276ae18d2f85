"""Comparing two named things by what their passages say: who was born first, whether both are from one country, ...

English patterns over dates, nationalities and predicates. Nothing is guessed: where a fact is missing the result is not `sure`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from seekgraph.nodes.rules.base import Comparison
from seekgraph.nodes.rules.english.questions import asked
from seekgraph.nodes.rules.english.splitting import compared_by
from seekgraph.text.entities import entities, flat, folded, names
from seekgraph.text.sentences import sentences
from seekgraph.text.weights import terms
from seekgraph.types import Passage

Date = tuple[int, int, int]


_MONTHS = "january february march april may june july august september october november december".split()
_LAST = re.compile(
    r"\b(?:last|later|latest|younger|youngest|newer|newest|more recent(?:ly)?|most recent(?:ly)?|longer|larger|more|after)\b"
)
_FIRST = re.compile(r"\b(?:first|earlier|earliest|older|oldest|elder|eldest|before|sooner|shorter|smaller|fewer)\b")
_SAME = re.compile(r"\bsame\b|\bshare\b|\bnationalit|\bin common\b")
_MADE = (
    r"(?:releas|publish|establish|found|form|open|creat|built|build|complet|launch|start|premier|written|wrote|introduc|construct"
    r"|came out|come out|began|debut)"
)
_BRACKET = re.compile(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
_UNITED = re.compile(r"\b(?:england|english|scotland|scottish|wales|welsh|british|britain|uk|great britain|united kingdom)\b")
_STATES = re.compile(
    r"\b(?:american|us|usa|u s|united states|alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida"
    r"|hawaii|idaho|illinois|indiana|iowa|kansas|kentucky|louisiana|maine|maryland|massachusetts|michigan|minnesota|mississippi"
    r"|missouri|montana|nebraska|nevada|new hampshire|new jersey|new mexico|new york|north carolina|north dakota|ohio|oklahoma"
    r"|oregon|pennsylvania|rhode island|south carolina|south dakota|tennessee|texas|utah|vermont|virginia|washington|wisconsin"
    r"|wyoming)\b"
)
_ROOTS = dict(
    pair.split(":")
    for pair in """french:france german:germany dutch:netherlands holland:netherlands spanish:spain danish:denmark turkish:turkey
    polish:poland irish:ireland greek:greece swiss:switzerland czech:czechoslovakia finnish:finland swedish:sweden thai:thailand
    filipino:philippines norwegian:norway portuguese:portugal belgian:belgium burmese:myanmar icelandic:iceland""".split()
)


def compare(question: str, options: Sequence[str], context: Sequence[Passage]) -> Comparison:
    """What the passages say about the two `options` of `question`. `options` are as in `Asked.options`."""
    rest = question
    for option in options:
        rest = rest.replace(option, " ")
    found = [about(option, context) for option in options]
    cited = [passage for passage in found if passage]
    facts: list[Passage | None] = list(found)
    if maker := compared_by(rest):
        facts = [_made_by(passage, maker, context) if passage else None for passage in found]
        facts = [person or passage for person, passage in zip(facts, found, strict=True)]
        cited += [passage for passage in facts if passage and passage not in cited]
    low = rest.lower()
    boolean = re.match(r"\W*(?:is|are|was|were|do|does|did|have|has|had|can)\b", low) is not None and " or " not in rest
    if not boolean and is_ordering(low):
        return _ordered(low, options, facts, cited)
    if boolean and is_sameness(low):
        places = [_origins(passage, low) if passage else set() for passage in facts]
        return Comparison("yes" if places[0] & places[1] else "no", tuple(cited), all(places))
    return _fitting(rest, boolean, options, facts, cited)


def about(name: str, context: Sequence[Passage]) -> Passage | None:
    """The passage about `name`: the one of that title, else the first whose title has the name in it or lies in the name."""
    key, exact = folded(name), flat(name)
    ranked: list[tuple[int, Passage]] = []
    for passage in context:
        title = folded(passage.title)
        if not key or not title:
            continue
        if title == key:
            ranked.append((0 if flat(passage.title) == exact else 1, passage))
        elif names(title, key) or (names(key, title) and " " in title):
            ranked.append((2, passage))
    return min(ranked, key=lambda pair: pair[0])[1] if ranked else None


def life(text: str) -> tuple[Date | None, Date | None]:
    """Dates of birth and death, from "(1 May 1900 – 2 June 1950)", "born in 1900", "died 2 June 1950"."""
    bracket = next((match[1] for match in _BRACKET.finditer(text[:400]) if dates(match[1])), "")
    inside = dates(bracket)
    born = _after(r"\bborn\b", text[:400])
    died = _after(r"\b(?:died|death|d\.)", text)
    if inside and not re.match(r"\W*(?:died|d\.)", bracket):
        born = inside[0] if born is None or "born" not in bracket else born
    if len(inside) > 1:
        died = inside[-1]
    return born, died


def dates(text: str) -> list[Date]:
    """The dates and years of a text in order, as (year, month, day) with 0 for what is not said."""
    return [date for entity in entities(text) if entity.kind in ("date", "year") and (date := parsed(entity.text))]


def parsed(text: str) -> Date | None:
    """A date such as "5 May 1990", "May 1990" or "1990" as (year, month, day); None without a year."""
    years = re.findall(r"\b\d{3,4}\b", text)
    if not years:
        return None
    month = next((at for at, name in enumerate(_MONTHS, start=1) if name in text.lower()), 0)
    day = re.search(r"\b(\d{1,2})(?:st|nd|rd|th)?\b", text)
    return int(years[0]), month, int(day[1]) if day and month else 0


def _after(cue: str, text: str, reach: int = 80) -> Date | None:
    for match in re.finditer(cue, text):
        if found := dates(text[match.end() : match.end() + reach]):
            return found[0]
    return None


def _made_by(passage: Passage, maker: str, context: Sequence[Passage]) -> Passage | None:
    """The passage about who made what `passage` is about: the person named after "directed by", else the first one named."""
    cue = re.search(rf"\b{maker[:5]}\w*\b(?: and \w+)? by|\b(?:by|{maker[:5]}\w*)\b", passage.text)
    text = flat(passage.text)
    after = flat(passage.text[cue.end() :]) if cue else text
    for within in (after, text):
        places = [(f" {within} ".find(f" {folded(other.title)} "), other) for other in context if other.id != passage.id]
        found = [(place, other) for place, other in places if place >= 0 and len(folded(other.title)) > 2]
        if found:
            return min(found, key=lambda pair: pair[0])[1]
    return None


def is_sameness(question: str) -> bool:
    """Whether a question asks if two have something in common."""
    return _SAME.search(question.lower()) is not None


def is_ordering(question: str) -> bool:
    """Whether a question asks which of two comes first or last, is more or less."""
    low = question.lower()
    return _LAST.search(low) is not None or _FIRST.search(low) is not None


def is_lifetime(question: str) -> bool:
    """Whether a question compares how long two have lived, which takes two dates of each."""
    return re.search(r"\blived?\b|\blife\b", question.lower()) is not None


def chosen(question: str, options: Sequence[str], values: Sequence[Date | None]) -> str | None:
    """The option that comes first, or last, as the question asks, by one value for each; None where that cannot be told."""
    left, right = values
    if left is None or right is None or left == right:
        return None
    low = question.lower()
    last = re.search(r"\byounger|youngest", low) is not None or (
        _LAST.search(low) is not None and not re.search(r"\bfirst\b|\bolder\b|\boldest\b", low)
    )
    return options[0] if (left > right) == last else options[1]


def _ordered(low: str, options: Sequence[str], facts: Sequence[Passage | None], cited: list[Passage]) -> Comparison:
    """The option that comes first or last by the dates, or by the numbers, that the question is about."""
    choice = chosen(low, options, [_measure(low, passage) if passage else None for passage in facts])
    return Comparison(choice or options[0], tuple(cited), choice is not None)


def _measure(low: str, passage: Passage) -> Date | None:
    """What the question compares, as something that can be ordered."""
    born, died = life(passage.text)
    if is_lifetime(low):
        return (died[0] - born[0], died[1] - born[1], died[2] - born[2]) if born and died else None
    if re.search(r"\bdied?\b|\bdeath\b|\bdead\b", low):
        return died
    if re.search(r"\bborn\b|\bolder\b|\boldest\b|\byoung|\belde|\bbirth|\bage\b", low):
        return born
    if re.search(rf"\b{_MADE}|\bfirst\b|\bearlier\b|\bnewer\b|\brecent", low):
        found = dates(passage.text)
        return _after(rf"\b{_MADE}\w*", passage.text, 60) if not found or "film" not in low else found[0]
    numbers = [
        float(re.sub(r"[^\d.]", "", each.text) or 0)
        for each in entities(passage.text)
        if each.kind == "number" and each.text[0].isdigit()
    ]
    return (int(max(numbers)), 0, 0) if numbers else None


def _origins(passage: Passage, low: str) -> set[str]:
    """The countries, or places, that a passage puts its subject in, folded to one word for each."""
    opening = " ".join(sentence.text for sentence in sentences(passage.text)[:2])
    if re.search(r"\bborn\b|\bbirth", low) and (match := re.search(r"\bborn\b.{0,40}? (?:in|at) ([^.;)]*)", passage.text)):
        return {entity.key for entity in entities(match[1]) if entity.kind == "name"}
    found = {country(entity.key) for entity in entities(_BRACKET.sub(" ", opening)) if entity.kind == "name"}
    return (found - {country(folded(passage.title))}) | ({"usa"} if _STATES.search(flat(opening)) else set())


def country(key: str) -> str:
    """One word for the country that a folded name stands for: "french" and "france" give the same; other names are kept."""
    if _UNITED.search(key):
        return "uk"
    if _STATES.search(key):
        return "usa"
    root = _ROOTS.get(key, key)
    return root[:5] if " " not in root else root


def _fitting(
    rest: str, boolean: bool, options: Sequence[str], facts: Sequence[Passage | None], cited: list[Passage]
) -> Comparison:
    """Whether both passages say what the question says; for a choice, the option whose passage says more of it."""
    wanted = set(terms(rest)) - set(terms("both same same-type either one name film movie"))
    shares = [
        len(wanted & {*terms(passage.text), *terms(passage.title)}) / max(1, len(wanted)) if passage else 0.0 for passage in facts
    ]
    sure = len(cited) > 1 and bool(wanted)
    if boolean:
        return Comparison("yes" if min(shares) >= 0.6 else "no", tuple(cited), sure)
    return Comparison(options[0] if shares[0] >= shares[1] else options[1], tuple(cited), sure and shares[0] != shares[1])


def compare_findings(question: str, options: Sequence[str], left: str, right: str) -> str | None:
    """What two conclusions say about a question that compares: "yes", "no" or an option; None where they do not tell."""
    if is_sameness(question) and asked(question).type == "yes_no":
        return "yes" if country(folded(left)) == country(folded(right)) else "no"
    if is_lifetime(question):
        return None
    if is_ordering(question):
        return chosen(question, options, [parsed(left) or _number(left), parsed(right) or _number(right)])
    closed = [side.strip().lower() for side in (left, right)]
    if all(side in ("yes", "no") for side in closed) and asked(question).type == "yes_no":
        return "yes" if closed == ["yes", "yes"] else "no"
    return next((option for option, side in zip(options, closed, strict=True) if side == "yes"), None)


def _number(text: str) -> tuple[int, int, int] | None:
    digits = re.search(r"\d[\d,]*", text)
    return (int(digits[0].replace(",", "")[:15]), 0, 0) if digits else None
