"""Settings as they are written down, against what their class declares: the annotation, and the domain where there is one."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError

from seekgraph.core.base.errors import ParamError
from seekgraph.core.language.params import ChoiceParam, FloatParam, IntParam, Param
from seekgraph.core.language.typing_rules import Problem, type_name

_ITEMS = (list, tuple, set, frozenset)


def problems_of_settings(kind: type, settings: Mapping[str, Any]) -> Iterator[Problem]:
    """The settings whose values the class `kind` does not take. A value that is the class's own default is never wrong.

    A value has to lie in the declared domain (`k: int = Int(8, 1, 100)`), or else to be of the annotated type. One above the
    domain is a warning: the domain is also the range in which a compile looks for better ones.
    """
    for slot, value in settings.items():
        declared = getattr(kind, slot, None)
        if value is not declared:
            yield from _domain(slot, value, declared) if isinstance(declared, Param) else _annotation(kind, slot, value)


def _domain(slot: str, value: Any, declared: Param) -> Iterator[Problem]:
    for one in _values(value):
        if isinstance(declared, IntParam | FloatParam) and _number(one) and one > declared.high and _whole(one, declared):
            message = f"{slot}={one!r} lies above {declared.high}, the upper end of the range in which it is tuned"
            hint = f"say so with a range of your own: {slot}={type(declared).__name__[:-5]}({one!r}, {declared.low}, {one!r})"
            if not isinstance(value, Param):
                yield Problem("setting-out-of-range", message, hint, "warning")
            continue
        try:
            declared.check(one)
        except ParamError as error:
            expected = str(error).partition(" takes ")[2]
            yield Problem("wrong-setting", f"{slot} takes {expected}", f"its default is {slot}={declared.value!r}")
            return


def _annotation(kind: type, slot: str, value: Any) -> Iterator[Problem]:
    adapter = _adapter(kind, slot)
    if adapter is None or (isinstance(value, Param) and _fits(adapter, value)):
        return
    for one in _values(value):
        try:
            adapter.validate_python(one, strict=True)
        except ValidationError as error:
            if isinstance(one, _ITEMS) and _fits(adapter, one):
                continue
            wanted, why = type_name(_hints(kind)[slot]), error.errors()[0]["msg"]
            message = f"{slot} takes {wanted}, not {_brief(one)}: {why[0].lower()}{why[1:]}"
            default = getattr(kind, slot, None)
            yield Problem(
                "wrong-setting", message, f"its default is {slot}={default!r}" if default is not None else f"give a {wanted}"
            )
            return


def _fits(adapter: TypeAdapter[Any], items: Any) -> bool:
    """Whether a collection will do for one of another kind, as it does for `tuple[str, ...]` where a list is given."""
    try:
        adapter.validate_python(items)
    except ValidationError:
        return False
    return True


def _values(value: Any) -> list[Any]:
    """The values that a setting may come to have, as far as its type and bounds go."""
    if isinstance(value, ChoiceParam):
        return [option for _, option in value.options]
    if isinstance(value, IntParam | FloatParam):
        return [value.low, value.high, value.value]
    return [value.value] if isinstance(value, Param) else [value]


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whole(value: Any, declared: Param) -> bool:
    return isinstance(value, int) or isinstance(declared, FloatParam)


@cache
def _hints(kind: type) -> dict[str, Any]:
    """The annotations of a class; none where they name what is not there."""
    try:
        return typing.get_type_hints(kind, localns=dict(getattr(kind, "_scope", {})), include_extras=True)
    except Exception:  # annotations are the user's code: looking at them may raise anything
        return {}


@cache
def _adapter(kind: type, slot: str) -> TypeAdapter[Any] | None:
    """What validates a setting; None where its annotation says nothing that could be checked."""
    hint = _hints(kind).get(slot, Any)
    if hint is Any:
        return None
    try:
        return TypeAdapter(hint)
    except PydanticUserError:
        pass
    try:
        return TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True))
    except Exception:  # pydantic does not know such a type, and raises what it likes
        return None


def _brief(value: Any, most: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= most else text[:most] + "..."
