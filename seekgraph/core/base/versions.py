"""The identity of code: a hash of all source that a node's result depends on."""

from __future__ import annotations

import ast
import hashlib
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

MACHINE = "seekgraph.core"
"""What runs nodes; it has its own tests to give equal results from one version to the next, and no node is made stale by it."""


@cache
def code_version(cls: Any) -> str:
    """A hash of the code that a class and its bases were written in: of whole modules, and of those that they import.

    Imports are followed, also those inside functions, to modules of the same package or the same folder: a change of a helper may
    matter. Libraries are not followed, and nothing is imported for it. What was made without a source file (in a notebook's or a
    shell's own module) is hashed by the bytecode of its methods.
    """
    own = dict.fromkeys(base.__module__ for base in cls.__mro__ if base is not object)
    found: dict[str, str] = {}
    waiting: list[tuple[str, Path]] = []
    for name in own:
        file = _file(name)
        found[name] = (_source(file) if file else "") or _bytecode(cls, name)
        waiting += [(name, file)] if file else []
    while waiting:
        name, file = waiting.pop()
        for other, place in _followed(name, file):
            if other not in found:
                found[other] = _source(place)
                waiting.append((other, place))
    code = "\0".join([*(found[name] for name in own), *(found[name] for name in sorted(set(found) - set(own)))])
    return hashlib.blake2b(code.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _followed(name: str, file: Path) -> Iterator[tuple[str, Path]]:
    """The modules that a module imports and that are as much the user's own as it is, with their files."""
    if _machine(name) or ("site-packages" in file.parts and "." not in name):
        return
    top = name.partition(".")[0]
    roots = [Path(root) for root in getattr(sys.modules.get(top), "__path__", ())]
    for other in _imported(name, file):
        first, *rest = other.split(".")
        if _machine(other):
            continue
        if first == top and roots:
            places = [root.joinpath(*rest) for root in roots]
        elif not rest and not roots:
            places = [file.parent / first]
        else:
            continue
        for place in places:
            for path in (place.with_name(f"{place.name}.py"), place / "__init__.py"):
                if path.is_file():
                    yield other, path


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
            names |= dict.fromkeys(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            outer = package[: len(package) + 1 - node.level] if node.level else []
            base = [*outer, *([node.module] if node.module else [])]
            names |= dict.fromkeys([".".join(base), *(".".join([*base, alias.name]) for alias in node.names)])
    return tuple(names)


def _file(name: str) -> Path | None:
    file = getattr(sys.modules.get(name), "__file__", None)
    return Path(file) if file and file.endswith(".py") else None


@cache
def _source(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def _bytecode(cls: Any, module: str) -> str:
    return "".join(
        repr((name, code.co_code, [constant for constant in code.co_consts if not inspect.iscode(constant)]))
        for base in cls.__mro__
        if base.__module__ == module
        for name, member in sorted(vars(base).items())
        if (code := getattr(member, "__code__", None)) is not None
    )
