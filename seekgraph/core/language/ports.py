"""Ports: what a node may ask of the outside world.

A node asks for a port by the type of a parameter of its `run`. A port is a `Protocol` that derives from `Port`; anything with
its methods can be bound to it. A port neither caches, retries nor counts: the runner does.

An object behind a port may have an `identity: str`, a hash of everything that its results depend on (a corpus and its settings,
a model's name and version). Steps that use a resource without one are run each time, since the memo could not tell whether
an old result still holds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, Self, TypeVar, runtime_checkable

from seekgraph.types import Passage, Query

Method = TypeVar("Method", bound=Callable[..., Any])


class Port(Protocol):
    """Marks a protocol as a port. A method that costs something says by `@charged` in which budget line it is counted."""


def charged(line: str) -> Callable[[Method], Method]:
    """Mark a port's method: each call of it is one more in `line` of the budget ("calls", "searches", "ranks")."""

    def mark(method: Method) -> Method:
        method.charged = line  # type: ignore[attr-defined]
        return method

    return mark


def charges(port: type) -> dict[str, str]:
    """The budget line of each charged method of a port."""
    found = {name: getattr(getattr(port, name), "charged", None) for name in dir(port) if not name.startswith("_")}
    return {name: line for name, line in found.items() if line is not None}


@runtime_checkable
class Retriever(Port, Protocol):
    """Finds passages for a query."""

    @charged("searches")
    async def search(self, query: Query, k: int) -> Sequence[Passage]:
        """At most `k` passages, best first, each id once, with `score` set (higher is better). Nothing found is `()`."""
        ...


@runtime_checkable
class Links(Port, Protocol):
    """Knows which passages name which others by title."""

    async def named_in(self, text: str) -> Sequence[Passage]:
        """The passages whose title occurs in `text`, in order of first occurrence, longest title first at one place."""
        ...

    async def naming(self, title: str, k: int) -> Sequence[Passage]:
        """At most `k` passages whose text names `title`, in a fixed order that does not depend on the corpus file."""
        ...


@runtime_checkable
class Pages(Port, Protocol):
    """Knows which passages are of one document."""

    async def page(self, id: str) -> Sequence[Passage]:
        """All passages of the document that the passage with this id is part of, by id; () for an id that it does not know."""
        ...


@runtime_checkable
class Vocabulary(Port, Protocol):
    """Knows which words stand anywhere in a corpus."""

    async def stand(self, names: Sequence[str]) -> Sequence[bool]:
        """For each of `names`, words as a question writes them, whether a passage has it; in their order."""
        ...


@runtime_checkable
class Ranker(Port, Protocol):
    """Scores passages for a query, for instance a cross-encoder."""

    @charged("ranks")
    async def scores(self, query: Query, passages: Sequence[Passage]) -> Sequence[float]:
        """One score for each passage, in their order; higher is better."""
        ...


@runtime_checkable
class Tunable(Protocol):
    """The capability of a resource whose settings can be varied without building it again."""

    def with_settings(self, **settings: float) -> Self:
        """The same over the same data with these settings changed, its `identity` with them; the original stays as it is.

        Cheap enough for every step of a compile. Raises `ValueError` for a name that it does not have (naming those that it has)
        and for a value out of range.
        """
        ...
