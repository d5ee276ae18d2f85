"""Write the page of all rewards, docs/rewards.md, from the package: `python docs/rewards.py`."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import seekflow.rewards as rewards
from seekflow.rewards import Reward

PAGE = Path(__file__).with_name("rewards.md")
TOOLS = ("algebra", "define", "defaults", "meaning", "whole")
"""Modules that make rewards and hold none."""

HEAD = """# Rewards

A reward scores one step in its trace: a value in [0, 1], higher is better, or None where it does not apply, and feedback in
words. Import them from `seekflow.rewards`; those with parentheses are made by calling them. "Needs" are the fields of an example
without which a reward does not apply; one that needs none also serves while a flow runs. Whole formulas, sources and constants
are in the docstrings: `help(seekflow.rewards.inforage)`. This page is made from them by `python docs/rewards.py`.
"""


def written() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_sections()]) + "\n"


def _sections() -> Iterator[str]:
    """A section for each module, by name, with a row for each of its rewards."""
    for module, names in rewards._NAMES.items():
        if module in TOOLS:
            continue
        tree = ast.parse(inspect.getsource(import_module(f"{rewards.__name__}.{module}")))
        texts = dict(_texts(tree))
        yield f"## {(ast.get_docstring(tree) or module).splitlines()[0]}\n"
        yield "| reward | what it gives | needs |\n| --- | --- | --- |"
        for name in names:
            yield f"| `{_called(name)}` | {texts[name]} | {_needs(name)} |"
        yield ""


def _texts(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The first paragraph about each function and each name that a module assigns, on one line."""
    for node, after in zip(tree.body, [*tree.body[1:], None], strict=True):
        if isinstance(node, ast.FunctionDef):
            yield node.name, _line(ast.get_docstring(node) or "")
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            told = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            yield node.targets[0].id, _line(str(after.value.value)) if told else ""


def _line(text: str) -> str:
    return " ".join(text.split("\n\n")[0].split()).replace("|", "\\|").removesuffix(":")


def _called(name: str) -> str:
    return name if isinstance(getattr(rewards, name), Reward) else f"{name}(...)"


def _needs(name: str) -> str:
    thing = getattr(rewards, name)
    if not isinstance(thing, Reward):
        required = [each for each in inspect.signature(thing).parameters.values() if each.default is each.empty]
        if required:
            return "see there"
        thing = thing()
    return ", ".join(f"`{need}`" for need in sorted(thing.needs)) or "nothing"


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
