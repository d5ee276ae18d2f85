"""What a module's source imports, found by reading it: nothing is imported for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Imports:
    """What one source imports when it runs, at any depth; imports for type checkers alone never run and are left out.

    `modules` are those of `import a.b`, of which anything may be used; `names` those of `from a import b`, as (module, name). A
    package that loads its names when they are first used (a `__getattr__` of the module) says in its imports for type checkers
    where each lies: `lazy` has them, by name, as (module, name).
    """

    modules: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    lazy: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def is_package(file: Path) -> bool:
    """Whether a source file is that of a package."""
    return file.name == "__init__.py"


@cache
def source_of(file: Path) -> str:
    """The text of a source file; empty where it cannot be read."""
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


@cache
def imports_of(name: str, file: Path) -> Imports:
    """The imports of the module `name`, whose source is `file`; none where the source cannot be parsed."""
    try:
        tree = ast.parse(source_of(file))
    except (SyntaxError, ValueError):
        return Imports()
    package = name.split(".") if is_package(file) else name.split(".")[:-1]
    modules: dict[str, None] = {}
    names: dict[tuple[str, str], None] = {}
    typing: dict[str, tuple[str, str]] = {}
    for each, for_types in _statements(tree.body, False):
        if isinstance(each, ast.Import):
            if not for_types:
                modules |= dict.fromkeys(alias.name for alias in each.names)
            continue
        outer = package[: len(package) + 1 - each.level] if each.level else []
        base = ".".join([*outer, *([each.module] if each.module else [])])
        for alias in each.names:
            if for_types:
                typing[alias.asname or alias.name] = (base, alias.name)
            else:
                names[base, alias.name] = None
    loads_late = any(isinstance(each, ast.FunctionDef) and each.name == "__getattr__" for each in tree.body)
    return Imports(tuple(modules), tuple(names), typing if loads_late else {})


def _statements(body: list[ast.stmt], for_types: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """The import statements of a body and of what it holds, and whether they stand below `if TYPE_CHECKING`."""
    for each in body:
        if isinstance(each, ast.Import | ast.ImportFrom):
            yield each, for_types
        elif isinstance(each, ast.If) and ast.unparse(each.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            yield from _statements(each.body, True)
            yield from _statements(each.orelse, for_types)
        else:
            for part in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(each, part, []), for_types)
            for inner in (*getattr(each, "handlers", ()), *getattr(each, "cases", ())):
                yield from _statements(inner.body, for_types)
