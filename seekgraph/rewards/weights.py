"""Weights as params: the numbers of a formula, by name, to be listed and varied.

    search = Float(0.8, 0, 1, name="gain") * support_gain + 0.2 * novelty
    search.params()                              # {"gain": 0.8 in [0, 1]}
    search.with_params({"gain": 0.5})            # another reward, 0.5 * support_gain + 0.2 * novelty

    inforage(extra=Float(0.2, 0, 1)).params()    # {"inforage.extra": ...}

A number that is declared as a param stays one in whatever is made of the reward. Nothing is changed in place: a reward with
other values is made again, by the same functions from the same parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import wraps
from inspect import BoundArguments, Signature, signature
from typing import Any, ParamSpec, Self, TypeVar

from seekgraph.core.base.errors import ParamError
from seekgraph.core.language.params import Param, value_of

P = ParamSpec("P")
R = TypeVar("R", bound="Tunable")


@dataclass(frozen=True)
class Made:
    """What a reward was made by, and from: all arguments by name, with params and rewards that hold some among them.

    `maker` stands in a module, so that this can be pickled.
    """

    maker: Callable[..., Any]
    arguments: Mapping[str, Any]

    def again(self, change: Callable[[str, Any], Any]) -> Any:
        """The same made from changed arguments; `change` is given what an argument is called as a param, and the argument."""
        changed = {argument: change(self.full(argument), each) for argument, each in self.arguments.items()}
        bound = BoundArguments(signature(self.maker), changed)
        return self.maker(*bound.args, **bound.kwargs)

    def full(self, argument: str) -> str:
        """What an argument is called as a param; "" in a sum or a product, where only a name of its own tells it from others."""
        name = self.maker.__name__
        return "" if name.startswith("_") else f"{name}.{argument}"


@dataclass(frozen=True, kw_only=True)
class Tunable:
    """Something whose numbers may be params. `made` is how it came about, where there are any."""

    made: Made | None = field(default=None, repr=False, compare=False)

    def params(self) -> dict[str, Param]:
        """Every param by name, with its current value: `MAKER.ARGUMENT`, or the name that it was given.

        Params with one name are one param, wherever they stand. Raises `ParamError` where they differ, and for a number of a
        sum or a product that has no name.
        """
        found: dict[str, Param] = {}
        for name, param in _params(self):
            if found.setdefault(name, param) != param:
                raise ParamError(f"two params of a reward are called {name!r} and differ: give one a name of its own, name='...'")
        return found

    def with_params(self, values: Mapping[str, Any]) -> Self:
        """The same with other values of params; a name that was given with `named` stays. Raises `ParamError` for unknown names
        and for values outside of a param's domain, and what the makers raise.
        """
        params = self.params()
        if unknown := sorted(set(values) - set(params)):
            raise ParamError(f"the reward has no params {unknown}; it has {sorted(params) or 'none'}")
        new = {name: params[name].with_value(value_of(value)) for name, value in values.items()}
        return self if not new else _with(self, new)


def tunable(maker: Callable[P, R]) -> Callable[P, R]:
    """Let a function that makes rewards take params in the place of plain values: `inforage(extra=Float(0.2, 0, 1))`.

    The maker itself gets plain values. A default may be a param too: so a constant that a paper does not tell can be varied
    without being declared. The reward's name tells the values of params that differ from the defaults: `inforage(extra=0.3)`.
    """
    return _taking_params(maker, tell=True)


def formula(maker: Callable[P, R]) -> Callable[P, R]:
    """`tunable`, for a maker whose rewards tell all their numbers in their names anyway."""
    return _taking_params(maker, tell=False)


def _taking_params(maker: Callable[P, R], tell: bool) -> Callable[P, R]:
    shape = signature(maker)

    @wraps(maker)
    def made(*args: P.args, **kwargs: P.kwargs) -> R:
        given = shape.bind(*args, **kwargs)
        given.apply_defaults()
        how = Made(made, dict(given.arguments))
        for name, each in how.arguments.items():
            given.arguments[name] = value_of(each)
        reward = maker(*given.args, **given.kwargs)
        changes = {"name": f"{reward.name}{_changed_params(how, shape)}"} if tell else {}  # type: ignore[attr-defined]
        whole = replace(reward, made=how, **changes)
        return whole if whole.params() else replace(whole, made=None)  # raises for params that cannot be told apart

    return made


def _changed_params(how: Made, shape: Signature) -> str:
    """The values of params that differ from the defaults."""
    values = [
        f"{name}={_short(each)}"
        for name, each in how.arguments.items()
        if isinstance(each, Param) and value_of(each) != value_of(shape.parameters[name].default)
    ]
    return f"({', '.join(values)})" if values else ""


def _params(thing: Tunable) -> Iterator[tuple[str, Param]]:
    if thing.made is not None:
        for argument, each in thing.made.arguments.items():
            yield from _within(thing.made.full(argument), each)


def _within(name: str, argument: Any) -> Iterator[tuple[str, Param]]:
    """The params in an argument: itself, those of a reward, or of the rewards in a tuple, a list or the values of a mapping."""
    if isinstance(argument, Param):
        if not (argument.name or name):
            raise ParamError(f"a number in a formula needs a name to be found by: Float({argument.value}, low, high, name='...')")
        yield argument.name or name, argument
    elif isinstance(argument, Tunable):
        yield from _params(argument)
    else:
        for each in _items(argument):
            if isinstance(each, Tunable):
                yield from _params(each)


def _with(thing: Any, values: Mapping[str, Param]) -> Any:
    if thing.made is None or values.keys().isdisjoint(name for name, _ in _params(thing)):
        return thing

    def changed(name: str, argument: Any) -> Any:
        if isinstance(argument, Param):
            return values.get(argument.name or name, argument)
        if isinstance(argument, Tunable):
            return _with(argument, values)
        if not any(isinstance(each, Tunable) for each in _items(argument)):
            return argument
        if isinstance(argument, Mapping):
            return {key: changed("", each) for key, each in argument.items()}
        return tuple(changed("", each) for each in argument)

    return thing.made.again(changed)


def _items(argument: Any) -> Iterator[Any]:
    if isinstance(argument, Mapping):
        yield from argument.values()
    elif isinstance(argument, tuple | list):
        yield from argument


def _short(param: Param) -> str:
    value = value_of(param)
    return f"{value:g}" if isinstance(value, float) else str(getattr(value, "name", value))
