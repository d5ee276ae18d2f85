"""What asks a model under what is bound, and which settings matter: some only where one is asked, some only where none is."""

from __future__ import annotations

from collections.abc import Iterator

from seekgraph.core.language.node import Node
from seekgraph.core.language.params import ChoiceParam, DemosParam, TextParam, value_of
from seekgraph.core.language.roles import why_by_rules
from seekgraph.core.language.site import Site
from seekgraph.core.machine.bound import Bound
from seekgraph.nodes.llm_node import LLMNode
from seekgraph.optimizers.space import active
from seekgraph.prompts.demonstrations import Demonstrable


def asking(bound: Bound) -> Iterator[tuple[Site, bool]]:
    """The active nodes that can ask a model (they say so by `with_model`), each with whether one is bound that they may ask."""
    for site in active(bound.flow):
        if isinstance(site.element, Node) and hasattr(site.element, "with_model"):
            given = getattr(site.element, "lm", "")
            names = [option for _, option in given.options] if isinstance(given, ChoiceParam) else [value_of(given)]
            own = bound.resources.get(f"{site.path}.lm") is not None
            yield site, own or any(_asks(bound, site, name) for name in names if isinstance(name, str))


def _asks(bound: Bound, site: Site, name: str) -> bool:
    """Whether a node asks the model that is bound under this name."""
    return bound.resources.get(name) is not None and not why_by_rules(bound.resources, site.path, site.element, name)


def idle(bound: Bound) -> frozenset[str]:
    """The params, by full name, that cannot change a result under what is bound."""
    found: set[str] = set()
    for site, asks in asking(bound):
        unused: frozenset[str] = getattr(site.element, "without_model" if asks else "with_model", frozenset())
        found.update(name for slot, names in site.slots.items() if slot in unused for name in names)
    return frozenset(found)


def demonstrable(bound: Bound) -> dict[str, tuple[Site, str]]:
    """The nodes that ask a model that is bound and have their demonstrations left to choose, with the full name of that param."""
    found: dict[str, tuple[Site, str]] = {}
    for site, asks in asking(bound):
        names = [name for names in site.slots.values() for name in names if isinstance(site.params[name], DemosParam)]
        if asks and names and isinstance(site.element, Demonstrable):
            found[site.path] = (site, names[0])
    return found


def instructed(bound: Bound) -> dict[str, str]:
    """The full name of the instruction of each node, by its path, that asks a model that is bound and has it left to choose."""
    found: dict[str, str] = {}
    for site, asks in asking(bound):
        names = [name for name in site.slots.get("instruction", ()) if isinstance(site.params[name], TextParam)]
        if asks and names and isinstance(site.element, LLMNode):
            found[site.path] = names[0]
    return found


def control_tokens(bound: Bound) -> frozenset[str]:
    """The texts that any of the bound models takes for control tokens, as far as they say."""
    return frozenset(token for thing in bound.resources.values() for token in getattr(thing, "control_tokens", None) or ())


def params_of(bound: Bound, paths: frozenset[str]) -> frozenset[str]:
    """The full names of the params of the nodes at these paths."""
    sites = [site for site in bound.flow.site.walk() if site.path in paths and isinstance(site.element, Node)]
    return frozenset(name for site in sites for names in site.slots.values() for name in names)
