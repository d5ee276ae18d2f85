"""The pass that writes instructions: by reflection on what went wrong, by crossing and merging what went well, or by edits."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from seekgraph.core.machine.bound import Bound
from seekgraph.optimizers.allowance import BudgetSpent
from seekgraph.optimizers.boundary import Label
from seekgraph.optimizers.credit import in_force
from seekgraph.optimizers.errors import CompileError
from seekgraph.optimizers.models import instructed
from seekgraph.optimizers.passes import Pass, Work
from seekgraph.optimizers.population import Population
from seekgraph.optimizers.proposing import Proposal, Proposer
from seekgraph.optimizers.racing import Racing
from seekgraph.optimizers.search import Search
from seekgraph.optimizers.writer import Writer
from seekgraph.rewards.algebra import Reward
from seekgraph.rewards.defaults import DEFAULT_REWARDS
from seekgraph.types import Example

CALLS = 6
"""Calls of a model that a proposal takes at most: written twice, each asked again twice where the reply does not fit."""


@dataclass(frozen=True)
class Instruct:
    """Write instructions for the nodes that ask a model, race them on the training rows, and have the best ones judged.

    `lm` is the model that writes, an `LM` or the name of one; `compile(..., reflect_lm=...)` and `--reflect-lm` set it. Each of
    `rounds` makes one proposal:

    - *reflect*: of the node that has the most to gain (`headrooms.py`; less, the more proposals for it have failed) `shown` bad
      visits and some good ones, of all its visits in all rounds of a loop, with what the rewards say of them in words and what
      became of the run, go to the model, which writes the whole instruction anew (GEPA, Agrawal et al., 2025);
    - *cross*: of two good instructions of one node the model makes one (CAPO, Zehle et al., 2025);
    - *merge*: two candidates that changed different nodes become one; nobody has to be asked;
    - *edit*: without a model, or where it writes nothing usable, the written variants, then one sentence of the instruction left
      out, moved or added (`paraphrase.py`), or, with `paraphrase`, the same said in other words by the flow's own model.

    What is written goes through `prompts.written`, and stands in the params as text. A candidate runs the training rows block by
    block, and is given up once it is behind the best one (`racing.py`); where a node's rewards have been seen to predict the
    outcome, they count beside it (`surrogate.py`). A hundred tokens more have to gain `length_price`. The
    best candidate is judged on the held-back rows, which no prompt ever shows; the good ones are left for `Tune` to choose from.

    With a `label`, boundary cases are written together with each instruction: questions for which it could be misunderstood, of
    passages that training rows have read, labelled by the rules (`boundary.by_rules`), a judge (`ByJudge(lm)`) or a person (any
    function of a case and its passages). Candidates are run on them, too; nothing is ever judged on one.

    Every proposal is journaled: a resumed compile asks nothing twice. Calls of `lm` count in the budget. Raises `ValueError` for
    fewer than one round or shown visit.
    """

    lm: Any = None
    rounds: int = 9
    shown: int = 4
    length_price: float = 0.005
    paraphrase: bool = True
    label: Label | None = None
    rewards: tuple[Reward, ...] = DEFAULT_REWARDS
    name: str = "instruct"

    def __post_init__(self) -> None:
        if self.rounds < 1 or self.shown < 1 or not self.length_price >= 0:
            raise ValueError(
                f"writing instructions takes rounds and shown visits of 1 or more, and a length price of 0 or more: {self}"
            )

    def with_writer(self, lm: Any) -> Instruct:
        """The same with `lm` as the model that writes, if it has none of its own."""
        return self if self.lm is not None else replace(self, lm=lm)

    def work(self, bound: Bound, train: int, val: int) -> Work:
        """From one run of the training rows and one block of each proposal, to all rows of all proposals; one run to judge."""
        nodes = instructed(bound)
        if not nodes:
            return Work(self.name, 0, 0, 0, "no instruction that a model is asked by")
        block = math.ceil(train / Racing.BLOCKS)
        by = "edits" if self.lm is None else f"{getattr(self.lm, 'name', self.lm)}"
        note = f"{len(nodes)} instructions, {self.rounds} proposals by {by}: {', '.join(nodes)}"
        most = train * (1 + self.rounds) + val
        return Work(self.name, train + self.rounds * block, most, 1, note, calls=CALLS * self.rounds)

    async def run(self, search: Search) -> None:
        """Write, race, and have the best judged."""
        reserved = search.reserve(await search.rows(search.values, search.val))
        racing = Racing(search, reserved, self.length_price, instructed(search.bound))
        try:
            population = Population(await racing.start(), racing.params)
        except BudgetSpent:
            search.stop(self.name, "before the first proposal: the rest of the budget is for judging")
            await search.accept(self.name, search.values, "nothing was written: the budget ended")
            return
        rewards = in_force(self.rewards, search.objective.rewards)
        proposer = Proposer(
            search, racing, population, self._writer(), self.shown, rewards, self.name, self.paraphrase, self.label
        )
        made = await self._rounds(search, racing, population, proposer)
        best = population.best
        self._leave(search, population)
        by = next((each.move for each in made if {**search.values, **each.values} == dict(best.values)), "")
        notes = [f"{len(made)} proposals", *([f"the best by {by}"] if by else []), *filter(None, [proposer.failed])]
        await search.accept(self.name, best.values, "; ".join(notes))

    async def _rounds(self, search: Search, racing: Racing, population: Population, proposer: Proposer) -> list[Proposal]:
        made: list[Proposal] = []
        for number in range(1, self.rounds + 1):
            try:
                proposal = await proposer.propose(number, random.Random(f"{search.seed}:{self.name}:{number}"))
                if proposal is None:
                    break
                made.append(proposal)
                values = {**search.values, **proposal.values}
                await racing.take([Example.model_validate(each) for each in proposal.cases], population.best)
                member = await racing.race(values, population.best) if population.new(values) else None
            except BudgetSpent:
                search.stop(self.name, f"in proposal {number} of {self.rounds}: the rest of the budget is for judging")
                break
            if member is not None:
                population.add(member)
                population.members = [racing.again(each) for each in population.members]
            racing.keep([population.first, *population.members])
            gained = member is not None and population.best.values == member.values
            proposer.learn(proposal, gained)
            facts = {"pass": self.name, "number": number, "of": self.rounds, "move": proposal.move, "gained": gained}
            facts["path"] = proposal.path
            best = population.best
            scores = {"signal": member.score if member else best.score, "best": best.score, "texts": best.texts(racing.params)}
            search.say("proposed", {**facts, "params": sorted(proposal.values), "cause": proposal.cause})
            search.say("trial", {**facts, **scores, "whole": member is not None})
        return made

    def _writer(self) -> Writer | None:
        if not isinstance(self.lm, str):
            return None if self.lm is None else Writer(self.lm)
        from seekgraph.lms.resolving import resolve

        return Writer(resolve(self.lm))

    def _leave(self, search: Search, population: Population) -> None:
        """Hand the good texts on to the search that follows."""
        for name in population.params:
            texts = [text for text in population.rivals(name) if text != search.values[name]]
            if texts:
                search.pools[name] = [*search.pools.get(name, ()), *texts[:4]]


def with_writers(passes: Sequence[Pass], lm: Any, *, default: bool) -> tuple[Pass, ...]:
    """The passes with `lm` as the model that writes for those that take one (`with_writer`).

    Where they are the `default` ones, writing instructions comes before the last, which then searches all jointly. Raises
    `ValueError` where a model is given and no pass takes one.
    """
    if lm is None:
        return tuple(passes)
    if default:
        passes = (*passes[:-1], Instruct(), *passes[-1:])
    if not any(hasattr(each, "with_writer") for each in passes):
        raise CompileError("a model that writes is given, and none of the passes writes: add Instruct()")
    return tuple(each.with_writer(lm) if hasattr(each, "with_writer") else each for each in passes)
