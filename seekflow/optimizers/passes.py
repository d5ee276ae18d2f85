"""What a pass is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from seekflow.core.flow import Flow
from seekflow.optimizers.search import Search


@dataclass(frozen=True)
class Work:
    """How many rollouts a pass may take, from `least` to `most`, and how many changes it will have judged."""

    name: str
    least: int
    most: int
    tests: int
    note: str = ""


class Pass(Protocol):
    """One way of finding better values for params.

    `work` says what a pass would do for a flow, before anything runs; a pass with nothing to do says 0 tests and is left out.
    `run` searches on `search.train` with `search.rows` and `search.results`, and hands what it finds to `search.judge`: only
    that changes `search.values`. It draws on `search.seed` alone for chance, so that a resumed compile takes the same way. It
    lets `BudgetSpent` pass.
    """

    @property
    def name(self) -> str: ...

    def work(self, flow: Flow, train: int, val: int) -> Work: ...

    async def run(self, search: Search) -> None: ...
