"""Nodes: the typed steps of a flow.

A node's contract is the signature of its `run` coroutine:

- a parameter is a channel that the node reads; a default makes the read optional;
- a parameter whose type is a port (`Retriever`, ...) is a resource; its name in `bind` is the value of the node's field of the
  same name, or the parameter's own name; `Retriever | None` makes it optional;
- a parameter of type `Visit` gets the visit's seed and place;
- the fields of the returned model are the channels that the node writes; a field with a default may stay unwritten.

    class Shout(Node):
        times: int = Int(1, low=1, high=3)

        async def run(self, question: str) -> Shouted: ...
"""

from __future__ import annotations

import inspect
import random
import sys
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Annotated, Any, ClassVar, Self, dataclass_transform, get_args, get_origin

from pydantic import BaseModel, ConfigDict

from seekgraph.core.frame.operation import Operation
from seekgraph.core.language.contract import Build, Read, S, Walk, WriteSpec, read_of
from seekgraph.core.language.element import Element
from seekgraph.core.language.expr import Channel, Expr, lift
from seekgraph.core.language.ports import Port
from seekgraph.core.record.ledger import ChannelSpec, Merge


class Writes(BaseModel):
    """Base of what a node's `run` returns: each field is a channel. A field left at None, its default, is not written."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


@dataclass(frozen=True)
class OrElse:
    """In a parameter's annotation: read channel `name` where the parameter's own has not been written.

    `context: Annotated[tuple[Passage, ...], OrElse("passages")]` reads what a ranker kept, or else all that was found.
    """

    name: str


@dataclass(frozen=True)
class Visit:
    """One visit of a node: its step id, its round in the innermost loop (from 1; 0 outside), and its own random seed."""

    id: str
    round: int
    seed: int

    @cached_property
    def rng(self) -> random.Random:
        """A generator of this visit's own: the same for the same run seed, whatever runs beside it."""
        return random.Random(self.seed)


@dataclass(frozen=True)
class ReadSpec:
    """A parameter that reads a channel. `or_else` is the channel read in its place where it is unwritten."""

    parameter: str
    type: Any
    required: bool
    or_else: str | None = None


@dataclass(frozen=True)
class PortSpec:
    """A parameter that takes a resource. `setting` is the node's field that holds the resource's name, if it has one."""

    parameter: str
    port: type
    required: bool
    setting: str | None


@dataclass(frozen=True)
class Contract:
    """What a kind of node reads, needs and writes, from the signature of its `run`."""

    reads: tuple[ReadSpec, ...]
    ports: tuple[PortSpec, ...]
    writes: tuple[WriteSpec, ...]
    returns: type[Writes]
    visit: str | None = None


@dataclass(frozen=True)
class Limits:
    """How long a visit may take and how often it is tried.

    `timeout` is in seconds for each attempt; `retries` is how many further attempts follow a failed one, after `wait` seconds
    that double each time.
    """

    timeout: float | None = None
    retries: int = 0
    wait: float = 0.1


@dataclass_transform(kw_only_default=False, frozen_default=True)
class Node(Element):
    """Base of all nodes. Subclasses become frozen dataclasses of their settings and define `async def run(...)`.

    A setting is a plain value or a param; inside `run` it is always the plain value. `run` must not change what it reads.
    `memo` says whether equal visits may share one result; switch it off for a node that looks at the clock or the world.
    `for_trace` says that what it writes is also for who reads the trace, so that no other step has to read it.
    """

    memo: ClassVar[bool] = True
    reading: ClassVar[Mapping[str, Expr]] = types.MappingProxyType({})
    writing: ClassVar[Mapping[str, str]] = types.MappingProxyType({})
    limit: ClassVar[Limits] = Limits()
    _scope: ClassVar[Mapping[str, Any]] = types.MappingProxyType({})

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "kind" not in cls.__dict__:
            cls.kind = cls.__name__.lower()
        if "<locals>" in cls.__qualname__:  # names that get_type_hints could not find in the module
            cls._scope = {**cls._scope, **sys._getframe(1).f_locals}
        dataclass(frozen=True, eq=False, repr=False)(cls)

    @classmethod
    def contract(cls) -> Contract:
        """What this kind of node reads, needs and writes. Raises `TypeError` where `run` does not say it."""
        if "_contract" not in cls.__dict__:
            cls._contract = _read_contract(cls)  # type: ignore[attr-defined]
        contract: Contract = cls._contract  # type: ignore[attr-defined]
        return contract

    @property
    def settings(self) -> dict[str, Any]:
        """The settings by name, params unresolved."""
        return {each.name: getattr(self, each.name) for each in fields(typing.cast(Any, self))}

    @property
    def depends_on(self) -> Mapping[str, Any]:
        """What else than its code, its settings, its inputs and its resources a visit depends on, as plain data or models.

        Part of what makes two steps equal: a node that reads a file when it is made has what it read here.
        """
        return {}

    @property
    def expressions(self) -> dict[str, Expr]:
        return {f"using_{name}": expr for name, expr in self.reading.items()}

    def rebuilt(self, parts: Sequence[Element], expressions: Mapping[str, Expr], settings: Mapping[str, Any]) -> Self:
        return self._changed(**settings, reading={name: expressions[f"using_{name}"] for name in self.reading})

    def described(self) -> dict[str, Any]:
        return {**super().described(), **({"writing": dict(self.writing)} if self.writing else {})}

    def reads(self) -> tuple[Read, ...]:
        found = []
        for spec in self.contract().reads:
            expr = self.reading.get(spec.parameter)
            direct = tuple(name for name in (spec.parameter, spec.or_else) if name)
            read = Read("", direct, (frozenset(direct),)) if expr is None else read_of("", expr)
            needed = read.needs if spec.required else ()
            found.append(replace(read, slot=spec.parameter, type=spec.type, needs=needed))
        return tuple(found)

    def writes(self) -> tuple[WriteSpec, ...]:
        return tuple(
            replace(spec, channel=replace(spec.channel, name=self.writing.get(spec.channel.name, spec.channel.name)))
            for spec in self.contract().writes
        )

    def paths(self, walk: Walk[S], state: S) -> S:
        walk.read(state)
        return walk.visit(state)

    def operation(self, build: Build) -> Operation:
        return build.visit()

    def using(self, **reads: Expr | str) -> Self:
        """This node with parameters pointed at other channels: `using(query=S.goal.text)`, or `using(query="question")`."""
        known = {read.parameter for read in self.contract().reads}
        _known_names(f"{self.kind}.using", reads, known, "reads")
        expressions = {name: Channel(source) if isinstance(source, str) else lift(source) for name, source in reads.items()}
        return self._changed(reading={**self.reading, **expressions})

    def into(self, **writes: str) -> Self:
        """This node with writes sent to other channels: `into(passages="lexical")`."""
        _known_names(f"{self.kind}.into", writes, {write.channel.name for write in self.contract().writes}, "writes")
        writing = {**self.writing, **writes}
        channels = [writing.get(write.channel.name, write.channel.name) for write in self.contract().writes]
        twice = sorted({channel for channel in channels if channels.count(channel) > 1})
        if twice:
            raise TypeError(f"{self.kind}.into sends two writes to {twice}: the first would be lost")
        return self._changed(writing=writing)

    def limits(self, *, timeout: float | None = None, retries: int = 0, wait: float = 0.1) -> Self:
        """This node with a time limit for each attempt in seconds, and further attempts after failed ones."""
        return self._changed(limit=Limits(timeout, retries, wait))

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.settings.items())
        return f"{type(self).__name__}({settings}){f'.named({self.label!r})' if self.label else ''}"


def channel_of(name: str, annotation: Any) -> ChannelSpec:
    """The channel that an annotation of a write declares."""
    merge = Merge.REPLACE
    if get_origin(annotation) is Annotated:
        annotation, *extras = get_args(annotation)
        merge = next((extra for extra in extras if isinstance(extra, Merge)), merge)
    return ChannelSpec(name, without_none(annotation), merge)


def without_none(annotation: Any) -> Any:
    """`T` for `T | None`, with a merge rule inside kept; other types unchanged."""
    if get_origin(annotation) in (typing.Union, types.UnionType):
        rest = [each for each in get_args(annotation) if each is not type(None)]
        if len(rest) == 1:
            return rest[0]
    return annotation


def is_port(annotation: Any) -> bool:
    """Whether a type is a port: a protocol that derives from `Port`."""
    return isinstance(annotation, type) and Port in annotation.__mro__ and annotation is not Port


def _read_contract(cls: type[Node]) -> Contract:
    run = cls.__dict__.get("run") or getattr(cls, "run", None)
    if run is None or not inspect.iscoroutinefunction(run):
        raise TypeError(f"{cls.__name__} needs 'async def run(self, ...) -> Writes': that is its contract")
    try:
        hints = typing.get_type_hints(run, localns=dict(cls._scope), include_extras=True)
    except NameError as error:
        raise TypeError(
            f"{cls.__name__}.run names a type that is not there ({error}): import it outside of TYPE_CHECKING"
        ) from None
    reads: list[ReadSpec] = []
    ports: list[PortSpec] = []
    visit = None
    settings = {each.name for each in fields(typing.cast(Any, cls))}
    for name, parameter in list(inspect.signature(run).parameters.items())[1:]:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise TypeError(f"{cls.__name__}.run names each channel that it reads: '{parameter}' does not")
        if name not in hints:
            raise TypeError(f"{cls.__name__}.run reads {name!r} without a type: annotate it")
        annotation, required = hints[name], parameter.default is parameter.empty
        if annotation is Visit:
            visit = name
        elif is_port(without_none(annotation)):
            optional = without_none(annotation) is not annotation
            ports.append(PortSpec(name, without_none(annotation), not optional, name if name in settings else None))
        else:
            or_else, optional = None, without_none(annotation)
            if get_origin(optional) is Annotated:
                annotation, *extras = get_args(optional)
                or_else = next((extra.name for extra in extras if isinstance(extra, OrElse)), None)
            reads.append(ReadSpec(name, annotation if required else without_none(annotation), required, or_else))
    returns = hints.get("return")
    if not (isinstance(returns, type) and issubclass(returns, Writes)):
        raise TypeError(
            f"{cls.__name__}.run returns a model that derives from Writes, not {returns!r}: its fields are what it writes"
        )
    return Contract(tuple(reads), tuple(ports), _write_specs(returns, cls._scope), returns, visit)


def _write_specs(returns: type[Writes], scope: Mapping[str, Any]) -> tuple[WriteSpec, ...]:
    hints = typing.get_type_hints(returns, localns=dict(scope), include_extras=True)
    specs = []
    for name, info in returns.model_fields.items():
        annotation = without_none(hints[name])
        specs.append(WriteSpec(channel_of(name, annotation), always=info.is_required()))
    return tuple(specs)


def _known_names(where: str, names: Mapping[str, Any], known: set[str], verb: str) -> None:
    unknown = sorted(set(names) - known)
    if unknown:
        raise TypeError(f"{where} does not know {unknown}: the node {verb} {sorted(known)}")


__all__ = ["Contract", "Limits", "Node", "OrElse", "PortSpec", "ReadSpec", "Visit", "WriteSpec", "Writes", "field"]
