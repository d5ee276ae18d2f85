"""What an element says about itself, and to whom: reads and writes, the walk of the checker, the build of the machine.

An element (`element.py`) answers for itself. What asks it stands in other packages, which it does not import; it talks to them
through the two classes here. `Walk` goes through a flow without running it, and `Build` turns it into something that runs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from seekgraph.core.frame.operation import Ending, Operation, Question
from seekgraph.core.language.expr import Apply, Channel, Expr, channels
from seekgraph.core.record.ledger import ChannelSpec, Merge
from seekgraph.core.record.step import StepKind

Clause = frozenset[str]
"""Channels one of which has to be written."""

S = TypeVar("S")


@dataclass(frozen=True)
class Read:
    """What an element reads: through `expr`, or directly from `sources`. `slot` is the parameter, or where the expression stands.

    Each of the clauses `needs` has to be written. `type` is the type that is wanted.
    """

    slot: str
    sources: tuple[str, ...]
    needs: tuple[Clause, ...] = ()
    expr: Expr | None = None
    type: Any = Any


@dataclass(frozen=True)
class WriteSpec:
    """A channel that an element writes; `always` is false where a visit may leave it unwritten."""

    channel: ChannelSpec
    always: bool


def needs(expr: Expr) -> tuple[Clause, ...]:
    """What has to be written for an expression to have a value: every operand's channels; either side of an `otherwise`."""
    if isinstance(expr, Channel):
        return (frozenset((expr._name,)),)
    parts = [needs(part) for part in expr._parts()]
    if isinstance(expr, Apply) and expr._operation == "otherwise":
        return tuple(first | second for first in parts[0] for second in parts[1])
    return tuple(dict.fromkeys(clause for part in parts for clause in part))


def read_of(slot: str, expr: Expr) -> Read:
    """The read of an expression."""
    return Read(slot, channels(expr), needs(expr), expr)


class Walk(ABC, Generic[S]):
    """Every path through one element at once, without running it. `S` is a state: what has been written on the way to a place.

    An element's `paths` is called with the state before it and gives the state after it, made by the methods here. States are
    values: to use one twice is to branch.
    """

    @abstractmethod
    def types(self, state: S) -> Mapping[str, Any]:
        """The types of what may have been written."""

    @abstractmethod
    def read(self, state: S) -> None:
        """The element evaluates its expressions, and reads what it reads, in this state."""

    @abstractmethod
    def step(self, state: S, name: str) -> S:
        """One step further on the path: `name` says what is taken, such as "yes", "round 1", "part 2"."""

    @abstractmethod
    def write(self, state: S, channel: str, type: Any, *, always: bool = True) -> S:
        """The element itself writes a channel, for what it holds."""

    @abstractmethod
    def part(self, number: int, state: S) -> S:
        """The part with this number, counted from 0, runs from `state`."""

    @abstractmethod
    def again(self, number: int, state: S) -> S:
        """The part runs from `state`, and it may be another time, when what it has written is there."""

    @abstractmethod
    def either(self, ends: Sequence[S], before: S) -> S:
        """One of several parts has run; `before` where there is none."""

    @abstractmethod
    def together(self, ends: Sequence[S], before: S) -> S:
        """All of the parts have run side by side, each from `before`; the last that replaces a channel wins."""

    @abstractmethod
    def perhaps(self, end: S, before: S, name: str) -> S:
        """A part has run some number of times, or not at all, which is the step `name`: then its collections are there, empty."""

    @abstractmethod
    def restore(self, end: S, before: S, channel: str, *, inner: bool) -> S:
        """After the element a channel that it wrote itself is what it was before; `inner`: or what its parts wrote there."""

    @abstractmethod
    def own_ledger(self, state: S, give: Mapping[str, Expr] | None) -> None:
        """Part 0 runs on a ledger of its own, which begins with `give`; None: with what the part reads by itself."""

    @abstractmethod
    def visit(self, state: S) -> S:
        """The element's own step: the state after all that its `writes` names."""


class Build(Protocol):
    """The machine while it turns one element of a bound flow into an operation."""

    @property
    def path(self) -> str:
        """The element's path: its steps are recorded under it."""
        ...

    def part(self, number: int = 0) -> Operation:
        """The operation of a part, counted from 0."""
        ...

    def parts(self) -> tuple[Operation, ...]:
        """The operations of all parts."""
        ...

    def setting(self, slot: str) -> Any:
        """The plain value of a setting, whether it is a param or not; of a choice, what was chosen."""
        ...

    def chosen(self, slot: str) -> str:
        """The label of what was chosen, where the setting is a choice."""
        ...

    def question(self, slot: str, kind: StepKind, form: Callable[[Any], Any] | None = None) -> Question:
        """An expression of the element; a step of `kind` records it where it fails. `form` is applied to its value."""
        ...

    def reading(self, channel: str) -> Question:
        """The value of a channel, as a question."""
        ...

    def merge(self, channel: str) -> Merge:
        """The merge rule of a channel."""
        ...

    def collections(self) -> tuple[str, ...]:
        """The collection channels that the element writes to, also in its parts."""
        ...

    def free_reads(self, number: int = 0) -> Mapping[str, bool]:
        """The channels that a part reads which nothing in it has surely written, and whether each is required."""
        ...

    def ending(self, output: str) -> Ending | None:
        """The node with which part 0 ends, if it writes `output`: where a run on a budget of its own goes that has to stop."""
        ...

    def visit(self) -> Operation:
        """A visit of the element as a node."""
        ...
