"""Elements: what flows are made of. Nodes and combinators are elements; `a >> b` runs one after the other.

An element answers for itself: what it holds, what its expressions and settings are, what it reads and writes, which paths lead
through it, what is wrong with it, and how it runs. Nothing else in the package knows which combinators there are, so one of your
own is a class like ours:

    class Twice(Combinator):                           # its fields say what it holds, evaluates, and may be tuned
        body: Element
        pause: float = Float(0.0, 0.0, 1.0)

        def paths(self, walk, state):                  # the body runs, and runs again
            walk.read(state)
            return walk.again(0, state)

        def operation(self, build):                    # an object with `async def run(self, frame)`
            return TwiceOp(build.part(), build.setting("pause"))

`Seq` and `Pick` stand here because elements are put together by them: `>>` makes the one, a `Choice` in a flow the other.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self, cast, dataclass_transform

from seekgraph.core.frame.frame import Frame
from seekgraph.core.frame.operation import Operation
from seekgraph.core.language.contract import Build, Read, S, Walk, WriteSpec, read_of
from seekgraph.core.language.expr import Expr
from seekgraph.core.language.params import ChoiceParam, Param, to_plain
from seekgraph.core.language.settings import problems_of_settings
from seekgraph.core.language.typing_rules import Problem
from seekgraph.core.record.ledger import ChannelSpec
from seekgraph.core.record.scoring import name_of

Parts = tuple[tuple[str, "Element"], ...]
"""The elements directly inside an element, each with what it is there ("body", a branch's label, a position)."""


class Element:
    """A step or a structure of steps. Immutable: methods return a changed copy.

    `kind` names what it is; `label` is the name that the user gave it, or None. And of a kind:

    - `own_ledger`: what its parts write is not seen outside of it;
    - `ends`: each of its runs comes to its last part and ends with it;
    - `repeats`: its parts run again and again, and see what they have written;
    - `scored`: a reward looks at the steps of its parts while the flow runs;
    - `for_trace`: what it writes is also for who reads the trace, so that no other step has to read it.
    """

    kind: ClassVar[str] = "element"
    own_ledger: ClassVar[bool] = False
    ends: ClassVar[bool] = False
    repeats: ClassVar[bool] = False
    scored: ClassVar[bool] = False
    for_trace: ClassVar[bool] = False
    label: str | None = None

    def named(self, name: str) -> Self:
        """This element under a name of its own. Names appear in paths, which are how params and steps are found."""
        if not name or any(character in name for character in "/.@ \n"):
            raise ValueError(f"a name is one word without '/', '.', '@' or blanks, not {name!r}")
        return self._changed(label=name)

    # --- what it is made of

    @property
    def parts_by_label(self) -> Parts:
        """The elements directly inside."""
        return ()

    @property
    def expressions(self) -> dict[str, Expr]:
        """The expressions by slot."""
        return {}

    @property
    def settings(self) -> dict[str, Any]:
        """The settings by slot: params and plain values."""
        return {}

    def rebuilt(self, parts: Sequence[Element], expressions: Mapping[str, Expr], settings: Mapping[str, Any]) -> Self:
        """This element with other parts (all of them, in their order), expressions (all) and settings (those that change)."""
        raise NotImplementedError

    def taken(self, params: Mapping[str, Param]) -> Sequence[int]:
        """The numbers of the parts that can run at all with these params, by slot: of a choice the one that is chosen."""
        return range(len(self.parts_by_label))

    def described(self) -> dict[str, Any]:
        """What tells it from others of its kind, as plain data for the fingerprint: without params, expressions and parts."""
        return {"settings": {slot: to_plain(value) for slot, value in self.settings.items() if not isinstance(value, Param)}}

    # --- what it does to the ledger

    def reads(self) -> tuple[Read, ...]:
        """What it reads itself, its parts apart."""
        return tuple(read_of(slot, expr) for slot, expr in self.expressions.items())

    def writes(self) -> tuple[WriteSpec, ...]:
        """What it writes itself to the ledger around it, its parts apart."""
        return ()

    def channels(self, known: Mapping[str, Any]) -> dict[str, Any]:
        """The channels that it writes for its parts alone, with their types, where those of other channels are `known`."""
        return {}

    def declares(self) -> tuple[ChannelSpec, ...]:
        """Those channels among them whose type and merge rule nodes that write them, too, have to agree with."""
        return ()

    def paths(self, walk: Walk[S], state: S) -> S:
        """Every path through it, from the state before it: gives the state after it.

        As it stands here, each of its parts may run or not, in any order. A path that is promised there has to be one that a run
        can take, and a channel that is promised to be written has to be written on every path.
        """
        walk.read(state)
        ends = [walk.part(number, walk.step(state, label)) for number, (label, _) in enumerate(self.parts_by_label)]
        return walk.either([*ends, walk.step(state, "none")], state) if ends else walk.visit(state)

    def problems(self, known: Mapping[str, Any]) -> Iterator[Problem]:
        """What is wrong with it, where the types of the channels that it reads are `known`. Its reads are checked without it."""
        return iter(())

    def setting_problems(self) -> Iterator[Problem]:
        """What is wrong with its settings: against the annotations of its class, and the domains that are declared there."""
        return problems_of_settings(type(self), self.settings)

    # --- how it runs

    def operation(self, build: Build) -> Operation:
        """What it does to a frame."""
        raise TypeError(f"{build.path}: a {type(self).__name__} cannot run: it needs a method 'operation'")

    def records(self) -> dict[str, dict[str, Any] | None]:
        """What a replay may put in the place of what its own steps record: types by channel, and "decision" for a decision.

        Steps are told apart by what stands behind its path: "" for those under the path itself, "score" for PATH.score. None
        stands for anything.
        """
        return {}

    # --- put together

    def __rshift__(self, other: Any) -> Seq:
        return _sequence(self, other)

    def __rrshift__(self, other: Any) -> Seq:
        return _sequence(other, self)

    def _changed(self, **attributes: Any) -> Self:
        other = copy.copy(self)
        for name, value in attributes.items():
            object.__setattr__(other, name, value)
        return other


@dataclass_transform(kw_only_default=False, frozen_default=True, eq_default=False)
class Combinator(Element):
    """Base of combinators: a frozen dataclass whose fields say what it is made of.

    A field that holds an element, or several in a tuple (with or without labels), is a part; an expression, or several with
    names, is an expression; all else is a setting, which may be a param.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "kind" not in cls.__dict__:
            cls.kind = cls.__name__.lower()
        dataclass(frozen=True, eq=False)(cls)

    @property
    def parts_by_label(self) -> Parts:
        found: list[tuple[str, Element]] = []
        for name, value in self._fields():
            if isinstance(value, Element):
                found.append((name, value))
            elif _all(value, Element):
                found += [(str(number), part) for number, part in enumerate(value)]
            elif _labelled(value, Element):
                found += value
        return tuple(found)

    @property
    def expressions(self) -> dict[str, Expr]:
        found: dict[str, Expr] = {}
        for name, value in self._fields():
            if isinstance(value, Expr):
                found[name] = value
            elif _labelled(value, Expr):
                found |= {f"{name}_{label}": expr for label, expr in value}
        return found

    @property
    def settings(self) -> dict[str, Any]:
        return {name: value for name, value in self._fields() if not _structure(value)}

    def rebuilt(self, parts: Sequence[Element], expressions: Mapping[str, Expr], settings: Mapping[str, Any]) -> Self:
        rest = iter(parts)
        changed: dict[str, Any] = dict(settings)
        for name, value in self._fields():
            if isinstance(value, Element):
                changed[name] = next(rest)
            elif isinstance(value, Expr):
                changed[name] = expressions[name]
            elif _all(value, Element):
                changed[name] = tuple(next(rest) for _ in value)
            elif _labelled(value, Element):
                changed[name] = tuple((label, next(rest)) for label, _ in value)
            elif _labelled(value, Expr):
                changed[name] = tuple((label, expressions[f"{name}_{label}"]) for label, _ in value)
        return self._changed(**changed)

    def described(self) -> dict[str, Any]:
        plain = {slot: value for slot, value in self.settings.items() if not isinstance(value, Param)}
        settings = {slot: name_of(value) if callable(value) else to_plain(value) for slot, value in plain.items()}
        labels = {name: [label for label, _ in value] for name, value in self._fields() if _labelled(value, Element)}
        return {"settings": settings, **labels}

    def _fields(self) -> Iterator[tuple[str, Any]]:
        return ((each.name, getattr(self, each.name)) for each in fields(cast(Any, self)))


def _all(value: Any, kind: type) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(each, kind) for each in value)


def _labelled(value: Any, kind: type) -> bool:
    pairs = isinstance(value, tuple) and bool(value) and all(isinstance(each, tuple) and len(each) == 2 for each in value)
    return pairs and all(isinstance(label, str) and isinstance(each, kind) for label, each in value)


def _structure(value: Any) -> bool:
    return isinstance(value, Element | Expr) or any(held(value, kind) for held in (_all, _labelled) for kind in (Element, Expr))


class Seq(Combinator):
    """Parts one after the other. An empty one does nothing."""

    ends = True
    parts: tuple[Element, ...] = ()

    @property
    def settings(self) -> dict[str, Any]:
        return {}

    def paths(self, walk: Walk[S], state: S) -> S:
        for number in range(len(self.parts)):
            state = walk.part(number, state)
        return state

    def operation(self, build: Build) -> Operation:
        return SeqOp(build.parts())


@dataclass(slots=True)
class SeqOp:
    """Parts one after the other."""

    parts: tuple[Operation, ...]

    async def run(self, frame: Frame) -> None:
        for part in self.parts:
            await part.run(frame)


class Pick(Combinator):
    """One of several elements, as a param: what a `Choice` of flows becomes inside a flow."""

    kind = "choice"
    choice: ChoiceParam

    @property
    def options(self) -> Parts:
        """The elements by label."""
        return tuple((label, as_element(option)) for label, option in self.choice.options)

    @property
    def parts_by_label(self) -> Parts:
        return self.options

    def rebuilt(self, parts: Sequence[Element], expressions: Mapping[str, Expr], settings: Mapping[str, Any]) -> Self:
        labels = [label for label, _ in self.choice.options]
        choice = settings.get("choice", self.choice)
        return self._changed(choice=replace(choice, options=tuple(zip(labels, parts, strict=True))))

    def taken(self, params: Mapping[str, Param]) -> Sequence[int]:
        return ([label for label, _ in self.options].index(params["choice"].value),)

    def paths(self, walk: Walk[S], state: S) -> S:
        walk.read(state)
        return walk.either([walk.part(n, walk.step(state, label)) for n, (label, _) in enumerate(self.options)], state)

    def operation(self, build: Build) -> Operation:
        return build.part([label for label, _ in self.options].index(build.chosen("choice")))


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
