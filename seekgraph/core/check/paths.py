"""Every path through a flow at once: what is written where, by whom, and what some path leaves unwritten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seekgraph.core.check.states import Detour, State, Steps, Trail, Writer, Writers, goes_on, resolved, since, steps_of
from seekgraph.core.check.states import together as all_of
from seekgraph.core.language.contract import Clause, Read, Walk
from seekgraph.core.language.expr import Expr
from seekgraph.core.language.flow import Flow
from seekgraph.core.language.reads import collected, free_reads, writes
from seekgraph.core.language.site import Site
from seekgraph.core.language.typing_rules import NOTHING, fits, infer, without_nothing
from seekgraph.core.record.digest import SOURCES
from seekgraph.core.record.ledger import Merge


@dataclass(frozen=True)
class Place:
    """A site with the state in which it reads. `own` is false for what is read of it elsewhere, such as for a digest."""

    site: Site
    state: State
    reads: tuple[Read, ...]
    own: bool = True


@dataclass(frozen=True)
class Paths:
    """All places that read, in the order in which a run comes to them, the state at the end, and the steps to each writer."""

    places: tuple[Place, ...]
    end: State
    steps_to: Mapping[str, Trail | None] = field(default_factory=dict)


def walk(flow: Flow) -> Paths:
    """Every path through a flow at once."""
    reads = [read for site in flow.site.walk() for read in site.element.reads()]
    single = {frozenset((name,)) for name in [flow.output, *(name for read in reads for name in read.sources)]}
    notes = _Notes(sorted(single | {clause for read in reads for clause in read.needs}, key=sorted))
    start = State(None, {}, dict.fromkeys(notes.clauses))
    for name, kind in flow.inputs.items():
        writer = Writer("", without_nothing(kind), Merge.REPLACE, None)
        start = notes.wrote(start, name, writer, always=not fits(NOTHING, kind))
    end = _Walk(flow.site, notes).after(start)
    return Paths((*notes.places, Place(flow.site, end, (Read("output", (flow.output,)),), own=False)), end, notes.steps_to)


class _Notes:
    """What the walks through all sites share: the clauses that are asked for, and the places that they come to."""

    def __init__(self, clauses: Iterable[Clause]) -> None:
        self.clauses = tuple(clauses)
        self.with_channel: dict[str, list[Clause]] = {}
        for clause in self.clauses:
            for name in clause:
                self.with_channel.setdefault(name, []).append(clause)
        self.places: list[Place] = []
        self.steps_to: dict[str, Trail | None] = {}
        self.silent = 0

    def note(self, place: Place) -> None:
        if not self.silent:
            self.places.append(place)

    def wrote(self, state: State, channel: str, writer: Writer, *, always: bool) -> State:
        if not self.silent:
            self.steps_to[writer.path] = writer.trail
        return state.wrote(channel, writer, (self.with_channel.get(channel) or [frozenset((channel,))]) if always else ())


class _Walk(Walk[State]):
    """Walks through one site."""

    def __init__(self, site: Site, notes: _Notes) -> None:
        self.site = site
        self.notes = notes

    def after(self, state: State) -> State:
        """The state after the site, which starts from `state`."""
        return self.site.element.paths(self, state)

    def types(self, state: State) -> Mapping[str, Any]:
        return state.types

    def read(self, state: State) -> None:
        self.notes.note(Place(self.site, state, self.site.element.reads()))

    def step(self, state: State, name: str) -> State:
        return state.step(f"{self.site.path}[{name}]")

    def write(self, state: State, channel: str, type: Any, *, always: bool = True) -> State:
        trail = state.trail
        if trail is not None and trail.name.startswith(f"{self.site.path}["):
            trail = trail.before
        return self.notes.wrote(state, channel, Writer(self.site.path, type, Merge.REPLACE, trail), always=always)

    def part(self, number: int, state: State) -> State:
        return _Walk(self.site.children[number], self.notes).after(state)

    def again(self, number: int, state: State) -> State:
        if self.notes.silent:  # what a part leaves behind is the same the second time: only its places see more
            return self.part(number, state)
        self.notes.silent += 1
        end = self.part(number, state)
        self.notes.silent -= 1
        return self.part(number, replace(state, written=_written([state, end], state)))

    def either(self, ends: Sequence[State], before: State) -> State:
        if not ends:
            return before
        result, *others = ends
        missing = dict(result.missing)
        for end in others:
            for clause, detour in end.missing.items():
                if clause not in missing:
                    missing[clause] = Detour(result.trail, end.trail, detour)
        return replace(result, written=_written(ends, before), missing=missing)

    def together(self, ends: Sequence[State], before: State) -> State:
        """What one part always writes is written; the last part that replaces a channel wins."""
        trail = before.trail
        for end in ends:
            for name in steps_of(end.trail, before.trail):
                trail = Trail(trail, name)
        missing = {
            clause: self._past_all(clause, detour, ends, before, trail)
            for clause, detour in before.missing.items()
            if all(clause in end.missing for end in ends)
        }
        replaced = [_replacing(child) for child in self.site.children]
        written = dict(before.written)
        changed: dict[str, list[Writers]] = {}
        for end in ends:
            for name, writers in end.written.items():
                if writers is not before.written.get(name):
                    changed.setdefault(name, []).append(writers)
        for name, several in changed.items():
            found = all_of(several, before.written.get(name))
            replacing = [paths[name] for paths in replaced if name in paths]
            lost = set().union(*replacing[:-1])
            written[name] = self._lost(found, lost) if lost else found
        return replace(before, trail=trail, written=written, missing=missing)

    def _past_all(
        self, clause: Clause, detour: Detour | None, ends: Sequence[State], before: State, trail: Trail | None
    ) -> Detour | None:
        """A path through all parts that leaves a clause unwritten."""
        if all(end.missing[clause] is detour for end in ends):
            return detour
        steps = resolved(detour, before.trail)
        return Detour(trail, steps=steps + tuple(step for end in ends for step in end.without(clause)[len(steps) :]))

    def _lost(self, writers: Writers, lost: set[str]) -> Writers:
        found = None
        for each in since(writers, None):
            found = Writers(replace(each, lost=(*each.lost, self.site.path)) if each.path in lost else each, found)
        return found or writers

    def perhaps(self, end: State, before: State, name: str) -> State:
        there = set(collected(self.site))
        none = Trail(before.trail, f"{self.site.path}[{name}]")
        missing = {
            clause: end.missing[clause] if clause in end.missing else Detour(end.trail, none, detour)
            for clause, detour in before.missing.items()
            if not clause & there
        }
        return replace(end, written=_written([before, end], before), missing=missing)

    def restore(self, end: State, before: State, channel: str, *, inner: bool) -> State:
        left, inside = before.written.get(channel), end.written.get(channel)
        if inner and inside is not None:
            left = left if left is not None and goes_on(inside, left) else None
            for each in since(inside, left):
                left = left if each.path == self.site.path else Writers(each, left)
        written = {name: writers for name, writers in end.written.items() if name != channel}
        written |= {} if left is None else {channel: left}
        if inner:
            return replace(end, written=written)
        begun = Trail(before.trail, f"{self.site.path}[round 1]")
        hidden = {
            clause: Detour(end.trail, begun, detour)
            for clause in self.notes.with_channel.get(channel, ())
            if clause in before.missing and all(frozenset((other,)) in end.missing for other in clause - {channel})
            for detour in (before.missing[clause],)
        }
        return replace(end, written=written, missing={**end.missing, **hidden})

    def own_ledger(self, state: State, give: Mapping[str, Expr] | None) -> None:
        trail = Trail(state.trail, self.site.path)
        begun = State(trail, {}, dict.fromkeys(self.notes.clauses), self.site)
        if give is None:
            free = set(free_reads(self.site.children[0]))
            written = {name: writers for name, writers in state.written.items() if name in free}
            missing = {each: state.missing.get(each & free) for each in self.notes.clauses if not self._there(each & free, state)}
            begun = replace(begun, written=written, missing=missing)
        for name, expr in (give or {}).items():
            writer = Writer(self.site.path, infer(expr, state.types), Merge.REPLACE, trail)
            begun = self.notes.wrote(begun, name, writer, always=True)
        end = self.part(0, begun)
        self.notes.note(Place(self.site, end, tuple(Read("digest", (name,)) for name in SOURCES), own=False))

    def _there(self, clause: Clause, state: State) -> bool:
        """Whether one of a clause's channels is written on every path."""
        known = self.notes.with_channel.get(next(iter(clause), ""), ())
        several = [clause] if clause in known else [frozenset((name,)) for name in clause]
        return any(each not in state.missing for each in several)

    def visit(self, state: State) -> State:
        state = state.step(self.site.path)
        for spec in self.site.element.writes():
            channel = spec.channel
            writer = Writer(self.site.path, without_nothing(channel.type), channel.merge, state.trail)
            state = self.notes.wrote(state, channel.name, writer, always=spec.always)
        return state


def _written(states: Sequence[State], before: State) -> dict[str, Writers]:
    """By channel the writers of all states together, which have come from `before`."""
    found: dict[str, dict[int, Writers]] = {}
    for state in states:
        for channel, writers in state.written.items():
            found.setdefault(channel, {})[id(writers)] = writers
    return {
        channel: next(iter(several.values())) if len(several) == 1 else all_of([*several.values()], before.written.get(channel))
        for channel, several in found.items()
    }


def replacing(site: Site, name: str) -> set[str]:
    """The paths of the steps in a site that replace a channel."""
    return _replacing(site).get(name, set())


def _replacing(site: Site) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path, spec in writes(site):
        if spec.channel.merge is Merge.REPLACE:
            found.setdefault(spec.channel.name, set()).add(path)
    return found


__all__ = ["Clause", "Paths", "Place", "Read", "State", "Steps", "Writer", "replacing", "walk"]
