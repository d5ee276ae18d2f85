"""What a place in a flow reads and writes, seen without running it."""

from __future__ import annotations

from collections.abc import Iterator

from seekgraph.core.language.combinators import BestOf, Call, Each, Fan, Loop, Redo, Seq
from seekgraph.core.language.expr import channels, has_choice
from seekgraph.core.language.node import Node
from seekgraph.core.language.params import ChoiceParam, value_of
from seekgraph.core.language.site import Site, exprs
from seekgraph.core.record.ledger import Merge


def ending_site(site: Site, output: str) -> Site | None:
    """The node that ends a sequence, or attempts at one, with its output: where a run goes that has to stop early."""
    if isinstance(site.element, Seq | Redo | BestOf):
        return next((found for child in reversed(site.children) if (found := ending_site(child, output))), None)
    return site if isinstance(site.element, Node) and output in written(site.element) else None


def written(node: Node) -> dict[str, Merge]:
    """The channels that a node writes, after `into`, with their merge rules."""
    return {node.writing.get(spec.channel.name, spec.channel.name): spec.channel.merge for spec in node.contract().writes}


def collected(site: Site) -> tuple[str, ...]:
    """The collection channels that the nodes and calls in a site write to, calls seen from outside."""
    found: dict[str, None] = {}
    if isinstance(site.element, Node):
        found |= {name: None for name, merge in written(site.element).items() if merge is not Merge.REPLACE}
    elif isinstance(site.element, Call):
        found["digests"] = None
    else:
        for child in site.children:
            found |= dict.fromkeys(collected(child))
    return tuple(found)


def free_reads(site: Site) -> dict[str, bool]:
    """The channels that a site's nodes and expressions read without any step before them in the site having surely written them.

    True means that the read is required. What a branch or an `each` may leave unwritten counts as unwritten.
    """
    free: dict[str, bool] = {}
    _free(site, frozenset(), free)
    return free


def _free(site: Site, have: frozenset[str], free: dict[str, bool]) -> frozenset[str]:
    """Collect the free reads of `site` given the channels in `have`; returns what is surely written after it."""
    element = site.element

    def read(channel: str, required: bool) -> None:
        if channel not in have and channel != "round":
            free[channel] = free.get(channel, False) or required

    own = exprs(element)
    if isinstance(element, Node):
        for spec in element.contract().reads:
            expr = element.reading.get(spec.parameter)
            names = (spec.parameter,) if expr is None else channels(expr)
            required = spec.required and (expr is None or not has_choice(expr))
            if expr is None and spec.or_else is not None:
                if spec.parameter not in have and spec.or_else not in have:  # either will do: neither alone is required
                    read(spec.parameter, False)
                    read(spec.or_else, False)
                continue
            for name in names:
                read(name, required)
        always = {element.writing.get(w.channel.name, w.channel.name) for w in element.contract().writes if w.always}
        return have | always
    if not isinstance(element, Loop):
        for expr in own.values():
            for name in channels(expr):
                read(name, not has_choice(expr))
    if isinstance(element, Seq):
        for child in site.children:
            have = _free(child, have, free)
        return have
    if isinstance(element, Redo | BestOf):
        return _free(site.children[0], have, free)
    if isinstance(element, Each):
        _free(site.children[0], have | {element.item}, free)
        return have | frozenset(collected(site))
    if isinstance(element, Loop):
        have = _free(site.children[0], have, free)
        for name in channels(element.until):
            read(name, not has_choice(element.until))
        return have
    if isinstance(element, Call):
        if element.give is None:
            for name, required in free_reads(site.children[0]).items():
                read(name, required)
        return have | {"digests"}
    ends = [_free(child, have, free) for child in site.children]
    if isinstance(element, Fan):
        return have.union(*ends)
    return frozenset.intersection(*ends) if ends else have


def needs(node: Node) -> Iterator[tuple[str, type, bool]]:
    """The resources that a node may ask for: name, port, whether it is required. A choice of names asks for all of them."""
    for spec in node.contract().ports:
        setting = getattr(node, spec.setting) if spec.setting else spec.parameter
        names = [option for _, option in setting.options] if isinstance(setting, ChoiceParam) else [value_of(setting)]
        for name in names:
            if isinstance(name, str):
                yield name, spec.port, spec.required
