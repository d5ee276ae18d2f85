"""Params: whatever may be tuned, with its domain and its current value.

`Int`, `Float`, `Choice`, `Switch`, `Text`, `Demos` and `Fitted` are written where a plain value could stand:

    k: int = Int(8, low=1, high=100)             # in a node class: tunable unless the user fixes it
    Retrieve("corpus", k=12)                     # fixed
    until=S.verdict.score >= Float(0.5, 0.1, 0.9)

They are typed as `Any`, so that an editor sees the value's own type, and return one of the `Param` classes below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json

from seekgraph.core.base.errors import ParamError
from seekgraph.core.base.identity import in_order


@dataclass(frozen=True)
class Param:
    """A tunable value. `value` is the current one, `name` a name of its own where the place alone would not tell.

    Subclasses give `check` (a value as the domain holds it, or `ParamError`), the value's JSON form, and the `domain` as plain
    data, which is part of a flow's fingerprint.
    """

    kind: ClassVar[str] = "param"
    value: Any
    name: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", self.check(self.value))

    def check(self, value: Any) -> Any:
        """`value` in the domain's own form; raises `ParamError` when it lies outside."""
        return value

    def domain(self) -> dict[str, JsonValue]:
        """The domain as plain data, without the current value."""
        return {"kind": self.kind}

    def to_json(self) -> JsonValue:
        """The current value as JSON."""
        plain: JsonValue = self.value
        return plain

    def from_json(self, data: JsonValue) -> Param:
        """This param with a value that `to_json` made."""
        return self.with_value(data)

    def with_value(self, value: Any) -> Param:
        """This param with another current value; raises `ParamError` when it lies outside the domain."""
        return replace(self, value=value)

    def _refuse(self, value: Any, expected: str) -> ParamError:
        return ParamError(f"{self.kind} param{f' {self.name!r}' if self.name else ''} takes {expected}, not {value!r}")


@dataclass(frozen=True)
class IntParam(Param):
    """A whole number in [low, high]; `log` searches on a logarithmic scale."""

    kind: ClassVar[str] = "int"
    low: int = 0
    high: int = 0
    log: bool = False

    def check(self, value: Any) -> int:
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not self.low <= value <= self.high:
            raise self._refuse(value, f"a whole number from {self.low} to {self.high}")
        return int(value)

    def __post_init__(self) -> None:
        _positive(self.low, self.log)
        super().__post_init__()

    def domain(self) -> dict[str, JsonValue]:
        return {"kind": self.kind, "low": self.low, "high": self.high, "log": self.log}


@dataclass(frozen=True)
class FloatParam(Param):
    """A number in [low, high]; `log` searches on a logarithmic scale."""

    kind: ClassVar[str] = "float"
    low: float = 0.0
    high: float = 0.0
    log: bool = False

    def check(self, value: Any) -> float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not self.low <= value <= self.high:  # not-a-number is in no interval
            raise self._refuse(value, f"a number from {self.low} to {self.high}")
        return float(value)

    def __post_init__(self) -> None:
        _positive(self.low, self.log)
        super().__post_init__()

    def domain(self) -> dict[str, JsonValue]:
        return {"kind": self.kind, "low": self.low, "high": self.high, "log": self.log}


@dataclass(frozen=True)
class SwitchParam(Param):
    """On or off."""

    kind: ClassVar[str] = "switch"

    def check(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise self._refuse(value, "True or False")
        return value


@dataclass(frozen=True)
class ChoiceParam(Param):
    """One of a few options. The value is the option's label; `options` maps labels to what they stand for.

    Scalars are their own labels. Sub-flows are labelled by their name.
    """

    kind: ClassVar[str] = "choice"
    options: tuple[tuple[str, Any], ...] = ()

    def check(self, value: Any) -> str:
        for label, option in self.options:
            if label == value or (type(option) is type(value) and _is_scalar(option) and option == value):
                return label
        raise self._refuse(value, f"one of {[label for label, _ in self.options]}")

    @property
    def chosen(self) -> Any:
        """What the current label stands for."""
        return dict(self.options)[self.value]

    def domain(self) -> dict[str, JsonValue]:
        return {"kind": self.kind, "options": [label for label, _ in self.options]}


@dataclass(frozen=True)
class TextParam(Param):
    """A text, such as an instruction. `variants` are written alternatives that a compiler may choose from."""

    kind: ClassVar[str] = "text"
    variants: tuple[str, ...] = ()

    def check(self, value: Any) -> str:
        if not isinstance(value, str):
            raise self._refuse(value, "a text")
        return value

    def domain(self) -> dict[str, JsonValue]:
        return {"kind": self.kind}  # texts may be edited: an artifact holds the one that was chosen


@dataclass(frozen=True)
class DemosParam(Param):
    """Demonstrations: at most `most` pairs of what a node read and what it should write, both as plain data."""

    kind: ClassVar[str] = "demos"
    most: int = 4

    def check(self, value: Any) -> tuple[Mapping[str, JsonValue], ...]:
        if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(demo, Mapping) for demo in value):
            raise self._refuse(value, "a sequence of mappings")
        if len(value) > self.most:
            raise self._refuse(f"{len(value)} demonstrations", f"at most {self.most}")
        try:
            return tuple(from_json(to_json(demo)) for demo in value)  # as an artifact gives them back
        except PydanticSerializationError as error:
            raise self._refuse("something without a JSON form", f"plain data ({error})") from None

    def domain(self) -> dict[str, JsonValue]:
        return {"kind": self.kind, "most": self.most}

    def to_json(self) -> JsonValue:
        return [dict(demo) for demo in self.value]


@dataclass(frozen=True)
class FittedParam(Param):
    """A small trained component: a pydantic model of plain numbers, or None as long as nothing has been fitted."""

    kind: ClassVar[str] = "fitted"
    model: type[BaseModel] = BaseModel

    def check(self, value: Any) -> BaseModel | None:
        if value is None or isinstance(value, self.model):
            return value
        try:
            return self.model.model_validate(value)
        except ValidationError as error:
            raise self._refuse(
                "something else", f"a {self.model.__name__} or None ({error.error_count()} errors: {error})"
            ) from None

    def domain(self) -> dict[str, JsonValue]:
        return {"kind": self.kind, "model": self.model.__name__, "fields": [*sorted(self.model.model_fields)]}

    def to_json(self) -> JsonValue:
        return None if self.value is None else self.value.model_dump(mode="json")


def Int(default: int, low: int, high: int, *, log: bool = False, name: str | None = None) -> Any:
    """A whole number from `low` to `high`, both included."""
    return IntParam(default, name, low, high, log)


def Float(default: float, low: float, high: float, *, log: bool = False, name: str | None = None) -> Any:
    """A number from `low` to `high`, both included."""
    return FloatParam(default, name, low, high, log)


def Switch(default: bool, *, name: str | None = None) -> Any:
    """On or off."""
    return SwitchParam(default, name)


def Choice(*options: Any, default: Any = None, name: str | None = None) -> Any:
    """One of `options`; the first is the default.

    Options are scalars (a model's name, a retriever's resource name, a number) or flows and nodes. As a step of a flow, a choice
    of flows runs the chosen one.
    """
    if len(options) < 2:
        raise ParamError("a choice needs at least two options")
    labelled = tuple((_label(option), option) for option in options)
    labels = [label for label, _ in labelled]
    if len(set(labels)) != len(labels):
        raise ParamError(f"the options of a choice need different names, these are {labels}: use .named(...)")
    return ChoiceParam(labels[0] if default is None else _label(default), name, labelled)


def Text(default: str, *, variants: Sequence[str] = (), name: str | None = None) -> Any:
    """A text, such as an instruction, with written variants to choose from."""
    return TextParam(default, name, tuple(variants))


def Demos(default: Sequence[Mapping[str, JsonValue]] = (), *, most: int = 4, name: str | None = None) -> Any:
    """Demonstrations for a node, none to begin with."""
    return DemosParam(tuple(default), name, most)


def Fitted(model: type[BaseModel], default: BaseModel | None = None, *, name: str | None = None) -> Any:
    """A component that a compiler fits; `default` serves until then."""
    return FittedParam(default, name, model)


def value_of(setting: Any) -> Any:
    """The plain value behind a setting: a param's current value (a choice's chosen option), or the setting itself."""
    if isinstance(setting, ChoiceParam):
        return setting.chosen
    return setting.value if isinstance(setting, Param) else setting


def to_plain(value: Any) -> JsonValue:
    """Any setting as plain data, for fingerprints: the same in every process. Functions and classes stand for their names.

    Raises `ParamError` for an object that only its address tells from others: give it a name, or make it a model.
    """
    try:
        plain: JsonValue = from_json(to_json(in_order(value), fallback=_named))
    except PydanticSerializationError as error:
        raise ParamError(str(error)) from None
    return plain


def _named(value: Any) -> JsonValue:
    name = getattr(value, "__qualname__", None)
    if isinstance(name, str):
        return f"{value.__module__}:{name}"
    if isinstance(getattr(value, "identity", None), str):
        return str(value.identity)
    raise ParamError(f"a setting is plain data, a model, a function or a class, not {value!r}: that would differ in each process")


def _positive(low: float, log: bool) -> None:
    if log and low <= 0:
        raise ParamError(f"a logarithmic scale begins above 0, not at {low}")


def _is_scalar(option: Any) -> bool:
    return option is None or isinstance(option, str | int | float | bool)


def _label(option: Any) -> str:
    if _is_scalar(option):
        return option if isinstance(option, str) else repr(option)
    label = getattr(option, "label", None) or getattr(option, "name", None)
    if not isinstance(label, str):
        raise ParamError(f"{option!r} has no name to be chosen by: use .named(...) or a scalar")
    return label
