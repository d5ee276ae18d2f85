"""Compiling: passes over the params of a flow, each change judged on rows that it was not made from."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seekflow.core.budget import Budget, Meter
from seekflow.core.identity import digest
from seekflow.core.memo import Memo
from seekflow.evaluation.examples import data_hash, read_examples, split
from seekflow.evaluation.metrics import Metric
from seekflow.evaluation.statistics import bootstrap, paired
from seekflow.optimizers.acceptance import Acceptance
from seekflow.optimizers.compiled import Compiled
from seekflow.optimizers.estimate import CompilePlan, estimate
from seekflow.optimizers.fit import Fit
from seekflow.optimizers.front import pareto_front
from seekflow.optimizers.journal import Journal
from seekflow.optimizers.objective import objective_for
from seekflow.optimizers.passes import Pass
from seekflow.optimizers.search import BudgetSpent, Say, Search
from seekflow.optimizers.tune import Tune
from seekflow.types import Example

if TYPE_CHECKING:
    from seekflow.flow import Bound

PASSES: tuple[Pass, ...] = (Fit(), Tune())
HELD_BACK = 0.4
PROBES = 3
ALPHA = 0.1


async def compile_flow(
    bound: Bound,
    train: Iterable[Example] | str | Path,
    val: Iterable[Example] | str | Path | None = None,
    *,
    metric: Metric | str | Mapping[str, float] | None = None,
    passes: Sequence[Pass] | None = None,
    budget: Budget | None = None,
    seed: int = 0,
    journal: str | Path | None = None,
    resume: bool = False,
    say: Say | None = None,
) -> Compiled:
    """Search the params of `bound.flow` for better values: see `Bound.compile`."""
    learn, judge = _rows(train, val, seed)
    objective = objective_for(bound.flow, (*learn, *judge), metric)
    chosen = [each for each in (PASSES if passes is None else passes)]
    works = {each.name: each.work(bound.flow, len(learn), len(judge)) for each in chosen}
    chosen = [each for each in chosen if works[each.name].tests]
    data = {"train": data_hash(learn), "val": data_hash(judge)}
    header = {
        "flow": bound.flow.fingerprint,
        "params": digest(_plain(bound)),
        "data": data,
        "seed": seed,
        "objective": objective.name,
    }
    header["resources"] = digest({name: str(getattr(thing, "identity", None)) for name, thing in bound.resources.items()})
    book = Journal(journal, header, resume=resume)
    acceptance = Acceptance(ALPHA, max(1, sum(works[each.name].tests for each in chosen)))
    search = Search(_remembering(bound, journal), objective, learn, judge, Meter(budget), book, acceptance, seed)
    search.say = say or search.say
    try:
        return await _compile(search, chosen, [works[each.name] for each in chosen], data)
    finally:
        book.close()
        if search.bound.memo is not None:
            search.bound.memo.flush()


async def _compile(search: Search, passes: Sequence[Pass], works: Sequence[Any], data: Mapping[str, str]) -> Compiled:
    start = dict(search.values)
    probes = await _probe(search)
    plan = estimate(works, probes[0], probes[1], search.meter.budget)
    search.say("plan", {"plan": plan})
    status = "finished"
    try:
        await search.rows(start, search.val)
        for each in passes:
            search.say("pass", {"name": each.name})
            await each.run(search)
    except BudgetSpent:
        status = "budget"
    return await _compiled(search, start, plan, status, data)


async def _probe(search: Search) -> tuple[list[Any], float]:
    """The first held-back rows under the values that the flow came with, and how long they took."""
    began = time.monotonic()
    try:
        rows = await search.rows(search.values, search.val[:PROBES])
    except BudgetSpent:
        rows = []
    return rows, time.monotonic() - began


async def _compiled(
    search: Search, start: Mapping[str, Any], plan: CompilePlan, status: str, data: Mapping[str, str]
) -> Compiled:
    before, after = (search.journaled(values, search.val) or [] for values in (start, search.values))
    mine, theirs = search.qualities(after), search.qualities(before)
    if before:
        search.candidates.append(search.candidate("as written", start, before))
    bound: Any = search.with_values(search.values)
    spent = {
        **{name: value for name, value in asdict(search.meter.used).items() if value},
        "seconds": round(search.meter.seconds, 3),
    }
    spent |= {"rollouts": search.rollouts, "replayed": search.replayed}
    paired_rows = paired(mine, theirs) if len(mine) == len(theirs) else paired([], [])
    return Compiled(
        bound=bound,
        objective=search.objective.name,
        before=bootstrap(theirs),
        after=bootstrap(mine),
        gain=paired_rows,
        changes=tuple(search.changes),
        front=pareto_front(search.candidates),
        plan=plan,
        status=status,
        spent=spent,
        seed=search.seed,
        data=data,
    )


def _rows(
    train: Iterable[Example] | str | Path, val: Iterable[Example] | str | Path | None, seed: int
) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """The rows to search on and those to judge on. Without the second, a part of the first is held back."""
    learn = _read(train)
    if val is None:
        if len(learn) < 2:
            raise ValueError(f"compiling needs at least 2 examples, one to search on and one to judge on, not {len(learn)}")
        first, second = split(learn, 1 - HELD_BACK, HELD_BACK, seed=seed)
        return first, second
    judge = _read(val)
    if not learn or not judge:
        raise ValueError(f"compiling needs examples to search on and to judge on: there are {len(learn)} and {len(judge)}")
    shared = sorted({example.id for example in learn} & {example.id for example in judge})
    if shared:
        raise ValueError(
            f"{len(shared)} examples are in both train and val ({', '.join(shared[:3])}, ...): a change is judged on other rows"
        )
    return learn, judge


def _read(examples: Iterable[Example] | str | Path) -> tuple[Example, ...]:
    return read_examples(examples) if isinstance(examples, str | Path) else tuple(examples)


def _plain(bound: Bound) -> dict[str, Any]:
    return {name: param.to_json() for name, param in bound.flow.params().items()}


def _remembering(bound: Bound, journal: str | Path | None) -> Bound:
    """The bound flow with a memo: its own, or one beside the journal, so that candidates share steps, also after a restart."""
    if bound.memo is not None:
        return bound
    return bound.with_options(memo=Memo(None if journal is None else f"{journal}.memo"))
