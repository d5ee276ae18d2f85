"""The pass that tunes numbers, switches, choices, instructions and demonstrations: by single changes, then with Optuna's TPE."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from seekgraph.core.machine.bound import Bound
from seekgraph.evaluation.row import Row
from seekgraph.optimizers.allowance import BudgetSpent
from seekgraph.optimizers.climb import Climb
from seekgraph.optimizers.crossfit import judged
from seekgraph.optimizers.holding import HOLD_WEIGHT, behind, falls
from seekgraph.optimizers.models import demonstrable, idle, params_of
from seekgraph.optimizers.passes import Work
from seekgraph.optimizers.search import NOTHING, Say, Search, silent
from seekgraph.optimizers.space import Domain, combinations, decoded, distributions, encoded, tunable
from seekgraph.types import Example


class _Searched(NamedTuple):
    """The values of the best trial with its rows, all trials that were run on all rows, and the one in which the budget ended."""

    values: dict[str, Any]
    rows: list[Row]
    whole: list[tuple[dict[str, Any], list[Row]]]
    cut: int


@dataclass(frozen=True)
class Tune:
    """Propose values, first by single changes of the best ones, then with an estimator that learns from all, and race them.

    At most half of the trials change one param each (`climb.py`); the others come from a tree-structured Parzen estimator
    (Bergstra et al., 2011; Optuna's, multivariate), which starts from what those have shown.

    A trial runs the training rows block by block, in an order drawn once, and is given up as soon as it is behind the best one
    on the same rows by more than `patience` standard errors of the paired difference; the estimator then learns the best one's
    signal less what the trial was behind. The best trial is judged on the held-back rows. A proposal that was made before
    costs nothing. What judging takes is kept back from the budget, and a trial that could not be judged with what is left does
    not become the best one; nor does one that makes a held metric clearly worse (`holding.py`). Of any fall of a held metric a
    part is taken off the signal, so that the search goes elsewhere. Trials that cost less than the best one and come near to it
    are offered for the front.

    Where every row judges, the search is done once more for each part, and what it finds is run on the part (`crossfit.py`). Few
    held-back rows cannot tell a gain from chance; all rows together may.

    Where a model is bound, the written variants of instructions and the sets of demonstrations that `Demonstrate` has gathered
    are in the same space as the numbers; settings that only matter where none is bound are not, and the other way round.

    The same seed, space and rows give the same trials. Raises `ValueError` for fewer than one trial or block.
    """

    trials: int = 40
    blocks: int = 4
    patience: float = 1.5
    name: str = "tune"

    def __post_init__(self) -> None:
        if self.trials < 1 or self.blocks < 1 or not self.patience > 0:
            raise ValueError(f"tuning takes trials and blocks of 1 or more and a patience above 0, not {self}")

    @property
    def climbing(self) -> int:
        """The number of the last trial that may be a single change; the first is what there is."""
        return 1 + self.trials // 2

    def work(self, bound: Bound, train: int, val: int) -> Work:
        """From the rows of the best one and one block of each proposal that must be new, to all rows of all trials."""
        space, demos = tunable(bound.flow, idle(bound)), demonstrable(bound)
        if not space and not demos:
            return Work(self.name, 0, 0, 0, "no numbers, switches or choices")
        others = math.inf if demos else combinations(space) - 1
        block = math.ceil(train / self.blocks)
        fresh = self.trials - 1 if math.isinf(others) else 1
        most = train * (1 + min(self.trials - 1, others)) + val
        return Work(
            self.name,
            train + fresh * block,
            int(most),
            1,
            f"{len(space) + len(demos)} params, {self.trials} trials",
            True,
        )

    def hopeful(self, search: Search) -> bool:
        """Whether there is a param to search at a node where something is to be gained."""
        return bool(self._space(search))

    async def run(self, search: Search) -> None:
        """Search, then have the best judged."""
        reserved = search.reserve(await search.rows(search.values, search.val))
        mine = search.share(self.name, 0, reserved)
        try:
            found = await self._searched(search, search.values, search.learn, mine, search.say)
        except BudgetSpent:
            search.stop(self.name, "before the first trial: the rest of the budget is for judging")
            await search.accept(self.name, search.values, "not searched: the budget ended")
            return
        for values, rows in found.whole:
            if values != found.values and search.signal(rows) >= 0.9 * search.signal(found.rows):
                search.offer(f"{self.name}, cheaper", values, rows)
        if found.cut:
            search.stop(self.name, f"in trial {found.cut} of {self.trials}: the rest of the budget is for judging")

        async def propose(
            values: Mapping[str, Any], examples: Sequence[Example], reserved: Mapping[str, float]
        ) -> Mapping[str, Any]:
            part = await self._searched(search, values, examples, reserved, silent)
            if part.cut and search.apart:
                raise BudgetSpent
            return part.values  # of a part that had its share of the budget, what it came to

        await judged(search, self.name, found.values, "", bool(found.cut), reserved, propose)

    async def _searched(
        self, search: Search, start: Mapping[str, Any], examples: Sequence[Example], kept: Mapping[str, float], say: Say
    ) -> _Searched:
        """The values of the best trial on `examples`, from `start`. Raises `BudgetSpent` where `start` itself cannot be run with
        the budget less what is `kept` of it."""
        blocks = self._blocks(examples, search.seed)
        best = [row for block in blocks for row in await search.rows(start, block, reserved=kept)]
        space = self._space(search)
        study, words, climb = self._study(search, space, start), distributions(space), Climb(space, search.seed)
        best_values = dict(start)
        whole: list[tuple[dict[str, Any], list[Row]]] = [(best_values, best)]
        first, best_signal, cut = best, search.signal(best), 0
        for number in range(1, self.trials + 1):
            step = climb.propose(encoded(space, best_values)) if 1 < number <= self.climbing else None
            if step is not None:
                study.enqueue_trial(step)
            trial = study.ask(words)
            values = {**start, **decoded(space, trial.params)}
            trying = {name: value for name, value in values.items() if best_values.get(name) != value}
            why = "one change of the best" if step is not None else "what the trials so far make likely"
            say("trying", {"pass": self.name, "number": number, "of": self.trials, "params": trying, "why": why})
            try:
                rows, signal = await self._race(search, values, blocks, best, kept)
            except BudgetSpent:
                cut = number
                break
            fallen = falls(rows, first[: len(rows)], search.objective.held)
            signal -= HOLD_WEIGHT * fallen.total
            study.tell(trial, signal)
            if len(rows) == len(best):
                whole.append((values, rows))
                if not fallen.clear and signal > best_signal and search.covers(search.reserve(rows)):
                    best_values, best, best_signal = values, rows, signal
            facts = {"number": number, "of": self.trials, "signal": signal, "best": best_signal}
            say("trial", {"pass": self.name, **facts, "whole": len(rows) == len(best), "trying": trying})
        return _Searched(best_values, best, whole, cut)

    def _space(self, search: Search) -> dict[str, Domain]:
        """The params that are searched: those that can change a result, of the nodes at which there is anything to gain."""
        unused = idle(search.bound) | params_of(search.bound, search.hopeless)
        return tunable(search.bound.flow, unused, search.pools)

    def _study(self, search: Search, space: Mapping[str, Domain], start: Mapping[str, Any]) -> Any:
        """A seeded study in memory, whose first trial is what there is."""
        import optuna

        # Where there are fewer single changes than their share of the trials, the estimator has the rest.
        sampler = optuna.samplers.TPESampler(seed=search.seed, multivariate=True, n_startup_trials=min(5, self.climbing))
        before = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)  # it announces each study
        try:
            study = optuna.create_study(direction="maximize", sampler=sampler, storage=None)
            study.enqueue_trial(encoded(space, start))
        finally:
            optuna.logging.set_verbosity(before)
        return study

    def _blocks(self, examples: Sequence[Example], seed: int) -> list[list[Example]]:
        rows = list(examples)
        random.Random(seed).shuffle(rows)
        size = max(1, math.ceil(len(rows) / self.blocks))
        return [rows[start : start + size] for start in range(0, len(rows), size)]

    async def _race(
        self,
        search: Search,
        values: Mapping[str, Any],
        blocks: Sequence[Sequence[Example]],
        best: Sequence[Row],
        kept: Mapping[str, float] = NOTHING,
    ) -> tuple[list[Row], float]:
        """The rows that the trial was run on, and its signal: where it was given up, the best one's less what it was behind."""
        rows: list[Row] = []
        gaps: list[float] = []
        reserved, signal = search.reserve(best), search.objective.signal
        reserved = {line: max(amount, kept.get(line, 0.0)) for line, amount in reserved.items()}
        for block in blocks:
            fresh = await search.rows(values, block, reserved=reserved)
            gaps += [signal(mine) - signal(theirs) for mine, theirs in zip(fresh, best[len(rows) :], strict=False)]
            rows += fresh
            if behind(gaps, self.patience):
                break
        return rows, search.signal(best) + sum(gaps) / len(gaps)
