"""The identity of code: a hash of all that a node's result depends on, as its source says and as it stands in memory."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from seekgraph.core.base.imports import imports_of, is_package, source_of
from seekgraph.core.base.live import identity_of
from seekgraph.core.base.origins import OURS, in_library, is_library

MACHINE = "seekgraph.core"
"""What runs nodes; it has its own tests to give equal results from one version to the next, and no node is made stale by it."""


def code_version(cls: Any, *besides: Any) -> str:
    """A hash of the code that a class and its bases were written in, and of what else of the user's code it reaches.

    By source: whole modules and those that they import, also inside functions, as far as they belong to the same package or to
    the user's own project; nothing is imported for it. In memory, for the user's own code: what functions close over, the globals
    and defaults that they have now, and all that has no source file (see `live`). `besides` is walked too: the model that a node
    writes, for instance. Raises `Unidentified` where something cannot be known.
    """
    modules = tuple(dict.fromkeys(base.__module__ for base in cls.__mro__ if base is not object))
    installed = _installed(tuple(filter(is_library, modules)))
    if all(map(is_library, modules)):
        return installed
    live, met = identity_of(cls, *besides)
    own = (*(name for name in modules if not is_library(name)), *(name for name in met if name not in modules))
    return _hash([live, installed, _by_source(own)])


def function_version(function: Any) -> str:
    """The same of a function, or of an object that is called like one. Raises `Unidentified`."""
    live, modules = identity_of(function)
    return _hash([live, _by_source(modules)])


@cache
def _installed(modules: tuple[str, ...]) -> str:
    """`_by_source` of modules that do not change while a process runs."""
    return _by_source(modules)


def _by_source(own: tuple[str, ...]) -> str:
    found = sources_behind(own)
    rest = sorted(set(found) - set(own))
    return _hash(text for name in (*own, *rest) for text in (name if name in rest else "", found[name]))


def sources_behind(own: tuple[str, ...]) -> dict[str, str]:
    """The source of modules and of what they import that belongs to the same package or is the user's own, by module."""
    found: dict[str, str] = {}
    waiting: list[_Part] = []
    for name in own:
        file = _file(name) or _place(name, None)
        found[name] = source_of(file) if file else ""
        waiting += [_Part(name, file)] if file else []
    met = set(waiting)
    while waiting:
        for part in _followed(waiting.pop()):
            if part not in met:
                met.add(part)
                waiting.append(part)
                found.setdefault(part.module, source_of(part.file))
    return found


def _hash(parts: Iterable[str]) -> str:
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class _Part(NamedTuple):
    """A module of which something is used. `whole`: anything, so that a name which it loads late may be, too."""

    module: str
    file: Path
    whole: bool = False


def _followed(part: _Part) -> tuple[_Part, ...]:
    """What a module imports of that which is as much the user's own as it is."""
    if _machine(part.module):
        return ()
    return _followed_installed(part) if is_library(part.module) else tuple(_imported(part))


@cache
def _followed_installed(part: _Part) -> tuple[_Part, ...]:
    return tuple(dict.fromkeys(_imported(part)))


def _imported(part: _Part) -> Iterator[_Part]:
    imports = imports_of(part.module, part.file)
    for module in imports.modules:
        yield from _around(module, part)
        yield from _whole(module, part)
    for module, name in imports.names:
        yield from _around(module, part)
        yield from _named(module, name, part)
    if part.whole:
        for module, name in imports.lazy.values():
            yield from _around(module, part)
            yield from _named(module, name, part)


def _around(module: str, importer: _Part) -> Iterator[_Part]:
    """A module and the packages that it lies in, which run when it is imported."""
    parts = module.split(".")
    for count in range(1, len(parts) + 1):
        if (file := _reached(".".join(parts[:count]), importer)) is not None:
            yield _Part(".".join(parts[:count]), file)


def _whole(module: str, importer: _Part) -> Iterator[_Part]:
    if (file := _reached(module, importer)) is not None:
        yield _Part(module, file, whole=True)


def _named(module: str, name: str, importer: _Part) -> Iterator[_Part]:
    """What `from module import name` brings beside the module: a module in a package, or what a package loads late."""
    file = _reached(module, importer)
    if file is None or not is_package(file):
        return
    lazy = imports_of(module, file).lazy
    if name in lazy and lazy[name] != (module, name):
        yield from _around(lazy[name][0], importer)
        yield from _named(*lazy[name], importer)
    elif name == "*":
        yield from _whole(module, importer)
    else:
        yield from _whole(f"{module}.{name}", importer)


def _reached(name: str, importer: _Part) -> Path | None:
    """The file of a module that the importer's module imports, where it belongs to the same package or is the user's own."""
    top, other = importer.module.partition(".")[0], name.partition(".")[0]
    if not name or _machine(name):
        return None
    installed = in_library(str(importer.file))
    if top != other and (installed or top == OURS or is_library(name)):
        return None
    place = _place(name, importer.file.parent)
    return place if place is not None and (top == other or not in_library(str(place))) else None


def _place(name: str, beside: Path | None) -> Path | None:
    """The file of a module, also of one that is not loaded: by its package, beside who imports it, or on the path."""
    first, *rest = name.split(".")
    roots = tuple(getattr(sys.modules.get(first), "__path__", ()))
    if roots and is_library(first):
        return _place_installed(roots, tuple(rest))
    if not roots:
        searched = [entry for entry in sys.path if not in_library(entry or ".")]
        roots = tuple(os.path.join(folder, first) for folder in dict.fromkeys([*([str(beside)] if beside else []), *searched]))
    return _first_of(roots, tuple(rest))


def _first_of(roots: tuple[str, ...], rest: tuple[str, ...]) -> Path | None:
    for root in roots:
        place = os.path.join(root, *rest)
        for file in (f"{place}.py", os.path.join(place, "__init__.py")):
            if os.path.isfile(file):
                return Path(file)
    return None


_place_installed = cache(_first_of)


def _machine(name: str) -> bool:
    return name == MACHINE or name.startswith(f"{MACHINE}.")


def _file(name: str) -> Path | None:
    file = getattr(sys.modules.get(name), "__file__", None)
    return Path(file) if file and file.endswith(".py") else None
