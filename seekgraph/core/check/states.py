"""What has been written at a place of a flow, as values that share what they have in common.

A flow of n steps has n states. Each differs from the one before it by one write, so none is copied whole: the steps of a path and
the writers of a channel are linked lists, of which a longer one goes on from a shorter one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from seekgraph.core.language.contract import Clause
from seekgraph.core.language.site import Site
from seekgraph.core.language.typing_rules import union
from seekgraph.core.record.ledger import Merge

Steps = tuple[str, ...]
"""Steps through a flow: paths of nodes, and choices on the path such as `route[no]`, `loop[round 1]`, `each[no items]`."""


class Trail:
    """The steps of a path: `name` after those of `before`."""

    __slots__ = ("before", "count", "name")

    def __init__(self, before: Trail | None, name: str) -> None:
        self.before = before
        self.name = name
        self.count: int = 1 if before is None else before.count + 1


def steps_of(trail: Trail | None, since: Trail | None = None) -> Steps:
    """The steps of a trail, in order; only those after `since`, which is a part of it."""
    found = []
    while trail is not None and trail is not since:
        found.append(trail.name)
        trail = trail.before
    return tuple(reversed(found))


class Detour(NamedTuple):
    """A path that leaves a clause unwritten where it is not the one that the state's own trail takes.

    It goes through `steps` (or, where that is None, along `trail`, on from another detour) and then as the state's trail does
    after `since`.
    """

    since: Trail | None
    trail: Trail | None = None
    on_from: Detour | None = None
    steps: Steps | None = None


def resolved(detour: Detour | None, trail: Trail | None) -> Steps:
    """The steps of a path that leaves a clause unwritten, up to the end of `trail`."""
    if detour is None:
        return steps_of(trail)
    first = resolved(detour.on_from, detour.trail) if detour.steps is None else detour.steps
    return first + steps_of(trail, detour.since)


@dataclass(frozen=True, slots=True)
class Writer:
    """A step that wrote a channel: the path of a node, a call, an `each`, a loop or a redo, or "" for an input.

    `trail` leads to it. `lost` are the fans in which a later part replaced what it wrote.
    """

    path: str
    type: Any
    merge: Merge
    trail: Trail | None
    lost: tuple[str, ...] = ()


class Writers:
    """The steps whose writes may be in a channel: `last` after those of `before`; some may stand in it twice.

    `kinds` has one writer of each type, `type` is the type of the channel's value, `lost` says whether any write was lost.
    """

    __slots__ = ("before", "count", "kinds", "last", "lost", "type")

    def __init__(self, last: Writer, before: Writers | None) -> None:
        self.last = last
        self.before = before
        self.count: int = 1 if before is None else before.count + 1
        self.lost: bool = bool(last.lost) or (before is not None and before.lost)
        if before is None:
            self.kinds: tuple[Writer, ...] = (last,)
            self.type = union((last.type,))
        elif any(last.type is each.type or last.type == each.type for each in before.kinds):
            self.kinds, self.type = before.kinds, before.type
        else:
            self.kinds, self.type = (*before.kinds, last), union((before.type, last.type))

    def __iter__(self) -> Iterator[Writer]:
        """The writers in their order, each once."""
        return iter(dict(((each.path, each.merge, each.lost), each) for each in since(self, None)).values())


def since(writers: Writers, base: Writers | None) -> list[Writer]:
    """The writers after `base`, in their order; all where `base` is not a part of them."""
    found = []
    each: Writers | None = writers
    while each is not None and each is not base:
        found.append(each.last)
        each = each.before
    return found[::-1]


def goes_on(writers: Writers, base: Writers) -> bool:
    """Whether `base` is a part of `writers`."""
    each: Writers | None = writers
    while each is not None and each.count > base.count:
        each = each.before
    return each is base


def together(several: Sequence[Writers], base: Writers | None) -> Writers:
    """All of several lists of writers, most of which go on from `base`: work for what is new in each."""
    first = [each for each in several if base is not None and goes_on(each, base)]
    known = set(map(id, first))
    found, *others = [*first, *(each for each in several if id(each) not in known)]
    for each in others:
        for writer in since(each, base if id(each) in known else None):
            found = Writers(writer, found)
    return found


class Types(Mapping[str, Any]):
    """The types of what has been written, looked up when they are asked for."""

    def __init__(self, written: Mapping[str, Writers]) -> None:
        self._written = written

    def __getitem__(self, channel: str) -> Any:
        return self._written[channel].type

    def __iter__(self) -> Iterator[str]:
        return iter(self._written)

    def __len__(self) -> int:
        return len(self._written)


@dataclass(frozen=True, slots=True)
class State:
    """What has been written at a place: by channel the steps whose writes may be there, and what may be unwritten.

    `missing` has each clause that some path leaves without a written channel, with a detour that does, or None where the state's
    own `trail` does. `inside` is the call that the place is in: the ledger starts there.
    """

    trail: Trail | None
    written: Mapping[str, Writers]
    missing: Mapping[Clause, Detour | None]
    inside: Site | None = None

    @property
    def steps(self) -> Steps:
        """The steps that lead here."""
        return steps_of(self.trail)

    @property
    def types(self) -> Types:
        """The types of what has been written."""
        return Types(self.written)

    def without(self, clause: Clause) -> Steps:
        """The steps of a path here that leaves a clause unwritten."""
        return resolved(self.missing[clause], self.trail)

    def step(self, name: str) -> State:
        """The state after one more step."""
        return replace(self, trail=Trail(self.trail, name))

    def wrote(self, channel: str, writer: Writer, clauses: Sequence[Clause]) -> State:
        """The state after a write that is always made to one of `clauses`, those with the channel; none: it may be left out."""
        before = None if clauses and writer.merge is Merge.REPLACE else self.written.get(channel)
        missing: Mapping[Clause, Detour | None] = self.missing
        if any(clause in missing for clause in clauses):
            missing = dict(missing)
            for clause in clauses:
                missing.pop(clause, None)
        return replace(self, written={**self.written, channel: Writers(writer, before)}, missing=missing)
