"""Sites: a flow's tree with a path for every place in it.

Elements are values and may stand in several places; a site is one place. A path is made of the names of the enclosing elements
that the user named, and the element's own name: its label, or its kind. Where a name is taken, `_2`, `_3`, ... is added in the
order of writing. Params are named by path: `search/retrieve.k`, `search.until`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from seekgraph.core.language.combinators import BestOf, Call, Each, Fan, Loop, Pick, Redo, Route, Seq
from seekgraph.core.language.element import Element
from seekgraph.core.language.expr import Expr, params, with_params
from seekgraph.core.language.node import Node
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
    return _place(element, "", set(_labels(element, "")), {"input"})  # the path of what a run is given


def inner(element: Element) -> tuple[tuple[str, Element], ...]:
    """The elements directly inside an element, each with what it is there ("body", a branch's label, a position)."""
    for kind, parts in INNER.items():
        if isinstance(element, kind):
            return parts(element)
    return ()


def exprs(element: Element) -> dict[str, Expr]:
    """The expressions of an element by slot."""
    if isinstance(element, Node):
        return {f"using_{name}": expr for name, expr in element.reading.items()}
    if isinstance(element, Loop):
        return {"until": element.until}
    if isinstance(element, Each):
        return {"items": element.items}
    if isinstance(element, Route):
        return {"policy": element.policy}
    if isinstance(element, Call) and element.give is not None:
        return {f"give_{name}": expr for name, expr in element.give}
    return {}


def settings(element: Element) -> dict[str, Any]:
    """The settings of an element by slot: params and plain values."""
    if isinstance(element, Node):
        return element.settings
    if isinstance(element, Loop):
        return {"max_rounds": element.max_rounds}
    if isinstance(element, Redo):
        return {"below": element.below, "at_most": element.at_most}
    if isinstance(element, BestOf):
        return {"n": element.n}
    if isinstance(element, Pick):
        return {"choice": element.choice}
    return {}


def settled(site: Site, values: Mapping[str, Param]) -> Element:
    """The element of a site with `values`, params by their full names, in the places of its own and of those inside it."""
    element = site.element
    inside = [settled(child, values) for child in site.children]
    found: dict[str, Expr] = {
        slot: with_params(expr, [values[name] for name in site.slots.get(slot, ())]) for slot, expr in exprs(element).items()
    }
    changed: dict[str, Any] = {slot: values[site.slots[slot][0]] for slot in settings(element) if slot in site.slots}
    if isinstance(element, Node):
        changed["reading"] = {name: found[f"using_{name}"] for name in element.reading}
    elif isinstance(element, Seq | Fan):
        changed["parts"] = tuple(inside)
    elif isinstance(element, Route):
        changed["branches"] = tuple(zip((label for label, _ in element.branches), inside, strict=True))
        changed |= found
    elif isinstance(element, Pick):
        options = tuple(zip((label for label, _ in element.options), inside, strict=True))
        changed["choice"] = replace(changed["choice"], options=options)
    elif isinstance(element, Call):
        changed["body"] = inside[0]
        changed["give"] = element.give and tuple((name, found[f"give_{name}"]) for name, _ in element.give)
    else:
        changed["body"] = inside[0]
        changed |= found
    return element._changed(**changed)


def _numbered(parts: tuple[Element, ...]) -> tuple[tuple[str, Element], ...]:
    return tuple((str(number), part) for number, part in enumerate(parts))


INNER: Mapping[type[Element], Callable[[Any], tuple[tuple[str, Element], ...]]] = {
    Seq: lambda element: _numbered(element.parts),
    Fan: lambda element: _numbered(element.parts),
    Each: lambda element: (("body", element.body),),
    Loop: lambda element: (("body", element.body),),
    Call: lambda element: (("body", element.body),),
    Redo: lambda element: (("body", element.body),),
    BestOf: lambda element: (("body", element.body),),
    Route: lambda element: element.branches,
    Pick: lambda element: element.options,
}


def _labels(element: Element, prefix: str) -> Iterator[str]:
    """The paths that the user named."""
    own = prefix if element.label is None else _join(prefix, element.label)
    if element.label is not None:
        yield own
    for _, child in inner(element):
        yield from _labels(child, own)


def _join(prefix: str, name: str) -> str:
    return f"{prefix}/{name}" if prefix else name


def _place(element: Element, prefix: str, reserved: set[str], used: set[str]) -> Site:
    path = _own_path(element, prefix, reserved, used)
    below = prefix if element.label is None or isinstance(element, Node) else path
    slots, own = _own_params(element, path)
    children = tuple(_place(child, below, reserved, used) for _, child in inner(element))
    return Site(element, path, children, slots, own)


def _own_path(element: Element, prefix: str, reserved: set[str], used: set[str]) -> str:
    """A path that is free. A name that the user gave goes before a kind; the checker reports names that were given twice."""
    base = _join(prefix, element.label or element.kind)
    blocked = used if element.label else used | reserved
    path, number = base, 1
    while path in blocked:
        number += 1
        path = f"{base}_{number}"
    used.add(path)
    return path


def _own_params(element: Element, path: str) -> tuple[dict[str, tuple[str, ...]], dict[str, Param]]:
    found: dict[str, tuple[Param, ...]] = {slot: params(expr) for slot, expr in exprs(element).items()}
    found |= {slot: (setting,) for slot, setting in settings(element).items() if isinstance(setting, Param)}
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
