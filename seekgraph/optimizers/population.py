"""What a search over texts keeps: candidates with their rows, from which the next ones are made."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from seekgraph.core.base.identity import digest
from seekgraph.evaluation.row import Row
from seekgraph.optimizers.holding import behind

NEAR = 1.5
"""Standard errors by which a parent may be behind the best member."""


@dataclass(frozen=True)
class Member:
    """A candidate that was run on all rows to search on: its values, `signals` row by row, and `score`, their mean less what its
    length and falls of held metrics take off. `affordable` is false for one that came when too little was left to judge it;
    it is not `eligible` then, nor where it makes a held metric worse: it may be a parent, but not the result."""

    values: Mapping[str, Any]
    rows: Sequence[Row]
    signals: tuple[float, ...]
    score: float
    affordable: bool = True
    eligible: bool = True

    def texts(self, params: Sequence[str]) -> dict[str, Any]:
        """Its values of these params."""
        return {name: self.values[name] for name in params}


@dataclass
class Population:
    """At most `most` members; the first is what there was.

    `tried` are the digests of all values that were raced, whether they are members or not.
    """

    first: Member
    params: tuple[str, ...]
    most: int = 8
    members: list[Member] = field(default_factory=list)
    tried: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.members = [self.first]
        self.tried = {digest(dict(self.first.values))}

    @property
    def best(self) -> Member:
        """The member with the highest score, the earliest of equals, among those that may be the result."""
        return max((each for each in self.members if each.eligible), key=lambda each: each.score)

    def new(self, values: Mapping[str, Any]) -> bool:
        """Whether these values were not raced before; they count as raced from now on."""
        key = digest(dict(values))
        fresh = key not in self.tried
        self.tried.add(key)
        return fresh

    def add(self, member: Member) -> None:
        """Take a member in; where there are too many, the one goes that has the lowest score and is best on no row."""
        self.members.append(member)
        while len(self.members) > self.most:
            wins = self.wins()
            at = min(range(1, len(self.members)), key=lambda at: (wins[at] > 0, self.members[at].score))
            del self.members[at]

    def wins(self) -> list[int]:
        """On how many rows each member is the best, ties counted for each."""
        tops = [max(column) for column in zip(*(each.signals for each in self.members), strict=True)]
        return [sum(mine >= top - 1e-9 for mine, top in zip(each.signals, tops, strict=True)) for each in self.members]

    def parent(self, chance: random.Random) -> Member:
        """The best one half of the time, else one drawn in proportion to the rows on which it is the best (as GEPA draws from
        its front of instances; Agrawal et al., 2025): what is best on some rows knows something that the best one does not.
        None that is clearly behind the best one: with few rows, and a judge that errs, anything is the best on some."""
        best = self.best
        if chance.random() < 0.5:
            return best
        near = [
            not behind([mine - top for mine, top in zip(each.signals, best.signals, strict=True)], NEAR) for each in self.members
        ]
        return chance.choices(self.members, weights=[wins * each for wins, each in zip(self.wins(), near, strict=True)])[0]

    def merged(self) -> dict[str, Any] | None:
        """The values of two members together that changed other texts of what there was: those of the two best ones for which
        this is new."""
        changed = [
            (each, {name for name in self.params if each.values[name] != self.first.values[name]}) for each in self.members
        ]
        pairs = [(a, b) for a, b in combinations(changed, 2) if a[1] and b[1] and not a[1] & b[1]]
        for (one, _), (other, names) in sorted(pairs, key=lambda pair: -pair[0][0].score - pair[1][0].score):
            values = {**one.values, **{name: other.values[name] for name in names}}
            if digest(values) not in self.tried:
                return values
        return None

    def rivals(self, name: str) -> list[str]:
        """The texts of one param, the best first, by the best score of a member that has it."""
        found: dict[str, float] = {}
        for each in self.members:
            text = str(each.values[name])
            found[text] = max(found.get(text, float("-inf")), each.score)
        return sorted(found, key=lambda text: -found[text])
