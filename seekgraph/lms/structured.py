"""How a typed value is asked for, whatever the backend: ask, say what was wrong and ask again, then make do with plain text.

1. The model is asked for JSON of the output's type. The one object in its reply is the value, whatever stands around it.
2. A reply without an object that fits goes back with what is wrong with it, at most `reasks` times. One cut off at its token
   limit is closed where that makes a valid value.
3. Then plain text will do, for a type that one text can fill (see `reading.text_field`): the last reply, if it is prose, or else
   one more that is asked for without a type.
4. Then it is an error, with what was wrong last.

For `PlainText` none of this holds: the reply is the value.

Every attempt is counted before it starts; what steps 2 and 3 gave is marked as a fallback.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from seekgraph.core.base.budget import UNKNOWN, AtMost, Usage
from seekgraph.core.base.metering import Attempt, Tally
from seekgraph.core.language.lm import Completion, Ended, LMError, Message, OnText, OutputInvalid, PlainText, Settings
from seekgraph.lms.reading import DoesNotFit, closed, filled, text_field, value_in
from seekgraph.text.replies import without_reasoning

T = TypeVar("T", bound=BaseModel)


@dataclass(slots=True)
class Reply:
    """One reply: `text` is JSON where it was asked for (and the model did so), `raw` is the backend's own form of it."""

    text: str
    ended: Ended = "stop"
    logprobs: tuple[tuple[str, float], ...] | None = None
    cached: int = 0
    raw: Any = None
    notes: tuple[str, ...] = ()
    """What of the request was sent otherwise than it was asked for."""


class Backend(Protocol):
    """What gives replies. It repeats after transport errors, and knows nothing of types but how to ask for one."""

    def request(self, messages: Sequence[Message], output: type[BaseModel] | None, settings: Settings) -> Any:
        """What to send for these messages; for `output` None plain text."""
        ...

    async def attempt(self, request: Any, tally: Counting, on_text: OnText | None) -> Reply:
        """One reply. Each try begins with `tally.begin()` and says what it used. Raises `LMError`."""
        ...

    def again(self, request: Any, reply: Reply, problem: str) -> Any:
        """What to send after a reply that did not fit; `request` stays as it is."""
        ...


@dataclass(frozen=True, slots=True)
class Policy:
    """How often to ask again with what was wrong, and whether plain text will do in the end."""

    reasks: int = 2
    fallback: bool = True


@dataclass(slots=True)
class Counting:
    """A tally of one call: counts for the completion, and passes on to the runner's, if there is one."""

    outer: Tally | None = None
    attempts: int = 0
    usage: Usage = field(default_factory=Usage)

    async def begin(self, most: AtMost = UNKNOWN) -> CountedAttempt:
        """See `Tally.begin`."""
        begun = None if self.outer is None else await self.outer.begin(most)
        self.attempts += 1
        self.usage.calls += 1
        return CountedAttempt(self, begun)

    def caps(self, line: str) -> bool:
        """See `Tally.caps`."""
        return self.outer is not None and self.outer.caps(line)


class CountedAttempt:
    """An `Attempt` that is counted for the completion, too."""

    __slots__ = ("_counting", "_open", "_outer")

    def __init__(self, counting: Counting, outer: Attempt | None) -> None:
        self._counting = counting
        self._outer = outer
        self._open = True

    def spend(self, usage: Usage) -> None:
        if self._open:
            self._open = False
            self._counting.usage.add_amounts(usage)
            if self._outer is not None:
                self._outer.spend(usage)

    def withdraw(self) -> None:
        if self._open:
            self._open = False
            self._counting.attempts -= 1
            self._counting.usage.calls -= 1
            if self._outer is not None:
                self._outer.withdraw()

    def close(self) -> None:
        if self._open:
            self._open = False
            if self._outer is not None:
                self._outer.close()

    def __enter__(self) -> CountedAttempt:
        return self

    def __exit__(self, *_: object) -> None:
        if self._open:
            self.close()


async def ask(
    backend: Backend,
    messages: Sequence[Message],
    output: type[T],
    settings: Settings,
    policy: Policy,
    *,
    tally: Tally | None = None,
    on_text: OnText | None = None,
) -> Completion[T]:
    """A completion by the rules above. Raises `LMError`, or `BudgetExceeded` where the tally refuses an attempt."""
    counting = Counting(tally)
    try:
        value, reply, fallback = await _asked(backend, messages, output, settings, policy, counting, on_text)
    except LMError as error:
        error.attempts, error.usage = counting.attempts, counting.usage
        raise
    return Completion(
        value, reply.text, counting.usage, reply.ended, counting.attempts, fallback, reply.logprobs, reply.cached, reply.notes
    )


async def _asked(
    backend: Backend,
    messages: Sequence[Message],
    output: type[T],
    settings: Settings,
    policy: Policy,
    counting: Counting,
    on_text: OnText | None,
) -> tuple[T, Reply, bool]:
    if output is PlainText:
        reply = _readable(await backend.attempt(backend.request(messages, None, limited(settings, backend)), counting, on_text))
        return output.model_validate({"text": reply.text}), reply, False
    request = backend.request(messages, output, limited(settings, backend))
    problem, reply = "", Reply("")
    for turn in range(policy.reasks + 1):
        if turn:
            request = backend.again(request, reply, problem)
        before = counting.usage.tokens_out
        reply = _readable(await backend.attempt(request, counting, on_text))
        if settings.reply_tokens and not thinks(backend) and _was_thinking(reply, counting.usage.tokens_out - before):
            backend.thinks = True  # type: ignore[attr-defined]  # its limit was for a reply, not for thinking: once more without it
            request = backend.request(messages, output, settings)
            reply = _readable(await backend.attempt(request, counting, on_text))
        try:
            return value_in(reply.text, output, cut=reply.ended == "length"), reply, False
        except DoesNotFit as error:
            problem = str(error)
        if reply.ended == "length":
            if policy.fallback and (value := closed(reply.text, output)) is not None:
                return value, reply, True
            problem += "\nthe reply was cut off at the token limit: be shorter"
    last = reply
    if policy.fallback and text_field(output):
        if (value := filled(reply.text, output)) is not None:
            return value, reply, True
        reply = _readable(await backend.attempt(backend.request(messages, None, limited(settings, backend)), counting, on_text))
        for read in (_value_or_none, filled):
            if (value := read(reply.text, output)) is not None:
                return value, reply, True
    tried = f"{counting.attempts} attempt{'s' if counting.attempts > 1 else ''}"
    raise OutputInvalid(
        f"no {output.__name__} came back in {tried}: {problem}. The last reply began {last.text[:120]!r}. "
        f"Simplify the output type, raise max_tokens, or take a more capable model",
        text=last.text,
    )


def thinks(backend: Backend) -> bool:
    """Whether a model is known to think before it replies."""
    return bool(getattr(backend, "thinks", False))


def limited(settings: Settings, backend: Backend) -> Settings:
    """Settings whose `max_tokens` is at most what a reply of this kind needs, but for a model that thinks before."""
    most = settings.reply_tokens
    if most is None or thinks(backend) or (settings.max_tokens or most + 1) <= most:
        return settings
    return _capped(settings, most)


@lru_cache(maxsize=256)
def _capped(settings: Settings, most: int) -> Settings:
    return settings.model_copy(update={"max_tokens": most})


def _was_thinking(reply: Reply, tokens: int) -> bool:
    """Whether a reply was cut off before its answer began, or after more tokens than its text can have: then the rest were
    thoughts."""
    text = reply.text.strip()
    return reply.ended == "length" and (tokens > len(text.encode()) + _SPARE or not without_reasoning(text).strip())


_SPARE = 16
"""Tokens of a reply besides its text: those that begin and end it."""


def _readable(reply: Reply) -> Reply:
    """The reply without halves of surrogate pairs, which nothing after it could read, keep or send."""
    if not reply.text.isascii():
        reply.text = reply.text.encode("utf-8", "replace").decode()
    return reply


def _value_or_none(text: str, output: type[T]) -> T | None:
    try:
        return value_in(text, output)
    except DoesNotFit:
        return None
