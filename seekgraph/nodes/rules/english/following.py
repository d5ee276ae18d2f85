"""A question that goes on from a conversation, as one that stands by itself: "And her husband?" after "Where was Clara Schumann
born?" is "Where was Clara Schumann's husband born?". English patterns, no model.

A pronoun, "the city" or "there" stands for what was talked about last and is of its sort: a person, a place, or another thing.
What was asked for with "who", "which" or "what" is talked about from then on; what was asked about with "where" and "when" still
is. A fragment takes the place of what it is like in the question before. Where no name fits, the question before is added.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from seekgraph.nodes.rules.english.questions import AUXILIARIES, asked, noun_type
from seekgraph.text.entities import entities
from seekgraph.types import Turn

Sort = Literal["person", "place", "thing", "any"]

SHORT = 8
"""Words of an answer that names one thing."""

_LEAD = re.compile(r"^\W*(?:(?:and|but|so|or|ok|okay|then|well|now|also)\b[,\s]*)+", re.IGNORECASE)
_ABOUT = re.compile(r"^\W*(?:what|how)\s+about\s+", re.IGNORECASE)
_WH_ALONE = re.compile(
    r"^(?P<wh>(?:in |on |at |to |from )?(?:who|whom|what|when|where|why|how|which(?: \w+)?)(?: exactly)?)"
    r"(?: (?:was|is|were|did) (?:that|this)(?: \w+)?| did (?:he|she|it|they) do (?:that|this|it|so))?\W*$",
    re.IGNORECASE,
)
_PERSONAL = re.compile(r"\b(?P<word>he|she|him|her|his|hers|himself|herself)\b", re.IGNORECASE)
_THING = re.compile(r"\b(?P<word>it|its)\b(?!\s+(?:possible|necessary|true|take|takes|matter|mean|rain)\b)", re.IGNORECASE)
_SEVERAL = re.compile(r"\b(?P<word>they|them|their|theirs)\b", re.IGNORECASE)
_THERE = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )\bthere\b(?!\s+(?:is|are|was|were|a|an|any|no)\b)", re.IGNORECASE
)
_NOUN = re.compile(
    r"\b(?:the|this|that|these|those)\s+(?:same\s+)?(?P<noun>[a-z]+)\b(?!['\u2019]s?\b)(?!\s+(?:of|that|which|who|whose|where|in|for|with|to)\b)"
)
_THAT = re.compile(r"\b(?:that|this|those|these|that one|this one)\W*$", re.IGNORECASE)
_TOPIC = re.compile(r" \(about: (.*)\)$")
_POSSESSIVE = frozenset("his her its their".split())
_NOT_OWNED = frozenset(
    f"""in on at of to by for from with as and or but if when while where after before during since until about a an the this that
    go come do live die work {" ".join(AUXILIARIES)}""".split()
)
_AUX = re.compile(rf"\b(?:{'|'.join(AUXILIARIES)})\b", re.IGNORECASE)
_PERSON_CUES = re.compile(
    r"\b(?:born|die[ds]?|death|marr(?:y|ied)|wife|husband|brother|sister|son|daughter|father|mother|parents?|live[ds]?|stud(?:y|ied)"
    r"|writ(?:e|ten)|wrote|compos\w+|paint\w*|discover\w*|invent\w*|grow up|grew up|buried|taught|teach)\b",
    re.IGNORECASE,
)
_MALE = frozenset("he him his himself husband brother son father king prince duke emperor uncle nephew actor".split())
_FEMALE = frozenset("she her hers herself wife sister daughter mother queen princess duchess empress aunt niece actress".split())
_WATERS = frozenset("river lake mountain sea ocean waterfall".split())
"""Places where nobody is born."""
_OWNER = re.compile(r"['\u2019]s?\s+(?:wife|husband|brother|sister|son|daughter|father|mother)\b")
_PLACED = re.compile(r"\b(?:in|at|near|to|from|through|into)\s+(?:the\s+)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mention:
    """Something that was talked about, and of what sort it is as far as that is known."""

    text: str
    sort: Sort = "any"


@dataclass(slots=True)
class Memory:
    """What was said so far.

    `mentions` are what each exchange brought up, the last exchange first, and in it what comes to mind first; `question` is the
    last one as it stands by itself; `genders` say who is "he" ("m") and who "she" ("f"), as far as that was told.
    """

    question: str = ""
    mentions: list[tuple[Mention, ...]] = field(default_factory=list)
    genders: dict[str, str] = field(default_factory=dict)

    def find(self, sort: Sort, gender: str, taken: set[str]) -> str:
        """What was talked about last and is of this sort; else, but for a thing, what may be. "" where there is none.

        Nobody is found who is known to be of another `gender`, where one is asked for.
        """
        known: dict[Sort, tuple[Sort, ...]] = {
            "person": ("person",), "place": ("place",), "thing": ("thing", "any", "place"),
            "any": ("person", "thing", "any", "place"),
        }  # fmt: skip
        for sorts in (known[sort], () if sort == "thing" else ("any", "thing")):
            for mentioned in self.mentions:
                for each in mentioned:
                    other = gender and self.genders.get(each.text) not in (None, "", gender)
                    if each.sort in sorts and each.text not in taken and not other:
                        return each.text
        return ""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A question that stands by itself; what it refers to (""), its gender, and the name that a fragment was (""), if one."""

    text: str
    meant: str = ""
    gender: str = ""
    named: str = ""


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question with what it refers to in it. Without a reference, or without anything that fits, it is as it was."""
    return _resolved(question, _memory(history)).text


def _memory(history: Sequence[Turn]) -> Memory:
    memory = Memory()
    for at, turn in enumerate(history):
        if turn.role == "user" and turn.text.strip():
            after = history[at + 1].text if at + 1 < len(history) and history[at + 1].role == "assistant" else ""
            _remember(memory, _resolved(turn.text, memory), " ".join(after.split()).strip(" ."))
    return memory


def _remember(memory: Memory, found: Resolved, answer: str) -> None:
    """Add an exchange to what was said."""
    persons = {each.text for mentioned in memory.mentions for each in mentioned if each.sort == "person"}
    if found.gender:
        persons.add(found.meant)
        memory.genders[found.meant] = found.gender
    kind = asked(found.text).type
    names = [(name, at) for name, at in _names(found.text) if name not in found.named]
    if found.named:
        names.insert(0, (found.named, found.text.find(found.named)))
    told = [each for name, at in names for each in _mentioned(name, at, found.text, persons, memory.genders)]
    if kind not in ("date", "year", "number", "yes_no") and _is_name(answer):
        at_home = kind == "place" and asked(found.text).focus not in _WATERS
        new = Mention(answer, "person" if kind == "person" else "place" if at_home else "thing")
        words = set(re.findall(r"[a-z]+", found.text.lower()))
        if new.sort == "person" and bool(words & _MALE) != bool(words & _FEMALE):
            memory.genders.setdefault(answer, "m" if words & _MALE else "f")
        stays = found.text.lstrip().lower().startswith(("where", "when", "how", "why"))
        memory.mentions.insert(0, (*told, new) if stays else (new, *told))
    else:
        seen = {each.text for each in told}
        said = [Mention(name) for name, _ in _names(answer.split(". ")[0]) if name not in seen and not _is_code(name)]
        memory.mentions.insert(0, (*told, *said))
    memory.question = found.text


def _is_name(answer: str) -> bool:
    """Whether an answer is one name, and no sentence."""
    names = _names(answer)
    longest = max((len(name) for name, _ in names), default=0)
    return len(answer.split()) <= SHORT and longest > 0.6 * len(answer) and not _is_code(answer)


def _is_code(name: str) -> bool:
    return any(word.isupper() and len(word) > 1 for word in re.split(r"[\W_]+", name)) or "_" in name


def _names(text: str) -> list[tuple[str, int]]:
    return [(each.text, each.start) for each in entities(text) if each.kind in ("name", "quoted")]


def _mentioned(name: str, at: int, question: str, persons: set[str], genders: dict[str, str]) -> list[Mention]:
    """A name in a question, and before it the relative of a person who is asked about: "Clara Schumann's husband"."""
    found = [Mention(name, _sort_in(name, question, at, persons))]
    if relative := _OWNER.match(question[at + len(name) :]):
        whole = f"{name}{relative[0]}"
        word = relative[0].split()[-1].lower()
        found.insert(0, Mention(whole, "person"))
        genders.setdefault(whole, "m" if word in _MALE else "f" if word in _FEMALE else "")
        if word in ("husband", "wife"):
            genders.setdefault(name, "f" if word == "husband" else "m")
    return found


def _sort_in(name: str, question: str, at: int, persons: set[str]) -> Sort:
    """Of what sort a name in a question is, by what is asked of it."""
    before, after = question[:at], question[at + len(name) :]
    if name in persons:
        return "person"
    if _PLACED.search(before):
        return "place"
    if re.match(r"\W*who\s+(?:is|was)\s+$", before, re.IGNORECASE):
        return "person"
    subject = re.search(r"\b(?:did|was|is|does|has|had)\s+$|^\W*$", before, re.IGNORECASE) is not None
    if _OWNER.match(after) or (subject and _PERSON_CUES.search(after) and " " in name):
        return "person"
    return "any"


def _resolved(question: str, memory: Memory) -> Resolved:
    if not memory.question or not question.strip():
        return Resolved(question)
    text = " ".join(question.split())
    lead = _LEAD.match(text)
    rest = text[lead.end() :] if lead else text
    about = _ABOUT.match(rest)
    bare = (rest[about.end() :] if about else rest).strip(" ?!.")
    if alone := _WH_ALONE.match(bare):
        return Resolved(f"{memory.question.rstrip(' ?!.')}, and {alone['wh'].lower()}?")
    if about or (lead and _is_fragment(bare)):
        return _completed(bare, memory)
    found = _referred(rest, memory)
    whole = f"{found.text[:1].upper()}{found.text[1:]}" if lead else found.text
    if not found.meant and not _names(rest) and any(each.search(rest) for each in (_THING, _SEVERAL, _THAT)):
        earlier = _TOPIC.search(memory.question)  # no name is meant: then what the question before was about
        whole = f"{whole} (about: {earlier[1] if earlier else memory.question.rstrip(' ?!.')})"
    return Resolved(whole, found.meant, found.gender)


def _is_fragment(text: str) -> bool:
    return len(text.split()) <= 5 and not _AUX.search(text) and not re.match(r"(?:who|what|which|how)\b", text, re.IGNORECASE)


def _completed(part: str, memory: Memory) -> Resolved:
    """The question before, with a fragment in the place of what it is like."""
    found, asking = _referred(part, memory), memory.question
    part, meant = found.text, found.meant
    if meant and meant in asking:
        return Resolved(asking.replace(meant, part, 1), meant, found.gender)
    if relation := re.search(r"'s ([a-z-]+)$", part):
        return Resolved(f"{'Who' if noun_type(relation[1]) == 'person' else 'What'} was {part}?", meant, found.gender)
    stem = asking.rstrip(" ?!.")
    if preposition := re.match(r"(?:in|at|on|to|from|for|with|by)\b", part, re.IGNORECASE):
        same = re.search(rf"\b{preposition[0]}\s+(?:the\s+)?(?:[A-Z][\w.'-]*\s?|\d+)+", asking)
        return Resolved(asking.replace(same[0].strip(), part, 1) if same else f"{stem} {part}?")
    named = part if part[:1].isupper() else ""
    names = _names(asking)
    return Resolved(asking.replace(names[0][0], part, 1) if names else f"{stem}, {part}?", named=named)


def _referred(text: str, memory: Memory) -> Resolved:
    """The text with names in the place of what refers to them."""
    own, meant, gender = _names(text), "", ""
    for pattern in (_PERSONAL, _THING, _SEVERAL, _THERE, _NOUN):
        match = pattern.search(text)
        if match is None or (pattern is _NOUN and (own or meant)):
            continue
        if pattern is not _THING and any(at < match.start() for _, at in own):
            continue  # it refers to a name in the question itself
        word = match[0].lower()
        sort = _sort_of(pattern, match)
        sex = "m" if word in _MALE else "f" if word in _FEMALE else ""
        taken = {name for name, _ in own} | {meant}
        name = memory.find(sort, sex, taken)
        if not name or (pattern is _NOUN and noun_type(match["noun"]) == "thing" and word.startswith("the ")):
            continue
        text, meant, gender = _put(text, match, name, place=pattern is _THERE), name, sex or gender
    return Resolved(text, meant, gender)


def _sort_of(pattern: re.Pattern[str], match: re.Match[str]) -> Sort:
    if pattern is _NOUN:
        kind = noun_type(match["noun"])
        return "person" if kind == "person" else "place" if kind == "place" else "thing"
    return {_PERSONAL: "person", _THING: "thing", _THERE: "place"}.get(pattern, "any")  # type: ignore[return-value]


def _put(text: str, match: re.Match[str], name: str, place: bool) -> str:
    """The text with a name in the place of a reference, as the owner of what follows where it is that."""
    word, after = match[0].lower(), text[match.end() :]
    following = re.match(r"\s+([\w-]+)", after)
    owns = word in _POSSESSIVE and (word != "her" or (following is not None and following[1].lower() not in _NOT_OWNED))
    shown = f"{name}'s" if owns or word in ("hers", "theirs") else f"in {name}" if place else name
    return f"{text[: match.start()]}{shown}{after}"
