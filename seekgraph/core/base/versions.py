"""The identity of code: a hash of all that a node's result depends on, as its source says and as it stands in memory."""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

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
    own = tuple(dict.fromkeys(base.__module__ for base in cls.__mro__ if base is not object))
    if all(map(is_library, own)):
        return _by_source(own)
    live, modules = identity_of(cls, *besides)
    return _hash([live, _by_source.__wrapped__((*own, *(name for name in modules if name not in own)))])


@cache
def _by_source(own: tuple[str, ...]) -> str:
    """A hash of the source of modules and of what they import."""
    found: dict[str, str] = {}
    waiting: list[tuple[str, Path]] = []
    for name in own:
        file = _file(name) or next(iter(_places(name, None)), None)
        found[name] = _source(file) if file else ""
        waiting += [(name, file)] if file else []
    while waiting:
        name, file = waiting.pop()
        for other, place in _followed(name, file):
            if other not in found:
                found[other] = _source(place)
                waiting.append((other, place))
    rest = sorted(set(found) - set(own))
    return _hash(text for name in (*own, *rest) for text in (name if name in rest else "", found[name]))


def _hash(parts: Iterable[str]) -> str:
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _followed(name: str, file: Path) -> Iterator[tuple[str, Path]]:
    """The modules that a module imports and that are as much the user's own as it is, with their files."""
    installed = in_library(str(file))
    if _machine(name) or (installed and "." not in name):
        return
    top = name.partition(".")[0]
    for other in _imported(name, file):
        if _machine(other):
            continue
        same = other.partition(".")[0] == top
        if not same and (installed or top == OURS or is_library(other)):
            continue
        for place in _places(other, file):
            if same or not in_library(str(place)):
                yield other, place


def _places(name: str, importer: Path | None) -> Iterator[Path]:
    """The files of a module, also of one that is not loaded: by its package, beside who imports it, or on the path."""
    first, *rest = name.split(".")
    roots = [Path(root) for root in getattr(sys.modules.get(first), "__path__", ())]
    if roots:
        candidates = [root.joinpath(*rest) for root in roots]
    else:
        beside = [] if importer is None else [importer.parent]
        searched = [Path(entry) for entry in sys.path if not in_library(entry or ".")]
        candidates = [folder.joinpath(first, *rest) for folder in dict.fromkeys([*beside, *searched])]
    for place in candidates:
        found = [path for path in (place.with_name(f"{place.name}.py"), place / "__init__.py") if path.is_file()]
        if found:
            yield from found
            return


def _machine(name: str) -> bool:
    return name == MACHINE or name.startswith(f"{MACHINE}.")


@cache
def _imported(name: str, file: Path) -> tuple[str, ...]:
    """What a module's source imports; some of it are names in a module and not modules."""
    try:
        tree = ast.parse(_source(file))
    except (SyntaxError, ValueError):
        return ()
    package = name.split(".") if file.name == "__init__.py" else name.split(".")[:-1]
    names: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= dict.fromkeys(part for alias in node.names for part in _and_around(alias.name))
        elif isinstance(node, ast.ImportFrom):
            outer = package[: len(package) + 1 - node.level] if node.level else []
            base = [*outer, *([node.module] if node.module else [])]
            names |= dict.fromkeys([*_and_around(".".join(base)), *(".".join([*base, alias.name]) for alias in node.names)])
    return tuple(names)


def _and_around(name: str) -> list[str]:
    """A module's name after those of the packages that it lies in, which are imported with it."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1) if name]


def _file(name: str) -> Path | None:
    file = getattr(sys.modules.get(name), "__file__", None)
    return Path(file) if file and file.endswith(".py") else None


@cache
def _source(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
