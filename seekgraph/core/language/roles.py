"""Roles: what a node does with a model, and the models that leave some roles to rules.

A role is a short name that a kind of node says of itself ("plan", "refine", "answer"). A small model does some roles worse than
the rules do; such a model says so (`left_to_rules`), and a node of that role runs by rules, unless the model is bound for that
node alone (`PATH.lm`), or under a name of the flow's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from seekgraph.core.language.flow import Flow
from seekgraph.core.language.node import Node
from seekgraph.core.language.params import value_of

SHARED = "lm"
"""The name under which nodes ask for a model that is nobody's in particular."""


class Selective(Protocol):
    """The capability of a model to leave a role to rules."""

    def left_to_rules(self, role: str) -> str:
        """Why a node of this role is better done by rules than by this model; "" where it is not."""
        ...


def role_of(node: Any) -> str:
    """The role of a node; "" where it has none."""
    found = getattr(node, "role", "")
    return found if isinstance(found, str) else ""


def all_by_rules(flow: Flow, resources: Mapping[str, Any]) -> dict[str, str]:
    """The nodes of a flow that do without the model that is bound, and why, by path."""
    found = {}
    for path, site in flow.sites.items():
        name = value_of(getattr(site.element, SHARED, "")) if isinstance(site.element, Node) else ""
        if isinstance(name, str) and (reason := why_by_rules(resources, path, site.element, name)):
            found[path] = reason
    return found


def why_by_rules(resources: Mapping[str, Any], path: str, node: Any, name: str) -> str:
    """Why the node at `path`, which asks for a model under `name`, does without the one that is bound; "" where it does not."""
    if name != SHARED or f"{path}.{SHARED}" in resources:
        return ""
    says = getattr(resources.get(name), "left_to_rules", None)
    found = says(role_of(node)) if callable(says) and role_of(node) else ""
    return found if isinstance(found, str) else ""
