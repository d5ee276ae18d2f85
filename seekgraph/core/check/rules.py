"""The passes of the checker: each is a function of a flow and its paths that gives findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seekgraph.core.check.attempt_rules import attempts, critiques, scored
from seekgraph.core.check.findings import Finding, all_writes, error, fitting, gap, here, how_to_write, skips, writing
from seekgraph.core.check.paths import (
    Paths,
    replacing,
    writes,
)
from seekgraph.core.language.combinators import Call, Each, Loop, Route
from seekgraph.core.language.expr import Channel, channels
from seekgraph.core.language.flow import Flow
from seekgraph.core.language.node import Node, PortSpec
from seekgraph.core.language.params import ChoiceParam, IntParam, Param
from seekgraph.core.language.ports import Port
from seekgraph.core.language.site import Site
from seekgraph.core.language.typing_rules import (
    Problem,
    fields_of,
    fits,
    infer,
    item_type,
    labels,
    shown,
    similar,
    unknown,
)
from seekgraph.core.record.ledger import ChannelSpec


def unreadable(flow: Flow) -> Iterator[Finding]:
    """Nodes whose contract cannot be read."""
    for site in flow.site.walk():
        if isinstance(site.element, Node):
            try:
                site.element.contract()
            except Exception as raised:  # annotations are the user's code: looking at them may raise anything
                hint = "annotate each parameter of run with its type, and its result with a model that derives from Writes"
                yield error("contract", site, "", (site.path,), f"{raised}", hint)


def names(flow: Flow) -> Iterator[Finding]:
    """Names given twice in one scope: the second place would get another path than its name."""
    seen: dict[str, str] = {}

    def visit(site: Site, prefix: str) -> Iterator[Finding]:
        label = site.element.label
        scope = prefix if label is None else f"{prefix}/{label}" if prefix else label
        if label is not None and scope in seen:
            message = f"the name {scope!r} is given twice: here and at {seen[scope]}"
            yield error(
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
            yield error("unbounded-loop", site, "", (site.path,), message, "max_rounds=3, or max_rounds=Int(3, low=1, high=8)")


def declarations(flow: Flow, paths: Paths) -> Iterator[Finding]:
    """Channels that two steps write with different types or merge rules."""
    first: dict[str, tuple[str, ChannelSpec]] = {}
    for path, channel, _ in (*all_writes(flow), *critiques(flow)):
        other, declared = first.setdefault(channel.name, (path, channel))
        same = fits(channel.type, declared.type) and fits(declared.type, channel.type)
        if not same or channel.merge is not declared.merge:
            one, two = (f"{shown(each.type)} ({each.merge.value})" for each in (declared, channel))
            message = f"{other} writes {channel.name!r} as {one}, {path} as {two}"
            hint = f"declare it alike in both, or send one elsewhere: .into({channel.name}={channel.name + '_2'!r})"
            yield error("two-declarations", flow.sites[path], channel.name, (other, path), message, hint)


def unwritten(flow: Flow, paths: Paths) -> Iterator[Finding]:
    """Reads of channels that some path leaves unwritten."""
    for place in paths.places:
        for read in place.reads:
            for clause in read.needs:
                if clause in place.state.missing:
                    several = [name for name in read.sources if name in clause]
                    steps = (*place.state.missing[clause], here(place.site))
                    what = f"reads {' or '.join(map(repr, several))}" + (f" in {read.expr}" if read.expr is not None else "")
                    reason = gap(flow, steps, place.site, several, place.state.inside)
                    hint = how_to_write(flow, place, read, several)
                    yield error("unwritten-read", place.site, several[0], steps, f"{what}, which {reason}", hint)


def wrong_types(flow: Flow, paths: Paths) -> Iterator[Finding]:
    """Reads whose type does not fit what an earlier step wrote."""
    for place in paths.places:
        for read in place.reads:
            if read.expr is not None and not isinstance(read.expr, Channel):
                kind = infer(read.expr, place.state.types)
                if not fits(kind, read.type):
                    message = f"{read.slot!r} wants {shown(read.type)}, and {read.expr} is {shown(kind)}"
                    hint = fitting(place, read, {str(read.expr): kind})
                    yield error(
                        "wrong-type",
                        place.site,
                        next(iter(read.sources), ""),
                        (*place.state.steps, place.site.path),
                        message,
                        hint,
                    )
                continue
            for name in read.sources:
                for writer in place.state.written.get(name, ()):
                    if not fits(writer.type, read.type):
                        wrote = f"{writer.path} writes" if writer.path else "the flow's input is"
                        message = f"{read.slot!r} wants {shown(read.type)}, and {wrote} {name!r} as {shown(writer.type)}"
                        hint = fitting(place, read, {f"S.{name}": writer.type})
                        yield error("wrong-type", place.site, name, (*writer.steps, place.site.path), message, hint)


def conditions(flow: Flow, paths: Paths) -> Iterator[Finding]:
    """Expressions that cannot work, tests that are no conditions, `each` over what is no collection."""
    for place in paths.places:
        for read in place.reads:
            if read.expr is None:
                continue
            problems: list[Problem] = []
            kind = infer(read.expr, place.state.types, problems)
            if read.slot == "until" and isinstance(place.site.element, Loop) and not fits(kind, bool):
                hint = "compare it with something: until=S.verdict.score >= 0.5"
                problems.append(Problem("not-boolean", f"until={read.expr} is {shown(kind)}, which is not a condition", hint))
            if read.slot == "items" and isinstance(place.site.element, Each) and item_type(kind) is None:
                several = [name for name, field in fields_of(kind).items() if item_type(field) is not None]
                hint = (
                    f"go through {' or '.join(f'{read.expr}.{name}' for name in several)}"
                    if several
                    else "go through a list or tuple"
                )
                problems.append(Problem("not-a-collection", f"each goes through {read.expr}, which is {shown(kind)}", hint))
            for problem in problems:
                steps = (*place.state.steps, here(place.site))
                yield error(problem.code, place.site, next(iter(read.sources), ""), steps, problem.message, problem.hint)


def branches(flow: Flow, paths: Paths) -> Iterator[Finding]:
    """Labels without a branch, branches without a label that leads there."""
    for place in paths.places:
        route = place.site.element
        if not isinstance(route, Route) or not any(read.slot == "policy" for read in place.reads):
            continue
        kind = infer(route.policy, place.state.types)
        channel, steps = next(iter(channels(route.policy)), ""), (*place.state.steps, place.site.path)
        given, there = labels(kind), [label for label, _ in route.branches]
        if given is None:
            if route.default is None and not unknown(kind):
                message = f"the policy {route.policy} is {shown(kind)}: it may give a label other than {', '.join(there)}"
                hint = f"default={there[-1]!r}, or declare the labels: Literal[{', '.join(map(repr, there))}]"
                yield error("open-route", place.site, channel, steps, message, hint, severity="warning")
            continue
        lacking = sorted(given - set(there))
        if lacking and route.default is None:
            message = (
                f"the policy {route.policy} can give {', '.join(map(repr, lacking))}, and the branches are {', '.join(there)}"
            )
            hint = similar(lacking[0], there) or f"a branch {lacking[0]!r} (`skip` does nothing), or default={there[-1]!r}"
            yield error("missing-branch", place.site, channel, steps, message, hint)
        for label in there:
            if label not in given and not (label == route.default and lacking):
                message = f"no path leads to the branch {label!r}: the policy {route.policy} gives {', '.join(sorted(given))}"
                hint = similar(label, lacking or given) or "remove the branch, or let the policy give its label"
                yield error(
                    "unreachable-branch", place.site, channel, (*steps[:-1], f"{place.site.path}[{label}]"), message, hint
                )


def unread(flow: Flow, paths: Paths) -> Iterator[Finding]:
    """Steps none of whose writes is ever read: by a step, by the reward of attempts that it is a part of, or in the trace."""
    used = {
        writer.path
        for place in paths.places
        for read in place.reads
        for name in read.sources
        for writer in place.state.written.get(name, ())
    }
    wanted = sorted({name for place in paths.places for read in place.reads for name in read.sources if read.slot != "digest"})
    steps_to = {writer.path: writer.steps for place in paths.places for each in place.state.written.values() for writer in each}
    used |= scored(flow)
    for site in flow.site.walk():
        if getattr(site.element, "for_trace", False):
            continue
        several = [channel.name for _, channel, _ in writes(site)] if isinstance(site.element, Node | Call) else []
        if several and site.path not in used:
            message = f"nothing reads what it writes: {', '.join(map(repr, several))}"
            close = next((found for name in several if (found := similar(name, [each for each in wanted if each != name]))), "")
            hint = f"{close} (.into(...) sends a write elsewhere)" if close else "let a later step read it, or remove this one"
            yield error("unread-write", site, several[0], steps_to.get(site.path, (site.path,)), message, hint)


def lost(flow: Flow, paths: Paths) -> Iterator[Finding]:
    """Channels that two parts of a fan replace and something reads afterwards."""
    seen: set[tuple[str, str]] = set()
    for place in paths.places:
        for name in (name for read in place.reads for name in read.sources):
            for writer in place.state.written.get(name, ()):
                for fan in set(writer.lost) - {fan for fan, channel in seen if channel == name}:
                    seen.add((fan, name))
                    site = flow.sites[fan]
                    several = [path for child in site.children for path in sorted(replacing(child, name))]
                    message = f"{' and '.join(several)} replace {name!r} side by side: what {writer.path} wrote is lost"
                    hint = f"send each elsewhere with .into({name}=...), or declare {name!r} with Merge.APPEND or Merge.UNION"
                    steps = (*place.state.steps, here(place.site))
                    yield error("lost-write", site, name, steps, message, hint, severity="warning")


def answers(flow: Flow, paths: Paths) -> Iterator[Finding]:
    """A path that ends without the flow's output."""
    steps = paths.end.missing.get(frozenset((flow.output,)))
    if steps is None:
        return
    reason = gap(flow, steps, flow.site, [flow.output])
    culprit = next((step for step in steps if skips(flow, step, flow.output)), steps[-1] if steps else "")
    hint = f"let every path end with a node that writes {flow.output!r}"
    if writers := writing(flow, flow.output):
        hint += f", such as {', '.join(writers)}"
    elif close := similar(flow.output, {channel.name for _, channel, _ in all_writes(flow)}):
        hint += f"; or {close} Flow(..., output=...)"
    message = f"the flow can end without {flow.output!r}, which {reason}"
    site = flow.sites.get(culprit.partition("[")[0], flow.site)
    yield error("no-answer", site, flow.output, steps, message, hint)


RULES = (declarations, unwritten, wrong_types, conditions, branches, attempts, unread, lost, answers)


def ports(flow: Flow, resources: Mapping[str, object]) -> Iterator[Finding]:
    """Resources that are not bound, or that lack the methods of their port."""
    for site in flow.site.walk():
        if not isinstance(site.element, Node):
            continue
        for port in site.element.contract().ports:
            for name in _resource_names(flow, site, site.element, port):
                thing = resources.get(f"{site.path}.{port.parameter}", resources.get(name) if isinstance(name, str) else None)
                what = f"{port.parameter!r} wants a {port.port.__name__}"
                if thing is None and port.required:
                    message = f"{what} under the name {name!r}, and bound are {', '.join(sorted(resources)) or 'none'}"
                    hint = " ".join(filter(None, [f"bind({name}=...)", similar(str(name), resources)]))
                    yield error("missing-resource", site, "", (site.path,), message, hint)
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
                    hint = f"bind({name}=...) with an object that has {', '.join(f'{each}(...)' for each in _methods(port.port))}"
                    yield error("wrong-port", site, "", (site.path,), message, hint)


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
