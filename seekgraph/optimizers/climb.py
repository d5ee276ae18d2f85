"""Single changes of the best values so far: what a search tries before it proposes several changes at once.

With a few dozen rows and a few dozen trials, values drawn at random for all params together are nearly always worse than what a
person has written, and say little of any one param. One change at a time says what each is worth, and a change that gains is
kept, so that those after it are tried on top of it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Any

from seekgraph.core.language.params import FloatParam, IntParam
from seekgraph.optimizers.space import Domain, Pool, options


class Climb:
    """Proposals that differ from the best one in one param, in an order drawn by the seed.

    Switches, choices and pools come before numbers: there are often fewer trials than changes, and what a flow does matters more
    than by how much. Of either kind each param has a turn before any has a second.

    A number goes half-way to the one or the other end of its interval, on its scale; a switch, a choice or a pool to each of its
    other values. Values are as the search has them (`space.encoded`).
    """

    def __init__(self, space: Mapping[str, Domain], seed: int) -> None:
        chance = random.Random(seed)
        self._space = space
        names = chance.sample(list(space), len(space))
        orders = {
            name: chance.sample(range(count), count) for name, count in ((name, _move_count(space[name])) for name in names)
        }
        rounds = max(map(len, orders.values()), default=0)
        self._moves = [(name, orders[name][turn]) for turn in range(rounds) for name in names if turn < len(orders[name])]
        self._moves.sort(key=lambda each: isinstance(space[each[0]], IntParam | FloatParam))
        self._moves.reverse()

    def propose(self, best: Mapping[str, Any]) -> dict[str, Any] | None:
        """The next single change of `best`; None when all have been proposed."""
        while self._moves:
            name, move = self._moves.pop()
            value = _moved(self._space[name], best[name], move)
            if value != best[name]:
                return {**best, name: value}
        return None


def _move_count(domain: Domain) -> int:
    """How many moves a param has; one of them may turn out to be none."""
    if isinstance(domain, Pool):
        return len(domain.values)
    return 2 if isinstance(domain, IntParam | FloatParam) else len(options(domain))


def _moved(domain: Domain, value: Any, move: int) -> Any:
    if isinstance(domain, Pool):
        return move
    if not isinstance(domain, IntParam | FloatParam):
        return options(domain)[move]
    end = (domain.low, domain.high)[move]
    middle = math.sqrt(value * end) if domain.log else (value + end) / 2
    if isinstance(domain, FloatParam):
        return min(max(middle, domain.low), domain.high)
    return value if value == end else round(middle) if round(middle) != value else value + (1 if end > value else -1)
