"""What the commands share: finding a flow, and writing results."""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from seekgraph.core.base.errors import SeekgraphError

if TYPE_CHECKING:
    from seekgraph.flow import Flow

FAILED, MISUSED, INTERRUPTED = 1, 2, 130


class Misuse(SeekgraphError):
    """The arguments do not fit together; exit code 2."""


class FlowNotLoaded(SeekgraphError):
    """The module that FLOW, or another argument, names raises when it is imported."""


@dataclass(frozen=True)
class Place:
    """What an argument that names something in a module is called, what it may be, and what the thing is likely called there."""

    argument: str
    forms: str
    thing: str


FLOW = Place("FLOW", "package.module:attribute or a .flow.json file", "flow")


def find_flow(name: str) -> Flow:
    """The flow that FLOW names: `package.module:attribute`, looked for in the current folder too, or a `.flow.json` artifact.

    Raises `Misuse` where there is none, naming those that there are, and `FlowNotLoaded` for a module that raises.
    """
    from seekgraph.flow import Flow, load

    if name.endswith(".json"):
        _look_here()
        return load(name)
    place, _, attribute = name.partition(":")
    module = imported(place, name, FLOW)
    found = getattr(module, attribute, None) if attribute else None
    if isinstance(found, Flow):
        return found
    flows = [f"{place}:{key}" for key, value in vars(module).items() if isinstance(value, Flow)]
    has = f"its flows are {', '.join(flows)}" if flows else "it has no flow; make one with seekgraph.Flow(..., name=...)"
    if found is not None:
        raise Misuse(f"{name} is a {type(found).__name__} and not a seekgraph.Flow; in {place}, {has}")
    raise Misuse(f"{place} has no flow {attribute!r}; {has}" if attribute else f"FLOW names a module alone, {place}; {has}")


def imported(place: str, name: str, what: Place) -> ModuleType:
    """The module in which a thing stands that an argument names; the current folder is looked in first.

    Raises `Misuse` for what is no module, and `FlowNotLoaded` for one that raises.
    """
    _look_here()
    if place.endswith(".py"):
        parts = Path(place).with_suffix("").parts
        plain = all(part.isidentifier() for part in parts)
        thing = what.thing
        mend = f"write {'.'.join(parts)}:{thing}" if plain else f"in that file's folder, write {parts[-1]}:{thing}"
        raise Misuse(
            f"{what.argument} names a module and an attribute, not a file: {mend}, if the {thing} is called {thing!r} there"
        )
    if not all(part.isidentifier() for part in place.split(".")):
        raise Misuse(f"{what.argument} is {what.forms}, not {name!r}")
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name and f"{place}.".startswith(f"{error.name}."):
            forms = what.forms.replace(" or", ", looked for in the current folder and in what is installed, or", 1)
            raise Misuse(f"no module {error.name!r}: {what.argument} {name!r} is {forms}") from None
        raise FlowNotLoaded(f"{place} cannot be imported: it needs {error.name!r}, which is not installed here") from None
    except Exception as error:  # a module's own code may raise anything
        raise FlowNotLoaded(f"{place} cannot be imported: {type(error).__name__}: {error}{_where(error)}") from error


def _look_here() -> None:
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())


def _where(error: Exception) -> str:
    """The last place outside of Seekgraph that an error came from: the user's own line. A syntax error names its own."""
    house = str(Path(__file__).resolve().parent.parent)
    frames = [each for each in traceback.extract_tb(error.__traceback__) if not each.filename.startswith((house, "<"))]
    return f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames and not isinstance(error, SyntaxError) else ""


def show(*things: Any) -> None:
    """Print to standard output, with colour where it is a terminal; what is piped is not broken into lines."""
    _print(False, *things)


def say(*things: Any) -> None:
    """Print to standard error: what is not the result."""
    _print(True, *things)


def _print(stderr: bool, *things: Any) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=stderr, highlight=False)
    for thing in things:
        shown = Text(thing) if isinstance(thing, str) else thing  # what comes from outside is no markup
        console.print(shown, soft_wrap=isinstance(shown, Text) and not console.is_terminal)


def writable(path: Path | None, option: str) -> Path | None:
    """`path` with its folder made, before any work is done for it. Raises `Misuse` for a folder."""
    if path is not None:
        if path.is_dir():
            raise Misuse(f"{option} {path} is a folder: give the name of a file in it")
        path.parent.mkdir(parents=True, exist_ok=True)
    return path


def write_json(data: Any, target: str = "-") -> None:
    """Write plain data as JSON to a file, or to standard output for `-`."""
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    if target == "-":
        sys.stdout.write(text)
    else:
        Path(target).write_text(text, encoding="utf-8")
        say(f"wrote {target}")
