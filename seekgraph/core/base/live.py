"""The identity of live code and values: what a function does, as it stands in memory.

Source files say what code looks like; they do not say what a closure holds, what a global is bound to now, or what was typed
into a notebook. So the user's own classes and functions are walked: code objects whole (instructions, names, constants, nested
code), defaults, closure cells, the globals that they name, the classes of values and their attributes. Code of libraries stands
for its name. A value of which nothing tells what it holds has no identity: `Unidentified` says which.
"""

from __future__ import annotations

import collections
import dataclasses
import enum
import functools
import hashlib
import sys
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from seekgraph.core.base.errors import SeekgraphError
from seekgraph.core.base.origins import is_library
from seekgraph.core.base.reflection import (
    ADDRESS,
    BY_TEXT,
    DESCRIPTORS,
    OPEN,
    PLAIN,
    SKIPPED,
    is_generated,
    named_by,
    of_library,
    state_of,
    undecorated,
    without_effect,
)

MOST = 200_000
"""Values that one walk may meet: more are data that a node should get as a resource."""


class Unidentified(SeekgraphError, TypeError):
    """Nothing tells what a value holds, so that two of its kind could not be told apart."""


def identity_of(*values: Any) -> tuple[str, tuple[str, ...]]:
    """A hash (32 hex digits) of values, code among them, and the names of the user's own modules that were met.

    Equal in every process where the same source made them. The order of dictionaries counts, that of sets does not.
    Raises `Unidentified`.
    """
    walk = _Walk()
    try:
        for value in values:
            walk.visit(value, "")
    except RecursionError:
        raise Unidentified("code or values nested too deeply to be told apart") from None
    return walk.hash.hexdigest(), tuple(sorted(walk.modules))


class _Walk:
    def __init__(self) -> None:
        self.hash = hashlib.blake2b(digest_size=16)
        self.modules: set[str] = set()
        self._seen: dict[Any, int] = {}
        self._kept: list[Any] = []  # what was met stays alive, so that no address stands for two things

    def visit(self, value: Any, where: str) -> None:
        """Take `value` into the hash; `where` says in an error how it was come upon."""
        kind = type(value)
        if isinstance(value, PLAIN):
            self._say(kind.__name__, repr(value))
            return
        # Constants that are equal may be one object or several, as Python likes: no reference to an earlier one for them.
        if kind not in (tuple, frozenset, types.CodeType) and self._met(id(value), value):
            return
        if kind in (list, tuple, collections.deque):
            self._say(kind.__name__, str(len(value)), str(getattr(value, "maxlen", "")))
            for item in value:
                self.visit(item, where)
        elif isinstance(value, set | frozenset):
            self._say("set", *sorted(self._apart(item, where) for item in value))
        elif isinstance(value, dict | types.MappingProxyType) and kind.__module__ in ("builtins", "collections"):
            self._mapping(kind.__name__, value, where)
        elif isinstance(value, types.CodeType):
            self._code(value, None, where)
        elif isinstance(value, types.FunctionType):
            self._function(value, where)
        elif isinstance(value, type):
            self._class(value, where)
        elif isinstance(value, types.ModuleType):
            self._say("module", value.__name__)
        elif not self._wrapper(value, where):
            self._object(value, where)

    def _wrapper(self, value: Any, where: str) -> bool:
        """What stands around functions, and what is a name."""
        if isinstance(value, types.MethodType):
            self._all("method", (value.__func__, value.__self__), where)
        elif isinstance(value, staticmethod | classmethod):
            self._all(type(value).__name__, (value.__func__,), where)
        elif isinstance(value, property):
            self._all("property", (value.fget, value.fset, value.fdel), where)
        elif isinstance(value, functools.cached_property):
            self._all("cached_property", (value.func,), where)
        elif isinstance(value, functools.partial):
            self._all("partial", (value.func, value.args, value.keywords), where)
        elif isinstance(value, functools.partialmethod):
            self._all("partial method", (value.func, value.args, value.keywords), where)
        elif callable(wrapped := getattr(value, "__wrapped__", None)) and is_library(type(value).__module__):
            self._all(type(value).__qualname__, (wrapped,), where)  # lru_cache and the like
        elif isinstance(value, types.BuiltinFunctionType | types.MethodWrapperType):
            of = value.__self__
            if of is None or isinstance(of, types.ModuleType):
                self._say("builtin", str(getattr(of, "__name__", "")), value.__qualname__)
            else:
                self._all("method", (value.__name__, of), where)
        elif isinstance(value, DESCRIPTORS):
            self._say("descriptor", value.__objclass__.__qualname__, value.__name__)
        elif isinstance(value, types.GenericAlias | types.UnionType | typing.TypeVar) or type(value).__module__ == "typing":
            self._annotation(value, where)
        else:
            return False
        return True

    def _object(self, value: Any, where: str) -> None:
        kind = type(value)
        identity = getattr(value, "identity", None)
        if isinstance(value, enum.Enum):
            self._all("member", (value.name, value.value, kind), where)
        elif isinstance(value, BY_TEXT):
            self._say(kind.__qualname__, repr(value))
        elif isinstance(identity, str):
            self._all("identity", (identity,), where)
        elif dataclasses.is_dataclass(value) or isinstance(value, BaseModel):
            state = {name: each for name, each in state_of(value) if each is not value}
            self._all("value", (kind, state), where)
        elif isinstance(value, tuple | list | dict | set | frozenset):
            plain = next(base for base in (tuple, list, dict, set, frozenset) if isinstance(value, base))
            self._all("collection", (kind, plain(value), dict(state_of(value))), where)
        elif all(hasattr(value, name) for name in ("tobytes", "dtype", "shape")):
            self._say("array", str(value.dtype), str(value.shape), hashlib.blake2b(value.tobytes()).hexdigest())
        elif without_effect(kind):
            self._say("without effect", kind.__qualname__)
        elif kind is object:
            self._say("object")
        elif not is_library(kind.__module__):
            self._all("instance", (kind, dict(state_of(value))), where)
        else:
            name = f"{kind.__module__}.{kind.__qualname__}"
            raise Unidentified(
                f"{where or 'a value'} is a {name}, and nothing tells what it holds: "
                f"make it a resource, or give it an `identity`, a hash of what it does"
            )

    def _function(self, function: types.FunctionType, where: str) -> None:
        name = getattr(function, "__qualname__", "?")
        if function.__code__.co_filename and of_library(function) and not function.__closure__:
            self._say("library function", str(function.__module__), name)
            return
        self._own(function.__globals__.get("__name__"))
        self._say("function")
        self._code(function.__code__, function, where)
        self._all("defaults", (function.__defaults__, function.__kwdefaults__), f"a default of {name}")
        for variable, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            try:
                held = cell.cell_contents
            except ValueError:
                self._say("empty cell", variable)
                continue
            self._say("cell", variable)
            self.visit(held, f"{variable!r}, which {name} closes over,")
        for attribute, held in sorted(vars(function).items()):
            self._say("attribute", attribute)
            self.visit(held, f"{attribute!r} of {name}")

    def _code(self, code: types.CodeType, function: types.FunctionType | None, where: str) -> None:
        counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
        names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
        self._say("code", code.co_code.hex(), getattr(code, "co_exceptiontable", b"").hex(), repr(counts), repr(names))
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                self._code(constant, function, where)
            else:
                self.visit(constant, where)
        if function is None:
            return
        known = function.__globals__
        named, imported, assigned = named_by(code)
        if assigned:
            raise Unidentified(
                f"{code.co_qualname} assigns the global {assigned[0]!r}, so that it may do something else each time"
            )
        for module in imported:
            self._say("imports", module)
            self._own(module)
            if (loaded := sys.modules.get(module)) is not None:
                self._global(loaded, code.co_names, module)
        for name in named:
            if name in OPEN and name not in known:
                raise Unidentified(f"{code.co_qualname} calls {name}, and nothing tells what that reaches")
            if name in known:
                self._say("global", name)
                self._global(known[name], code.co_names, f"global {name!r}, which {code.co_qualname} uses,")

    def _global(self, value: Any, names: Iterable[str], where: str) -> None:
        """A global; of a module of the user's the attributes that the code may take."""
        if not isinstance(value, types.ModuleType):
            self.visit(value, where)
            return
        self._say("module", value.__name__)
        if is_library(value.__name__):
            return
        self._own(value.__name__)
        names = tuple(names)
        if self._met((id(value), names), value):
            return
        for name in names:
            if name in vars(value):
                self._say("of module", value.__name__, name)
                self._global(vars(value)[name], names, f"{value.__name__}.{name}")

    def _class(self, kind: type, where: str) -> None:
        self._say("class", kind.__module__, kind.__qualname__)
        if is_library(kind.__module__):
            return
        self._own(kind.__module__)
        for base in kind.__mro__[1:]:
            self.visit(base, where)
        for name, annotation in list(getattr(kind, "__annotations__", {}).items()):
            self._say("annotation", name)
            self._annotation(annotation, where)
        if dataclasses.is_dataclass(kind):
            for each in dataclasses.fields(kind):
                factory = None if each.default_factory is dataclasses.MISSING else each.default_factory
                self._all("field", (each.name, each.init, each.kw_only, factory), f"{each.name!r} of {kind.__qualname__}")
        if issubclass(kind, BaseModel):
            for name, info in kind.__pydantic_fields__.items():
                default = () if info.is_required() or info.default_factory else (info.default,)
                extras = (name, info.alias, default, info.default_factory, list(info.metadata))
                self._all("model field", extras, f"{name!r} of {kind.__qualname__}")
        for name, member in sorted(vars(kind).items()):
            if name in SKIPPED or name.startswith("__pydantic") or is_generated(member) or isinstance(member, enum.property):
                continue
            self._say("member", name)
            self.visit(undecorated(member), f"{name!r} of {kind.__qualname__}")

    def _annotation(self, annotation: Any, where: str) -> None:
        self._say("type", ADDRESS.sub("", repr(annotation)))
        for part in (*getattr(annotation, "__args__", ()), *getattr(annotation, "__metadata__", ())):
            own = isinstance(part, type) and not is_library(part.__module__)
            if own or isinstance(part, types.FunctionType) or dataclasses.is_dataclass(part):
                self.visit(part, where)
            elif hasattr(part, "__args__"):
                self._annotation(part, where)

    def _mapping(self, kind: str, value: Mapping[Any, Any], where: str) -> None:
        self._say(kind, str(len(value)))
        self.visit(getattr(value, "default_factory", None), where)
        for key, item in list(value.items()):
            self.visit(key, where)
            self.visit(item, f"{where}[{key!r}]" if where else f"{key!r}")

    def _all(self, what: str, parts: Iterable[Any], where: str) -> None:
        self._say(what)
        for part in parts:
            self.visit(part, where)

    def _apart(self, value: Any, where: str) -> str:
        """A hash of one item alone, for sorting."""
        walk = _Walk()
        walk.visit(value, where)
        self.modules |= walk.modules
        return walk.hash.hexdigest()

    def _own(self, module: str | None) -> None:
        if module and not is_library(module):
            self.modules.add(module)

    def _met(self, key: Any, value: Any) -> bool:
        """Whether this very thing was met before; then its place stands for it."""
        if key in self._seen:
            self._say("again", str(self._seen[key]))
            return True
        if len(self._seen) >= MOST:
            raise Unidentified(f"code and values of more than {MOST:,} parts are met: give large data to a node as a resource")
        self._seen[key] = len(self._seen)
        self._kept.append(value)
        return False

    def _say(self, *words: str) -> None:
        for word in words:
            data = word.encode("utf-8", "surrogatepass")
            self.hash.update(b"%d:" % len(data))
            self.hash.update(data)
        self.hash.update(b";")
