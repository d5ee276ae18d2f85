"""Source code by its definitions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from seekgraph.tools.loaders.base import Content, File, Section

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def python(file: File) -> Content:
    """A module's own lines, and each function, class and method with its decorators; as one text if it does not parse.

    A class has its lines without its methods, which are sections of their own: "Engine", "Engine.start". Nothing is run.
    """
    text = file.text
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Content("", (_section((), text.split("\n"), "module"),))
    lines = text.split("\n")
    return Content("", tuple(_sections(tree, lines, 0, len(lines), ())))


def _sections(
    node: ast.Module | ast.ClassDef, lines: list[str], start: int, end: int, names: tuple[str, ...]
) -> Iterator[Section]:
    inner = [each for each in node.body if isinstance(each, _Definition)]
    own, at = [], start
    for each in inner:
        first = min([each.lineno, *(decorator.lineno for decorator in each.decorator_list)]) - 1
        own += lines[at : max(at, first)]
        at = max(at, each.end_lineno or first)
    own += lines[at:end]
    if any(line.strip() for line in own):
        yield _section(names, own, ".".join(names) or "module")
    for each in inner:
        first = min([each.lineno, *(decorator.lineno for decorator in each.decorator_list)]) - 1
        last, called = each.end_lineno or first + 1, (*names, each.name)
        if isinstance(each, ast.ClassDef) and any(isinstance(part, _Definition) for part in each.body) and len(called) < 20:
            yield from _sections(each, lines, first, last, called)
        else:
            yield _section(called, lines[first:last], ".".join(called))


def _section(names: tuple[str, ...], lines: list[str], name: str) -> Section:
    text = "\n".join(lines).strip("\n")
    fence = "```" if "```" not in text else "~~~~~~"
    return Section((".".join(names),) if names else (), f"{fence}python\n{text}\n{fence}" if text.strip() else "", name, True)
