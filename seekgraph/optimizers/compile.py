"""Compiling: passes over the params of a flow, each change judged on rows that it was not made from."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, get_args

from seekgraph.core.artifact.place import versions
from seekgraph.core.base.budget import Budget
from seekgraph.core.base.identity import digest
from seekgraph.core.base.live import Unidentified
from seekgraph.core.base.versions import code_version
from seekgraph.core.language.node import Node
from seekgraph.core.language.params import to_plain
from seekgraph.core.machine.bound import Bound
from seekgraph.core.memo import Memo
from seekgraph.evaluation.examples import data_hash
from seekgraph.evaluation.metrics import Metric
from seekgraph.evaluation.row import Row, costs_nothing
from seekgraph.evaluation.validation import check_corpus
from seekgraph.optimizers.acceptance import Acceptance, Accepting
from seekgraph.optimizers.allowance import BudgetSpent, meter_from, shares
from seekgraph.optimizers.compiled import Compiled
from seekgraph.optimizers.demonstrate import Demonstrate
from seekgraph.optimizers.errors import CompileError
from seekgraph.optimizers.estimate import CompilePlan, crossed, estimate
from seekgraph.optimizers.fit import Fit
from seekgraph.optimizers.front import Tried, candidates, pareto_front
from seekgraph.optimizers.holding import reported_for
from seekgraph.optimizers.instruct import Instruct, with_writers
from seekgraph.optimizers.journal import Journal
from seekgraph.optimizers.judged import Judging
from seekgraph.optimizers.objective import Objective, Wanted, objective_for
from seekgraph.optimizers.parts import parts_of
from seekgraph.optimizers.passes import Pass, Work
from seekgraph.optimizers.planning import hopeful, may_read, read_diagnosis
from seekgraph.optimizers.rows import split_rows
from seekgraph.optimizers.search import Say, Search
from seekgraph.optimizers.tune import Tune
from seekgraph.rewards.algebra import Reward
from seekgraph.rewards.defaults import DEFAULT_REWARDS
from seekgraph.rewards.needs import require_needs
from seekgraph.types import Example

PASSES: tuple[Pass, ...] = (Fit(), Demonstrate(), Tune())
PROBES = 4
ALPHA = 0.05
"""The chance that a compile calls a gain proven where there is none."""
FOLDS = 5
"""The parts into which rows are dealt where every row judges."""
CHEAPER, FREE = 2, 5
"""How many of the cheaper candidates that passes offer are run on the held-back rows, for the front alone; and how many where no
model is asked."""


@dataclass(frozen=True)
class Task:
    """What is to be compiled: the flow, the rows to search on and those to judge on, what for, and by which passes."""

    bound: Bound
    train: tuple[Example, ...]
    val: tuple[Example, ...]
    objective: Objective
    seed: int
    passes: tuple[tuple[Pass, Work], ...]

    @property
    def data(self) -> dict[str, str]:
        """Hashes of the rows."""
        return {"train": data_hash(self.train), "val": data_hash(self.val)}

    def header(self) -> dict[str, Any]:
        """Everything that a rollout's result depends on besides the values of params, as plain data, for the journal."""
        flow, bound = self.bound.flow, self.bound
        nodes = [site.element for site in flow.site.walk() if isinstance(site.element, Node)]
        scoring = [(each.name, str(getattr(each.function, "__qualname__", each.name))) for each in self.objective.weights]
        return {
            "flow": flow.fingerprint,
            "params": digest({name: param.to_json() for name, param in flow.params().items()}),
            "code": digest(sorted({_code(node) for node in nodes})),
            "besides": digest([to_plain(dict(node.depends_on)) for node in nodes]),
            "resources": digest({name: str(getattr(thing, "identity", None)) for name, thing in bound.resources.items()}),
            "run budget": None if bound.budget is None else asdict(bound.budget),
            "versions": versions(),
            "data": self.data,
            "seed": self.seed,
            "objective": [self.objective.name, self.objective.reward_weight, scoring, *self.objective.rewards_config],
            "held": sorted(each.name for each in self.objective.held),
        }


async def compile_flow(
    bound: Bound,
    train: Iterable[Example] | str | Path,
    val: Iterable[Example] | str | Path | None = None,
    *,
    metric: Wanted | None = None,
    rewards: Sequence[Reward] | None = None,
    passes: Sequence[Pass] | None = None,
    reflect_lm: Any = None,
    hold: Sequence[Metric | str] | None = None,
    accept: Accepting = "proven",
    folds: int | None = None,
    own_plan: bool | None = None,
    budget: Budget | None = None,
    seed: int = 0,
    journal: str | Path | None = None,
    resume: bool = False,
    say: Say | None = None,
) -> Compiled:
    """Search the params of `bound.flow` for better values on `train`, and accept them if `val` agrees.

    `rewards` are the step rewards that the search looks at beside the metric (`Objective.signal`), in place of the default ones;
    their weights and constants are as they were given, and not searched. `reflect_lm`, an `LM` or the name of one, writes
    instructions (`Instruct`); its calls count in the budget. `hold` are metrics that no change may make worse beyond
    noise, all that are reported but costs unless told otherwise; () for none.

    Where rollouts ask no model, and so cost time alone, every row judges (`crossfit.py`): the rows are dealt into `folds` parts,
    by default 5, and what all of them give is found once more without each part. Without `val`, that are all rows; those of a
    `val` that is given are never searched on. With `folds=1`, and where a model is asked, the held-back rows judge alone.
    `accept` is "proven" for changes whose gain the rows prove, or "likely" for all that probably gain, whether or not they do
    (`Acceptance`). With an `own_plan`, by default where no passes are named and every row judges, nodes at which a perfect
    step would gain nothing are left as they are, and so are passes to which no others are left (`planning.py`).

    Rows without gold for any part of the metric are left out. Without a memo of its own the flow gets one for the time of the
    compile, beside the journal where there is one, so that candidates share steps. Nothing starts past the budget, which is for
    all sessions of a resumed compile together. With a `journal`, a kill or an interrupt at any time loses at most the rollouts
    that were running. `say` hears what happens: the events "plan", "planned", "pass", "fitted", "proposed", "trying", "trial",
    "stopped" and "change", each with the "rollouts" so far and the share "used" of each limit of the budget.

    Raises, before anything runs, `ExampleError` for rows that cannot be used, `CompileError` for a metric that they have no gold
    for, `RewardError` for a reward that they or the flow cannot feed, `JournalError` for a journal that cannot be used; and
    `CompileError` where every held-back row fails as the flow came.
    """
    if accept not in get_args(Accepting):
        raise CompileError(f"accept is {' or '.join(map(repr, get_args(Accepting)))}, not {accept!r}")
    if folds is not None and folds < 1:
        raise CompileError(f"rows are dealt into 2 folds or more, or 1 where those held back judge alone, not {folds}")
    if resume and journal is None:
        raise CompileError("resume needs the journal to go on from: compile(..., journal=PATH, resume=True)")
    learn, judge = split_rows(train, val, seed)
    check_corpus(bound, (*learn, *judge))
    objective = replace(
        objective_for(bound.flow, (*learn, *judge), metric, rewards, hold), reported=reported_for((*learn, *judge))
    )
    chosen = with_writers(PASSES if passes is None else passes, reflect_lm, default=passes is None)
    for each in chosen:
        if isinstance(each, Demonstrate | Instruct) and each.rewards is not DEFAULT_REWARDS:
            require_needs(each.rewards, learn, bound.flow)
    learn, judge = (tuple(each for each in rows if objective.applies_to(each)) for rows in (learn, judge))
    if not learn or not judge:
        raise CompileError(
            f"{len(learn)} examples to search on and {len(judge)} to judge on have the gold that {objective.name} needs"
        )
    works = [(each, each.work(bound, len(learn), len(judge))) for each in chosen]
    task = Task(bound, learn, judge, objective, seed, tuple((each, work) for each, work in works if work.most))
    book = Journal(journal, task.header(), resume=resume)
    memo = Memo(None if journal is None else f"{journal}.memo") if bound.memo is None else bound.memo
    comparisons = max(1, sum(work.max_comparisons for _, work in task.passes))
    acceptance = Acceptance(ALPHA, comparisons, likely=accept == "likely")
    search = Search(
        bound.with_options(memo=memo), objective, learn, judge, meter_from(budget, book.spent), book, acceptance, seed
    )
    search.apart = val is not None
    search.say = _noting(search, say or search.say)
    try:
        return await _compile(search, task, FOLDS if folds is None else folds, passes is None if own_plan is None else own_plan)
    finally:
        book.close(search.spent)
        if bound.memo is None:
            memo.close()
        else:
            memo.flush()


def _noting(search: Search, say: Say) -> Say:
    """`say`, with what the compile has used by then; trials are kept for the report."""

    def noted(event: str, facts: Mapping[str, Any]) -> None:
        facts = {**facts, "rollouts": search.rollouts, "used": shares(search.meter)}
        if event == "trial":
            search.trials.append(facts)
        say(event, facts)

    return noted


async def _compile(search: Search, task: Task, folds: int, own: bool) -> Compiled:
    start = dict(search.values)
    plan = await _plan(search, task.passes, folds)
    search.say("plan", {"plan": plan, "resumed": search.journal.resumed})
    own = own and bool(search.parts) and may_read(search, plan)
    try:
        _require_some(await search.rows(start, search.val))
        await search.rows(start, search.judges)
        for number, (each, _) in enumerate(task.passes):
            if own:
                await _replan(search)
            left = [(one, work) for one, work in task.passes[number:] if not own or hopeful(one, search)]
            search.acceptance.comparisons = sum(work.max_comparisons for _, work in left)  # they share what chance there is
            if each in [one for one, _ in left]:
                search.say("pass", {"name": each.name})
                await each.run(search)
            else:
                search.leave(each.name, "left out: perfect, none of the nodes that it can change would gain anything")
        await _fill_front(search)
    except BudgetSpent:
        search.cut = True
    return _compiled(search, task, start, plan)


async def _replan(search: Search) -> None:
    """Leave out the nodes at which nothing is to be gained under the values that there are now."""
    reading = await read_diagnosis(search)
    if reading.hopeless != search.hopeless or not search.changes:
        search.say("planned", {"why": reading.why(), "headroom": dict(reading.headroom), "hopeless": sorted(reading.hopeless)})
    search.hopeless = reading.hopeless


async def _plan(search: Search, passes: Sequence[tuple[Pass, Work]], folds: int) -> CompilePlan:
    """The plan, from running the first held-back rows under the values that the flow came with; and whether every row judges."""
    began = time.monotonic()
    try:
        rows = await search.rows(search.values, search.val[:PROBES])
    except BudgetSpent:
        rows = []
    seconds = search.recorded("probed")
    if seconds is None and rows:
        seconds = search.record("probed", round(max(time.monotonic() - began, *(row.seconds for row in rows)), 3))
    if rows and costs_nothing(rows) and any(work.pooled for _, work in passes):
        pool = search.train if search.apart else (*search.train, *search.val)
        search.parts = parts_of(pool, folds, search.values, search.seed)
    apart = len(search.val) if search.apart else 0
    works = [
        crossed(each, work, search.bound, search.parts, len(search.learn), apart) if search.parts and work.pooled else work
        for each, work in passes
    ]
    counts = len(search.train), len(search.val), search.parallel
    sizes = [len(part.test) for part in search.parts]
    return estimate(works, rows, seconds or 0.0, search.meter.budget, *counts, search.qualities(rows), ALPHA, sizes)


def _require_some(rows: Sequence[Row]) -> None:
    """Nothing can be learned from a flow that fails everywhere; a search would only spend."""
    if all(row.failed for row in rows):
        cause = next((row.error.message for row in rows if row.error), "")
        raise CompileError(
            f"all {len(rows)} held-back rows fail with the flow as it is; the first: {cause}. "
            "Fix that, then compile without resume: the failures are in the journal"
        )


async def _fill_front(search: Search) -> None:
    """Run offers that cost less than what was accepted on the held-back rows. Nothing is chosen by what comes of it."""
    offers = [Tried("accepted", search.values, search.journaled(search.values, search.learn) or ()), *search.offers]
    priced = candidates(offers, search.objective)
    if not offers[0].rows:
        return
    cheaper = pareto_front(one for one in priced[1:] if one.cost < priced[0].cost)
    most = CHEAPER if any(row.spent("calls") for row in offers[0].rows) else FREE
    for offer in sorted(cheaper, key=lambda one: (-one.quality, one.cost))[:most]:
        try:
            search.compared.append(Tried(offer.name, offer.values, await search.rows(offer.values, search.judges)))
        except BudgetSpent:
            search.stop("front", "the budget ended")
            return


def _compiled(search: Search, task: Task, start: Mapping[str, Any], plan: CompilePlan) -> Compiled:
    before, after = search.judged(start), search.judged()
    tried = [Tried("as written", start, before)] if before else []
    tried = [Tried(one.name, _changed(start, one.values), one.rows) for one in (*tried, *search.compared)]
    judging = Judging(task.bound, search.objective, search.judges, tuple(before))
    known = candidates(tried, search.objective)
    return Compiled(
        bound=judging.with_changes(_changed(start, search.values)),
        objective=search.objective.name,
        verdict=judging.verdict(after),
        changes=tuple(search.changes),
        candidates=tuple(known),
        front=pareto_front(known),
        plan=plan,
        status="budget" if search.cut else "finished",
        spent={**search.spent, "resumed": search.journal.resumed},
        seed=search.seed,
        data=task.data,
        judging=judging,
        trials=tuple(search.trials),
    )


def _changed(start: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if start[name] != value}


def _code(node: Node) -> str:
    """The version of a node's code; where something of it cannot be known, of what was said of that."""
    try:
        return code_version(type(node), node.contract().returns)
    except Unidentified as error:
        return str(error)
