"""Where a flow is declared: finding the name of a flow, and the flow of a name.

A location is `package.module:attribute`. It comes from a file, so it is held to plain identifiers, only ever imported by name,
and what stands there has to be a flow; nothing is called.
"""

from __future__ import annotations

import importlib
import importlib.util
import keyword
import platform
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import TypeGuard

from seekgraph.core.base.errors import ArtifactError
from seekgraph.core.language.flow import Flow

LIBRARIES = ("pydantic", "numpy", "bm25s", "PyStemmer", "optuna")
"""The distributions whose versions may change what a flow finds."""

_MAIN = ("__main__", "__mp_main__")


def locate(flow: Flow) -> str:
    """Where `flow` stands, or "" where no importable module has it.

    The module that made the flow is looked through first, then all loaded modules. The flow itself goes before an equal one,
    and that before one of its name and structure (`with_params` makes copies).
    """
    for name in dict.fromkeys((flow.module, *sys.modules)):
        module = sys.modules.get(name)
        shown = main_name() if name in _MAIN else name
        if module is not None and shown:
            found = [(likeness, place) for place, likeness in _alike(module, flow) if _is_path(f"{shown}:{place}")]
            if found:
                return f"{shown}:{min(found, key=lambda item: item[0])[1]}"  # the first of those that are equally like it
    return ""


def find(location: str, source: Path) -> Flow:
    """The flow at `location`. Raises `ArtifactError`, beginning with `source`, where there is none."""
    if not location:
        raise ArtifactError(
            f"{source}: the artifact does not say where its flow is declared: load(path, flow=...) with that flow"
        )
    if not _is_path(location):
        raise ArtifactError(f"{source}: {location!r} is not a place of the form package.module:attribute")
    name, _, attribute = location.partition(":")
    module = sys.modules["__main__"] if name == main_name() else _imported(name, source)
    try:
        thing = getattr(module, attribute)
    except AttributeError:
        near = [key for key, value in list(vars(module).items()) if _is_flow(value)]
        has = f"the flows there are {near}" if near else "there is no flow there"
        raise ArtifactError(f"{source}: module {name!r} has no {attribute!r}; {has}") from None
    if not _is_flow(thing):
        raise ArtifactError(f"{source}: {location} is a {type(thing).__name__}, not a Flow")
    return thing


def check_location(flow: Flow, location: str) -> str:
    """`location`, if `flow` may stand there. Raises `ArtifactError` for a bad form, or where its module has something else."""
    if not location:
        return location
    if not _is_path(location):
        raise ArtifactError(f"location {location!r} is not of the form package.module:attribute")
    name, _, attribute = location.partition(":")
    module = sys.modules.get("__main__" if name == main_name() else name)
    if module is not None:
        thing = vars(module).get(attribute)
        if not _is_flow(thing) or thing.fingerprint != flow.fingerprint:
            raise ArtifactError(f"{location} is not a flow of the same structure as {flow!r}: loading would not find it")
    return location


def main_name() -> str:
    """The name by which the running script can be imported, or "": a notebook, a package run with -m, a file off the path."""
    main = sys.modules.get("__main__")
    spec, file = getattr(main, "__spec__", None), getattr(main, "__file__", None)
    if spec is not None:
        name = str(spec.name)
        return "" if name.endswith("__main__") or file is None else name
    if file is None or not Path(file).stem.isidentifier():
        return ""
    try:
        found = importlib.util.find_spec(Path(file).stem)
        same = found is not None and found.origin is not None and Path(found.origin).samefile(file)
    except (ImportError, ValueError, OSError):
        return ""
    return Path(file).stem if same else ""


def versions() -> dict[str, str]:
    """The versions of what decides on a flow's results, by distribution; those not installed are left out."""
    found = {"seekgraph": str(getattr(sys.modules["seekgraph"], "__version__", "")), "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _alike(module: ModuleType, flow: Flow) -> Iterator[tuple[str, tuple[int, bool]]]:
    """The module's attributes that are flows like `flow`, each with a rank: lower is more like it."""
    for attribute, value in list(vars(module).items()):
        if not _is_flow(value):
            continue
        private = attribute.startswith("_")
        if value is flow:
            yield attribute, (0, private)
        elif value.name == flow.name and value.fingerprint == flow.fingerprint:
            yield attribute, (1 if value == flow else 2, private)


def _is_flow(thing: object) -> TypeGuard[Flow]:
    """Whether a thing is a flow, by its type alone: `isinstance` would ask lazy proxies what they are."""
    return issubclass(type(thing), Flow)


def _imported(name: str, source: Path) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(error.name + ".")):
            message = (
                f"there is no module {name!r} here: install the package, run where it can be imported, or load(path, flow=...)"
            )
            raise ArtifactError(f"{source}: {message}") from None
        raise ArtifactError(f"{source}: module {name!r} cannot be imported: {error}") from error
    except Exception as error:  # a module's own code may raise anything
        raise ArtifactError(f"{source}: module {name!r} cannot be imported: {type(error).__name__}: {error}") from error


def _is_path(location: str) -> bool:
    """Whether a location is plain identifiers. A package's `__main__` is refused: importing it runs a program."""
    module, colon, attribute = location.partition(":")
    parts = [*module.split("."), attribute]
    plain = all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)
    return bool(colon) and plain and "__main__" not in parts
