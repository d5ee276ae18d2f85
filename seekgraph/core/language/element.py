"""Elements: what flows are made of. Nodes and combinators are elements; `a >> b` runs one after the other.

`Seq` and `Pick` stand here because elements are put together by them: `>>` makes the one, a `Choice` in a flow the other.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from seekgraph.core.language.params import ChoiceParam


class Element:
    """A step or a structure of steps. Immutable: methods return a changed copy.

    `kind` names what it is; `label` is the name that the user gave it, or None.
    """

    kind: ClassVar[str] = "element"
    label: str | None = None

    def named(self, name: str) -> Self:
        """This element under a name of its own. Names appear in paths, which are how params and steps are found."""
        if not name or any(character in name for character in "/.@ \n"):
            raise ValueError(f"a name is one word without '/', '.', '@' or blanks, not {name!r}")
        return self._changed(label=name)

    def __rshift__(self, other: Any) -> Seq:
        return _sequence(self, other)

    def __rrshift__(self, other: Any) -> Seq:
        return _sequence(other, self)

    def _changed(self, **attributes: Any) -> Self:
        other = copy.copy(self)
        for name, value in attributes.items():
            object.__setattr__(other, name, value)
        return other


@dataclass(frozen=True, eq=False)
class Seq(Element):
    """Parts one after the other. An empty one does nothing."""

    kind: ClassVar[str] = "seq"
    parts: tuple[Element, ...] = ()


@dataclass(frozen=True, eq=False)
class Pick(Element):
    """One of several elements, as a param: what a `Choice` of flows becomes inside a flow."""

    kind: ClassVar[str] = "choice"
    choice: ChoiceParam

    @property
    def options(self) -> tuple[tuple[str, Element], ...]:
        """The elements by label."""
        return tuple((label, as_element(option)) for label, option in self.choice.options)


def as_element(thing: Any) -> Element:
    """An element for whatever may stand in a flow: an element, a flow (its body, under its name), a choice of those."""
    if isinstance(thing, Element):
        return thing
    if isinstance(thing, ChoiceParam):
        return Pick(thing)
    body = getattr(thing, "settled", None)
    if isinstance(body, Element):
        return body if thing.name is None or body.label else body.named(thing.name)
    raise TypeError(f"a flow is made of nodes, combinators, flows and choices of them, not of {thing!r}")


def _sequence(first: Any, second: Any) -> Seq:
    parts: list[Element] = []
    for part in (as_element(first), as_element(second)):
        parts += part.parts if isinstance(part, Seq) and part.label is None else (part,)
    return Seq(tuple(parts))
