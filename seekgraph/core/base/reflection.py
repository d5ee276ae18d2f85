"""What Python tells about code and values: the parts of `live`'s walk that know its versions, its kinds and pydantic's."""

from __future__ import annotations

import dis
import functools
import operator
import re
import threading
import types
from collections.abc import Iterator
from datetime import date, time, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import PurePath
from typing import Any
from uuid import UUID

from seekgraph.core.base.origins import in_library, is_library

PLAIN = (type(None), bool, int, float, complex, str, bytes, bytearray, type(Ellipsis), type(NotImplemented), range)
BY_TEXT = (
    *(Decimal, Fraction, PurePath, UUID, date, time, timedelta, tzinfo, re.Pattern, slice),
    *(operator.itemgetter, operator.attrgetter, operator.methodcaller),
)
OPEN = frozenset({"eval", "exec", "globals", "__import__"})
"""Builtins that reach code or names that nothing else tells of."""
_WITHOUT_EFFECT = ("logging", "structlog", "_thread", "threading", "warnings", "asyncio.locks")
"""Modules whose objects do not change what code returns: loggers, locks."""
DESCRIPTORS = (
    *(types.MethodDescriptorType, types.WrapperDescriptorType, types.ClassMethodDescriptorType),
    *(types.MemberDescriptorType, types.GetSetDescriptorType),
)
ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_GENERATED = "__create_fn__"
"""What the code of methods is called that `dataclass` writes; their fields are walked instead."""
SKIPPED = frozenset(
    "__module__ __doc__ __dict__ __weakref__ __annotations__ __annotate__ __annotate_func__ __annotations_cache__ __slots__"
    " __dataclass_fields__ __dataclass_params__ __match_args__ __parameters__ __orig_bases__ __abstractmethods__ __signature__"
    " __firstlineno__ __static_attributes__ __class_vars__ __private_attributes__ __protocol_attrs__"
    " __non_callable_proto_members__"
    " __subclasshook__ _abc_impl _contract _scope _member_map_ _value2member_map_ _member_names_ _unhashable_values_"
    " model_fields model_computed_fields".split()
)


@cache
def named_by(code: types.CodeType) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The globals that a code object reads, the modules that it imports, the globals that it assigns; nested code has its own."""
    wanted = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
    names: dict[str, None] = {}
    modules: dict[str, None] = {}
    assigned: dict[str, None] = {}
    for each in dis.get_instructions(code):
        if each.opname in wanted:
            names[str(each.argval)] = None
        elif each.opname == "IMPORT_NAME" and each.argval:
            modules[str(each.argval)] = None
        elif each.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            assigned[str(each.argval)] = None
    return tuple(names), tuple(modules), tuple(assigned)


def without_effect(kind: type) -> bool:
    module = kind.__module__
    known = any(module == name or module.startswith(f"{name}.") for name in _WITHOUT_EFFECT)
    return known and not issubclass(kind, threading.local)


def state_of(value: Any) -> Iterator[tuple[str, Any]]:
    """The attributes of an instance, but for what it has computed from them and keeps."""
    for name, held in sorted(getattr(value, "__dict__", {}).items()):
        if not isinstance(getattr(type(value), name, None), functools.cached_property):
            yield name, held
    if extra := getattr(value, "__pydantic_extra__", None):
        yield "__pydantic_extra__", extra
    for base in type(value).__mro__:
        slots = base.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and not name.startswith("__pydantic") and hasattr(value, name):
                yield name, getattr(value, name)


def of_library(function: types.FunctionType) -> bool:
    module = function.__globals__.get("__name__")
    if isinstance(module, str) and is_library(module):
        return True
    return in_library(function.__code__.co_filename)


def is_generated(member: Any) -> bool:
    code = getattr(member, "__code__", None)
    return isinstance(code, types.CodeType) and code.co_qualname.startswith(_GENERATED)


def undecorated(member: Any) -> Any:
    """What pydantic has put around a method."""
    if type(member).__name__ == "PydanticDescriptorProxy":
        info = getattr(member, "decorator_info", None)
        return [member.wrapped, ADDRESS.sub("", repr(info))]
    return member
