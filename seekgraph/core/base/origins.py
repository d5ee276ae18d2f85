"""Where code comes from: the user's own project, or a library, which only changes when another version is installed."""

from __future__ import annotations

import sys
import sysconfig
from functools import cache
from pathlib import Path

OURS = "seekgraph"


def is_library(name: str) -> bool:
    """Whether a module, by its name, belongs to Python, to an installed distribution or to Seekgraph.

    What was typed into a notebook or a prompt, read from a file beside a script or installed as editable is the user's own.
    """
    top = name.partition(".")[0]
    if top in ("__main__", "__mp_main__"):
        return False
    if top == OURS or top in sys.stdlib_module_names:
        return True
    module = sys.modules.get(name)
    if module is None:
        return False
    file = getattr(module, "__file__", None)
    if file is None:
        spec = getattr(module, "__spec__", None)
        return getattr(spec, "origin", None) in ("built-in", "frozen")
    return in_library(file)


def was_typed(thing: object) -> bool:
    """Whether a class or a function was typed into a notebook or a prompt: what it uses may be bound anew at any time."""
    name = getattr(thing, "__module__", None)
    if not isinstance(name, str) or is_library(name):
        return False
    return not str(getattr(sys.modules.get(name), "__file__", None) or "").endswith(".py")


@cache
def in_library(file: str) -> bool:
    """Whether a file lies where Python or distributions are installed."""
    path = Path(file)
    if {"site-packages", "dist-packages"} & set(path.parts):
        return True
    return any(path.is_relative_to(place) for place in _standard())


@cache
def _standard() -> tuple[str, ...]:
    return tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib")})
