"""Turns: a step that chose what to search for, its queries, and the searches that were made with them.

Every reward of a query scores one step, the one that chose it:

- the node that wrote the query, to `query`, `queries` or any other channel that holds a `Query`. Its searches are the later steps
  that read it, also as an item of an `each` or as what a call was given;
- or the search itself, where no step wrote its query: it asked the run's question, or a goal.

So each search belongs to the step that may be blamed for it. What a query found is known when its searches are done: in a trace
that is finished, and while a flow runs at the end of an attempt, so a `redo` or a `best_of` around both the node that writes
queries and the one that searches can score by it. What a query says is known as soon as it is written.

"Before" a turn is before its first search in the order of the trace, as in `seen`; what the searches of one turn find twice was
not found before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.outcome import is_search, values_of
from seekgraph.rewards.seen import after, before, lasting, taken
from seekgraph.text.alike import put_in
from seekgraph.types import Digest, Goal, Passage, Query, Ranking

_HANDED_ON = ("item", "input")
"""Steps that give a part of a run what another step has written."""


@dataclass(frozen=True)
class Turn:
    """A step that chose queries, the queries, and the searches made with them, in the order of the trace."""

    step: Step
    queries: tuple[Query, ...]
    searches: tuple[Step, ...]

    @property
    def passages(self) -> tuple[Passage, ...]:
        """What it found, each passage once: the first of every search, then the second of every search, and so on."""
        lists = [list(values_of(search.writes["passages"], Passage)) for search in self.searches]
        found: dict[str, Passage] = {}
        for passage in (each for row in zip_longest(*lists) for each in row if each is not None):
            found.setdefault(passage.id, passage)
        return tuple(found.values())

    @property
    def said(self) -> str:
        """All that its queries say."""
        return " ".join(map(said, self.queries))


def said(query: Query) -> str:
    """The words that a query asks for: its text, what it must have, and its extra terms with a weight above 0."""
    return " ".join([query.text, *query.must, *(term for term, weight in query.weights.items() if weight > 0)])


def turn_of(step: Step, trace: Trace) -> Turn | None:
    """The turn of a step; None where the step chose no query, or failed."""
    queries = queries_of(step, trace)
    if not queries:
        return None
    own = (step,) if is_search(step) and not makers(step, trace) else ()
    wrote = any(True for _ in _queries(step.writes))
    return Turn(step, queries, (*own, *(_made_with(step, trace) if wrote else ())))


def queries_of(step: Step, trace: Trace) -> tuple[Query, ...]:
    """The queries that a step chose: those that it wrote, or those that it asked a retriever where no step had written them."""
    if step.kind != "node" or step.error is not None:
        return ()
    wrote = tuple(_queries(step.writes))
    asked = not wrote and step.usage.get("searches") and is_search(step) and not makers(step, trace)
    return tuple(_asked(step, trace)) if asked else wrote


def turns(trace: Trace) -> list[Turn]:
    """The turns of a run, in the order in which their queries were chosen, without those of attempts that were discarded."""
    return [turn for step in lasting(trace) if (turn := turn_of(step, trace)) is not None]


def found_earlier(turn: Turn, trace: Trace) -> dict[str, Passage]:
    """All passages that were found before a turn, by id."""
    earlier = before(turn.searches[0] if turn.searches else turn.step, trace)
    found = (passage for each in earlier for passage in values_of(each.writes.get("passages", ()), Passage))
    return {passage.id: passage for passage in found}


def question_for(turn: Turn, trace: Trace) -> str:
    """What a turn works on: the goal that its step read, or the question that it read, or else the run's; "" without one.

    In a goal "#1" is what the digest of the goal "1" concludes, where the step read one.
    """
    read = trace.inputs(turn.step)
    known = {digest.goal_id: digest.conclusion for digest in read.get("digests") or () if isinstance(digest, Digest)}
    goals = [put_in(goal.text, known) for goal in values_of(list(read.values()), Goal)]
    first = next((step.writes.get("question") for step in taken(trace) if step.kind == "input"), "")
    return next((text for text in (*goals[:1], read.get("question"), first) if isinstance(text, str)), "")


def makers(search: Step, trace: Trace) -> set[str]:
    """The ids of the steps that wrote the queries which a search read."""
    found: set[str] = set()
    for channel, sources in search.parents.items():
        for source in sources:
            found |= _makers(trace.step(source), channel, trace)
    return found


def _makers(step: Step, channel: str, trace: Trace) -> set[str]:
    if step.kind == "node":
        return {step.id} if any(_queries({channel: step.writes.get(channel)})) else set()
    if step.kind not in _HANDED_ON:
        return set()
    texts = {query.text for query in _queries({"query": step.writes.get(channel)})}
    return {
        id
        for name, sources in step.parents.items()
        for source in sources
        for id in _makers(trace.step(source), name, trace)
        if not texts.isdisjoint(query.text for query in _queries(trace.step(id).writes))
    }


def _made_with(step: Step, trace: Trace) -> list[Step]:
    return [search for search in after(step, trace) if is_search(search) and step.id in makers(search, trace)]


def _queries(writes: Mapping[str, Any]) -> Iterator[Query]:
    for channel, value in writes.items():
        yield from values_of(value, Query)
        if channel in ("query", "queries"):
            yield from (Query(text=text) for text in values_of(value, str))


def _asked(search: Step, trace: Trace) -> Iterator[Query]:
    """What a search asked that chose its query itself."""
    noted = dict.fromkeys(ranking.query for ranking in values_of(search.writes.get("rankings", ()), Ranking))
    read = trace.inputs(search)
    texts = noted or [text for text in (read.get("query"), read.get("question")) if isinstance(text, str)][:1]
    yield from (Query(text=text) for text in texts)
