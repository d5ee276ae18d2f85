"""The passes of the checker: each is a function of a flow and its paths that gives findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seekgraph.core.check.findings import Finding, all_writes, error, fitting, gap, here, how_to_write, skips, writing
from seekgraph.core.check.paths import Paths, Place, replacing
from seekgraph.core.check.states import Writer, steps_of
from seekgraph.core.language.expr import Channel
from seekgraph.core.language.flow import Flow
from seekgraph.core.language.node import Node, PortSpec
from seekgraph.core.language.params import ChoiceParam, Param
from seekgraph.core.language.ports import Port
from seekgraph.core.language.site import Site
from seekgraph.core.language.typing_rules import (
    Problem,
    fits,
    infer,
    similar,
    type_name,
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


def settings(flow: Flow) -> Iterator[Finding]:
    """Settings of the wrong type, or out of their bounds."""
    for site in flow.site.walk():
        for problem in site.element.setting_problems():
            yield error(problem.code, site, "", (site.path,), problem.message, problem.hint, severity=problem.severity)


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


def declarations(flow: Flow, paths: Paths) -> Iterator[Finding]:
    """Channels that two steps write with different types or merge rules."""
    first: dict[str, tuple[str, ChannelSpec]] = {}
    for path, channel in (*all_writes(flow), *_declared(flow)):
        other, declared = first.setdefault(channel.name, (path, channel))
        same = fits(channel.type, declared.type) and fits(declared.type, channel.type)
        if not same or channel.merge is not declared.merge:
            one, two = (f"{type_name(each.type)} ({each.merge.value})" for each in (declared, channel))
            message = f"{other} writes {channel.name!r} as {one}, {path} as {two}"
            hint = f"declare it alike in both, or send one elsewhere: .into({channel.name}={channel.name + '_2'!r})"
            yield error("two-declarations", flow.sites[path], channel.name, (other, path), message, hint)


def _declared(flow: Flow) -> Iterator[tuple[str, ChannelSpec]]:
    return ((site.path, channel) for site in flow.site.walk() for channel in site.element.declares())


def unwritten(flow: Flow, paths: Paths) -> Iterator[Finding]:
    """Reads of channels that some path leaves unwritten."""
    for place in paths.places:
        for read in place.reads:
            for clause in read.needs:
                if clause in place.state.missing:
                    several = [name for name in read.sources if name in clause]
                    steps = (*place.state.without(clause), here(place))
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
                    message = f"{read.slot!r} wants {type_name(read.type)}, and {read.expr} is {type_name(kind)}"
                    hint = fitting(place, read, {str(read.expr): kind})
                    steps = (*place.state.steps, place.site.path)
                    yield error("wrong-type", place.site, next(iter(read.sources), ""), steps, message, hint)
                continue
            for name in read.sources:
                writers = place.state.written.get(name)
                if writers is None or all(fits(one.type, read.type) for one in writers.kinds):
                    continue
                for writer in writers:
                    if not fits(writer.type, read.type):
                        wrote = f"{writer.path} writes" if writer.path else "the flow's input is"
                        message = f"{read.slot!r} wants {type_name(read.type)}, and {wrote} {name!r} as {type_name(writer.type)}"
                        hint = fitting(place, read, {f"S.{name}": writer.type})
                        steps = (*steps_of(writer.trail), place.site.path)
                        yield error("wrong-type", place.site, name, steps, message, hint)


def expressions(flow: Flow, paths: Paths) -> Iterator[Finding]:
    """Expressions that cannot work."""
    for place in paths.places:
        for read in place.reads:
            problems: list[Problem] = []
            if read.expr is not None:
                infer(read.expr, place.state.types, problems)
            yield from (_found(place, problem, next(iter(read.sources), "")) for problem in problems)


def elements(flow: Flow, paths: Paths) -> Iterator[Finding]:
    """What the elements themselves say is wrong with them."""
    for place in paths.places:
        if place.own:
            yield from (_found(place, problem, problem.channel) for problem in place.site.element.problems(place.state.types))


def _found(place: Place, problem: Problem, channel: str) -> Finding:
    at = f"{place.site.path}[{problem.step}]" if problem.step else here(place)
    steps = (*place.state.steps, at)
    return error(problem.code, place.site, channel, steps, problem.message, problem.hint, severity=problem.severity)


def unread(flow: Flow, paths: Paths) -> Iterator[Finding]:
    """Steps none of whose writes is ever read: by a step, by the reward of attempts that it is a part of, or in the trace."""
    used = {writer.path for writer in _each_once(paths)} | _scored(flow)
    wanted = sorted({name for place in paths.places for read in place.reads for name in read.sources if read.slot != "digest"})
    for site in flow.site.walk():
        several = [spec.channel.name for spec in site.element.writes()]
        if several and site.path not in used and not site.element.for_trace:
            message = f"nothing reads what it writes: {', '.join(map(repr, several))}"
            close = next((found for name in several if (found := similar(name, [each for each in wanted if each != name]))), "")
            hint = f"{close} (.into(...) sends a write elsewhere)" if close else "let a later step read it, or remove this one"
            steps = steps_of(paths.steps_to.get(site.path)) or (site.path,)
            yield error("unread-write", site, several[0], steps, message, hint)


def _each_once(paths: Paths) -> Iterator[Writer]:
    """The writers of all that is read. Places share most of their writers, and each is looked at once."""
    seen: set[int] = set()
    for place in paths.places:
        for name in (name for read in place.reads for name in read.sources):
            writers = place.state.written.get(name)
            while writers is not None and id(writers) not in seen:
                seen.add(id(writers))
                yield writers.last
                writers = writers.before


def _scored(flow: Flow) -> set[str]:
    """The paths of all places that a reward looks at while the flow runs: it may read whatever stands in the trace."""
    return {inside.path for site in flow.site.walk() if site.element.scored for inside in site.walk()}


def lost(flow: Flow, paths: Paths) -> Iterator[Finding]:
    """Channels that two parts of a fan replace and something reads afterwards."""
    seen: set[tuple[str, str]] = set()
    for place in paths.places:
        for name in (name for read in place.reads for name in read.sources):
            writers = place.state.written.get(name)
            for writer in () if writers is None or not writers.lost else writers:
                for fan in set(writer.lost) - {fan for fan, channel in seen if channel == name}:
                    seen.add((fan, name))
                    site = flow.sites[fan]
                    several = [path for child in site.children for path in sorted(replacing(child, name))]
                    message = f"{' and '.join(several)} replace {name!r} side by side: what {writer.path} wrote is lost"
                    hint = f"send each elsewhere with .into({name}=...), or declare {name!r} with Merge.APPEND or Merge.UNION"
                    steps = (*place.state.steps, here(place))
                    yield error("lost-write", site, name, steps, message, hint, severity="warning")


def answers(flow: Flow, paths: Paths) -> Iterator[Finding]:
    """A path that ends without the flow's output."""
    clause = frozenset((flow.output,))
    if clause not in paths.end.missing:
        return
    steps = paths.end.without(clause)
    reason = gap(flow, steps, flow.site, [flow.output])
    culprit = next((step for step in steps if skips(flow, step, flow.output)), steps[-1] if steps else "")
    hint = f"let every path end with a node that writes {flow.output!r}"
    if writers := writing(flow, flow.output):
        hint += f", such as {', '.join(writers)}"
    elif close := similar(flow.output, {channel.name for _, channel in all_writes(flow)}):
        hint += f"; or {close} Flow(..., output=...)"
    message = f"the flow can end without {flow.output!r}, which {reason}"
    site = flow.sites.get(culprit.partition("[")[0], flow.site)
    yield error("no-answer", site, flow.output, steps, message, hint)


RULES = (declarations, unwritten, wrong_types, expressions, elements, unread, lost, answers)


def ports(flow: Flow, resources: Mapping[str, object]) -> Iterator[Finding]:
    """Resources that are not bound, or that lack the methods of their port."""
    params = flow.params()
    for site in flow.site.walk():
        if not isinstance(site.element, Node):
            continue
        for port in site.element.contract().ports:
            for name in _resource_names(params, site, site.element, port):
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


def _resource_names(params: Mapping[str, Param], site: Site, node: Node, port: PortSpec) -> list[Any]:
    """The names under which a port may be looked for: all options of a choice."""
    if port.setting is None:
        return [port.parameter]
    setting = getattr(node, port.setting)
    if isinstance(setting, ChoiceParam):
        return [option for _, option in setting.options]
    return [params[site.slots[port.setting][0]].value if isinstance(setting, Param) else setting]


def _methods(port: type) -> list[str]:
    """The methods of a port."""
    bases = [base for base in port.__mro__ if Port in base.__mro__ and base is not Port]
    return sorted({name for base in bases for name, member in vars(base).items() if callable(member) and name[0] != "_"})


def _kind(thing: object) -> str:
    return thing.__name__ if isinstance(thing, type) else f"a {type(thing).__name__}"
