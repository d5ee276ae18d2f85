"""All regular expressions of the package, found in its source: compiled ones of modules, and those written inside functions."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import seekgraph

_parser: Any = importlib.import_module("re._parser")
METHODS = ("search", "match", "fullmatch", "findall", "finditer", "sub", "subn", "split")
_FLAGS = re.compile(r"re\.[A-Z]+(?: \| re\.[A-Z]+)*")
SCANNING = frozenset(METHODS) - {"match", "fullmatch"}


class Used(NamedTuple):
    """A pattern and how it is used: `place` is where it stands, `ways` are the methods that it is called with."""

    place: str
    pattern: re.Pattern[str]
    ways: frozenset[str]

    def run(self, text: str) -> None:
        """Look for it as the package does."""
        if not self.ways or self.ways & SCANNING:
            for _ in self.pattern.finditer(text):
                pass
        else:
            for way in self.ways:
                getattr(self.pattern, way)(text)

    def literals(self) -> list[str]:
        """The runs of plain characters that it is made of."""
        found: dict[str, None] = {}
        flags = self.pattern.flags & ~re.UNICODE
        _literals(_parser.parse(self.pattern.pattern, flags), found)
        return list(found)


def modules() -> Iterator[ModuleType]:
    """Every module of the package that can be imported here."""
    for each in pkgutil.walk_packages(seekgraph.__path__, "seekgraph."):
        if each.name.endswith("__main__"):
            continue
        try:
            yield importlib.import_module(each.name)
        except ImportError:  # an extra that is not installed
            continue


def patterns() -> list[Used]:
    """All of them, each once."""
    every = list(modules())
    trees = {module: ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8")) for module in every}
    ways = {module: _ways(tree) for module, tree in trees.items()}
    found: dict[tuple[str, int], Used] = {}
    for module in every:
        for name, value in vars(module).items():
            used = frozenset().union(*(ways[other].get(name, ()) for other in every if vars(other).get(name) is value))
            for pattern in _compiled(value):
                found.setdefault((pattern.pattern, pattern.flags), Used(f"{module.__name__}.{name}", pattern, used))
    for module, tree in trees.items():
        for each in _inline(module, tree):
            found.setdefault((each.pattern.pattern, each.pattern.flags), each)
    return list(found.values())


def _ways(tree: ast.AST) -> dict[str, set[str]]:
    """The methods that are called, by the name that they are called on."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in METHODS:
            found.setdefault(_last_name(node.value), set()).add(node.attr)
    return found


def _compiled(value: Any) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _compiled(each)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _compiled(each)


def _inline(module: ModuleType, tree: ast.AST) -> Iterator[Used]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)):
            continue
        if node.func.value.id != "re" or node.func.attr not in (*METHODS, "compile") or not node.args:
            continue
        text = _text(node.args[0], vars(module))
        flags = 0
        for each in [*(word.value for word in node.keywords if word.arg == "flags"), *node.args[1:]]:
            for name in re.findall(r"re\.([A-Z]+)", written) if _FLAGS.fullmatch(written := ast.unparse(each)) else ():
                flags |= getattr(re, name)
        if text is not None:
            way = frozenset() if node.func.attr == "compile" else frozenset({node.func.attr})
            yield Used(f"{module.__name__}.{_function_at(tree, node.lineno)}()", re.compile(text, flags), way)


def _function_at(tree: ast.AST, line: int) -> str:
    around = [
        (node.lineno, node.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    return max(around, default=(0, "module"))[1]


def _text(node: ast.expr, names: dict[str, Any]) -> str | None:
    """The text of an expression; what is known only when it runs is "word"."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = []
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                try:
                    parts.append(str(eval(ast.unparse(value.value), dict(names))))
                except Exception:
                    parts.append("word")
            else:
                parts.append(str(value.value))  # type: ignore[attr-defined]
        return "".join(parts)
    if isinstance(node, ast.BinOp):
        left, right = _text(node.left, names), _text(node.right, names)
        return None if left is None or right is None else left + right
    return None


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _literals(parsed: Any, found: dict[str, None]) -> None:
    run = ""
    for kind, value in [*parsed, (None, None)]:
        if str(kind) == "LITERAL":
            run += chr(value)
            continue
        if run:
            found[run] = None
        run = ""
        for each in value if isinstance(value, list | tuple) else [value]:
            _inner(each, found)


def _inner(value: Any, found: dict[str, None]) -> None:
    if isinstance(value, _parser.SubPattern):
        _literals(value, found)
    elif isinstance(value, list | tuple):
        for each in value:
            _inner(each, found)
