"""The list of all rewards, made from their docstrings: what each gives, what it needs, where it comes from."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import seekgraph.rewards as rewards
from seekgraph.core.language.params import value_of
from seekgraph.rewards.algebra import Reward
from seekgraph.rewards.needs import needs_in_words

TOOLS = ("algebra", "define", "defaults", "meaning", "needs", "parsing", "weights", "whole")
"""Modules that make rewards and hold none."""


@dataclass(frozen=True)
class Listed:
    """A reward that is ready, or a function that makes one.

    `call` is how it is written: its name, for a function with its arguments and defaults. `about` is the first paragraph of its
    docstring, `source` the paper or rule that it names, or "". `section` is what the rewards of its module have in common.
    `needs` says in words what it cannot do without and `channels` which channels nodes of the flow have to write; None where that
    depends on the arguments. `params` are the numbers that can be varied as it comes, by name.
    """

    name: str
    call: str
    about: str
    source: str
    module: str
    section: str
    needs: tuple[str, ...] | None
    channels: tuple[str, ...] | None
    params: dict[str, Any]


def names() -> tuple[str, ...]:
    """The names of all rewards of `seekgraph.rewards`, and of what makes some."""
    return tuple(name for module, found in rewards._NAMES.items() if module not in TOOLS for name in found)


def call_of(maker: Any) -> str:
    """How a function that makes a reward is called: its name, with its arguments and their defaults."""
    arguments = []
    for each in inspect.signature(maker).parameters.values():
        stars = "*" if each.kind is each.VAR_POSITIONAL else ""
        arguments.append(f"{stars}{each.name}" if each.default is each.empty else f"{each.name}={value_of(each.default)!r}")
    return f"{maker.__name__}({', '.join(arguments)})"


def catalog() -> tuple[Listed, ...]:
    """All rewards of `seekgraph.rewards`, by module and name."""
    return tuple(_listed())


def _listed() -> Iterator[Listed]:
    for module, names in rewards._NAMES.items():
        if module in TOOLS:
            continue
        tree = ast.parse(inspect.getsource(import_module(f"{rewards.__name__}.{module}")))
        section = (ast.get_docstring(tree) or module).splitlines()[0]
        texts = dict(_docstrings(tree))
        for name in names:
            thing = getattr(rewards, name)
            ready = thing if isinstance(thing, Reward) else _by_default(thing)
            yield Listed(
                name=name,
                call=name if isinstance(thing, Reward) else call_of(thing),
                about=_about(texts[name]),
                source=_source(texts[name]),
                module=module,
                section=section,
                needs=None if ready is None else needs_in_words(ready),
                channels=None if ready is None else tuple(sorted(ready.channels)),
                params={} if ready is None else {key: param.to_json() for key, param in ready.params().items()},
            )


def _docstrings(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """What stands about each function, and about each name that a module assigns."""
    for node, after in zip(tree.body, [*tree.body[1:], None], strict=True):
        if isinstance(node, ast.FunctionDef):
            yield node.name, ast.get_docstring(node) or ""
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            text = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
            yield node.targets[0].id, inspect.cleandoc(str(text))


def _by_default(maker: Any) -> Reward | None:
    """The reward that a maker gives without arguments; None where it needs some."""
    given = inspect.signature(maker).parameters.values()
    required = any(each.default is each.empty for each in given)
    made: Reward | None = None if required else maker()
    return made


def _about(text: str) -> str:
    return _line(re.split(r"\s(?:Source: |Raises `)", text.split("\n\n")[0])[0])


def _source(text: str) -> str:
    found = re.search(r"\bSource: (.+?)(?:\n\n|\Z)", text, re.DOTALL)
    return _line(re.split(r"\sRaises `", found[1])[0]) if found else ""


def _line(text: str) -> str:
    return " ".join(text.split()).removesuffix(":")
