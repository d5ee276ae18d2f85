"""A scripted model, for tests: exact replies and faults, no weights, no network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from seekgraph.core.base.budget import AtMost, Usage
from seekgraph.core.language.lm import LMError, Message, OnText, Settings
from seekgraph.lms.client import BackedLM
from seekgraph.lms.prices import FREE, Price, spent
from seekgraph.lms.profiles import Profile, profile_of
from seekgraph.lms.reading import text_field
from seekgraph.lms.streaming import listener
from seekgraph.lms.structured import Counting, Policy, Reply

Line = str | BaseModel | dict[str, Any] | Reply | Exception
"""A reply: text as the model would write it, a value as JSON of it, a `Reply` in full, or an error to be raised."""

Script = Iterable[Line] | Callable[["Asked"], Line]


@dataclass(frozen=True)
class Asked:
    """What a scripted model was asked: the messages, the type (None for plain text), the settings."""

    messages: tuple[Message, ...]
    output: type[BaseModel] | None
    settings: Settings

    @property
    def prompt(self) -> str:
        """All messages as one text."""
        return "\n".join(each.content for each in self.messages)


class Stage:
    """The backend of a scripted model: `asked` has every attempt that was made."""

    def __init__(self, name: str, script: Script, *, delay: float, price: Price, identity: str | None) -> None:
        self.name = name
        self.asked: list[Asked] = []
        self.delay = delay
        self.price = price
        self._identity = identity
        self._answer = script if callable(script) else _reader(name, list(script))

    @property
    def made_of(self) -> Any:
        return None if self._identity is None else ["scripted", self.name, self._identity]

    def request(self, messages: Sequence[Message], output: type[BaseModel] | None, settings: Settings) -> Asked:
        return Asked(tuple(messages), output, settings)

    def again(self, request: Asked, reply: Reply, problem: str) -> Asked:
        told = (Message(role="assistant", content=reply.text), Message(role="user", content=problem))
        return Asked((*request.messages, *told), request.output, request.settings)

    async def attempt(self, request: Asked, tally: Counting, on_text: OnText | None) -> Reply:
        self.asked.append(request)
        line = self._answer(request)
        reply = line if isinstance(line, Reply) else Reply("" if isinstance(line, Exception) else _text(line))
        used = spent(self.price, len(request.prompt.split()), len(reply.text.split()))
        try:
            begun = await tally.begin(AtMost(used.tokens, used.usd))
        except BaseException:
            self.asked = [each for each in self.asked if each is not request]
            raise
        with begun as attempt:
            await asyncio.sleep(self.delay)
            attempt.spend(Usage() if isinstance(line, Exception) else used)
        if isinstance(line, Exception):
            raise line
        field = text_field(request.output) if request.output else None
        if (show := listener(on_text, tally.attempts, field)) is not None:
            for start in range(0, len(reply.text), 8):
                show(reply.text[start : start + 8])
        return reply

    async def aclose(self) -> None:
        return None


class Scripted(BackedLM):
    """A model that replies by a script: a list of lines, in turn, or a function of what is `Asked`.

        lm = Scripted([Answer(text="Paris"), "no JSON", Unavailable("the host is down")])
        lm = Scripted(lambda asked: {"text": asked.prompt.upper()}, delay=0.05)

    Tokens are counted as words; `price` (free) makes money of them. The script is asked before an attempt is counted, since a
    budget wants to know what the reply will cost. `delay` is seconds for each attempt. Without an `identity` steps that use it
    are not kept in the memo, since a script may reply otherwise the next time. `profile` is what is known of the model
    (`lms.profiles`), by its name unless it is given.
    """

    def __init__(
        self,
        script: Script,
        *,
        name: str = "scripted",
        delay: float = 0.0,
        price: Price = FREE,
        identity: str | None = None,
        reasks: int = 2,
        fallback: bool = True,
        settings: Settings | None = None,
        profile: Profile | None = None,
    ) -> None:
        source = Stage(name, script, delay=delay, price=price, identity=identity)
        super().__init__(source, settings or Settings(), Policy(reasks, fallback), profile or profile_of(name))

    @property
    def asked(self) -> list[Asked]:
        """Every attempt that was made, in order."""
        found: list[Asked] = self.source.asked  # type: ignore[attr-defined]
        return found


def _reader(name: str, lines: list[Line]) -> Callable[[Asked], Line]:
    left = iter(lines)

    def answer(_: Asked) -> Line:
        for line in left:
            return line
        return LMError(f"{name}: the script has {len(lines)} lines, and one more reply was asked for")

    return answer


def _text(line: str | BaseModel | dict[str, Any]) -> str:
    if isinstance(line, str):
        return line
    return line.model_dump_json() if isinstance(line, BaseModel) else json.dumps(line)
