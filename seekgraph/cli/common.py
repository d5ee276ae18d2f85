"""What the commands share: finding a flow, or another thing, by the name of a module and an attribute."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import TYPE_CHECKING, Any

from seekgraph.core.base.errors import SeekgraphError

if TYPE_CHECKING:
    from seekgraph.flow import Flow

FAILED, MISUSED, INTERRUPTED, PIPE_CLOSED, TERMINATED = 1, 2, 130, 141, 143


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


_SUFFIX = re.compile(r"\.[^\s./\\=:]+")
FLOW = Place("FLOW", "package.module:attribute, a name of `seekgraph flows` or a .flow.json file", "flow")


def find_flow(name: str) -> Flow:
    """The flow that FLOW names: `package.module:attribute`, looked for in the current folder too, the name of a ready-made flow,
    or a `.flow.json` artifact, whose module is imported.

    Raises `Misuse` where there is none, naming those that there are, and `FlowNotLoaded` for a module that raises.
    """
    from seekgraph.flow import Flow, load

    if name.endswith(".json"):
        from seekgraph.core.artifact import describe

        look_here_for(describe(name).flow.partition(":")[0])
        return load(name)
    name = location(name)
    place, _, attribute = name.partition(":")
    module = imported(place, name, FLOW)
    found = getattr(module, attribute, None) if attribute else None
    if isinstance(found, Flow):
        return found
    has = there_are(module, lambda value: isinstance(value, Flow), "flow") or (
        "it has no flow; make one with seekgraph.Flow(..., name=...)"
    )
    if found is not None:
        raise Misuse(f"{name} is {kind(found)} and not a seekgraph.Flow; in {place}, {has}")
    raise Misuse(f"{place} has no flow {attribute!r}; {has}" if attribute else f"FLOW names a module alone, {place}; {has}")


def location(name: str) -> str:
    """Where the flow that FLOW names is defined, as `module:attribute`; the name of a ready-made flow is one of `READY_MADE`."""
    return f"{READY_MADE}.{name}:flow" if name in ready_made() else name


READY_MADE = "seekgraph.flows"


def ready_made() -> list[str]:
    """The names of the ready-made flows, one for each module of `seekgraph.flows`. Imports none of them."""
    import seekgraph.flows

    return sorted(each.name for each in iter_modules(seekgraph.flows.__path__) if not each.name.startswith("_"))


def named(spec: str, what: Place, fits: Callable[[Any], bool]) -> Any:
    """The thing that `package.module:attribute` names, whatever it is; `fits` says which of the module's are named in an error.

    Raises `Misuse` where there is none, and `FlowNotLoaded` for a module that raises.
    """
    place, _, attribute = spec.partition(":")
    module = imported(place, spec, what)
    if attribute and hasattr(module, attribute):
        return getattr(module, attribute)
    has = there_are(module, fits, what.thing) or f"it has no {what.thing}"
    raise Misuse(f"{what.argument}: {place} has no {what.thing} {attribute!r}; {has}" + similar(attribute, vars(module)))


def there_are(module: ModuleType, fits: Callable[[Any], bool], thing: str) -> str:
    """In words, which things of a module fit: `its flows are mine:flow, mine:other`; empty where none does."""
    found = [f"{module.__name__}:{key}" for key, value in vars(module).items() if fits(value)]
    plural = f"{thing[:-1]}ies" if thing.endswith("y") else f"{thing}es" if thing.endswith("s") else f"{thing}s"
    return f"its {plural} are {', '.join(found)}" if found else ""


def kind(thing: Any) -> str:
    """What a thing is, in words: `an int`, `a Loop`."""
    name = type(thing).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def checked_suffix(suffix: str, where: str) -> str:
    """A suffix in lower case. Raises `Misuse` for what is none, beginning with `where`."""
    if not _SUFFIX.fullmatch(suffix):
        raise Misuse(f"{where}: a suffix begins with a dot, such as '.adoc', and has no other; got {suffix!r}")
    return suffix.lower()


def similar(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'rerank.keep'?` where something known is like `name`, else nothing."""
    close = get_close_matches(name, [*known], n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def called(maker: Callable[..., Any], spec: str, option: str) -> Any:
    """What a user's class or function makes when it is called without arguments.

    Raises `FlowNotLoaded` where it raises, and `Misuse` where it is a coroutine.
    """
    if inspect.iscoroutinefunction(maker):
        raise Misuse(f"{option}: {spec} is a coroutine function: make it an ordinary one")
    try:
        return maker()
    except Exception as error:  # a user's own code may raise anything
        raise FlowNotLoaded(f"{option}: {spec} raised {type(error).__name__}: {error}{_where(error)}") from error


def imported(place: str, name: str, what: Place) -> ModuleType:
    """The module in which a thing stands that an argument names; the current folder is looked in last.

    Raises `Misuse` for what is no module, and `FlowNotLoaded` for one that raises.
    """
    if place.endswith(".py"):
        parts = Path(place).with_suffix("").parts
        plain = all(part.isidentifier() for part in parts)
        thing = what.thing
        hint = f"write {'.'.join(parts)}:{thing}" if plain else f"in that file's folder, write {parts[-1]}:{thing}"
        raise Misuse(
            f"{what.argument} names a module and an attribute, not a file: {hint}, if the {thing} is called {thing!r} there"
        )
    if not all(part.isidentifier() for part in place.split(".")):
        raise Misuse(f"{what.argument} is {what.forms}, not {name!r}")
    look_here_for(place)
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name and f"{place}.".startswith(f"{error.name}."):
            hint = similar(name, ready_made()) if what is FLOW else ""
            forms = f"{what.forms}; modules are looked for in the current folder and in what is installed"
            raise Misuse(f"no module {error.name!r}: {what.argument} {name!r} is {forms}{hint}") from None
        raise FlowNotLoaded(f"{place} cannot be imported: it needs {error.name!r}, which is not installed here") from None
    except Exception as error:  # a module's own code may raise anything
        raise FlowNotLoaded(f"{place} cannot be imported: {type(error).__name__}: {error}{_where(error)}") from error


def look_here_for(module: str) -> None:
    """Let modules be imported from the current folder, where this one is not installed."""
    top = module.partition(".")[0]
    if top and top not in sys.modules and (not top.isidentifier() or importlib.util.find_spec(top) is None):
        look_in(Path.cwd())


def look_in(folder: Path) -> None:
    """Let modules be imported from a folder that are found nowhere else: it never stands before what is installed."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


def look_here_last() -> None:
    """Take the current folder from the front of the path, where `python -m` puts it."""
    if sys.path and sys.path[0] in ("", str(Path.cwd())):
        del sys.path[0]


def _where(error: Exception) -> str:
    """The last place outside of Seekgraph that an error came from: the user's own line. A syntax error names its own."""
    package = str(Path(__file__).resolve().parent.parent)
    frames = [each for each in traceback.extract_tb(error.__traceback__) if not each.filename.startswith((package, "<"))]
    return f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames and not isinstance(error, SyntaxError) else ""
