"""Sites: a flow's tree with a path for every place in it.

Elements are values and may stand in several places; a site is one place. A path is made of the names of the enclosing elements
that the user named, and the element's own name: its label, or its kind. Where a name is taken, `_2`, `_3`, ... is added in the
order of writing. Params are named by path: `search/retrieve.k`, `search.until`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from seekgraph.core.language.element import Element
from seekgraph.core.language.expr import Expr, params, with_params
from seekgraph.core.language.params import Param


@dataclass(frozen=True, eq=False)
class Site:
    """One place in a flow: its element, its path, the places inside it, and its own params by slot.

    `slots` maps where a param stands in the element (a setting's name, `until`, `policy`, ...) to the full names of the params
    there, in the order of writing. `params` maps full names to params as the flow was written.
    """

    element: Element
    path: str
    children: tuple[Site, ...] = ()
    slots: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    params: Mapping[str, Param] = field(default_factory=dict)

    def walk(self) -> Iterator[Site]:
        """This site and all inside it, in the order of writing."""
        yield self
        for child in self.children:
            yield from child.walk()


def place(element: Element) -> Site:
    """The sites of a flow's body."""
    return _place(element, "", _Paths(_labels(element, "")))


def settled(site: Site, values: Mapping[str, Param]) -> Element:
    """The element of a site with `values`, params by their full names, in the places of its own and of those inside it."""
    element = site.element
    inside = [settled(child, values) for child in site.children]
    found: dict[str, Expr] = {
        slot: with_params(expr, [values[name] for name in site.slots.get(slot, ())]) for slot, expr in element.expressions.items()
    }
    changed: dict[str, Any] = {slot: values[site.slots[slot][0]] for slot in element.settings if slot in site.slots}
    return element.rebuilt(inside, found, changed)


def _labels(element: Element, prefix: str) -> Iterator[str]:
    """The paths that the user named."""
    own = prefix if element.label is None else _join(prefix, element.label)
    if element.label is not None:
        yield own
    for _, child in element.parts_by_label:
        yield from _labels(child, own)


def _join(prefix: str, name: str) -> str:
    return f"{prefix}/{name}" if prefix else name


def _place(element: Element, prefix: str, paths: _Paths) -> Site:
    path = paths.free(element, prefix)
    below = prefix if element.label is None else path
    slots, own = _own_params(element, path)
    children = tuple(_place(child, below, paths) for _, child in element.parts_by_label)
    return Site(element, path, children, slots, own)


class _Paths:
    """The paths of a flow. A name that the user gave goes before a kind; the checker reports names that were given twice."""

    def __init__(self, labels: Iterable[str]) -> None:
        self.reserved = frozenset(labels)
        self.used = {"input"}  # the path of what a run is given
        self.numbers: dict[str, int] = {}  # by kind the number up to which all are taken

    def free(self, element: Element, prefix: str) -> str:
        """A path that is free."""
        base = _join(prefix, element.label or element.kind)
        path, number = base, 1
        if not element.label and base in self.numbers:
            number = self.numbers[base]
            path = f"{base}_{number}"
        while path in self.used or (not element.label and path in self.reserved):
            number += 1
            path = f"{base}_{number}"
        self.used.add(path)
        if not element.label:
            self.numbers[base] = max(number, 2)
        return path


def _own_params(element: Element, path: str) -> tuple[dict[str, tuple[str, ...]], dict[str, Param]]:
    found: dict[str, tuple[Param, ...]] = {slot: params(expr) for slot, expr in element.expressions.items()}
    found |= {slot: (setting,) for slot, setting in element.settings.items() if isinstance(setting, Param)}
    slots: dict[str, tuple[str, ...]] = {}
    own: dict[str, Param] = {}
    for slot, several in found.items():
        names = []
        for param in several:
            name, number = f"{path}.{param.name or slot}", 1
            while name in own:
                number += 1
                name = f"{path}.{param.name or slot}_{number}"
            own[name] = param
            names.append(name)
        slots[slot] = tuple(names)
    return slots, own
