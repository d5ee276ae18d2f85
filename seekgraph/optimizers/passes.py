"""What a pass is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from seekgraph.core.machine.bound import Bound
from seekgraph.optimizers.search import Search


@dataclass(frozen=True)
class Work:
    """How many rollouts a pass may take, from `least` to `most`, and how many changes it will have judged.

    The rollouts of the held-back rows as the flow came do not count: they are run for all passes together.
    `pooled`: where rollouts cost time alone, every row judges, also those to search on (`crossfit.py`).
    `calls`: how many calls of a model it may make besides its rollouts.
    """

    name: str
    least: int
    most: int
    max_comparisons: int
    note: str = ""
    pooled: bool = False
    calls: int = 0


class Pass(Protocol):
    """One way of finding better values for params.

    `work` says what a pass would do for a flow under what is bound, before anything runs; one that says 0 rollouts has nothing to
    do and is left out.
    `run` searches on `search.train` with `search.rows` and `search.traces`, and hands what it finds to `search.accept`, at most
    as often as `work` said: only that changes `search.values`. It keeps `search.reserve(...)` back until then. It draws on
    `search.seed` alone for chance, and journals with `search.record` what it computes and could not compute again the same way,
    so that a resumed compile takes the same way. It lets `BudgetSpent` pass.
    """

    @property
    def name(self) -> str: ...

    def work(self, bound: Bound, train: int, val: int) -> Work: ...

    async def run(self, search: Search) -> None: ...
