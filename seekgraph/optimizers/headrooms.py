"""What each node could gain at most: the runs that failed, replayed with that node as the gold says it should have been.

An estimate from what the rewards say of visits (`visits.shortfall`) blames a node that did badly also where nothing hung on it. A
replay does not; it costs the calls of what comes after the node, so a few of the worst runs have to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from seekgraph.core.base.meter import Meter
from seekgraph.core.machine.bound import Bound
from seekgraph.diagnosis.gold import Place
from seekgraph.diagnosis.headroom import Headroom, candidates
from seekgraph.diagnosis.runs import Case, Goodness, for_all
from seekgraph.evaluation.metrics import Metric, Outcome
from seekgraph.optimizers.allowance import BudgetSpent, over
from seekgraph.optimizers.objective import Objective
from seekgraph.optimizers.visits import Run, shortfall
from seekgraph.types import Example

RUNS = 8
"""How many runs are replayed for each node: the worst."""


LEAST = 0.1
"""What a node keeps of its estimate whose perfection gains nothing: a few replays are no proof."""


async def headrooms(
    bound: Bound, runs: Sequence[Run], paths: Sequence[str], objective: Objective, meter: Meter, parallel: int
) -> dict[str, float]:
    """What each node at `paths` would gain if it were perfect, on the worst runs, as a share of its shortfall there; at least
    `LEAST`. Nodes of which the gold does not say what they should have written are left out.

    Raises `BudgetSpent` where the meter does not allow all replays.
    """

    def quality(example: Example, outcome: Outcome) -> float:
        known = [(weight, each(example, outcome)) for each, weight in objective.weights.items() if each.applies_to(example)]
        return sum(weight * (value or 0.0) for weight, value in known) / max(1e-9, sum(weight for weight, _ in known))

    place, goodness = Place(bound), Goodness(Metric("objective", quality), 1.0)
    known = [path for path in paths if path in candidates(place)]
    worst = sorted(runs, key=lambda run: (run.quality, run.example.id))[:RUNS]
    gate = asyncio.Semaphore(bound.concurrency)
    cases = [Case(bound, place, run.example, run.trace, run.quality, goodness, meter, gate) for run in worst]
    gained = dict.fromkeys(known, 0.0)

    async def replay(case: Case) -> None:
        room = Headroom(case, known)
        for path in known:
            gained[path] += (await room.perfect([path])).value - case.value

    await for_all(cases, replay, parallel)
    if over(meter):
        raise BudgetSpent
    lacks = {path: shortfall(worst, path) for path in known}
    return {path: max(LEAST, gained[path] / len(cases) / lack) for path, lack in lacks.items() if lack > 0}
