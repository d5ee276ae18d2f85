"""The port of language models: messages in, a typed value out.

A node asks for an `LM` as for any port (`async def run(self, question: str, lm: LM)`) and calls `complete`. What stands behind it
re-asks when the output does not fit its type and tries again when the transport fails; each such attempt is counted before it
starts, through the `tally` that the runner gives, with what it may use at most, so that none goes past the budget.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

from seekgraph.core.base.budget import UNKNOWN, AtMost, Usage
from seekgraph.core.base.errors import SeekgraphError
from seekgraph.core.base.metering import Attempt, ByAttempt, Tally
from seekgraph.core.language.ports import Port, charged

T = TypeVar("T", bound=BaseModel)
Ended = Literal["stop", "length", "filter", "other"]
"""Why a model stopped: by itself (or at a stop string), at the token limit, by a content filter, or otherwise."""

OnText = Callable[[str, int], None]
"""Takes each piece of the text as it comes, and the attempt (from 1) that it is of: a new number starts the text again."""


class Message(BaseModel):
    """One message of a prompt."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Literal["system", "user", "assistant"]
    content: str


class PlainText(BaseModel):
    """An output type for a reply that is wanted as it is written: no JSON is asked for, and whatever comes is `text`."""

    text: str


class Settings(BaseModel):
    """How to sample. Part of a step's identity: hold it in a node's settings, or give it to the LM.

    `temperature` is 0 for greedy decoding; models that take none are sent none. `max_tokens` limits the reply; None leaves it
    to the backend (local models: 512). `stop` ends the reply before any of these strings. `sample` is the index of a repeated
    sample of one prompt, and shifts `seed`, for backends that take a seed. `logprobs` asks for the log-probability of each token.
    `reply_tokens` is what a reply of this kind needs: it limits the reply like `max_tokens`, but a model that turns out to think
    before it replies is asked again without it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: float = Field(default=0.0, ge=0.0, le=2.0)
    top_p: float | None = Field(default=None, gt=0.0, le=1.0)
    max_tokens: int | None = Field(default=None, ge=1)
    stop: tuple[str, ...] = ()
    seed: int | None = Field(default=None, ge=0)
    sample: int = Field(default=0, ge=0)
    logprobs: bool = False
    reply_tokens: int | None = Field(default=None, ge=1)


@dataclass(frozen=True, slots=True)
class Completion(Generic[T]):
    """What a call came to.

    `value` has the type that was asked for. `text` is what the model wrote, of the attempt that was used. `usage` counts every
    attempt, failed ones too. `fallback` is true where `value` was not what the model returned whole and valid: it was cut off and
    closed, or it is plain text put into a field. `logprobs` are tokens with their natural log-probability, where they were
    asked for and the backend gives them. `cached` is how many of the prompt's tokens were already known, where that is told.
    `notes` say what of the request was sent otherwise than it was asked for, since the host refuses it.
    """

    value: T
    text: str
    usage: Usage = field(default_factory=Usage)
    ended: Ended = "stop"
    attempts: int = 1
    fallback: bool = False
    logprobs: tuple[tuple[str, float], ...] | None = None
    cached: int = 0
    notes: tuple[str, ...] = ()


@runtime_checkable
class LM(Port, Protocol):
    """A language model.

    Its `identity: str` is a hash of what its replies depend on: kind, model, version, decoding; not of where it is served nor of
    any key.
    """

    @charged(ByAttempt("calls"))
    async def complete(
        self,
        messages: Sequence[Message],
        output: type[T],
        settings: Settings | None = None,
        *,
        tally: Tally | None = None,
        on_text: OnText | None = None,
    ) -> Completion[T]:
        """The model's reply to `messages`, as an `output`. `settings` default to the LM's own.

        `tally.begin()` is called before each real attempt, re-asks and repeats after transport errors included, with what it may
        use at most, and the attempt is told what it used; the runner gives a tally to every step's LM. `on_text` gets the text
        as it is written.

        Raises `LMError`, or `BudgetExceeded` where the tally refuses an attempt.
        """
        ...


class LMError(SeekgraphError):
    """A call that gave no value. `attempts` were made, `usage` is what they cost, `text` is the last that the model wrote.

    `code` is stable, and the code of the step's error: "rate_limited", "unauthorised" (a missing or wrong key), "timeout",
    "connection" (nobody there, or it broke off), "unavailable" (the host failed, or answered nonsense), "refused" (the request),
    "invalid" (what the model wrote), or "raised".
    """

    code = "raised"

    def __init__(
        self, message: str, *, attempts: int = 0, usage: Usage | None = None, text: str = "", code: str | None = None
    ) -> None:
        super().__init__(message)
        self.attempts = attempts
        self.usage = usage or Usage()
        self.text = text
        if code is not None:
            self.code = code

    def __reduce__(self) -> Any:
        return _restored, (type(self), str(self), self.attempts, self.usage, self.text, self.code)


class Unavailable(LMError):
    """The model could not be reached, or was overloaded, until the retries were spent. Trying later may help."""

    code = "unavailable"


class Rejected(LMError):
    """The request was refused: a wrong key, an unknown model, a prompt too long. Trying again will not help."""

    code = "refused"


class OutputInvalid(LMError):
    """The model never returned what was asked for, not after hearing what was wrong and not as plain text."""

    code = "invalid"


def _restored(kind: type[LMError], message: str, attempts: int, usage: Usage, text: str, code: str) -> LMError:
    return kind(message, attempts=attempts, usage=usage, text=text, code=code)


__all__ = [
    "UNKNOWN",
    "AtMost",
    "Attempt",
    "Completion",
    "Ended",
    "LM",
    "LMError",
    "Message",
    "OnText",
    "OutputInvalid",
    "PlainText",
    "Rejected",
    "Settings",
    "Tally",
    "Unavailable",
]
