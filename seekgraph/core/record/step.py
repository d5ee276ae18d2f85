"""Steps: what a trace is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

StepKind = Literal["input", "node", "item", "until", "route", "digest", "attempt", "score", "selected", "decision"]
"""What a step records.

- `input`: what a run, or a call, was given;
- `node`: a visit of a node;
- `item`: the item that an `each` hands to one of its branches;
- `until`, `route`: a decision of a loop or a route;
- `digest`: what came back from a call;
- `attempt`: the beginning of an attempt of a `redo` or a `best_of`, with the feedback on the one before; its steps follow it;
- `score`: the end of an attempt that was not cut off: its decision is the score in [0, 1], "unscored" where the reward does not
  apply, or "failed"; its parents are the steps that were scored, its writes what is wrong with them;
- `selected`: after the last attempt, the number of the one that is selected, from 1, as text;
- `decision`: what another combinator decided.
"""


DECISION = "decision"
"""The name under which a replay replaces what a step decided, beside the channels that steps write."""


@dataclass(frozen=True, slots=True)
class StepError:
    """Why a step has no result.

    `code` is stable: "raised" (the node or its tool raised), "timeout", "invalid" (what it returned is not what it declares),
    "missing" (a channel that it reads is unwritten), "budget" (it was not allowed to start a call),
    "cancelled", "inside" (a call came to nothing since a step inside it failed). Errors of a language model have codes of their
    own: "rate_limited", "unauthorised", "timeout", "connection", "unavailable", "refused", "invalid" (see `LMError`).
    """

    code: str
    type: str
    message: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an answer while a model writes it: where, and at which attempt. A new number starts the text again."""

    path: str
    at: tuple[int, ...]
    text: str
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Asking:
    """A step begins to ask its model: where."""

    path: str
    at: tuple[int, ...]


@dataclass(slots=True)
class Step:
    """One visit.

    `at` are the positions in the enclosing repetitions (rounds from 1, items from 0); `path` and `at` make the `id`.
    `visit` counts the visits of this path in the run, from 1. `parents` maps each channel that was read to the ids of the steps
    that wrote what was read there: what the step read is found by merging their writes, in this order.
    `writes` maps channels to what this step wrote to them (not to what they then held). `usage` is what the result cost
    when it was made; `memo` says whether it was paid now: it is "hit", the reason of a miss, or "off: ..."; after a replay also
    "replay" (taken from the earlier run) or "replaced" (what it wrote was given). `reused` is the part of a step's `usage` that
    earlier steps had paid, which asked a model the same. `notes` say what was done otherwise than it was asked for, such as a
    temperature that the model's host refuses.
    `started` is in seconds since the run began, `seconds` the time that the visit took now; `took` is, for a hit of the
    memo, the time that its result took when it was made, else 0.
    """

    path: str
    at: tuple[int, ...]
    kind: StepKind
    parents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    writes: dict[str, Any] = field(default_factory=dict)
    round: int = 0
    visit: int = 1
    started: float = 0.0
    seconds: float = 0.0
    took: float = 0.0
    usage: dict[str, float] = field(default_factory=dict)
    reused: dict[str, float] = field(default_factory=dict)
    memo: str = ""
    notes: tuple[str, ...] = ()
    attempts: int = 1
    decision: str | bool | float | None = None
    error: StepError | None = None

    @property
    def id(self) -> str:
        """The step's id: unique in its run and the same in every run that takes the same way."""
        return step_id(self.path, self.at)


def step_id(path: str, at: tuple[int, ...]) -> str:
    """The id of the step at `path`, at these positions in the repetitions around it."""
    return f"{path}@{'.'.join(map(str, at))}" if at else path
