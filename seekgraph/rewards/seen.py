"""What a reward sees of a trace: the steps that last, those before and after a step, and the passages in them.

A run may hold attempts that were discarded: nothing outside of them has read what they wrote, so it is in no reward of the rest.
No other module of this package takes steps from a trace, so that each says which it means: `lasting`, `before`, `after`, or
`taken` for what was spent, which a discarded attempt has spent too.

"Earlier" is the order of the trace, and not the ancestry that `parents` give: a retriever reads a query and not what was found
before, so going by ancestry a passage that is found again in the next round would count as new, and two branches that find the
same passage would both have the credit for it. The order of the trace depends only on the way taken. Between parallel
branches the one that is written first has the credit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seekgraph.core.record import attempts
from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.types import Digest, Evidence, Passage, Ranking

COLLECTIONS = frozenset({"passages", "context", "evidence", "rankings", "digests"})
"""Channels that say "no passages" when they are empty."""


def taken(trace: Trace) -> list[Step]:
    """All steps of a run, also those of discarded attempts: for what was spent, and for scoring every step."""
    return trace.steps


def lasting(trace: Trace) -> list[Step]:
    """The steps of a run without those of discarded attempts: nothing outside of these has read what they wrote."""
    dropped = attempts.discarded(trace.steps)
    return [step for step in trace.steps if step.id not in dropped] if dropped else trace.steps


def is_discarded(step: Step, trace: Trace) -> bool:
    """Whether the step was made in an attempt that was not selected."""
    return step.id in attempts.discarded(trace.steps)


def before(step: Step, trace: Trace) -> list[Step]:
    """The steps that stand before a step, without those of discarded attempts that it is not in, and of other attempts at what it
    is an attempt at."""
    return attempts.before(step, trace.steps)


def after(step: Step, trace: Trace) -> list[Step]:
    """The steps that stand after a step, without those of discarded attempts that it is not in, and of other attempts at what it
    is an attempt at."""
    return attempts.after(step, trace.steps)


def ids_of(value: Any) -> Iterator[str]:
    """The ids of the passages that a channel's value holds, names or rests on, in order; none for values of other types."""
    if isinstance(value, Passage):
        yield value.id
    elif isinstance(value, Evidence):
        yield value.passage_id
    elif isinstance(value, Ranking):
        yield from value.ids
    elif isinstance(value, Digest):
        yield from ids_of((*value.resources, *value.facts))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from ids_of(item)


def read_by(step: Step, trace: Trace) -> set[str] | None:
    """The ids of all passages in what the step read; None where it read no channel that could hold any."""
    channels = [value for name, value in trace.inputs(step).items() if (name in COLLECTIONS if value == () else _holds(value))]
    return set(ids_of(channels)) if channels else None


def found_before(step: Step, trace: Trace, channel: str = "passages") -> set[str]:
    """The ids of all passages that earlier steps of the run wrote to `channel`, without those of attempts that were dropped."""
    found: set[str] = set()
    for earlier in before(step, trace):
        found.update(ids_of(earlier.writes.get(channel, ())))
    return found


def on_part(step: Step, trace: Trace) -> bool:
    """Whether the step works inside a call that was given a goal, or a question that is not the run's.

    The gold of the example is about the run's question: it does not say what is right there.
    """
    if not any(each.kind == "input" and each.path != "input" for each in trace.steps):
        return False  # nothing was called: by far the most flows
    question = None
    calls: list[Step] = []
    for earlier in before(step, trace):
        if earlier.kind == "input" and earlier.path == "input":
            question = earlier.writes.get("question")
        elif earlier.kind == "input":
            calls.append(earlier)
        elif earlier.kind == "digest":
            calls = [call for call in calls if (call.path, call.at) != (f"{earlier.path}.give", earlier.at)]
    around = [call for call in calls if call.at == step.at[: len(call.at)]]  # a call that failed has no end in the trace
    return any("goal" in call.writes or call.writes.get("question", question) != question for call in around)


def _holds(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return any(map(_holds, value[:1]))
    return isinstance(value, Passage | Evidence | Ranking | Digest)
