"""Where a gold passage was lost on its way to a step that needed it: found by walking back along what the steps read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.diagnosis.gold import Gold, Scope, passages_in
from seekgraph.diagnosis.graph import sources
from seekgraph.rewards.seen import ids_of
from seekgraph.text.entities import flat, folded, names
from seekgraph.types import Passage, Query

DEPTH = 100
"""How far down a retriever's list a passage is looked for, to tell a query that misses it from one that does not lead there."""


class Suspect(NamedTuple):
    """A step that may be the first broken one, with its class and why."""

    step: Step
    cls: str
    why: str


async def lost(gold: Gold, scope: Scope, id: str, consumer: Step) -> list[Suspect]:
    """The steps that may have lost a gold passage that `consumer` did not get to read, the likeliest first."""
    trace, finders = gold.trace, []
    for step in _holders(trace, consumer):
        if _is_finder(gold, step):
            finders.append(step)
            continue
        pool = [passage.id for value in trace.inputs(step).values() for passage in passages_in(value)]
        if id in pool:
            kept = sum(1 for value in step.writes.values() for _ in passages_in(value))
            why = f"{_called(gold, id)} was among the {len(set(pool))} passages that it read, and is not among the {kept} it kept"
            return [Suspect(step, "ranking", why), *_went_on(gold, scope, step)]
        return await lost(gold, scope, id, step)
    return await _never_found(gold, scope, id, finders)


def _holders(trace: Trace, consumer: Step) -> list[Step]:
    """The steps that wrote the passages that a step read: those of its context, or else of its pool."""
    for channels in (("context",), ("passages",), tuple(consumer.parents)):
        ids = dict.fromkeys(id for channel in channels for id in consumer.parents.get(channel, ()))
        found = [trace.step(each) for each in ids if any(_holds(value) for value in trace.step(each).writes.values())]
        if found:
            return found
    return []


def _holds(value: Any) -> bool:
    return next(passages_in(value), None) is not None or value == ()


def _is_finder(gold: Gold, step: Step) -> bool:
    """Whether a step finds passages rather than choosing among those that it read."""
    if step.kind != "node":
        return True
    return "passages" in gold.place.fields.get(step.path, {}).values()


def _went_on(gold: Gold, scope: Scope, ranker: Step) -> Iterator[Suspect]:
    """Verdicts before a step that said "more" although all gold had been read: stopping there would have kept it."""
    for step in gold.trace.steps:
        if step.at == ranker.at and step.path == ranker.path:
            return
        verdict = step.writes.get("verdict")
        if step.kind == "node" and verdict is not None and set(scope.ids) <= _read(gold.trace, step) and verdict.score < 0.5:
            yield Suspect(
                step, "searching too long", "all gold had been read, and it said that more was needed; then some was lost"
            )


async def _never_found(gold: Gold, scope: Scope, id: str, visits: list[Step]) -> list[Suspect]:
    """A passage that no visit found: was the search ended too early, did no query lead there, or did the retriever miss it?"""
    passage = gold.passage(id)
    order = {step.id: number for number, step in enumerate(gold.trace.steps)}
    visits = sorted((visit for visit in visits if visit.kind == "node"), key=lambda visit: order[visit.id])
    if passage is None or not visits:
        return [Suspect(visit, "retrieval", f"{id} was not found, and nothing that is bound knows it") for visit in visits[:1]]
    found = [*_stopped(gold, scope, visits)]
    asked: list[Suspect] = []
    missed: list[Suspect] = []
    hop = next((number for number, hop in enumerate(gold.example.decomposition) if hop.supporting_id == id), None)
    question = scope.question if hop is None else gold.asked(hop)
    for visit in visits:
        searched = await _search(gold, question, visit, passage)
        if searched is None:
            continue
        rank, best, limit = searched
        writer = query_writer(gold.trace, visit)
        if writer is not None and not _leads(gold, visit, passage, scope, hop):
            continue  # nothing that was known there names it: a query could not have asked for it
        if writer is not None and (rank is None or (best is not None and best < (rank or DEPTH))):
            reference = f"; asked {question!r} it is at place {best}" if best is not None else ""
            asked.append(Suspect(writer, "query", f"what it asked does not find {_called(gold, id)}{reference}"))
        else:
            place = f"at place {rank} of its list, and it takes {limit}" if rank else f"not among its first {DEPTH}"
            missed.append(Suspect(visit, "retrieval", f"{_called(gold, id)} is {place}"))
    found += [*asked, *missed]
    if not asked and not missed:
        last = visits[-1]
        writer = query_writer(gold.trace, last)
        why = f"nothing that was found leads to {_called(gold, id)}"
        found.append(Suspect(writer, "query", why) if writer is not None else Suspect(last, "retrieval", why))
    return found


def _stopped(gold: Gold, scope: Scope, visits: list[Step]) -> Iterator[Suspect]:
    """What ended the search with gold missing: the verdict behind a loop's decision, or the decision itself."""
    calls = gold.place.calls
    around = {calls.get(visit.path, ()) for visit in visits}
    for step in gold.trace.steps:
        if step.kind != "until" or step.decision is not True or calls.get(step.path, ()) not in around:
            continue
        if not any(visit.at[: len(step.at) - 1] == step.at[:-1] for visit in visits):
            continue
        bounds = getattr(gold.place.bound.flow.sites[step.path].element, "max_rounds", None)
        most = getattr(bounds, "value", bounds)
        name = f"{step.path}.max_rounds"
        most = gold.trace.params.get(name, most)
        if isinstance(most, int) and step.round >= most:
            continue
        verdicts = [source for source in sources(gold.trace, step) if source.kind == "node" and "verdict" in source.writes]
        why = f"it ended the search in round {step.round} of {most} with gold missing"
        yield Suspect(verdicts[0] if verdicts else step, "stopping too early", why)


async def _search(gold: Gold, question: str, visit: Step, passage: Passage) -> tuple[int | None, int | None, int] | None:
    """The place of a passage in the list for the query that was asked, that for the plain question, and how many are taken.

    None for what does not search.
    """
    op = gold.place.bound.program.nodes.get(visit.path)
    if op is None:
        return None
    retriever = next((thing for thing, _ in op.resources.values() if callable(getattr(thing, "search", None))), None)
    if retriever is None:
        return None
    arguments = gold.place.bound.program.arguments(gold.trace, visit)
    query = next((value for value in arguments.values() if isinstance(value, Query)), None)
    if query is None:
        query = Query(text=str(arguments.get("question", question)))
    limit = int(op.node.settings.get("k", DEPTH) if isinstance(op.node.settings.get("k", DEPTH), int) else DEPTH)
    rank = _place(await retriever.search(query, max(DEPTH, limit)), passage.id)
    best = _place(await retriever.search(Query(text=question), limit), passage.id)
    return rank, best, limit


def _place(found: Any, id: str) -> int | None:
    return next((number for number, passage in enumerate(found, start=1) if passage.id == id), None)


def query_writer(trace: Trace, visit: Step) -> Step | None:
    """The node that wrote the query of a visit, also where it came as an item; None where it was the question or a goal."""
    for channel in ("query", "queries"):
        for source in visit.parents.get(channel, ()):
            step = trace.step(source)
            if step.kind == "node":
                return step
            if step.kind == "item":
                wrote = [other for other in sources(trace, step) if other.kind == "node"]
                if wrote:
                    return wrote[0]
    return None


def _leads(gold: Gold, visit: Step, passage: Passage, scope: Scope, hop: int | None) -> bool:
    """Whether a passage could have been asked for at a visit.

    Where the gold has its hop: if what that hop builds on had been found before, in the same call. Else if the question, or a
    passage that had been found there before, names it.
    """
    if scope.hop is not None:
        return True
    calls, before = gold.place.calls.get(visit.path, ()), list[Passage]()
    for step in gold.trace.steps:
        if step.id == visit.id:
            break
        if gold.place.calls.get(step.path, ()) == calls and step.kind == "node":
            before += passages_in(step.writes.get("passages", ()))
    if hop is not None:
        return {id for id in gold.needs(hop) if id} <= {each.id for each in before}
    title = folded(passage.title)
    return not title or any(names(flat(text), title) for text in (scope.question, *(each.text for each in before)))


def _read(trace: Trace, step: Step) -> set[str]:
    return {id for value in trace.inputs(step).values() for id in ids_of(value)}


def _called(gold: Gold, id: str) -> str:
    passage = gold.passage(id)
    return f"gold passage {id}" if passage is None or not passage.title else f"gold passage {id} ({passage.title})"
