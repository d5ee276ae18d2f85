"""Equal requests to a language model are sent once: what changes only what is made of a reply asks nothing again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, PydanticUserError, ValidationError
from pydantic_core import PydanticSerializationError

from seekgraph.core.base.budget import Usage
from seekgraph.core.base.identity import digest
from seekgraph.core.base.metering import Tally
from seekgraph.core.language.lm import LM, Completion, Ended, Message, OnText, Settings, T
from seekgraph.core.language.node import Writes
from seekgraph.core.memo.key import Found, StepKey
from seekgraph.core.memo.sharing import Sharing

NODE = "seekgraph:reply"
"""What replies stand under in a memo, beside the nodes whose steps it keeps."""


class Reply(Writes):
    """A completion as the memo keeps it; `value` is JSON."""

    value: str
    text: str
    ended: Ended
    attempts: int
    fallback: bool
    logprobs: tuple[tuple[str, float], ...] | None = None
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Account:
    """What a step's result cost, what of it earlier steps had paid, and how often the step has asked what."""

    usage: Usage = field(default_factory=Usage)
    reused: Usage = field(default_factory=Usage)
    asked: Counter[str] = field(default_factory=Counter)
    notes: dict[str, None] = field(default_factory=dict)
    """What resources say of how they did what they were asked, each once."""


class Remembering:
    """A language model as one step sees it under a memo.

    Requests are equal where the model, the messages, the type of the reply and the settings are. A step that asks the same thing
    twice wants two replies: the first is equal to other steps' first, the second to their second. Errors are not
    kept, nor what is asked for as a type that has no JSON schema.
    """

    __slots__ = ("_account", "_inner", "_memo")

    def __init__(self, inner: Any, memo: Sharing, account: Account) -> None:
        self._inner = inner
        self._memo = memo
        self._account = account

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._inner, name)
        if name == "with_settings":
            return lambda **settings: Remembering(member(**settings), self._memo, self._account)
        return member

    async def complete(
        self,
        messages: Sequence[Message],
        output: type[T],
        settings: Settings | None = None,
        *,
        tally: Tally | None = None,
        on_text: OnText | None = None,
    ) -> Completion[T]:
        """See `LM.complete`; a reply that is known is not written again for `on_text`."""
        inner: LM = self._inner
        try:
            key = self._key(messages, output, settings)
        except (TypeError, ValueError, PydanticUserError):  # a type without a JSON schema, or settings of a user's own
            return await inner.complete(messages, output, settings, tally=tally, on_text=on_text)
        found, _ = await self._memo.claim(key, Reply)
        if found is not None and (known := _completion(found, output)) is not None:
            self._account.usage.add(known.usage)
            self._account.reused.add(known.usage)
            return known
        try:
            began = time.perf_counter()
            done = await inner.complete(messages, output, settings, tally=tally, on_text=on_text)
            if (reply := _reply(done)) is not None:
                self._memo.put(key, reply, done.usage.spent(), time.perf_counter() - began)
            return done
        finally:
            if found is None:
                self._memo.release(key)

    def _key(self, messages: Sequence[Message], output: type[T], settings: Settings | None) -> StepKey:
        asked = digest([[message.model_dump() for message in messages], _schema(output)])
        sampling = digest(settings if settings is not None else getattr(self._inner, "settings", None))
        model = self._inner.identity
        request = f"{model}/{sampling}/{asked}"
        self._account.asked[request] += 1
        return StepKey(NODE, "", sampling, asked, model, str(self._account.asked[request]))


@lru_cache(maxsize=256)
def _schema(output: type[BaseModel]) -> dict[str, Any]:
    """The schema of an output type. Making one takes longer than all else that a request is told apart by."""
    return output.model_json_schema()


def _reply(done: Completion[Any]) -> Reply | None:
    """A completion as it is kept; None where its value cannot be written as JSON."""
    try:
        value = done.value.model_dump_json(by_alias=True)
    except PydanticSerializationError:
        return None
    return Reply(
        value=value,
        text=done.text,
        ended=done.ended,
        attempts=done.attempts,
        fallback=done.fallback,
        logprobs=done.logprobs,
        notes=done.notes,
    )


def _completion(found: Found, output: type[T]) -> Completion[T] | None:
    """The completion that is kept; None where it is not an `output` any more."""
    reply = found.value
    assert isinstance(reply, Reply)
    try:
        value = output.model_validate_json(reply.value)
    except ValidationError:
        return None
    usage = Usage.of(found.usage)
    return Completion(value, reply.text, usage, reply.ended, reply.attempts, reply.fallback, reply.logprobs, notes=reply.notes)
