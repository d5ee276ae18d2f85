"""Times, amounts and versions: statements whose missing part can be asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seekgraph.synthesis.rules.english import asked_by_me, points_outside, sentence_case
from seekgraph.synthesis.rules.found import Found
from seekgraph.synthesis.rules.plain import items, plain, sentences, tables, unquoted
from seekgraph.synthesis.view import View
from seekgraph.types import Passage

_COUNT = r"(?:\d[\d,.]*|one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|sixty|ninety)"
_SPAN = rf"(?:{_COUNT} (?:calendar |business |working |full |consecutive )?(?:second|minute|hour|day|week|month|quarter|year)s?)"
_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_WHEN = rf"(?:{_MONTH}(?: \d{{1,2}})?,? \d{{4}}|\d{{1,2}} {_MONTH}(?: \d{{4}})?|{_MONTH} \d{{1,2}}|(?:1[0-9]|20)\d\d)"
_NOUNS = r"(?P<subject>(?:The |An? |All |Each |Every )?(?:`[^`]+`|\w[\w'’-]*)(?: (?:of|for|in|and|the|`[^`]+`|[\w'’-]+)){0,6}?)"
_BE = r"(?P<verb>is|are|was|were|must be|should be|can be|will be|may be)"
_FACTS = (
    (re.compile(rf"^{_NOUNS} {_BE} (?P<rest>[a-z]+ed|lent|kept|held|open|closed|valid|stored)(?P<more>[^,;]{{0,60}}?) for"
                rf" (?:up to |at most )?(?P<answer>{_SPAN})\b"), "For how long"),
    (re.compile(rf"^{_NOUNS} {_BE} (?P<rest>[a-z]+ed|sent|given|paid|taken|made|held|submitted)(?P<more>[^,;]{{0,60}}?) within"
                rf" (?P<answer>{_SPAN})\b"), "Within what time"),
    (re.compile(rf"^{_NOUNS} {_BE} (?P<rest>[a-z]+ed|held|born|built|sent|made|written)(?P<more>[^,;\d]{{0,40}}?) (?:in|on|"
                rf"since) (?P<answer>{_WHEN})\b"), "When"),
    (re.compile(rf"^{_NOUNS} {_BE} (?P<rest>open|closed|available|staffed)(?P<more>[^,;]{{0,40}}?) (?P<answer>from [\d:. apm]+"
                rf" (?:to|until) [\d:. apm]*\d(?: ?[ap]m| o'clock)?)"), "When"),
)  # fmt: skip
_COSTS = re.compile(
    rf"^{_NOUNS} (?:costs?) (?P<answer>(?:[$€£]\s?)?\d[\d.,]*(?: (?:cents|euros?|dollars?|pounds?)| ?[%€$£])?(?: (?:a|per) \w+)?)"
)
_VERSION = re.compile(
    r"^(?:In|Since|As of|Starting with|Starting from|From) (?:[A-Z]\w+ )?(?:version )?(?P<answer>\d+(?:\.\d+)+)(?: on)?,? "
    r"(?P<subject>(?:[A-Z]\w+|the \w+|`[^`]+`)) (?P<verb>added|introduced|dropped|removed|deprecated|changed)"
    r" (?P<rest>[^,;.]{6,90})"
)
_ADDED = re.compile(
    r"^(?P<subject>[A-Z]\w+) (?P<verb>added|introduced|dropped|removed|deprecated) (?P<rest>[^,;]{6,90}?) in version"
    r" (?P<answer>\d+(?:\.\d+)+)"
)
_SUPPORTED = re.compile(
    r"(?P<thing>\b[A-Z]\w+(?: [A-Z]?\w+)?) \((?:version |v)?(?P<answer>\d+(?:\.\d+)*) (?:and|or) (?:up|later|above|newer|"
    r"higher)\)"
)
_BASE = {
    "added": "add",
    "introduced": "introduce",
    "dropped": "drop",
    "removed": "remove",
    "deprecated": "deprecate",
    "changed": "change",
}
_PRONOUN = re.compile(
    r"^(?:it|this|that|these|those|they|there|here|he|she|we|you|i|what|which|if|when|as|from|during|until|since|with|in|on|at|"
    r"by|for|to|after|before)\b",
    re.I,
)
_LED = re.compile(r"^(?P<under>(?:From|In|During|On|Until|Since|After|Before) .+?) (?P<subject>(?:the|an?|all|each|every) .+)$")
_NO_COLUMN = re.compile(
    r"^(?:notes?|remarks?|description|comments?|examples?|details?|what|who|see|link|#|no\.?|id|usage|result)$", re.I
)
_LITERALS = frozenset({"none", "true", "false", "null", "yes", "no", "total", "other", "default"})
_RARE = 6  # passages that may have a row's name, so that it needs no more to be told apart
_KEYED = re.compile(r"^(?:[A-Za-z][\w .'-]{1,30})$")


def write(view: View, passage: Passage) -> Iterator[Found]:
    """Questions for a time, an amount, a version, or a cell of a table."""
    if view.language not in (None, "english"):
        return
    for said in (*sentences(passage.text), *items(passage.text)):
        yield from _statement(said, passage)
        yield from _versions(said, passage)
    for head, rows in tables(passage.text):
        yield from _cells(head, rows, view, passage)


def _statement(said: str, passage: Passage) -> Iterator[Found]:
    for pattern, ask in _FACTS:
        match = pattern.match(said)
        if match is None:
            continue
        subject, under = match["subject"], ""
        if (led := _LED.match(subject)) is not None:  # "From April to September the library is open"
            subject, under = led["subject"], f" {led['under'][0].lower()}{led['under'][1:]}"
        if _PRONOUN.match(subject):
            continue
        subject = unquoted(sentence_case(subject, passage.text))
        verb, _, be = match["verb"].partition(" ")
        more = "" if match["rest"] == "born" else match["more"]
        rest = unquoted(asked_by_me(f"{be} {match['rest']}{more}".strip()))
        if not points_outside(f"{subject} {rest}"):
            answer = match["answer"].strip()
            yield Found(f"{ask} {verb} {subject} {rest}{under}?", answer, (passage.id,), ((answer,),), subject)
            return
    match = _COSTS.match(said)
    if match is not None and not _PRONOUN.match(match["subject"]) and not points_outside(match["subject"]):
        do = "do" if re.search(r"costs\b", said[match.end("subject") : match.start("answer")]) is None else "does"
        subject = unquoted(sentence_case(match["subject"], passage.text))
        yield Found(
            f"How much {do} {subject} cost?", match["answer"].strip(), (passage.id,), ((match["answer"].strip(),),), subject
        )


def _versions(said: str, passage: Passage) -> Iterator[Found]:
    for pattern in (_VERSION, _ADDED):
        if (match := pattern.match(said)) is not None and not points_outside(match["rest"]):
            rest = re.sub(r" \($", "", unquoted(match["rest"])).split(" (and ")[0].rstrip(" (")
            asked = f"In which version did {unquoted(match['subject'])} {_BASE[match['verb']]} {asked_by_me(rest)}?"
            yield Found(asked, match["answer"], (passage.id,), ((match["answer"],),), match["subject"])
            return
    if (match := _SUPPORTED.search(said)) is not None:
        asked = f"What is the oldest {match['thing']} version that is supported?"
        yield Found(asked, match["answer"], (passage.id,), ((match["answer"],),), match["thing"])


def _cells(head: tuple[str, ...], rows: tuple[tuple[str, ...], ...], view: View, passage: Passage) -> Iterator[Found]:
    """For each row and column: "What is the COLUMN of ROW?", where both have names that read so."""
    if len(head) < 2 or len(rows) < 2 or not head[0] or len({row[0] for row in rows}) < len(rows):
        return
    for row in rows:
        key = unquoted(row[0])
        if not _KEYED.match(key) or points_outside(key) or len(key.split()) > 4 or key.casefold() in _LITERALS:
            continue
        if view.with_word(key) > _RARE:
            continue
        for at, (name, cell) in enumerate(zip(head[1:], row[1:], strict=True), start=1):
            if len({each[at] for each in rows}) < 2 or re.search(r"\b(?:not|is|are|if|when|with|without)\b|[._]", name):
                continue
            column, value = unquoted(plain(name)), unquoted(cell)
            if (
                not _KEYED.match(column)
                or _NO_COLUMN.match(column)
                or len(column.split()) > 3
                or not 1 <= len(value.split()) <= 8
            ):
                continue
            if value.casefold() in ("yes", "no", "-", "–", "n/a", "x", "true", "false"):
                continue
            yield from _cell(_in_case(column), _of(head[0]), key, value, passage)


def _cell(column: str, of: str, key: str, value: str, passage: Passage) -> Iterator[Found]:
    if not column.endswith("s") or column.endswith("ss"):
        yield Found(f"What is the {column} {of} {key}?", value, (passage.id,), ((value,),), key)
    elif value.isdigit():
        yield Found(
            f"How many {column} does {of.removeprefix('of').strip()} {key} have?".replace("  ", " "),
            value,
            (passage.id,),
            ((value,),),
            key,
        )


def _in_case(column: str) -> str:
    return column.lower() if column.istitle() or column.capitalize() == column else column


def _of(name: str) -> str:
    """ "of the role" before the name of a row where the first column says what the rows are; else "of"."""
    kind = _in_case(plain(name))
    return f"of the {kind}" if re.fullmatch(r"[a-z]{3,14}", kind) and kind not in ("name", "item", "what", "term") else "of"
