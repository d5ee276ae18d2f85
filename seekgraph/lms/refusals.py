"""What a host refuses of a request, and what is known of it afterwards.

Hosts that speak "as OpenAI does" differ: one wants `max_completion_tokens`, one takes no temperature, one no JSON schema, one no
system role. What a refusal is about is found in its words; from then on the request is made without it, or in the next form.
A refusal is kept for a host, a model and a parameter, and where it is about a value, for this value alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, NamedTuple

from pydantic_core import to_json

from seekgraph.lms.complaints import Complaint

Kind = Literal["parameter", "value"]

PLAIN = frozenset({400, 405, 406, 415, 422, 501})
"""Statuses of a request that is not well made: a name in the message is enough."""
ODD = frozenset({403, 404, 410, 424, 500})
"""Statuses with other meanings: the message has to say that something named is not taken."""

NAMES: dict[str, tuple[str, ...]] = {
    "max_completion_tokens": ("max completion tokens",),
    "max_tokens": ("max tokens", "max output tokens"),
    "reasoning_effort": ("reasoning effort", "output config effort", "effort", "reasoning"),
    "stop": ("stop", "stop sequence", "stop sequences"),
    "stop_sequences": ("stop sequences", "stop sequence"),
    "logprobs": ("logprobs", "log probs", "log probabilities", "logprob"),
    "stream_options": ("stream options", "include usage"),
    "stream": ("stream", "streaming", "streamed"),
    "json_schema": (
        "response format", "json schema", "structured output", "structured outputs", "output config", "output format",
        "guided json", "guided decoding", "schema",
    ),
    "json_object": ("response format", "json object", "json mode", "json output"),
    "tools": (
        "tools", "tool choice", "tool use", "tool call", "tool calls", "tool calling", "function calling", "functions", "tool",
    ),
    "system": ("system", "system prompt", "developer", "developer instruction"),
}  # fmt: skip
"""How hosts call what they refuse, where it is not its own name."""

COMMON = frozenset(
    {
        "stop",
        "stream",
        "streaming",
        "streamed",
        "effort",
        "reasoning",
        "system",
        "developer",
        "tool",
        "seed",
        "schema",
        "functions",
    }
)
"""Words of plain English: they count where they are quoted, or stand beside a word that says that they are a parameter."""

_BEFORE = (
    r"(?:parameter|argument|field|option|key|role|unsupported|unknown|unexpected|unrecogni[sz]ed|invalid|no|support|use|accept|take"
    r"|allow|enable|provide)(?:ed|s)?\b[\s:=>\"'`(\[]{0,4}(?:the |a |any )?"
)
_AFTER = (
    r"[\"'`)\]]{0,2}[\s:=,]{0,3}(?:parameter|argument|field|option|role|message|prompt|instruction|sequence|calling|is\b|are\b"
    r"|isn't|aren't|not\b|cannot|can't|does\b|unsupported|must|was\b|refused|rejected|mode\b|extra)"
)
_SAYS_NO = re.compile(
    r"not (?:be )?(?:support|allow|permit|accept|implement|enabl|available|recogni|valid|provid)|unsupported|unknown|unrecogni"
    r"|unexpected|invalid|(?:does|do|is|are|can|has|have)(?:n't| not)|cannot|extra|refus|reject|no endpoints|must|only|no longer"
    r"|deprecated|disabled|without",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"unsupported[_ ]value|invalid[_ ]value|does not support [-\d.]+|only the default|must be|should be|between|in (?:the )?range"
    r"|too (?:large|small|high|low|big|long|many)|at (?:most|least)|(?:less|greater) than|maximum (?:value|is|of)|minimum|exceed"
    r"|out of range|[<>]=|invalid schema|schema is (?:not|in)valid|value .{0,40} not",
    re.IGNORECASE,
)
_PARAMETER = re.compile(
    r"unsupported[_ ]param|unknown|unrecogni|unexpected|not permitted|extra inputs|extra_forbidden|not supported with this model",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"context (?:length|window|size)|maximum context|prompt is too long|too many (?:input )?tokens|reduce the length"
    r"|content (?:policy|filter|management)",
    re.IGNORECASE,
)
_ALTERNATE = re.compile(
    r"roles? must alternate|alternate user|first message must|must start with a user|only user and assistant", re.IGNORECASE
)


class Aspect(NamedTuple):
    """Something that a request has and that can be left out, or put in another form."""

    name: str
    value: Any

    @property
    def exact(self) -> str:
        """The aspect with its value, as a key."""
        return f"{self.name}={to_json(self.value, fallback=str).decode()}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that a host has refused for a model; `kind` says whether it was the parameter, or only this value of it."""

    aspect: Aspect
    kind: Kind
    status: int

    @property
    def key(self) -> str:
        return self.aspect.name if self.kind == "parameter" else self.aspect.exact


@dataclass(eq=False)
class Terms:
    """What one host has refused for one model so far."""

    refusals: dict[str, Refusal] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    """What the host has answered to, by aspect and value."""
    in_vain: set[frozenset[str]] = field(default_factory=set)
    """Requests that were refused without a reason, in every other form, too."""

    @property
    def version(self) -> int:
        """Changes with each refusal."""
        return len(self.refusals)

    def takes(self, name: str, value: Any) -> bool:
        """Whether nothing is known against sending this."""
        if not self.refusals:
            return True
        return name not in self.refusals and Aspect(name, value).exact not in self.refusals

    def learn(self, sent: Iterable[Aspect], status: int, said: Complaint) -> Refusal | None:
        """What of a request was refused, kept from now on; None where the words are about none of it."""
        if status not in PLAIN | ODD or _ELSEWHERE.search(said.text):
            return None
        if status in ODD and _SAYS_NO.search(said.text) is None:
            return None
        sent = list(sent)
        found = min(_places(sent, said), key=lambda place: place[0], default=None)
        if found is None:
            return None
        refusal = Refusal(found[1], _kind(found[1], said), status)
        self.refusals.setdefault(refusal.key, refusal)
        return refusal

    def without(self, names: Iterable[str], sent: Iterable[Aspect], status: int) -> Terms:
        """These terms, and that everything of these names were refused: of what it has taken with another value this value."""
        known = {each.partition("=")[0] for each in self.taken}
        values = {each.name: each for each in sent}
        found = dict(self.refusals)
        for name in names:
            aspect = values.get(name, Aspect(name, None))
            refusal = Refusal(aspect, "value" if name in known and name in values else "parameter", status)
            found.setdefault(refusal.key, refusal)
        return Terms(found)


def _places(sent: list[Aspect], said: Complaint) -> Iterator[tuple[tuple[int, int], Aspect]]:
    """Where each aspect is named: best beside the message, then in quotes, then with a word that says so, then at all."""
    for aspect in sent:
        names = NAMES.get(aspect.name, (aspect.name.replace("_", " "),))
        for name in names:
            quoted, beside, plain = _patterns(name)
            for number, each in enumerate(said.names):
                if plain.search(each):
                    yield (0, number), aspect
            patterns = (quoted, beside) if name in COMMON else (quoted, beside, plain)
            for rank, pattern in enumerate(patterns, start=1):
                if (match := pattern.search(said.text)) is not None:
                    yield (rank, match.start()), aspect
                    break
        if aspect.name == "system" and any(name.rpartition(".")[2] == "role" for name in said.names):
            yield (0, len(said.names)), aspect
        if aspect.name == "system" and (match := _ALTERNATE.search(said.text)) is not None:
            yield (2, match.start()), aspect


@cache
def _patterns(name: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    words = r"[ _.\-]?".join(map(re.escape, name.split()))
    word = rf"(?<![\w-]){words}(?![\w-])"
    quoted = rf"[\"'`\u2018\u201c]{words}(?:[.\[][\w.\[\]]{{0,40}})?[\"'`\u2019\u201d]"
    beside = rf"{_BEFORE}{word}|{word}{_AFTER}"
    return re.compile(quoted, re.I), re.compile(beside, re.I), re.compile(word, re.I)


def _kind(aspect: Aspect, said: Complaint) -> Kind:
    words = f"{' '.join(said.codes)} {said.text}"
    return "value" if _VALUE.search(words) and not _PARAMETER.search(words) else "parameter"
