"""The pass that tunes numbers, switches and choices, all together, with Optuna's TPE."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seekflow.core.flow import Flow
from seekflow.core.params import ChoiceParam, FloatParam, IntParam, Param, SwitchParam
from seekflow.evaluation.row import Row
from seekflow.optimizers.passes import Work
from seekflow.optimizers.search import BudgetSpent, Search
from seekflow.types import Example


@dataclass(frozen=True)
class Tune:
    """Propose values with a tree-structured Parzen estimator (Bergstra et al., 2011; Optuna's, multivariate), and race them.

    A trial runs the training rows block by block, in an order drawn once, and is given up as soon as it is behind the best one
    on the same rows by more than `patience` standard errors of the paired difference. The best trial is judged on the held-back
    rows; so are up to `cheaper` trials that cost less than the best one at almost its signal, for the front.
    """

    trials: int = 40
    blocks: int = 4
    patience: float = 1.5
    cheaper: int = 2
    name: str = "tune"

    def work(self, flow: Flow, train: int, val: int) -> Work:
        """From one block a trial to all of them."""
        count = len(tunable(flow))
        if not count:
            return Work(self.name, 0, 0, 0, "no numbers, switches or choices")
        least = train + self.trials * math.ceil(train / self.blocks) + val
        return Work(
            self.name, least, train * (self.trials + 1) + val * (2 + self.cheaper), 1, f"{count} params, {self.trials} trials"
        )

    async def run(self, search: Search) -> None:
        """Search on the training rows, then have the best judged."""
        import optuna

        space = tunable(search.bound.flow)
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        startup = max(5, self.trials // 4)
        sampler = optuna.samplers.TPESampler(
            seed=search.seed, multivariate=True, n_startup_trials=startup, warn_independent_sampling=False
        )
        study = optuna.create_study(direction="maximize", sampler=sampler)
        blocks = self._blocks(search)
        best_values = dict(search.values)
        best = await self._all(search, best_values, blocks)
        done: list[tuple[dict[str, Any], list[Row]]] = [(best_values, best)]
        study.enqueue_trial({name: plain(param, search.values.get(name)) for name, param in space.items()})
        for number in range(self.trials):
            if not search.affords(2 * len(search.val) + len(search.train)):
                search.say("stopped", {"pass": self.name, "trials": number, "why": "the rest of the budget is kept for judging"})
                break
            trial = study.ask()
            values = {**search.values, **{name: suggest(trial, name, param) for name, param in space.items()}}
            rows, value = await self._race(search, values, blocks, best)
            study.tell(trial, value)
            whole = len(rows) == len(search.train)
            if whole:
                done.append((values, rows))
                if mean(search, rows) > mean(search, best):
                    best_values, best = values, rows
            search.say(
                "trial", {"number": number + 1, "of": self.trials, "signal": value, "best": mean(search, best), "whole": whole}
            )
        await search.judge(self.name, best_values)
        await self._look_for_cheaper(search, best, done)

    def _blocks(self, search: Search) -> list[list[Example]]:
        rows = list(search.train)
        random.Random(search.seed).shuffle(rows)
        size = max(1, math.ceil(len(rows) / self.blocks))
        return [rows[start : start + size] for start in range(0, len(rows), size)]

    async def _all(self, search: Search, values: Mapping[str, Any], blocks: Sequence[Sequence[Example]]) -> list[Row]:
        return [row for block in blocks for row in await search.rows(values, block)]

    async def _race(
        self, search: Search, values: Mapping[str, Any], blocks: Sequence[Sequence[Example]], best: Sequence[Row]
    ) -> tuple[list[Row], float]:
        """The rows that the trial was run on, and its signal: where it was given up, the best one's less what it was behind."""
        rows: list[Row] = []
        level = mean(search, best)
        for block in blocks:
            rows += await search.rows(values, block)
            gaps = [
                search.objective.signal(mine) - search.objective.signal(theirs) for mine, theirs in zip(rows, best, strict=False)
            ]
            gap = sum(gaps) / len(gaps)
            spread = math.sqrt(sum((each - gap) ** 2 for each in gaps) / max(1, len(gaps) - 1) / len(gaps))
            if gap < 0 and -gap > self.patience * spread:
                break
        return rows, level + gap

    async def _look_for_cheaper(
        self, search: Search, best: Sequence[Row], done: Sequence[tuple[dict[str, Any], list[Row]]]
    ) -> None:
        """Put trials on the front that cost less than the best one and come near to it on the training rows."""
        limit = search.candidate("best", {}, best)
        near = [
            (search.candidate("cheaper", values, rows), values)
            for values, rows in done
            if mean(search, rows) >= 0.9 * mean(search, best)
        ]
        cheaper = sorted((one for one in near if one[0].cost < limit.cost), key=lambda one: (-one[0].quality, one[0].cost))
        for found, values in cheaper[: self.cheaper]:
            if not search.affords(len(search.val)):
                return
            try:
                search.candidates.append(search.candidate(found.name, values, await search.rows(values, search.val)))
            except BudgetSpent:
                return


def tunable(flow: Flow) -> dict[str, Param]:
    """The params that the pass searches over."""
    return {
        name: param
        for name, param in flow.params().items()
        if isinstance(param, IntParam | FloatParam | SwitchParam | ChoiceParam)
    }


def suggest(trial: Any, name: str, param: Param) -> Any:
    """A value for a param, as plain data, from an Optuna trial."""
    if isinstance(param, IntParam):
        return trial.suggest_int(name, param.low, param.high, log=param.log)
    if isinstance(param, FloatParam):
        return trial.suggest_float(name, param.low, param.high, log=param.log)
    options = [False, True] if isinstance(param, SwitchParam) else [label for label, _ in param.options]  # type: ignore[attr-defined]
    return trial.suggest_categorical(name, options)


def plain(param: Param, value: Any) -> Any:
    """A param's value as plain data: the one given, or its own."""
    return param.to_json() if value is None else value


def mean(search: Search, rows: Sequence[Row]) -> float:
    """The mean signal of rows."""
    return sum(search.objective.signal(row) for row in rows) / max(1, len(rows))
