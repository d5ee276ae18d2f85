"""Findings: what the checker says is wrong, on which path, and how to fix it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from seekgraph.core.check.paths import Place, Read
from seekgraph.core.check.states import Steps
from seekgraph.core.language.flow import Flow
from seekgraph.core.language.node import Node
from seekgraph.core.language.reads import free_reads, writes
from seekgraph.core.language.site import Site
from seekgraph.core.language.typing_rules import (
    fields_of,
    fits,
    similar,
    type_name,
    unknown,
    without_nothing,
)
from seekgraph.core.record.ledger import ChannelSpec


@dataclass(frozen=True)
class Finding:
    """Something wrong with a flow.

    `code` is stable, `path` the place, `channel` the channel that it is about or "", `steps` those that lead there. `message`
    says what was expected and what there is, `hint` how to fix it.
    """

    code: str
    severity: Literal["error", "warning"]
    path: str
    channel: str
    steps: Steps
    message: str
    hint: str

    def __str__(self) -> str:
        lines = [f"{self.severity} {self.code} at {self.path or 'the flow'}: {self.message}"]
        lines += [f"  path: {' -> '.join(self.steps)}"] if self.steps else []
        return "\n".join([*lines, f"  hint: {self.hint}"])


def error(
    code: str, site: Site, channel: str, steps: Steps, message: str, hint: str, severity: Literal["error", "warning"] = "error"
) -> Finding:
    return Finding(code, severity, site.path, channel, steps, message, hint)


def here(place: Place) -> str:
    """The step at which a place reads: its path, or "loop[until]" for an expression that is evaluated after a part has run."""
    path, trail = place.site.path, place.state.trail
    while trail is not None:
        if trail.name.startswith(f"{path}["):
            return f"{path}[{next(iter(place.site.element.expressions), '')}]"
        trail = trail.before if place.site.children else None
    return path


def all_writes(flow: Flow) -> Iterator[tuple[str, ChannelSpec]]:
    for site in flow.site.walk():
        for spec in site.element.writes():
            yield site.path, replace(spec.channel, type=without_nothing(spec.channel.type))


def writing(flow: Flow, name: str) -> list[str]:
    """The paths of the nodes that write a channel."""
    return [path for path, channel in all_writes(flow) if channel.name == name]


def skips(flow: Flow, step: str, name: str) -> str:
    """Why a step of a path does not write a channel that is written in its site, or "" where that is no wonder."""
    path, _, branch = step.partition("[")
    site, label = flow.sites[path], branch[:-1]
    written = {spec.channel.name: spec.always for _, spec in writes(site)}
    if name not in written:
        return ""
    if not branch:
        return "" if written[name] else f"{path} may leave unwritten (a field of its writes with a default)"
    if label == "no items":
        return f"{path} does not write over no items"
    chosen = dict(zip((each for each, _ in site.element.parts_by_label), site.children, strict=True)).get(label)
    left_out = chosen is not None and name not in {spec.channel.name for _, spec in writes(chosen)}
    return f"{step} does not write" if left_out else ""


def _given(call: Site, name: str) -> bool:
    """Whether a call hands a channel in if it is written outside: what its body reads by itself, or what `give` names."""
    give = getattr(call.element, "give", None)
    return name in (free_reads(call.children[0]) if give is None else dict(give))


def gap(flow: Flow, steps: Steps, reader: Site, several: list[str], call: Site | None = None) -> str:
    """Why channels are unwritten on this path; `call` is the call that the reader is in."""
    ungiven = [f"{call.path} is not given" for name in several if call is not None and not _given(call, name)]
    reasons = [reason for name in several for step in steps[:-1] if (reason := skips(flow, step, name))]
    later = [
        f"{path} writes only later in the round"
        for site in flow.site.walk()
        if site.element.repeats and reader is not site and reader in site.walk()
        for path, spec in writes(site)
        if spec.channel.name in several and path not in steps
    ]
    optional = ["a run may not be given (an optional input)" for name in several if name in flow.inputs]
    elsewhere = [_only(writing(flow, name), reader.path) for name in several if writing(flow, name)]
    return "; ".join(dict.fromkeys(reasons or later or ungiven or optional or elsewhere or ["nothing writes"]))


def _only(paths: list[str], reader: str) -> str:
    others = [path for path in paths if path != reader]
    return f"only {', '.join(others)} writes" if others else f"only {reader} itself writes"


def how_to_write(flow: Flow, place: Place, read: Read, several: list[str]) -> str:
    """How to fix a read of what is unwritten."""
    name, state, element = several[0], place.state, place.site.element
    there = [each for each in state.written if frozenset((each,)) not in state.missing]
    hints = [similar(name, [each for each in state.written if each != name])]
    if name in flow.inputs and state.inside is None:
        hints.append(f"require the input: inputs={{{name!r}: {type_name(without_nothing(flow.inputs[name]))}}}")
    if paths := [path for path in writing(flow, name) if path != place.site.path]:
        hints.append(f"put {' or '.join(paths)} before it on every path")
    elif kinds := writers_known(flow, place.site, name):
        hints.append(f"put a node before it that writes {name!r}, such as {' or '.join(kinds)}")
    if state.inside is not None and not _given(state.inside, name):
        hints.append(f"let the call give it: give={{{name!r}: ...}}")
    if isinstance(element, Node):
        others = [each for each in there if each != name and not unknown(read.type) and fits(state.types[each], read.type)]
        if others:
            hints.append(f"read another channel: .using({read.slot}=S.{others[-1]})")
        if read.expr is None:
            hints.append(f"or give {read.slot!r} a default in {type(element).__name__}.run, which makes the read optional")
    if read.expr is not None:
        hints.append(f"say what holds as long as it is unwritten: otherwise(S.{name}, ...)")
    return "; ".join(filter(None, hints)) or f"put a node before it that writes {name!r}"


def writers_known(flow: Flow, reader: Site, name: str, most: int = 3) -> list[str]:
    """The kinds of nodes that write a channel, of those that the flow's own modules and `seekgraph.nodes` have."""
    modules = {type(site.element).__module__ for site in flow.site.walk()}
    found: dict[str, None] = {}
    for kind in _kinds(Node):
        if (kind.__module__ in modules or kind.__module__.startswith("seekgraph.nodes.")) and kind is not type(reader.element):
            try:
                channels = {spec.channel.name for spec in kind.contract().writes}
            except TypeError:  # a base of nodes, which cannot run itself
                continue
            if name in channels and kind.__name__ != type(reader.element).__name__:
                found[kind.__name__] = None
    return list(found)[:most]


def _kinds(base: type[Node]) -> Iterator[type[Node]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _kinds(kind)


def fitting(place: Place, read: Read, sources: Mapping[str, Any]) -> str:
    """How to fix a read of the wrong type: a field that fits, or a channel."""
    options = [
        f"{expr}.{name}" for expr, kind in sources.items() for name, field in fields_of(kind).items() if fits(field, read.type)
    ]
    options += [f"S.{name}" for name, kind in place.state.types.items() if fits(kind, read.type) and f"S.{name}" not in sources]
    if options:
        return f"read what fits: .using({read.slot}={options[0]})"
    return f"put a node between them that writes {type_name(read.type)}, and read that: .using({read.slot}=...)"
