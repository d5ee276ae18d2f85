"""The checker: what is wrong with a flow, found without running it.

`check` runs one pass after another over the places of a flow. What they find, by its code:

    contract            a node's `run` does not say what it reads and writes
    name-twice          a name given twice in one scope
    unbounded-loop      a loop whose number of rounds is no whole number of 1 or more
    two-declarations    a channel that two nodes write with different types or merge rules
    unwritten-read      a read, or an expression, of a channel that some way to it leaves unwritten
    wrong-type          a read of what an earlier step writes with a type that does not fit
    unknown-attribute, maybe-none, incomparable, not-boolean, not-a-collection       an expression that cannot work
    missing-branch      a label that a route's policy can give, with no branch and no default
    open-route          (warning) a policy that may give any label, with no default
    unreachable-branch  a branch whose label the policy never gives
    unread-write        a step none of whose writes is ever read
    lost-write          (warning) a channel that two parts of a fan replace: what the first wrote is lost
    no-answer           a way through the flow that ends without its output
    missing-resource, wrong-port        a resource that is not bound, or that lacks the methods of its port

What is written where is known exactly: a read is refused when and only when there is a way to it (of branches, options, rounds,
numbers of items, and writes that a node may leave out) on which nothing has written the channel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from seekflow.core.combinators import Call, Each, Fan, Loop, Pick, Route, Seq
from seekflow.core.digest import SOURCES
from seekflow.core.errors import FlowError
from seekflow.core.expr import Apply, Channel, Expr, channels
from seekflow.core.flow import Flow
from seekflow.core.ledger import ChannelSpec, Merge
from seekflow.core.node import Node, PortSpec, WriteSpec
from seekflow.core.params import ChoiceParam, IntParam, Param
from seekflow.core.ports import Port
from seekflow.core.reads import collected, free_reads
from seekflow.core.site import Site, exprs, inner
from seekflow.core.typing_rules import (
    NOTHING, Problem, attribute, fields_of, fits, infer, is_boolean, item_type, labels, shown, similar, union, unknown, without_nothing
)  # fmt: skip
from seekflow.types import Digest

Way = tuple[str, ...]
"""Steps through a flow: paths of nodes, and choices on the way such as `route[no]`, `loop[round 1]`, `each[no items]`."""

Clause = frozenset[str]
"""Channels one of which has to be written."""

DIGESTS = WriteSpec(ChannelSpec("digests", tuple[Digest, ...], Merge.APPEND), always=True)


@dataclass(frozen=True)
class Finding:
    """Something wrong with a flow.

    `code` is stable, `path` the place, `channel` the channel that it is about or "", `way` the steps that lead there. `message`
    says what was expected and what there is, `mend` how to mend it.
    """

    code: str
    severity: Literal["error", "warning"]
    path: str
    channel: str
    way: Way
    message: str
    mend: str

    def __str__(self) -> str:
        lines = [f"{self.severity} {self.code} at {self.path or 'the flow'}: {self.message}"]
        lines += [f"  way:  {' -> '.join(self.way)}"] if self.way else []
        return "\n".join([*lines, f"  mend: {self.mend}"])


def check(flow: Flow, resources: Mapping[str, object] | None = None) -> tuple[Finding, ...]:
    """All findings, in the order of the flow; resources are checked where they are given. Raises nothing."""
    found = [*unreadable(flow), *names(flow), *bounds(flow)]
    if not any(finding.code == "contract" for finding in found):
        ways = walk(flow)
        found += [finding for rule in RULES for finding in rule(flow, ways)]
        found += [] if resources is None else ports(flow, resources)
    order = {path: number for number, path in enumerate(flow.sites)}
    return tuple(sorted(found, key=lambda finding: (finding.code == "no-answer", order[finding.path])))


def require(flow: Flow, resources: Mapping[str, object] | None = None) -> None:
    """Raise `FlowError` with all errors that `check` finds; warnings do not count."""
    errors = [finding for finding in check(flow, resources) if finding.severity == "error"]
    if errors:
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        raise FlowError("\n".join([f"flow {flow.name or ''!r} has {count}", *map(str, errors)]))


# --- what is written where ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Writer:
    """A step that wrote a channel: the path of a node, a call, an `each` or a loop, or "" for an input.

    `lost` are the fans in which a later part replaced what it wrote.
    """

    path: str
    type: Any = field(compare=False)
    merge: Merge
    way: Way = field(compare=False)
    lost: tuple[str, ...] = ()


@dataclass(frozen=True)
class State:
    """What has been written at a place: by channel the steps whose writes may be there, and what may be unwritten.

    `missing` maps each clause that some way leaves without a written channel to such a way. `inside` is the call that the
    place is in: the ledger starts there.
    """

    way: Way
    written: Mapping[str, tuple[Writer, ...]]
    missing: Mapping[Clause, Way]
    inside: Site | None = None

    def step(self, name: str) -> State:
        """The state after one more step."""
        return replace(self, way=(*self.way, name), missing={clause: (*way, name) for clause, way in self.missing.items()})

    def wrote(self, channel: str, writer: Writer, *, always: bool) -> State:
        """The state after a write."""
        old = () if always and writer.merge is Merge.REPLACE else self.written.get(channel, ())
        missing = {clause: way for clause, way in self.missing.items() if not (always and channel in clause)}
        return replace(self, written={**self.written, channel: tuple(dict.fromkeys((*old, writer)))}, missing=missing)

    def beside(self, *others: State) -> State:
        """The state where either this or one of the others is what happened."""
        missing: dict[Clause, Way] = {}
        for state in (self, *others):
            missing = {**state.missing, **missing}
        return replace(self, written=_writers(self, *others), missing=missing)

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
class Ways:
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


def walk(flow: Flow) -> Ways:
    """Every way through a flow at once."""
    asked = [read for site in flow.site.walk() for read in reads(site)]
    single = {frozenset((name,)) for name in [flow.output, *(name for read in asked for name in read.sources)]}
    clauses = single | {clause for read in asked for clause in read.needs}
    start = State((), {}, dict.fromkeys(sorted(clauses, key=sorted), ()))
    for name, kind in flow.inputs.items():
        start = start.wrote(name, Writer("", without_nothing(kind), Merge.REPLACE, ()), always=not fits(NOTHING, kind))
    places: list[Place] = []
    end = _after(flow.site, start, places)
    return Ways((*places, Place(flow.site, end, (Read("output", (flow.output,)),))), end)


def _after(site: Site, state: State, places: list[Place]) -> State:
    """The state after a site that starts from `state`; its places are added to `places`."""
    element = site.element
    if not isinstance(element, Loop):
        places.append(Place(site, state, reads(site)))
    if isinstance(element, Each):
        return _after_each(site, element, state, places)
    if isinstance(element, Loop):
        return _after_loop(site, state, places)
    if isinstance(element, Call):
        return _after_call(site, element, state, places)
    if isinstance(element, Fan):
        return _after_fan(site, state, places)
    if isinstance(element, Route | Pick):
        branches = zip(inner(element), site.children, strict=True)
        ends = [_after(child, state.step(f"{site.path}[{label}]"), places) for (label, _), child in branches]
        return ends[0].beside(*ends[1:]) if ends else state
    if isinstance(element, Seq):
        for child in site.children:
            state = _after(child, state, places)
        return state
    state = state.step(site.path)
    for path, channel, always in writes(site):
        state = state.wrote(channel.name, Writer(path, channel.type, channel.merge, state.way), always=always)
    return state


def _after_fan(site: Site, state: State, places: list[Place]) -> State:
    """Each part starts from `state`. What one part always writes is written; the last part that replaces a channel wins."""
    steps = [state.step(f"{site.path}[part {number}]") for number in range(1, len(site.children) + 1)]
    ends = [_after(child, step, places) for child, step in zip(site.children, steps, strict=True)]
    missing: dict[Clause, Way] = {}
    for clause, way in state.missing.items():
        if all(clause in end.missing for end in ends):
            missing[clause] = way + tuple(step for end in ends for step in end.missing[clause][len(way) :])
    written = dict(state.written)
    for name in _writers(*ends):
        changed = [end for end in ends if end.written.get(name) != state.written.get(name)]
        replaced = [
            {path for path, channel, _ in writes(child) if channel.name == name and channel.merge is Merge.REPLACE}
            for child in site.children
        ]
        gone = set().union(*[part for part in replaced if part][:-1])
        if changed:
            writers = _writers(*changed)[name]
            written[name] = tuple(replace(each, lost=(*each.lost, site.path)) if each.path in gone else each for each in writers)
    return State(state.way + tuple(step for end in ends for step in end.way[len(state.way) :]), written, missing, state.inside)


def _after_each(site: Site, element: Each, state: State, places: list[Place]) -> State:
    """The body may run for no item: then only the collections that it writes to are there, empty."""
    kind = item_type(infer(element.items, state.types))
    item = Writer(site.path, Any if kind is None else kind, Merge.REPLACE, state.way)
    begun = state.step(f"{site.path}[{element.item}]").wrote(element.item, item, always=True)
    if attribute(item.type, "needs") is not None:  # an item may see what others wrote
        begun = replace(begun, written=_writers(begun, _after(site.children[0], begun, [])))
    end = _after(site.children[0], begun, places)
    empty = state.step(f"{site.path}[no items]")
    there = set(collected(site)) - {element.item}
    missing = {clause: end.missing.get(clause, way) for clause, way in empty.missing.items() if not clause & there}
    written = _without(item, _writers(state, end), element.item)
    return replace(end, written=written, missing=missing)


def _after_loop(site: Site, state: State, places: list[Place]) -> State:
    """At least one round; what a later round may find was written by an earlier one."""
    number = Writer(site.path, int, Merge.REPLACE, state.way)
    begun = state.step(f"{site.path}[round 1]").wrote("round", number, always=True)
    again = replace(begun, written=_writers(begun, _after(site.children[0], begun, [])))
    end = _after(site.children[0], again, places)
    places.append(Place(site, end, reads(site)))
    hidden = {
        clause: (*way, site.path)
        for clause, way in state.missing.items()
        if "round" in clause and all(frozenset((other,)) in end.missing for other in clause - {"round"})
    }
    written = {**_without(number, end.written, "round"), **({"round": state.written["round"]} if "round" in state.written else {})}
    return replace(end, written=written, missing={**end.missing, **hidden})


def _after_call(site: Site, element: Call, state: State, places: list[Place]) -> State:
    """The body starts with what it is given, and only a digest comes back."""
    way = (*state.way, site.path)
    begun = State(way, {}, {clause: way for clause in _clauses(state)}, site)
    return begun


def _writers(*states: State) -> dict[str, tuple[Writer, ...]]:
    """By channel the writers of all states together."""
    found: dict[str, dict[Writer, None]] = {}
    for state in states:
        for channel, writers in state.written.items():
            found.setdefault(channel, {}).update(dict.fromkeys(writers))
    return {channel: tuple(writers) for channel, writers in found.items()}
