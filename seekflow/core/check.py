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

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    NOTHING,
    Problem,
    attribute,
    fields_of,
    fits,
    infer,
    item_type,
    labels,
    shown,
    similar,
    union,
    unknown,
    without_nothing,
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
    clauses = sorted(single | {clause for read in asked for clause in read.needs}, key=sorted)
    start = State((), {}, dict.fromkeys(clauses, ()))
    for name, kind in flow.inputs.items():
        start = start.wrote(name, Writer("", without_nothing(kind), Merge.REPLACE, ()), always=not fits(NOTHING, kind))
    walker = _Walker(clauses)
    end = walker.after(flow.site, start)
    return Ways((*walker.places, Place(flow.site, end, (Read("output", (flow.output,)),))), end)


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
            state = state.wrote(channel.name, Writer(path, channel.type, channel.merge, state.way), always=always)
        return state

    def _fan(self, site: Site, state: State) -> State:
        """Each part starts from `state`. What one part always writes is written; the last part that replaces a channel wins."""
        starts = [state.step(f"{site.path}[part {number}]") for number in range(1, len(site.children) + 1)]
        ends = [self.after(child, start) for child, start in zip(site.children, starts, strict=True)]
        missing = {
            clause: way + tuple(step for end in ends for step in end.missing[clause][len(way) :])
            for clause, way in state.missing.items()
            if all(clause in end.missing for end in ends)
        }
        written = dict(state.written)
        for name in writers_of(ends):
            replacing = [paths for child in site.children if (paths := _replacing(child, name))]
            lost = set().union(*replacing[:-1])
            changed = writers_of([end for end in ends if end.written.get(name) != state.written.get(name)]).get(name)
            if changed is not None:
                written[name] = tuple(
                    replace(each, lost=(*each.lost, site.path)) if each.path in lost else each for each in changed
                )
        way = state.way + tuple(step for end in ends for step in end.way[len(state.way) :])
        return replace(state, way=way, written=written, missing=missing)

    def _each(self, site: Site, element: Each, state: State) -> State:
        """The body may run for no item: then only the collections that it writes to are there, empty."""
        kind = item_type(infer(element.items, state.types))
        item = Writer(site.path, Any if kind is None else kind, Merge.REPLACE, state.way)
        begun = state.step(f"{site.path}[{element.item}]").wrote(element.item, item, always=True)
        if attribute(item.type, "needs") is not None:  # an item may see what others wrote
            begun = replace(begun, written=writers_of([begun, self.unseen(site.children[0], begun)]))
        end = self.after(site.children[0], begun)
        there = set(collected(site)) - {element.item}
        missing = {
            clause: end.missing.get(clause, (*way, f"{site.path}[no items]"))
            for clause, way in state.missing.items()
            if not clause & there
        }
        written = writers_of([state, end])
        written[element.item] = tuple(writer for writer in written[element.item] if writer.path != site.path)
        return replace(end, written=written, missing=missing)

    def _loop(self, site: Site, state: State) -> State:
        """At least one round; a later round may find what an earlier one wrote. Outside, `round` is what it was."""
        number = Writer(site.path, int, Merge.REPLACE, state.way)
        begun = state.step(f"{site.path}[round 1]").wrote("round", number, always=True)
        again = replace(begun, written=writers_of([begun, self.unseen(site.children[0], begun)]))
        end = self.after(site.children[0], again)
        self.places.append(Place(site, end, reads(site)))
        hidden = {
            clause: (*way, f"{site.path}[round 1]")
            for clause, way in state.missing.items()
            if "round" in clause and all(frozenset((other,)) in end.missing for other in clause - {"round"})
        }
        written = {name: writers for name, writers in end.written.items() if name != "round"}
        written |= {"round": state.written["round"]} if "round" in state.written else {}
        return replace(end, written=written, missing={**end.missing, **hidden})

    def _call(self, site: Site, element: Call, state: State) -> State:
        """The body starts with what it is given, and only a digest comes back."""
        way = (*state.way, site.path)
        begun = State(way, {}, dict.fromkeys(self.clauses, way), site)
        if element.give is None:
            given, ways = set(free_reads(site.children[0])), state.step(site.path).missing
            written = {name: writers for name, writers in state.written.items() if name in given}
            missing = {each: ways.get(each & given, way) for each in self.clauses if not self._there(each & given, state)}
            begun = replace(begun, written=written, missing=missing)
        for name, expr in element.give or ():
            begun = begun.wrote(name, Writer(site.path, infer(expr, state.types), Merge.REPLACE, way), always=True)
        end = self.after(site.children[0], begun)
        self.places.append(Place(site, end, tuple(Read("digest", (name,)) for name in SOURCES)))
        return self._visit(site, state.step(site.path))

    def _there(self, clause: Clause, state: State) -> bool:
        """Whether one of a clause's channels is written on every way."""
        asked = [clause] if clause in self.clauses else [frozenset((name,)) for name in clause]
        return any(each not in state.missing for each in asked)


def either(states: Sequence[State]) -> State:
    """The state after one of several branches."""
    missing: dict[Clause, Way] = {}
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


def _replacing(site: Site, name: str) -> set[str]:
    """The paths of the steps in a site that replace a channel."""
    return {path for path, channel, _ in writes(site) if channel.name == name and channel.merge is Merge.REPLACE}


# --- the passes ---------------------------------------------------------------------------------------------------------


def unreadable(flow: Flow) -> Iterator[Finding]:
    """Nodes whose contract cannot be read."""
    for site in flow.site.walk():
        if isinstance(site.element, Node):
            try:
                site.element.contract()
            except Exception as error:  # annotations are the user's code: looking at them may raise anything
                mend = "annotate each parameter of run with its type, and its result with a model that derives from Writes"
                yield _error("contract", site, "", (site.path,), f"{error}", mend)


def names(flow: Flow) -> Iterator[Finding]:
    """Names given twice in one scope: the second place would get another path than its name."""
    seen: dict[str, str] = {}

    def visit(site: Site, prefix: str) -> Iterator[Finding]:
        label = site.element.label
        scope = prefix if label is None else f"{prefix}/{label}" if prefix else label
        if label is not None and scope in seen:
            message = f"the name {scope!r} is given twice: here and at {seen[scope]}"
            yield _error(
                "name-twice", site, "", (site.path,), message, f"give each a name of its own: .named({label + '_again'!r})"
            )
            return
        if label is not None:
            seen[scope] = site.path
        for child in site.children:
            yield from visit(child, scope)

    yield from visit(flow.site, "")


def bounds(flow: Flow) -> Iterator[Finding]:
    """Loops whose number of rounds has no bound, or may be less than one."""
    for site in flow.site.walk():
        rounds = getattr(site.element, "max_rounds", 1) if isinstance(site.element, Loop) else 1
        least = rounds.low if isinstance(rounds, IntParam) else rounds
        if isinstance(least, bool) or not isinstance(least, int) or least < 1:
            message = f"max_rounds is a whole number of 1 or more, or an Int with such a low end, not {rounds!r}"
            yield _error("unbounded-loop", site, "", (site.path,), message, "max_rounds=3, or max_rounds=Int(3, low=1, high=8)")


def declarations(flow: Flow, ways: Ways) -> Iterator[Finding]:
    """Channels that two steps write with different types or merge rules."""
    first: dict[str, tuple[str, ChannelSpec]] = {}
    for path, channel, _ in _all_writes(flow):
        other, declared = first.setdefault(channel.name, (path, channel))
        same = fits(channel.type, declared.type) and fits(declared.type, channel.type)
        if not same or channel.merge is not declared.merge:
            one, two = (f"{shown(each.type)} ({each.merge.value})" for each in (declared, channel))
            message = f"{other} writes {channel.name!r} as {one}, {path} as {two}"
            mend = f"declare it alike in both, or send one elsewhere: .into({channel.name}={channel.name + '_2'!r})"
            yield _error("two-declarations", flow.sites[path], channel.name, (other, path), message, mend)


def unwritten(flow: Flow, ways: Ways) -> Iterator[Finding]:
    """Reads of channels that some way leaves unwritten."""
    for place in ways.places:
        for read in place.reads:
            for clause in read.needs:
                if clause in place.state.missing:
                    several = [name for name in read.sources if name in clause]
                    way = (*place.state.missing[clause], _here(place.site))
                    what = f"reads {' or '.join(map(repr, several))}" + (f" in {read.expr}" if read.expr is not None else "")
                    reason = _gap(flow, way, place.site, several, place.state.inside)
                    mend = _how_to_write(flow, place, read, several)
                    yield _error("unwritten-read", place.site, several[0], way, f"{what}, which {reason}", mend)


def wrong_types(flow: Flow, ways: Ways) -> Iterator[Finding]:
    """Reads whose type does not fit what an earlier step wrote."""
    for place in ways.places:
        for read in place.reads:
            if read.expr is not None and not isinstance(read.expr, Channel):
                kind = infer(read.expr, place.state.types)
                if not fits(kind, read.type):
                    message = f"{read.slot!r} wants {shown(read.type)}, and {read.expr} is {shown(kind)}"
                    mend = _fitting(place, read, {str(read.expr): kind})
                    yield _error(
                        "wrong-type", place.site, next(iter(read.sources), ""), (*place.state.way, place.site.path), message, mend
                    )
                continue
            for name in read.sources:
                for writer in place.state.written.get(name, ()):
                    if not fits(writer.type, read.type):
                        wrote = f"{writer.path} writes" if writer.path else "the flow's input is"
                        message = f"{read.slot!r} wants {shown(read.type)}, and {wrote} {name!r} as {shown(writer.type)}"
                        mend = _fitting(place, read, {f"S.{name}": writer.type})
                        yield _error("wrong-type", place.site, name, (*writer.way, place.site.path), message, mend)


def conditions(flow: Flow, ways: Ways) -> Iterator[Finding]:
    """Expressions that cannot work, tests that are no conditions, `each` over what is no collection."""
    for place in ways.places:
        for read in place.reads:
            if read.expr is None:
                continue
            problems: list[Problem] = []
            kind = infer(read.expr, place.state.types, problems)
            if read.slot == "until" and isinstance(place.site.element, Loop) and not fits(kind, bool):
                mend = "compare it with something: until=S.verdict.score >= 0.5"
                problems.append(Problem("not-boolean", f"until={read.expr} is {shown(kind)}, which is not a condition", mend))
            if read.slot == "items" and isinstance(place.site.element, Each) and item_type(kind) is None:
                several = [name for name, field in fields_of(kind).items() if item_type(field) is not None]
                mend = (
                    f"go through {' or '.join(f'{read.expr}.{name}' for name in several)}"
                    if several
                    else "go through a list or tuple"
                )
                problems.append(Problem("not-a-collection", f"each goes through {read.expr}, which is {shown(kind)}", mend))
            for problem in problems:
                way = (*place.state.way, _here(place.site))
                yield _error(problem.code, place.site, next(iter(read.sources), ""), way, problem.message, problem.mend)


def branches(flow: Flow, ways: Ways) -> Iterator[Finding]:
    """Labels without a branch, branches without a label that leads there."""
    for place in ways.places:
        route = place.site.element
        if not isinstance(route, Route) or not any(read.slot == "policy" for read in place.reads):
            continue
        kind = infer(route.policy, place.state.types)
        channel, way = next(iter(channels(route.policy)), ""), (*place.state.way, place.site.path)
        given, there = labels(kind), [label for label, _ in route.branches]
        if given is None:
            if route.default is None and not unknown(kind):
                message = f"the policy {route.policy} is {shown(kind)}: it may give a label other than {', '.join(there)}"
                mend = f"default={there[-1]!r}, or declare the labels: Literal[{', '.join(map(repr, there))}]"
                yield _error("open-route", place.site, channel, way, message, mend, severity="warning")
            continue
        lacking = sorted(given - set(there))
        if lacking and route.default is None:
            message = (
                f"the policy {route.policy} can give {', '.join(map(repr, lacking))}, and the branches are {', '.join(there)}"
            )
            mend = similar(lacking[0], there) or f"a branch {lacking[0]!r} (`skip` does nothing), or default={there[-1]!r}"
            yield _error("missing-branch", place.site, channel, way, message, mend)
        for label in there:
            if label not in given and not (label == route.default and lacking):
                message = f"no way leads to the branch {label!r}: the policy {route.policy} gives {', '.join(sorted(given))}"
                mend = similar(label, lacking or given) or "remove the branch, or let the policy give its label"
                yield _error("unreachable-branch", place.site, channel, (*way[:-1], f"{place.site.path}[{label}]"), message, mend)


def unread(flow: Flow, ways: Ways) -> Iterator[Finding]:
    """Steps none of whose writes is ever read."""
    used = {
        writer.path
        for place in ways.places
        for read in place.reads
        for name in read.sources
        for writer in place.state.written.get(name, ())
    }
    wanted = sorted({name for place in ways.places for read in place.reads for name in read.sources if read.slot != "digest"})
    way_to = {writer.path: writer.way for place in ways.places for each in place.state.written.values() for writer in each}
    for site in flow.site.walk():
        several = [channel.name for _, channel, _ in writes(site)] if isinstance(site.element, Node | Call) else []
        if several and site.path not in used:
            message = f"nothing reads what it writes: {', '.join(map(repr, several))}"
            close = next((found for name in several if (found := similar(name, [each for each in wanted if each != name]))), "")
            mend = f"{close} (.into(...) sends a write elsewhere)" if close else "let a later step read it, or remove this one"
            yield _error("unread-write", site, several[0], way_to.get(site.path, (site.path,)), message, mend)


def lost(flow: Flow, ways: Ways) -> Iterator[Finding]:
    """Channels that two parts of a fan replace and something reads afterwards."""
    seen: set[tuple[str, str]] = set()
    for place in ways.places:
        for name in (name for read in place.reads for name in read.sources):
            for writer in place.state.written.get(name, ()):
                for fan in set(writer.lost) - {fan for fan, channel in seen if channel == name}:
                    seen.add((fan, name))
                    site = flow.sites[fan]
                    several = [path for child in site.children for path in sorted(_replacing(child, name))]
                    message = f"{' and '.join(several)} replace {name!r} side by side: what {writer.path} wrote is lost"
                    mend = f"send each elsewhere with .into({name}=...), or declare {name!r} with Merge.APPEND or Merge.UNION"
                    way = (*place.state.way, _here(place.site))
                    yield _error("lost-write", site, name, way, message, mend, severity="warning")


def answers(flow: Flow, ways: Ways) -> Iterator[Finding]:
    """A way that ends without the flow's output."""
    way = ways.end.missing.get(frozenset((flow.output,)))
    if way is None:
        return
    reason = _gap(flow, way, flow.site, [flow.output])
    culprit = next((step for step in way if _skips(flow, step, flow.output)), way[-1] if way else "")
    mend = f"let every way end with a node that writes {flow.output!r}"
    if paths := _writing(flow, flow.output):
        mend += f", such as {', '.join(paths)}"
    elif close := similar(flow.output, {channel.name for _, channel, _ in _all_writes(flow)}):
        mend += f"; or {close} Flow(..., output=...)"
    message = f"the flow can end without {flow.output!r}, which {reason}"
    site = flow.sites.get(culprit.partition("[")[0], flow.site)
    yield _error("no-answer", site, flow.output, way, message, mend)


def ports(flow: Flow, resources: Mapping[str, object]) -> Iterator[Finding]:
    """Resources that are not bound, or that lack the methods of their port."""
    for site in flow.site.walk():
        if not isinstance(site.element, Node):
            continue
        for port in site.element.contract().ports:
            for name in _resource_names(flow, site, site.element, port):
                thing = resources.get(name) if isinstance(name, str) else None
                what = f"{port.parameter!r} wants a {port.port.__name__}"
                if thing is None and port.required:
                    message = f"{what} under the name {name!r}, and bound are {', '.join(sorted(resources)) or 'none'}"
                    mend = " ".join(filter(None, [f"bind({name}=...)", similar(str(name), resources)]))
                    yield _error("missing-resource", site, "", (site.path,), message, mend)
                lacking = (
                    [] if thing is None else [each for each in _methods(port.port) if not callable(getattr(thing, each, None))]
                )
                if lacking or isinstance(thing, type):
                    short = (
                        "which is a class: bind an object of it"
                        if isinstance(thing, type)
                        else f"which has no {', '.join(lacking)}"
                    )
                    message = f"{what}, and {name!r} is bound to {_kind(thing)}, {short}"
                    mend = f"bind({name}=...) with an object that has {', '.join(f'{each}(...)' for each in _methods(port.port))}"
                    yield _error("wrong-port", site, "", (site.path,), message, mend)


RULES = (declarations, unwritten, wrong_types, conditions, branches, unread, lost, answers)


# --- what findings say --------------------------------------------------------------------------------------------------


def _error(
    code: str, site: Site, channel: str, way: Way, message: str, mend: str, severity: Literal["error", "warning"] = "error"
) -> Finding:
    return Finding(code, severity, site.path, channel, way, message, mend)


def _here(site: Site) -> str:
    return f"{site.path}[until]" if isinstance(site.element, Loop) else site.path


def _all_writes(flow: Flow) -> Iterator[tuple[str, ChannelSpec, bool]]:
    for site in flow.site.walk():
        if isinstance(site.element, Node | Call):
            yield from writes(site)


def _writing(flow: Flow, name: str) -> list[str]:
    """The paths of the nodes that write a channel."""
    return [path for path, channel, _ in _all_writes(flow) if channel.name == name]


def _skips(flow: Flow, step: str, name: str) -> str:
    """Why a step of a way does not write a channel that is written in its site, or "" where that is no wonder."""
    path, _, branch = step.partition("[")
    site, label = flow.sites[path], branch[:-1]
    written = {channel.name: always for _, channel, always in writes(site)}
    if name not in written:
        return ""
    if not branch:
        return "" if written[name] else f"{path} may leave unwritten (a field of its writes with a default)"
    if label == "no items":
        return f"{path} does not write over no items"
    chosen = dict(zip((each for each, _ in inner(site.element)), site.children, strict=True)).get(label)
    left_out = chosen is not None and name not in {channel.name for _, channel, _ in writes(chosen)}
    return f"{step} does not write" if left_out else ""


def _gap(flow: Flow, way: Way, reader: Site, several: list[str], call: Site | None = None) -> str:
    """Why channels are unwritten on this way; `call` is the call that the reader is in."""
    give = getattr(call.element, "give", None) if call is not None else None
    ungiven = [
        f"{call.path} is not given" for name in several if call is not None and give is not None and name not in dict(give)
    ]
    reasons = [reason for name in several for step in way[:-1] if (reason := _skips(flow, step, name))]
    later = [
        f"{path} writes only later in the round"
        for site in flow.site.walk()
        if isinstance(site.element, Loop) and reader is not site and reader in site.walk()
        for path, channel, _ in writes(site)
        if channel.name in several and path not in way
    ]
    optional = ["a run may not be given (an optional input)" for name in several if name in flow.inputs]
    elsewhere = [f"only {', '.join(paths)} writes" for name in several if (paths := _writing(flow, name))]
    return "; ".join(dict.fromkeys(reasons or later or ungiven or optional or elsewhere or ["nothing writes"]))


def _how_to_write(flow: Flow, place: Place, read: Read, several: list[str]) -> str:
    """How to mend a read of what is unwritten."""
    name, state, element = several[0], place.state, place.site.element
    there = [each for each in state.written if frozenset((each,)) not in state.missing]
    hints = [similar(name, [each for each in state.written if each != name])]
    if name in flow.inputs and state.inside is None:
        hints.append(f"require the input: inputs={{{name!r}: {shown(without_nothing(flow.inputs[name]))}}}")
    if paths := _writing(flow, name):
        hints.append(f"put {' or '.join(paths)} before it on every way")
    if state.inside is not None and getattr(state.inside.element, "give", None) is not None:
        hints.append(f"let the call give it: give={{{name!r}: ...}}")
    if isinstance(element, Node):
        fitting = [each for each in there if each != name and not unknown(read.type) and fits(state.types[each], read.type)]
        if fitting:
            hints.append(f"read another channel: .using({read.slot}=S.{fitting[-1]})")
        if read.expr is None:
            hints.append(f"or give {read.slot!r} a default in {type(element).__name__}.run, which makes the read optional")
    if read.expr is not None:
        hints.append(f"say what holds as long as it is unwritten: otherwise(S.{name}, ...)")
    return "; ".join(filter(None, hints)) or f"put a node before it that writes {name!r}"


def _fitting(place: Place, read: Read, given: Mapping[str, Any]) -> str:
    """How to mend a read of the wrong type: a field that fits, or a channel."""
    options = [
        f"{expr}.{name}" for expr, kind in given.items() for name, field in fields_of(kind).items() if fits(field, read.type)
    ]
    options += [f"S.{name}" for name, kind in place.state.types.items() if fits(kind, read.type) and f"S.{name}" not in given]
    if options:
        return f"read what fits: .using({read.slot}={options[0]})"
    return f"put a node between them that writes {shown(read.type)}, and read that: .using({read.slot}=...)"


def _resource_names(flow: Flow, site: Site, node: Node, port: PortSpec) -> list[Any]:
    """The names under which a port may be looked for: all options of a choice."""
    if port.setting is None:
        return [port.parameter]
    setting = getattr(node, port.setting)
    if isinstance(setting, ChoiceParam):
        return [option for _, option in setting.options]
    return [flow.params()[site.slots[port.setting][0]].value if isinstance(setting, Param) else setting]


def _methods(port: type) -> list[str]:
    """The methods of a port."""
    bases = [base for base in port.__mro__ if Port in base.__mro__ and base is not Port]
    return sorted({name for base in bases for name, member in vars(base).items() if callable(member) and name[0] != "_"})


def _kind(thing: object) -> str:
    return thing.__name__ if isinstance(thing, type) else f"a {type(thing).__name__}"
