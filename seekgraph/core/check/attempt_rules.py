"""The passes of the checker that are about attempts: `redo` and `best_of`."""

from __future__ import annotations

from collections.abc import Iterator

from seekgraph.core.check.findings import Finding, error
from seekgraph.core.check.paths import Paths
from seekgraph.core.language.combinators import BestOf, Redo
from seekgraph.core.language.flow import Flow
from seekgraph.core.language.lm import LM
from seekgraph.core.language.node import Node
from seekgraph.core.record.ledger import ChannelSpec
from seekgraph.core.record.scoring import name_of, needs_of


def critiques(flow: Flow) -> Iterator[tuple[str, ChannelSpec, bool]]:
    """The channels in which a redo tells its body what was wrong: they are texts, whoever else writes them."""
    for site in flow.site.walk():
        if isinstance(site.element, Redo):
            yield site.path, ChannelSpec(site.element.channel, str), False


def scored(flow: Flow) -> set[str]:
    """The paths of all places in attempts: their rewards may read whatever stands in the trace."""
    tried = [site for site in flow.site.walk() if isinstance(site.element, Redo | BestOf)]
    return {inside.path for site in tried for inside in site.walk()}


def rewards(flow: Flow) -> Iterator[Finding]:
    """Attempts that are to be scored by a reward that needs gold, of which there is none at run time."""
    for site in flow.site.walk():
        if isinstance(site.element, Redo | BestOf) and (gold := sorted(needs_of(site.element.reward))):
            message = f"the reward {name_of(site.element.reward)!r} needs {', '.join(gold)}, and at run time there is no example"
            hint = "take a reward that needs no gold, such as seekgraph.rewards.novelty"
            yield error("needs-gold", site, "", (site.path,), message, hint)


def attempts(flow: Flow, paths: Paths) -> Iterator[Finding]:
    """Attempts that cannot differ: nothing in the body reads the critique, samples a model, or asks for its visit."""
    for site in flow.site.walk():
        if not isinstance(site.element, Redo | BestOf):
            continue
        inside = {each.path for each in site.walk()}
        read = {name for place in paths.places if place.site.path in inside for each in place.reads for name in each.sources}
        nodes = [each.element.contract() for each in site.walk() if isinstance(each.element, Node)]
        chance = any(contract.visit or any(LM in port.port.__mro__ for port in contract.ports) for contract in nodes)
        channel = site.element.channel if isinstance(site.element, Redo) else ""
        if not chance and channel not in read:
            reads = f"reads {channel!r}, " if channel else ""
            message = f"every attempt gives the same: nothing in it {reads}asks a model, or takes its Visit"
            hint = f"let a node read it: {channel}: str = ''" if channel else "let a node ask a model, or use visit.rng"
            yield error("same-attempts", site, channel, (site.path,), message, hint, severity="warning")
