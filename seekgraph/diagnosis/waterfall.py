"""The waterfall from question to answer: how much of what is needed is still there, stage by stage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from seekgraph.core.record.trace import Trace
from seekgraph.evaluation.intervals import Interval, interval
from seekgraph.rewards.hops import matched
from seekgraph.rewards.outcome import f1_of, final_answer, found_by, values_of
from seekgraph.rewards.seen import ids_of, lasting
from seekgraph.text.alike import bare, put_in
from seekgraph.text.weights import terms
from seekgraph.types import Example, Passage, Plan, Query, Ranking

STAGES = ("planned", "asked", "retrieved", "ranked", "read", "cited", "answered")
"""The stages in order. A flow need not have them all."""


class Stage(NamedTuple):
    """One stage: the mean share of what is needed that is there after it, over the examples that it applies to.

    `lost` is the mean of what the stage before had and this one has not, over the examples that both apply to; it is negative
    where more is there, and None for the first stage.
    """

    name: str
    share: Interval
    lost: Interval | None

    def to_json(self) -> dict[str, Any]:
        """`{stage, share, low, high, n, lost}` as plain data."""
        share = self.share.model_dump()
        lost = None if self.lost is None else self.lost.mean
        return {"stage": self.name, "share": share.pop("mean"), **share, "lost": lost}


def waterfall(rows: Iterable[tuple[Example, Trace]]) -> tuple[Stage, ...]:
    """The stages that apply to at least one of these runs, in order, with 95 % intervals; see `shares`.

    Runs that failed count with what they came to.
    """
    found = [shares(trace, example) for example, trace in rows]
    stages: list[Stage] = []
    for name in STAGES:
        share = interval(each[name] for each in found)
        if not share.n:
            continue
        lost = interval((_difference(each[stages[-1].name], each[name]) for each in found), (-1.0, 1.0)) if stages else None
        stages.append(Stage(name, share, lost))
    return tuple(stages)


def shares(trace: Trace, example: Example) -> dict[str, float | None]:
    """The share of what is needed after each stage of one run, in [0, 1]; None where the flow has no such stage, or no gold for
    it.

    - planned: the mean over the gold hops of the token F1 with the goal that asks for it, of all plans (`plan_coverage`);
    - asked: the mean over the gold hops, earlier answers put in, of the share of its terms that the best query has; without a
      decomposition, over the gold passages and the terms of their titles, where one that the run has not come across counts 0;
    - retrieved: |gold found or given| / |gold|;
    - ranked: |gold in the contexts that a step which reads or answers was given| / |gold|;
    - read: |gold that evidence is from| / |gold|;
    - cited: |gold cited by the answer| / |gold|, 0 where there is no answer;
    - answered: the token F1 of the answer, 0 where there is none.
    """
    gold, answer = set(example.supporting_ids), final_answer(trace)
    wrote = {name for step in lasting(trace) if step.kind == "node" for name in step.writes}
    cited = set(answer.citations) if answer is not None else set()
    return {
        "planned": _planned(trace, example) if "plan" in wrote and example.decomposition else None,
        "asked": _asked(trace, example),
        "retrieved": _share(found_by(trace), gold),
        "ranked": _share(_given(trace), gold) if "context" in wrote else None,
        "read": _share(_written(trace, "evidence"), gold) if "evidence" in wrote else None,
        "cited": _share(cited, gold),
        "answered": f1_of(answer, example.answers) if example.answers else None,
    }


def _planned(trace: Trace, example: Example) -> float:
    wrote = [step for step in lasting(trace) if step.kind == "node"]  # and not what hands a plan on to a call
    plans = [plan for step in wrote for plan in values_of(step.writes.get("plan"), Plan)]
    goals = [
        goal.model_copy(update={"id": f"{number}.{goal.id}", "needs": tuple(f"{number}.{need}" for need in goal.needs)})
        for number, plan in enumerate(plans)
        for goal in plan.goals
    ]
    return sum(match.value for match in matched(goals, example.decomposition).values()) / len(example.decomposition)


def _asked(trace: Trace, example: Example) -> float | None:
    queries = [set(terms(text)) for text in dict.fromkeys(_queries(trace))]
    wanted = list(_hops(example)) or list(_titles(trace, example))
    if not wanted or not queries:
        return None
    best = [max(len(each & query) / len(each) for query in queries) if each else 0.0 for each in wanted]
    return sum(best) / len(best)


def _hops(example: Example) -> Iterator[set[str]]:
    """The terms of each gold hop, with the answers of earlier hops in the place of "#1"."""
    answers = {str(number): hop.answer for number, hop in enumerate(example.decomposition, start=1)}
    for hop in example.decomposition:
        yield set(terms(bare(put_in(hop.question, answers))))


def _titles(trace: Trace, example: Example) -> Iterator[set[str]]:
    """The terms of the title of each gold passage; none for one that the run has not come across."""
    passages = (values_of(step.writes.get("passages", ()), Passage) for step in lasting(trace))
    seen = {passage.id: passage.title for found in passages for passage in found}
    for id in dict.fromkeys(example.supporting_ids):
        yield set(terms(seen.get(id, "")))


def _queries(trace: Trace) -> Iterator[str]:
    """What was asked, in words: every query with its further terms, and what the ranked lists answer."""
    for step in lasting(trace):
        for value in step.writes.values():
            for query in values_of(value, Query):
                yield " ".join((query.text, *query.must, *query.weights))
            for ranking in values_of(value, Ranking):
                yield ranking.query


def _given(trace: Trace) -> set[str]:
    """The passages of the contexts that were given to a step which writes evidence or an answer."""
    readers = [step for step in lasting(trace) if step.kind == "node" and {"evidence", "answer"}.intersection(step.writes)]
    sources = {source for step in readers for source in step.parents.get("context", ())}
    return {id for source in sources for id in ids_of(trace.step(source).writes.get("context", ()))}


def _written(trace: Trace, channel: str) -> set[str]:
    return {id for step in lasting(trace) if step.kind == "node" for id in ids_of(step.writes.get(channel, ()))}


def _share(ids: set[str], gold: set[str]) -> float | None:
    return len(ids & gold) / len(gold) if gold else None


def _difference(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else before - after
