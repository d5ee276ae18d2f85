"""Every path through a flow at once: what is written where, by whom, and what some path leaves unwritten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seekgraph.core.language.combinators import BestOf, Call, Each, Fan, Loop, Pick, Redo, Route, Seq
from seekgraph.core.language.expr import Apply, Channel, Expr, channels
from seekgraph.core.language.flow import Flow
from seekgraph.core.language.node import Node, WriteSpec
from seekgraph.core.language.reads import collected, free_reads
from seekgraph.core.language.site import Site, exprs, inner
from seekgraph.core.language.typing_rules import (
    NOTHING,
    attribute,
    fits,
    infer,
    item_type,
    union,
    without_nothing,
)
from seekgraph.core.record.digest import SOURCES
from seekgraph.core.record.ledger import ChannelSpec, Merge
from seekgraph.types import Digest

Steps = tuple[str, ...]
"""Steps through a flow: paths of nodes, and choices on the path such as `route[no]`, `loop[round 1]`, `each[no items]`."""

Clause = frozenset[str]
"""Channels one of which has to be written."""

DIGESTS = WriteSpec(ChannelSpec("digests", tuple[Digest, ...], Merge.APPEND), always=True)


@dataclass(frozen=True)
class Writer:
    """A step that wrote a channel: the path of a node, a call, an `each`, a loop or a redo, or "" for an input.

    `lost` are the fans in which a later part replaced what it wrote.
    """

    path: str
    type: Any = field(compare=False)
    merge: Merge
    steps: Steps = field(compare=False)
    lost: tuple[str, ...] = ()


@dataclass(frozen=True)
class State:
    """What has been written at a place: by channel the steps whose writes may be there, and what may be unwritten.

    `missing` maps each clause that some path leaves without a written channel to such a path. `inside` is the call that the
    place is in: the ledger starts there.
    """

    steps: Steps
    written: Mapping[str, tuple[Writer, ...]]
    missing: Mapping[Clause, Steps]
    inside: Site | None = None

    def step(self, name: str) -> State:
        """The state after one more step."""
        return replace(
            self, steps=(*self.steps, name), missing={clause: (*steps, name) for clause, steps in self.missing.items()}
        )

    def wrote(self, channel: str, writer: Writer, *, always: bool) -> State:
        """The state after a write."""
        old = () if always and writer.merge is Merge.REPLACE else self.written.get(channel, ())
        missing = {clause: steps for clause, steps in self.missing.items() if not (always and channel in clause)}
        return replace(self, written={**self.written, channel: tuple(dict.fromkeys((*old, writer)))}, missing=missing)

    @property
    def types(self) -> dict[str, Any]:
        """The types of what has been written."""
        return {channel: union(writer.type for writer in writers) for channel, writers in self.written.items()}


@dataclass(frozen=True)
class Read:
    """What a place reads: through `expr`, or directly from `sources`. `slot` is the parameter, or where the expression stands.

    Each of the clauses `needs` has to be written.
    """

    slot: str
    sources: tuple[str, ...]
    needs: tuple[Clause, ...] = ()
    expr: Expr | None = None
    type: Any = Any


@dataclass(frozen=True)
class Place:
    """A site with the state in which it reads."""

    site: Site
    state: State
    reads: tuple[Read, ...]


@dataclass(frozen=True)
class Paths:
    """All places that read, in the order in which a run comes to them, and the state at the end."""

    places: tuple[Place, ...]
    end: State


def needs(expr: Expr) -> tuple[Clause, ...]:
    """What has to be written for an expression to have a value: every operand's channels; either side of an `otherwise`."""
    if isinstance(expr, Channel):
        return (frozenset((expr._name,)),)
    parts = [needs(part) for part in expr._parts()]
    if isinstance(expr, Apply) and expr._operation == "otherwise":
        return tuple(first | second for first in parts[0] for second in parts[1])
    return tuple(dict.fromkeys(clause for part in parts for clause in part))


def reads(site: Site) -> tuple[Read, ...]:
    """What an element reads itself."""
    element = site.element
    found = {slot: Read(slot, channels(expr), needs(expr), expr) for slot, expr in exprs(element).items()}
    if not isinstance(element, Node):
        return tuple(found.values())
    several = []
    for spec in element.contract().reads:
        direct = tuple(name for name in (spec.parameter, spec.or_else) if name)
        read = found.get(f"using_{spec.parameter}", Read("", direct, (frozenset(direct),)))
        several.append(replace(read, slot=spec.parameter, type=spec.type, needs=read.needs if spec.required else ()))
    return tuple(several)


def writes(site: Site) -> Iterator[tuple[str, ChannelSpec, bool]]:
    """What the steps in a site write to the ledger around it: path, channel, and whether a visit always writes it."""
    if isinstance(site.element, Node):
        for spec in site.element.contract().writes:
            name = site.element.writing.get(spec.channel.name, spec.channel.name)
            yield site.path, ChannelSpec(name, without_nothing(spec.channel.type), spec.channel.merge), spec.always
    elif isinstance(site.element, Call):
        yield site.path, DIGESTS.channel, True
    else:
        for child in site.children:
            yield from writes(child)


def walk(flow: Flow) -> Paths:
    """Every path through a flow at once."""
    asked = [read for site in flow.site.walk() for read in reads(site)]
    single = {frozenset((name,)) for name in [flow.output, *(name for read in asked for name in read.sources)]}
    clauses = sorted(single | {clause for read in asked for clause in read.needs}, key=sorted)
    start = State((), {}, dict.fromkeys(clauses, ()))
    for name, kind in flow.inputs.items():
        start = start.wrote(name, Writer("", without_nothing(kind), Merge.REPLACE, ()), always=not fits(NOTHING, kind))
    walker = _Walker(clauses)
    end = walker.after(flow.site, start)
    return Paths((*walker.places, Place(flow.site, end, (Read("output", (flow.output,)),))), end)


class _Walker:
    """Walks through sites and notes their places."""

    def __init__(self, clauses: Iterable[Clause]) -> None:
        self.clauses = tuple(clauses)
        self.places: list[Place] = []

    def after(self, site: Site, state: State) -> State:
        """The state after a site that starts from `state`."""
        element = site.element
        if isinstance(element, Loop):
            return self._loop(site, state)
        self.places.append(Place(site, state, reads(site)))
        if isinstance(element, Each):
            return self._each(site, element, state)
        if isinstance(element, Call):
            return self._call(site, element, state)
        if isinstance(element, Redo):
            return self._redo(site, element, state)
        if isinstance(element, BestOf):
            return self.after(site.children[0], state.step(f"{site.path}[attempt 1]"))
        if isinstance(element, Fan):
            return self._fan(site, state)
        if isinstance(element, Route | Pick):
            parts = zip(inner(element), site.children, strict=True)
            ends = [self.after(child, state.step(f"{site.path}[{label}]")) for (label, _), child in parts]
            return either(ends) if ends else state
        for child in site.children:
            state = self.after(child, state)
        return state if isinstance(element, Seq) else self._visit(site, state.step(site.path))

    def unseen(self, site: Site, state: State) -> State:
        """The same without noting the places."""
        return _Walker(self.clauses).after(site, state)

    def _visit(self, site: Site, state: State) -> State:
        for path, channel, always in writes(site):
            state = state.wrote(channel.name, Writer(path, channel.type, channel.merge, state.steps), always=always)
        return state

    def _fan(self, site: Site, state: State) -> State:
        """Each part starts from `state`. What one part always writes is written; the last part that replaces a channel wins."""
        starts = [state.step(f"{site.path}[part {number}]") for number in range(1, len(site.children) + 1)]
        ends = [self.after(child, start) for child, start in zip(site.children, starts, strict=True)]
        missing = {
            clause: steps + tuple(step for end in ends for step in end.missing[clause][len(steps) :])
            for clause, steps in state.missing.items()
            if all(clause in end.missing for end in ends)
        }
        written = dict(state.written)
        for name in writers_of(ends):
            several = [paths for child in site.children if (paths := replacing(child, name))]
            lost = set().union(*several[:-1])
            changed = writers_of([end for end in ends if end.written.get(name) != state.written.get(name)]).get(name)
            if changed is not None:
                written[name] = tuple(
                    replace(each, lost=(*each.lost, site.path)) if each.path in lost else each for each in changed
                )
        steps = state.steps + tuple(step for end in ends for step in end.steps[len(state.steps) :])
        return replace(state, steps=steps, written=written, missing=missing)

    def _each(self, site: Site, element: Each, state: State) -> State:
        """The body may run for no item: then only the collections that it writes to are there, empty."""
        kind = item_type(infer(element.items, state.types))
        item = Writer(site.path, Any if kind is None else kind, Merge.REPLACE, state.steps)
        begun = state.step(f"{site.path}[{element.item}]").wrote(element.item, item, always=True)
        if attribute(item.type, "needs") is not None:  # an item may see what others wrote
            begun = replace(begun, written=writers_of([begun, self.unseen(site.children[0], begun)]))
        end = self.after(site.children[0], begun)
        there = set(collected(site)) - {element.item}
        missing = {
            clause: end.missing.get(clause, (*steps, f"{site.path}[no items]"))
            for clause, steps in state.missing.items()
            if not clause & there
        }
        written = writers_of([state, end])
        written[element.item] = tuple(writer for writer in written[element.item] if writer.path != site.path)
        return replace(end, written=written, missing=missing)

    def _loop(self, site: Site, state: State) -> State:
        """At least one round; a later round may find what an earlier one wrote. Outside, `round` is what it was."""
        number = Writer(site.path, int, Merge.REPLACE, state.steps)
        begun = state.step(f"{site.path}[round 1]").wrote("round", number, always=True)
        again = replace(begun, written=writers_of([begun, self.unseen(site.children[0], begun)]))
        end = self.after(site.children[0], again)
        self.places.append(Place(site, end, reads(site)))
        hidden = {
            clause: (*steps, f"{site.path}[round 1]")
            for clause, steps in state.missing.items()
            if "round" in clause and all(frozenset((other,)) in end.missing for other in clause - {"round"})
        }
        written = {name: writers for name, writers in end.written.items() if name != "round"}
        written |= {"round": state.written["round"]} if "round" in state.written else {}
        return replace(end, written=written, missing={**end.missing, **hidden})

    def _redo(self, site: Site, element: Redo, state: State) -> State:
        """Every attempt starts from `state`; from the second on there is feedback. Outside, its channel is what it was."""
        feedback = Writer(site.path, str, Merge.REPLACE, state.steps)
        begun = state.step(f"{site.path}[attempt 1]").wrote(element.channel, feedback, always=False)
        end = self.after(site.children[0], begun)
        left = tuple(writer for writer in end.written.get(element.channel, ()) if writer.path != site.path)
        written = {name: writers for name, writers in end.written.items() if name != element.channel}
        return replace(end, written=written | ({element.channel: left} if left else {}))

    def _call(self, site: Site, element: Call, state: State) -> State:
        """The body starts with what it is given, and only a digest comes back."""
        steps = (*state.steps, site.path)
        begun = State(steps, {}, dict.fromkeys(self.clauses, steps), site)
        if element.give is None:
            given, unwritten = set(free_reads(site.children[0])), state.step(site.path).missing
            written = {name: writers for name, writers in state.written.items() if name in given}
            missing = {each: unwritten.get(each & given, steps) for each in self.clauses if not self._there(each & given, state)}
            begun = replace(begun, written=written, missing=missing)
        for name, expr in element.give or ():
            begun = begun.wrote(name, Writer(site.path, infer(expr, state.types), Merge.REPLACE, steps), always=True)
        end = self.after(site.children[0], begun)
        self.places.append(Place(site, end, tuple(Read("digest", (name,)) for name in SOURCES)))
        return self._visit(site, state.step(site.path))

    def _there(self, clause: Clause, state: State) -> bool:
        """Whether one of a clause's channels is written on every path."""
        asked = [clause] if clause in self.clauses else [frozenset((name,)) for name in clause]
        return any(each not in state.missing for each in asked)


def either(states: Sequence[State]) -> State:
    """The state after one of several branches."""
    missing: dict[Clause, Steps] = {}
    for state in states:
        missing = {**state.missing, **missing}
    return replace(states[0], written=writers_of(states), missing=missing)


def writers_of(states: Iterable[State]) -> dict[str, tuple[Writer, ...]]:
    """By channel the writers of all states together."""
    found: dict[str, dict[Writer, None]] = {}
    for state in states:
        for channel, writers in state.written.items():
            found.setdefault(channel, {}).update(dict.fromkeys(writers))
    return {channel: tuple(writers) for channel, writers in found.items()}


def replacing(site: Site, name: str) -> set[str]:
    """The paths of the steps in a site that replace a channel."""
    return {path for path, channel, _ in writes(site) if channel.name == name and channel.merge is Merge.REPLACE}
