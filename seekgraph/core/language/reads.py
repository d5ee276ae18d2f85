"""What a place in a flow reads and writes, seen without running it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seekgraph.core.language.contract import Walk, WriteSpec
from seekgraph.core.language.element import Element
from seekgraph.core.language.expr import Expr, has_choice
from seekgraph.core.language.node import Node
from seekgraph.core.language.params import ChoiceParam, value_of
from seekgraph.core.language.site import Site
from seekgraph.core.record.ledger import Merge

Written = frozenset[str]
"""The channels that are surely written."""


def ending_site(site: Site, output: str) -> Site | None:
    """The node that ends a sequence, or attempts at one, with its output: where a run goes that has to stop early."""
    if site.element.ends:
        return next((found for child in reversed(site.children) if (found := ending_site(child, output))), None)
    return site if isinstance(site.element, Node) and output in written(site.element) else None


def written(element: Element) -> dict[str, Merge]:
    """The channels that an element writes itself, with their merge rules; of a node, after `into`."""
    return {spec.channel.name: spec.channel.merge for spec in element.writes()}


def writes(site: Site) -> Iterator[tuple[str, WriteSpec]]:
    """What the steps in a site write to the ledger around it, each with its path."""
    for spec in site.element.writes():
        yield site.path, spec
    if not site.element.own_ledger:
        for child in site.children:
            yield from writes(child)


def collected(site: Site) -> tuple[str, ...]:
    """The collection channels that the steps in a site write to, calls seen from outside."""
    return tuple(dict.fromkeys(spec.channel.name for _, spec in writes(site) if spec.channel.merge is not Merge.REPLACE))


def free_reads(site: Site) -> dict[str, bool]:
    """The channels that a site's steps and expressions read without any step before them in the site having surely written them.

    True means that the read is required. What a branch or an `each` may leave unwritten counts as unwritten.
    """
    free: dict[str, bool] = {}
    _FreeReads(site, free).after(frozenset())
    return free


class _FreeReads(Walk[Written]):
    """Collects what is read unwritten. A state is what has surely been written."""

    def __init__(self, site: Site, free: dict[str, bool]) -> None:
        self.site = site
        self.free = free

    def after(self, state: Written) -> Written:
        return self.site.element.paths(self, state)

    def types(self, state: Written) -> Mapping[str, Any]:
        return {}

    def read(self, state: Written) -> None:
        for read in self.site.element.reads():
            if read.expr is None and len(read.sources) > 1 and not state.isdisjoint(read.sources):
                continue  # either will do
            for name in read.sources:
                required = frozenset((name,)) in read.needs
                self._read(name, state, required and not (read.expr is not None and has_choice(read.expr)))

    def _read(self, name: str, state: Written, required: bool) -> None:
        if name not in state and name != "round":
            self.free[name] = self.free.get(name, False) or required

    def step(self, state: Written, name: str) -> Written:
        return state

    def write(self, state: Written, channel: str, type: Any, *, always: bool = True) -> Written:
        return state | {channel} if always else state

    def part(self, number: int, state: Written) -> Written:
        return _FreeReads(self.site.children[number], self.free).after(state)

    def again(self, number: int, state: Written) -> Written:
        return self.part(number, state)

    def either(self, ends: Sequence[Written], before: Written) -> Written:
        return frozenset.intersection(*ends) if ends else before

    def together(self, ends: Sequence[Written], before: Written) -> Written:
        return before.union(*ends)

    def perhaps(self, end: Written, before: Written, name: str) -> Written:
        return before | frozenset(collected(self.site))

    def restore(self, end: Written, before: Written, channel: str, *, inner: bool) -> Written:
        return end if inner or channel in before else end - {channel}

    def own_ledger(self, state: Written, give: Mapping[str, Expr] | None) -> None:
        if give is None:
            for name, required in free_reads(self.site.children[0]).items():
                self._read(name, state, required)

    def visit(self, state: Written) -> Written:
        return state.union(spec.channel.name for spec in self.site.element.writes() if spec.always)


def needs(element: Element) -> Iterator[tuple[str, type, bool]]:
    """The resources that a node may ask for: name, port, whether it is required. A choice of names asks for all of them."""
    for spec in element.contract().ports if isinstance(element, Node) else ():
        setting = getattr(element, spec.setting) if spec.setting else spec.parameter
        names = [option for _, option in setting.options] if isinstance(setting, ChoiceParam) else [value_of(setting)]
        for name in names:
            if isinstance(name, str):
                yield name, spec.port, spec.required
