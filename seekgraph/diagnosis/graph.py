"""The information-dependency graph: what a step was built from, by the parents that steps carry.

    behind(trace, "answer").draw("svg")        # all that the answer was made from, and nothing else
    way(trace, "answer", "retrieve@1")         # by which steps something came from one to the other

The idea of finding a root cause along such a graph, and not along the order of the log, is GraphTracer's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace


def sources(trace: Trace, step: Step) -> Iterator[Step]:
    """The steps that wrote what a step read, each once, in the order of the channels that it read."""
    for id in dict.fromkeys(id for ids in step.parents.values() for id in ids):
        yield trace.step(id)


def readers(trace: Trace, step: Step) -> Iterator[Step]:
    """The steps that read what a step wrote, in the order of the trace."""
    for other in trace.steps:
        if any(step.id in ids for ids in other.parents.values()):
            yield other


def behind(trace: Trace, id: str) -> Trace:
    """The part of a trace that a step was built from, with the step itself: a trace of its own, to be drawn or walked.

    Raises `KeyError` where there is no such step.
    """
    kept: set[str] = set()
    waiting = [trace.step(id)]
    while waiting:
        step = waiting.pop()
        if step.id not in kept:
            kept.add(step.id)
            waiting += sources(trace, step)
    return replace(trace, steps=[step for step in trace.steps if step.id in kept])


def way(trace: Trace, end: str, root: str) -> tuple[str, ...]:
    """The shortest way from a step back to one that it was built from, as ids; empty where it was not built from that."""
    before: dict[str, str] = {end: ""}
    waiting = [end]
    while waiting:
        id = waiting.pop(0)
        if id == root:
            found = [id]
            while before[found[-1]]:
                found.append(before[found[-1]])
            return tuple(reversed(found))
        for source in sources(trace, trace.step(id)):
            if source.id not in before:
                before[source.id] = id
                waiting.append(source.id)
    return ()
