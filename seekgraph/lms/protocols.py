"""What the languages of hosts have in common: how a request is put together, and what is read out of an answer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, Protocol

from pydantic import BaseModel

from seekgraph.core.language.lm import Message, Settings
from seekgraph.lms.options import Extras
from seekgraph.lms.refusals import Aspect, Terms
from seekgraph.lms.schemas import in_words, name_of, shape
from seekgraph.lms.structured import Reply

Piece = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a model, in no host's form yet. `turns` are replies that did not fit, each with what was wrong."""

    messages: tuple[Message, ...]
    output: type[BaseModel] | None
    settings: Settings
    turns: tuple[tuple[Reply, str], ...] = ()


@dataclass(slots=True)
class Shape:
    """What all requests for one type and with the same settings have in common, by what the host takes.

    `body` is the request without its messages, `aspects` are what of it the host might refuse, `notes` say what is not as it was
    asked for. `words` ask for the type at the end of the system's message; `system` is whether such a role is sent.
    """

    body: dict[str, Any] = field(default_factory=dict)
    aspects: list[Aspect] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    words: str = ""
    system: bool = False
    taken: bool = False
    """Whether the host has answered to a request of this shape."""

    @classmethod
    def begun(cls, provider: str, asked: Asked, forms: Sequence[str], terms: Terms) -> Shape:
        """The shape with what asks for the type, and with the system's message."""
        shape = cls()
        if asked.output is not None:
            shape.ask_for(provider, forms, asked.output, terms)
        if asked.system or shape.words:
            shape.offer_system(terms)
        return shape

    def offer(self, terms: Terms, name: str, value: Any, **body: Any) -> bool:
        """Send this, unless the host is known to refuse it; says whether it is sent. `body` is what stands for it there."""
        if not terms.takes(name, value):
            return False
        self.aspects.append(Aspect(name, value))
        self.body.update(body or {name: value})
        return True

    def offer_setting(self, terms: Terms, name: str, value: Any, **body: Any) -> None:
        """Send a setting, or note that it was not sent."""
        if not self.offer(terms, name, value, **body):
            self.notes.append(f"{name}={json.dumps(value)} was not sent")

    def offer_system(self, terms: Terms) -> None:
        """Send the system's message in a role of its own, where the host takes one."""
        self.system = terms.takes("system", True)
        if self.system:
            self.aspects.append(Aspect("system", True))
        else:
            self.notes.append("the system's message was put before the user's")

    def ask_for(self, provider: str, forms: Sequence[str], output: type[BaseModel], terms: Terms) -> None:
        """Ask for a type in the first form that the host takes."""
        name = name_of(output)
        chosen = next((form for form in forms if form == "words" or terms.takes(form, name)), "words")
        if chosen != forms[0]:
            self.notes.append(f"the type was asked for by {chosen} in place of {forms[0]}")
        if chosen != "words":
            self.aspects.append(Aspect(chosen, name))
            self.body.update(shape(provider, chosen, output))
        if chosen in ("json_object", "words"):
            self.words = in_words(output)


class Asked(NamedTuple):
    """What the shape of a request depends on."""

    output: type[BaseModel] | None
    settings: Settings
    system: bool
    """Whether there is a message of the system's."""
    stream: bool


@dataclass(slots=True)
class Read:
    """A reply with its tokens, by the host's count; None where it does not count."""

    reply: Reply
    tokens_in: int | None
    tokens_out: int | None


class HostProtocol(Protocol):
    """A host's language. Everything here is plain data: nothing is sent."""

    provider: ClassVar[str]
    path: ClassVar[str]
    forms: ClassVar[tuple[str, ...]]
    """The forms in which a type can be asked for; see `schemas`."""
    paid: bool
    """Whether calls surely cost money, also where the price is not known."""
    most_tokens: int | None
    """The limit of a reply that is sent where the settings have none."""

    def headers(self, key: str) -> dict[str, str]: ...

    def shape(self, asked: Asked, forms: Sequence[str], extras: Extras, terms: Terms) -> Shape:
        """What of a request does not depend on its messages, but for the model's name; `forms` in order of preference."""
        ...

    def messages(self, question: Question, shape: Shape) -> dict[str, Any]:
        """The fields of the body for the messages."""
        ...

    def read(self, raw: Mapping[str, Any]) -> Read:
        """A reply out of an answer. Raises `Transient` for an answer that has none."""
        ...

    async def gather(self, events: AsyncIterator[dict[str, Any]], piece: Piece) -> dict[str, Any]:
        """A stream put together to the answer that would have come in one; `piece` gets each part of the text."""
        ...


def parted(messages: Sequence[Message], words: str) -> tuple[str, list[dict[str, Any]]]:
    """The system's part of a prompt with `words` at its end, and the other messages."""
    system: list[str] = []
    turns: list[dict[str, Any]] = []
    for each in messages:
        if each.role == "system":
            system.append(each.content)
        else:
            turns.append({"role": each.role, "content": each.content})
    if words:
        system.append(words)
    return "\n\n".join(system), turns


def before_first(system: str, turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The system's part at the beginning of the user's first message, for hosts that know no such role."""
    if turns and turns[0]["role"] == "user":
        return [{"role": "user", "content": f"{system}\n\n{turns[0]['content']}"}, *turns[1:]]
    return [{"role": "user", "content": system}, *turns]


def table(found: Any) -> Mapping[str, Any]:
    """What a host sends where an object is meant: the object, or an empty one."""
    return found if isinstance(found, dict) else {}


def listed(found: Any) -> list[Any]:
    """The same for a list."""
    return found if isinstance(found, list) else []


def text_of(found: Any) -> str:
    """The same for a text."""
    return found if isinstance(found, str) else ""


def count(found: Any) -> int | None:
    """A number of tokens; None for what can be none, so that no host talks a budget down."""
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None
