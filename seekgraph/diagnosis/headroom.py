"""Headroom: what the metric would gain if a node were perfect.

In every visit the node writes what the gold says that it should have written (`gold.py`), and all that depends on it runs again.
An example's gain is never below 0: a perfect node could have done what this one did. So a change of the node's params, however
good, gains at most this much, as far as the gold is the best that the node can do.

It is kept cheap in two ways. Replays share with the run all that does not depend on the node. And what several perfect nodes
gain together is at least what one of them gains: where all that searches, made perfect at once, gains nothing for an example, no
part of it is tried alone; where one node alone gains all that is to be gained, it is not tried together with another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from seekgraph.core.language.lm import LM
from seekgraph.core.language.ports import Ranker, Vocabulary
from seekgraph.core.language.reads import needs
from seekgraph.core.machine.bound import Bound
from seekgraph.diagnosis.gold import Place, has_ideal
from seekgraph.diagnosis.runs import Case

BEST = 1.0
MOST_PAIRED = 4
"""How many nodes, those with the most headroom, are also looked at in pairs."""

SEARCHING = frozenset({"plan", "query", "queries", "passages", "context", "verdict"})
"""What the nodes write that bring passages before those who read and answer."""


class Headroom:
    """One example with nodes perfect, each set of nodes replayed at most once."""

    def __init__(self, case: Case, paths: Iterable[str]) -> None:
        self.case = case
        self._known: dict[frozenset[str], Case] = {frozenset(): case}
        self._searching = frozenset(path for path in paths if searches(case.place, path))

    async def perfect(self, paths: Sequence[str]) -> Case:
        """The run with these nodes perfect: at least as good as with fewer of them."""
        wanted = frozenset(paths)
        if wanted in self._known:
            return self._known[wanted]
        best = max((case for fewer, case in self._known.items() if fewer <= wanted), key=lambda case: case.value)
        most = BEST
        if wanted < self._searching and best.value < most:
            most = (await self.perfect(sorted(self._searching))).value
        if best.value < most - 1e-9:
            fixed = await self.case.fixed(sorted(wanted), only_gold=True)
            best = fixed if fixed.value > best.value else best
        self._known[wanted] = best
        return best


def searches(place: Place, path: str) -> bool:
    """Whether the node at a path brings passages before those who read and answer."""
    return bool(SEARCHING & set(place.fields.get(path, {}).values()))


def candidates(place: Place) -> list[str]:
    """The nodes of which gold could say what they should write."""
    return [path for path in place.fields if has_ideal(place, path)]


def is_bound(bound: Bound, path: str) -> bool:
    """Whether a node has the resources that it may ask for; without, it has nothing to be better at.

    A language model, a ranker or a vocabulary that is left out is no lack: such a node works by its rules.
    """
    op = bound.program.nodes[path]
    asked = [name for name, port, _ in needs(op.node) if port not in (LM, Ranker, Vocabulary)]
    return not asked or any(name in bound.resources for name in asked)


def pairs(gains: dict[str, float], most: int = MOST_PAIRED) -> list[tuple[str, str]]:
    """The pairs of the nodes with the most headroom, those without any left out."""
    ranked = sorted((path for path, gain in gains.items() if gain > 0), key=lambda path: -gains[path])[:most]
    return list(combinations(ranked, 2))
