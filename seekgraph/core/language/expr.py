"""Expressions over the state of a run: `S.verdict.score >= Float(0.5, 0.1, 0.9)`.

`S.name` is the channel `name`; attributes, comparisons and `& | ~` build a small immutable tree that can be read, checked,
printed, hold params, and be turned into a function of the ledger. Nothing is evaluated when the expression is written.

An expression's own attributes begin with an underscore: all other names are fields of the value that it stands for.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seekgraph.core.base.errors import ChannelMissing
from seekgraph.core.language.params import Param, value_of

Read = Callable[[str], Any]
"""Gives a channel's value, or raises `ChannelMissing`."""

Evaluate = Callable[[Read], Any]
"""An expression turned into a function of the state."""


class Expr:
    """Base of expressions. Compare with `==`, combine with `& | ~`; `and`, `or`, `not` and `if` raise a `TypeError`."""

    def _evaluator(self, values: Iterator[Any]) -> Evaluate:
        raise TypeError(f"{type(self).__name__} does not say how it is evaluated")

    def _parts(self) -> tuple[Expr, ...]:
        return ()

    def _with(self, params: Iterator[Param]) -> Expr:
        return self

    def __getattr__(self, name: str) -> Expr:
        if name.startswith("_"):
            raise AttributeError(name)
        return Attr(self, name)

    def __getitem__(self, key: str | int) -> Expr:
        return Attr(self, key)

    def __bool__(self) -> bool:
        raise TypeError(f"{self} is decided when the flow runs: use & | ~ in place of and, or, not")

    def __iter__(self) -> Iterator[Any]:
        raise TypeError(f"{self} is known only when the flow runs: use each({self}, ...) to go through its items")

    def __contains__(self, item: object) -> bool:
        raise TypeError(f"{self} is known only when the flow runs: let a node look into it")

    def __len__(self) -> int:
        raise TypeError(f"{self} is known only when the flow runs: use count({self})")

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> Expr:  # type: ignore[override]
        return Apply("==", (self, lift(other)))

    def __ne__(self, other: object) -> Expr:  # type: ignore[override]
        return Apply("!=", (self, lift(other)))

    def __lt__(self, other: object) -> Expr:
        return Apply("<", (self, lift(other)))

    def __le__(self, other: object) -> Expr:
        return Apply("<=", (self, lift(other)))

    def __gt__(self, other: object) -> Expr:
        return Apply(">", (self, lift(other)))

    def __ge__(self, other: object) -> Expr:
        return Apply(">=", (self, lift(other)))

    def __and__(self, other: object) -> Expr:
        return Apply("&", (self, lift(other)))

    def __or__(self, other: object) -> Expr:
        return Apply("|", (self, lift(other)))

    def __invert__(self) -> Expr:
        return Apply("~", (self,))

    def __add__(self, other: object) -> Expr:
        return Apply("+", (self, lift(other)))

    def __sub__(self, other: object) -> Expr:
        return Apply("-", (self, lift(other)))

    def __mul__(self, other: object) -> Expr:
        return Apply("*", (self, lift(other)))

    def __truediv__(self, other: object) -> Expr:
        return Apply("/", (self, lift(other)))

    def __radd__(self, other: object) -> Expr:
        return Apply("+", (lift(other), self))

    def __rsub__(self, other: object) -> Expr:
        return Apply("-", (lift(other), self))

    def __rmul__(self, other: object) -> Expr:
        return Apply("*", (lift(other), self))

    def __rtruediv__(self, other: object) -> Expr:
        return Apply("/", (lift(other), self))

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True, eq=False, repr=False)
class Channel(Expr):
    """The value of a channel."""

    _name: str

    def _evaluator(self, values: Iterator[Any]) -> Evaluate:
        name = self._name
        return lambda read: read(name)

    def __str__(self) -> str:
        return f"S.{self._name}"


@dataclass(frozen=True, eq=False, repr=False)
class Attr(Expr):
    """A field of a value (`_key` is its name), or an item of a tuple (`_key` is its position)."""

    _base: Expr
    _key: str | int

    def _evaluator(self, values: Iterator[Any]) -> Evaluate:
        base, key = self._base._evaluator(values), self._key
        if isinstance(key, int):
            return lambda read: base(read)[key]
        return lambda read: getattr(base(read), key)

    def _parts(self) -> tuple[Expr, ...]:
        return (self._base,)

    def _with(self, params: Iterator[Param]) -> Expr:
        return Attr(self._base._with(params), self._key)

    def __str__(self) -> str:
        return f"{self._base}.{self._key}" if isinstance(self._key, str) else f"{self._base}[{self._key}]"


@dataclass(frozen=True, eq=False, repr=False)
class Const(Expr):
    """A plain value."""

    _value: Any

    def _evaluator(self, values: Iterator[Any]) -> Evaluate:
        constant = self._value
        return lambda read: constant

    def __str__(self) -> str:
        return repr(self._value)


@dataclass(frozen=True, eq=False, repr=False)
class Tunable(Expr):
    """A param inside an expression."""

    _param: Param

    def _evaluator(self, values: Iterator[Any]) -> Evaluate:
        value = next(values)
        return lambda read: value

    def _with(self, params: Iterator[Param]) -> Expr:
        return Tunable(next(params))

    def __str__(self) -> str:
        return f"<{self._param.kind}{f' {self._param.name}' if self._param.name else ''}>"


@dataclass(frozen=True, eq=False, repr=False)
class Apply(Expr):
    """An operation on expressions; `&`, `|` and `when` evaluate only the operands that decide."""

    _operation: str
    _operands: tuple[Expr, ...]

    def _evaluator(self, values: Iterator[Any]) -> Evaluate:
        functions = [operand._evaluator(values) for operand in self._operands]
        return COMBINE[self._operation](*functions)

    def _parts(self) -> tuple[Expr, ...]:
        return self._operands

    def _with(self, params: Iterator[Param]) -> Expr:
        return Apply(self._operation, tuple(operand._with(params) for operand in self._operands))

    def __str__(self) -> str:
        if self._operation == "~":
            return f"~({self._operands[0]})"
        if self._operation in ("count", "when", "otherwise"):
            return f"{self._operation}({', '.join(map(str, self._operands))})"
        return f"({self._operands[0]} {self._operation} {self._operands[1]})"


def _binary(function: Callable[[Any, Any], Any]) -> Callable[..., Evaluate]:
    return lambda left, right: lambda read: function(left(read), right(read))


def _otherwise(first: Evaluate, second: Evaluate) -> Evaluate:
    def evaluate(read: Read) -> Any:
        try:
            return first(read)
        except ChannelMissing:
            return second(read)

    return evaluate


COMBINE: Mapping[str, Callable[..., Evaluate]] = {
    "==": _binary(operator.eq),
    "!=": _binary(operator.ne),
    "<": _binary(operator.lt),
    "<=": _binary(operator.le),
    ">": _binary(operator.gt),
    ">=": _binary(operator.ge),
    "+": _binary(operator.add),
    "-": _binary(operator.sub),
    "*": _binary(operator.mul),
    "/": _binary(operator.truediv),
    "&": lambda left, right: lambda read: bool(left(read)) and bool(right(read)),
    "|": lambda left, right: lambda read: bool(left(read)) or bool(right(read)),
    "~": lambda inner: lambda read: not inner(read),
    "count": lambda items: lambda read: len(items(read)),
    "when": lambda test, then, other: lambda read: then(read) if test(read) else other(read),
    "otherwise": _otherwise,
}


class State:
    """`S`: the state of a run, whose attributes are its channels."""

    def __getattr__(self, name: str) -> Expr:
        if name.startswith("_"):
            raise AttributeError(name)
        return Channel(name)

    def __getitem__(self, name: str) -> Expr:
        return Channel(name)


S = State()


def lift(value: object) -> Expr:
    """An expression for a plain value or a param; an expression stays as it is."""
    if isinstance(value, Expr):
        return value
    return Tunable(value) if isinstance(value, Param) else Const(value)


def count(items: Expr) -> Expr:
    """How many items a collection has: `count(S.passages) >= 5`."""
    return Apply("count", (lift(items),))


def when(condition: Expr, then: object, otherwise: object) -> Expr:
    """`then` where `condition` holds, else `otherwise`: a routing policy is `when(S.verdict.score >= 0.5, "done", "more")`."""
    return Apply("when", (lift(condition), lift(then), lift(otherwise)))


def otherwise(first: Expr, second: object) -> Expr:
    """`first` where its channels have been written, else `second`."""
    return Apply("otherwise", (lift(first), lift(second)))


def walk(expr: Expr) -> Iterator[Expr]:
    """`expr` and all its parts, in the order of writing."""
    yield expr
    for part in expr._parts():
        yield from walk(part)


def channels(expr: Expr) -> tuple[str, ...]:
    """The channels that `expr` may read, each once, in the order of writing."""
    return tuple(dict.fromkeys(part._name for part in walk(expr) if isinstance(part, Channel)))


def first_channel(expr: Expr) -> str:
    """The first channel of `expr`; "" where it reads none."""
    return next(iter(channels(expr)), "")


def has_choice(expr: Expr) -> bool:
    """Whether `expr` can do without some of its channels: whether there is an `otherwise` in it."""
    return any(isinstance(part, Apply) and part._operation == "otherwise" for part in walk(expr))


def params(expr: Expr) -> tuple[Param, ...]:
    """The params in `expr`, in the order of writing."""
    return tuple(part._param for part in walk(expr) if isinstance(part, Tunable))


def with_params(expr: Expr, others: Iterable[Param]) -> Expr:
    """`expr` with other params in the places of its own, in their order."""
    return expr._with(iter(others))


def evaluator(expr: Expr, values: Sequence[Any] | None = None) -> Evaluate:
    """`expr` as a function of the state. `values` stand for its `params`, in their order; without them each has its own value."""
    return expr._evaluator(iter([value_of(param) for param in params(expr)] if values is None else values))
