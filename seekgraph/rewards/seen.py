"""What stood before a step: the passages that it read, those that had been found by then, and whether the question was its own.

"Earlier" is the order of the trace, and not the ancestry that `parents` give: a retriever reads a query and not what was found
before, so going by ancestry a passage that is found again in the next round would count as new, and two branches that find the
same passage would both have the credit for it. The order of the trace depends only on the way taken. Between parallel
branches the one that is written first has the credit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seekgraph.core.record.attempts import before
from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.types import Digest, Evidence, Passage, Ranking

COLLECTIONS = frozenset({"passages", "context", "evidence", "rankings", "digests"})
"""Channels that say "no passages" when they are empty."""


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
    for earlier in before(step, trace.steps):
        found.update(ids_of(earlier.writes.get(channel, ())))
    return found


def on_part(step: Step, trace: Trace) -> bool:
    """Whether the step works inside a call that was given a goal, or a question that is not the run's.

    The gold of the example is about the run's question: it does not say what is right there.
    """
    question = None
    calls: list[Step] = []
    for earlier in trace.steps:
        if earlier is step or (earlier.path == step.path and earlier.at == step.at):
            break
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
