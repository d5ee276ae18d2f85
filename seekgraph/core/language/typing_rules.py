"""What fits what: the types of channels, of parameters and of expressions, seen without running anything.

A channel of one type may feed a parameter of another where the runner hands the value on or converts it:

- a class fits its bases, `int` fits `float`, everything fits `Any`, and a type variable stands for `Any`;
- each member of a union has to fit what is wanted, and has to fit one member of it;
- lists, tuples and other sequences of fitting items are interchangeable, and so are mappings; a text is no sequence;
- a `Value` takes what its `made_from` names: `str` fits `Query`.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import types
import typing
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping, MutableSequence, Sequence, Set
from typing import Annotated, Any, ForwardRef, Literal, NamedTuple, NewType, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel

from seekgraph.core.language.expr import Apply, Attr, Channel, Const, Expr, Tunable
from seekgraph.core.language.params import ChoiceParam, DemosParam, FittedParam, FloatParam, IntParam, SwitchParam, TextParam
from seekgraph.types import Value

NOTHING = type(None)
LISTS: tuple[Any, ...] = (list, tuple, Sequence, MutableSequence, Collection, Iterable)
SETS: tuple[Any, ...] = (set, frozenset, Set)
MAPS: tuple[Any, ...] = (dict, Mapping, MutableMapping)
PARAMS: Mapping[Any, Any] = {IntParam: int, FloatParam: float, SwitchParam: bool, TextParam: str, DemosParam: tuple[Any, ...]}


class Problem(NamedTuple):
    """What is wrong with an expression or an element, and how to fix it.

    `step` is the branch that it is about, `channel` the channel, both "" where it is about none.
    """

    code: str
    message: str
    hint: str
    severity: Literal["error", "warning"] = "error"
    step: str = ""
    channel: str = ""


def members(kind: Any) -> tuple[Any, ...]:
    """The types that a type stands for: the members of a union and the values of a `Literal`, one by one."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif isinstance(kind, NewType):
            kind = kind.__supertype__
        elif type(kind).__name__ == "TypeAliasType":
            kind = kind.__value__
        else:
            break
    if get_origin(kind) in (Union, types.UnionType):
        return tuple(dict.fromkeys(member for part in get_args(kind) for member in members(part)))
    if get_origin(kind) is Literal:
        return tuple(Literal[value] for value in get_args(kind))
    return (NOTHING if kind is None else kind,)


def union(kinds: Iterable[Any]) -> Any:
    """One type for several; `Any` for none, and where one of them is unknown."""
    several = tuple(dict.fromkeys(member for kind in kinds for member in members(kind)))
    return Union[several] if several and not any(map(unknown, several)) else Any  # noqa: UP007 (made at run time)


def known_union(kinds: Iterable[Any]) -> Any:
    """One type for those of several about which something is known; `Any` where there is none."""
    return union(kind for kind in kinds if not (kind is None or unknown(kind) or unknown(item_type(kind))))


def without_nothing(kind: Any) -> Any:
    """The type without `None`."""
    return union(member for member in members(kind) if member is not NOTHING) if NOTHING in members(kind) else kind


def unknown(kind: Any) -> bool:
    """Whether nothing is known about a type."""
    return kind is Any or isinstance(kind, TypeVar | ForwardRef | str)


def type_name(kind: Any) -> str:
    """A type as a person writes it: `tuple[Passage, ...]`, `str | None`."""
    if kind is None or kind is NOTHING:
        return "None"
    if kind is Ellipsis:
        return "..."
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return type_name(arguments[0])
    if origin in (Union, types.UnionType):
        return " | ".join(dict.fromkeys(map(type_name, arguments)))
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    name = getattr(origin or kind, "__name__", None) or str(kind).removeprefix("typing.")
    inside = [f"[{', '.join(map(type_name, each))}]" if isinstance(each, list) else type_name(each) for each in arguments]
    return f"{name}[{', '.join(inside)}]" if inside else name


def fits(written: Any, wanted: Any) -> bool:
    """Whether a value of type `written` may be read as `wanted`."""
    if written is wanted or unknown(written) or unknown(wanted):
        return True
    offered, allowed = members(written), members(wanted)
    if offered == allowed:
        return True
    if offered == (bool,) and any(get_origin(kind) is Literal for kind in allowed):
        offered = (Literal[True], Literal[False])
    return all(any(_fits(one, other) for other in allowed) for one in offered)


def _fits(written: Any, wanted: Any) -> bool:
    if unknown(written) or unknown(wanted) or written == wanted:
        return True
    if get_origin(wanted) is Literal:
        return False
    if get_origin(written) is Literal:
        return fits(type(get_args(written)[0]), wanted)
    if isinstance(wanted, type) and issubclass(wanted, Value) and any(fits(written, kind) for kind in wanted.made_from):
        return True
    have, want = get_origin(written) or written, get_origin(wanted) or wanted
    if (have in LISTS and want in LISTS) or (have in SETS and want in (*SETS, Collection, Iterable)):
        return _items_fit(written, wanted)
    if have in MAPS and want in MAPS:
        return _arguments_fit(written, wanted)
    if want in LISTS and isinstance(have, type) and issubclass(have, (str, bytes, BaseModel)):
        return False
    if want is float and isinstance(have, type) and issubclass(have, int):
        return True
    try:
        return issubclass(have, want) and (have is not want or _arguments_fit(written, wanted))
    except TypeError:  # not a class, or a protocol that cannot be asked: only a type checker can tell
        return True


def _items_fit(written: Any, wanted: Any) -> bool:
    have, want = get_args(written), get_args(wanted)
    if want and get_origin(wanted) is tuple and Ellipsis not in want:
        return Ellipsis not in have and len(have) == len(want) and all(map(fits, have, want))
    return not want or all(fits(item, want[0]) for item in have if item is not Ellipsis)


def _arguments_fit(written: Any, wanted: Any) -> bool:
    return all(fits(one, other) for one, other in zip(get_args(written), get_args(wanted), strict=False))


def item_type(kind: Any) -> Any | None:
    """The type of the items of a collection; None for what is no collection. A text is none, nor is a mapping."""
    found: list[Any] = []
    for member in members(kind):
        origin = get_origin(member) or member
        collection = origin in LISTS or (isinstance(origin, type) and issubclass(origin, (Sequence, Set)))
        if not unknown(member) and (not collection or issubclass(origin, (str, bytes))):
            return None
        found += [item for item in get_args(member) if item is not Ellipsis] or [Any]
    return union(found)


def attribute(kind: Any, key: str | int) -> Any | None:
    """The type of a value's field (`key` is its name) or item (its position); None where there is none."""
    found = [_attribute(member, key) for member in members(kind)]
    return None if None in found else union(found)


def _attribute(kind: Any, key: str | int) -> Any | None:
    if unknown(kind):
        return Any
    origin, arguments = get_origin(kind) or kind, get_args(kind)
    if isinstance(key, int):
        if origin is tuple and arguments and Ellipsis not in arguments:
            return arguments[key] if -len(arguments) <= key < len(arguments) else None
        if origin in MAPS:
            return arguments[1] if arguments else Any
        return str if origin is str else None if origin in SETS else item_type(kind)
    if origin is Literal:
        origin = type(arguments[0])
    known = _fields(origin)
    if key in known:
        return known[key]
    extra = getattr(origin, "model_config", {}).get("extra") == "allow"
    plain = not hasattr(origin, "model_fields") and not hasattr(origin, "__dataclass_fields__")
    return Any if extra or hasattr(origin, key) or (plain and getattr(origin, "__dictoffset__", 0)) else None


@functools.lru_cache(maxsize=4096)
def _fields(cls: Any) -> Mapping[str, Any]:
    """The fields and properties of a class with their types."""
    getters = {name: getattr(each, "fget", None) or getattr(each, "func", None) for name, each in inspect.getmembers_static(cls)}
    found = {name: _hints(getter).get("return", Any) for name, getter in getters.items() if getter is not None}
    models = getattr(cls, "model_fields", None)
    return {**found, **(_hints(cls) if models is None else {name: field.annotation for name, field in models.items()})}


def _hints(thing: Any) -> Mapping[str, Any]:
    try:
        return typing.get_type_hints(thing)
    except (NameError, TypeError, AttributeError):  # a name that exists only for type checkers, or nothing to look at
        return dict.fromkeys(getattr(thing, "__annotations__", {}), Any)


def fields_of(kind: Any) -> dict[str, Any]:
    """The public fields and properties that all members of a type have."""
    several = [_fields(get_origin(member) or member) for member in members(kind) if not unknown(member)] or [{}]
    shared = [name for name in several[0] if all(name in each for each in several) and not name.startswith(("_", "model_"))]
    return {name: attribute(kind, name) for name in shared}


def similar(name: str, names: Iterable[str]) -> str:
    """ "did you mean ...?" for a name that is not among `names`, or ""."""
    close = difflib.get_close_matches(name, list(names), n=2, cutoff=0.6)
    return f"did you mean {' or '.join(map(repr, close))}?" if close else ""


def labels(kind: Any) -> frozenset[str] | None:
    """The labels of the branches that a policy of this type can choose; None where it may be any."""
    found: set[str] = set()
    for member in members(kind):
        values = (True, False) if member is bool else get_args(member) if get_origin(member) is Literal else None
        if values is None:
            return None
        found |= {str(value).lower() if isinstance(value, bool) else str(value) for value in values}
    return frozenset(found)


def infer(expr: Expr, known: Mapping[str, Any], problems: list[Problem] | None = None) -> Any:
    """The type of an expression over channels of these types; what cannot work is added to `problems`."""
    found: list[Problem] = [] if problems is None else problems
    if isinstance(expr, Channel):
        return known.get(expr._name, Any)
    if isinstance(expr, Const):
        return _type_of(expr._value)
    if isinstance(expr, Tunable):
        param = expr._param
        if isinstance(param, ChoiceParam):
            return union(_type_of(option) for _, option in param.options)
        return param.model | None if isinstance(param, FittedParam) else PARAMS.get(type(param), Any)
    if isinstance(expr, Attr):
        return _infer_attribute(expr, infer(expr._base, known, found), found)
    operands = [infer(operand, known, found) for operand in expr._parts()]
    return _infer_operation(expr, operands, found) if isinstance(expr, Apply) else Any


def _type_of(value: Any) -> Any:
    return Literal[value] if isinstance(value, str | int) else type(value)


def _infer_attribute(expr: Attr, base: Any, found: list[Problem]) -> Any:
    if NOTHING in members(base):
        base = without_nothing(base)
        hint = "make the field required, or let a node look at it and write what follows"
        found.append(Problem("maybe-none", f"{expr._base} may be None, and {expr} needs it", hint))
    kind = attribute(base, expr._key)
    if kind is None:
        names = fields_of(base)
        hint = similar(str(expr._key), names) or (f"it has {', '.join(sorted(names))}" if names else "it has no fields")
        what = repr(expr._key) if isinstance(expr._key, str) else f"item {expr._key}"
        found.append(Problem("unknown-attribute", f"{expr._base} is {type_name(base)}, which has no {what}", hint))
    return Any if kind is None else kind


def _infer_operation(expr: Apply, kinds: list[Any], found: list[Problem]) -> Any:
    name, both = expr._operation, f" {expr._operation} ".join(map(type_name, kinds))
    if name in ("&", "|", "~"):
        return bool
    if name in ("==", "!=", "<", "<=", ">", ">="):
        if not (_ordered if name[0] in "<>" else _may_be_equal)(*kinds):
            hint = "compare values of one type, such as a field: S.verdict.score >= 0.5"
            found.append(Problem("incomparable", f"{expr} compares {both}", hint))
        return bool
    if name == "count":
        if not all(unknown(each) or hasattr(get_origin(each) or each, "__len__") for each in members(kinds[0])):
            found.append(
                Problem(
                    "not-a-collection", f"{expr} counts {type_name(kinds[0])}", "count a channel or field that is a collection"
                )
            )
        return int
    if name == "when" and not fits(kinds[0], bool):
        hint = "compare it with something: S.verdict.score >= 0.5, count(S.passages) > 0"
        found.append(Problem("not-boolean", f"the test of {expr} is {type_name(kinds[0])}, which is not a condition", hint))
    if name in ("when", "otherwise"):
        return union(kinds[-2:])
    if all(fits(kind, float) for kind in kinds):
        return int if name != "/" and all(fits(kind, int) for kind in kinds) else float
    texts, lists = all(fits(kind, str) for kind in kinds), all(item_type(kind) is not None for kind in kinds)
    if name != "+" or not (texts or lists):
        found.append(Problem("incomparable", f"{expr} calculates {both}", "calculate with numbers; add texts to texts"))
        return Any
    return str if texts else union(kinds)


def _pairs(left: Any, right: Any) -> Iterator[tuple[Any, Any, bool]]:
    """Each member of the one with each of the other, and whether both are numbers."""
    return ((one, other, fits(one, float) and fits(other, float)) for one in members(left) for other in members(right))


def _may_be_equal(left: Any, right: Any) -> bool:
    return any(numbers or fits(one, other) or fits(other, one) for one, other, numbers in _pairs(left, right))


def _ordered(left: Any, right: Any) -> bool:
    for one, other, numbers in _pairs(left, right):
        cls: Any = type(get_args(one)[0]) if get_origin(one) is Literal else get_origin(one) or one
        alike = (fits(one, other) or fits(other, one)) and getattr(cls, "__lt__", None) is not getattr(object, "__lt__")  # noqa: B009
        if not (numbers or alike or unknown(one) or unknown(other)):
            return False
    return True
