"""Writes the table of CONTRIBUTING.md: what the usual additions take, counted in the examples. Run it after changing one:

python docs/tasks.py
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "CONTRIBUTING.md"
BEGIN, END = "<!-- tasks -->\n", "<!-- end -->"

TASKS: dict[str, tuple[str, ...]] = {
    "a node": ("own_node.py",),
    "a node with both implementations and its own prompt": ("own_llm_node.py", "own_llm_node.md"),
    "a reward": ("own_reward.py",),
    "a retriever, used from the shell": ("own_retriever.py",),
    "a pass of `compile`, used from the shell": ("own_pass.py",),
    "a combinator, with its drawing": ("own_combinator.py",),
    "a published system": ("own_system.py",),
}
"""The example of each task; its test is besides, and so is `main`, which shows it at work. One that is not there is left out."""


def table() -> str:
    """The table: one row a task."""
    rows = ["| to add | example | files | lines of code |", "|---|---|---|---|"]
    for task, names in TASKS.items():
        files = [ROOT / "examples" / name for name in names]
        if all(file.is_file() for file in files):
            shown = ", ".join(f"`examples/{name}`" for name in names)
            rows.append(f"| {task} | {shown} | {len(files)} | {sum(map(lines, files))} |")
    return "\n".join(rows) + "\n"


def lines(file: Path) -> int:
    """The lines of a file that say something: of a module those of its statements, without docstrings, imports and `main`."""
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        return sum(bool(line.strip()) for line in text.splitlines())
    counted: set[int] = set()
    for top in ast.parse(text).body:
        if not _besides(top):
            counted.update(range(_first(top), (top.end_lineno or 0) + 1))
            for node in ast.walk(top):
                if _is_docstring(node):
                    counted.difference_update(range(node.lineno, (node.end_lineno or 0) + 1))
    said = text.splitlines()
    return sum(bool(said[at - 1].strip()) and not said[at - 1].lstrip().startswith("#") for at in counted)


def written(text: str) -> str:
    """The page's text with the table as it has to be."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}{table()}{END}{rest.partition(END)[2]}"


def _besides(top: ast.stmt) -> bool:
    main = isinstance(top, ast.FunctionDef) and top.name == "main"
    return main or isinstance(top, ast.Import | ast.ImportFrom | ast.If) or _is_docstring(top)


def _first(top: ast.stmt) -> int:
    return min([top.lineno, *(each.lineno for each in getattr(top, "decorator_list", []))])


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
