"""What passages depend on beside the files that they are from: how these were chosen, and the code that read them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from seekgraph.tools.choosing import Choice
from seekgraph.tools.loaders.table import PACKAGES, Loaders, loader_for
from seekgraph.tools.sources import Source

_READ_BY = (Path(__file__).parent, Path(__file__).parent / "loaders", Path(__file__).parent.parent / "text")


class Reading(NamedTuple):
    """How files are read: a hash of the code that does it, and the suffixes of which that cannot be known."""

    version: str
    fickle: frozenset[str]


def key_of(sources: Sequence[Source], loaders: Loaders | None, choice: Choice, analysis: object) -> str:
    """A hash of which documents these are, how they are chosen and analysed: under it their index is kept."""
    paths = [(str(source.path.resolve()), source.kind, source.prefix, source.name) for source in sources]
    own = sorted((suffix, loader if isinstance(loader, str) else _called(loader)) for suffix, loader in (loaders or {}).items())
    return _hash([paths, choice.include, choice.exclude, own, analysis])


def reading_of(suffixes: Iterable[str], loaders: Loaders | None) -> Reading:
    """How files of these kinds are read: by Seekgraph's own code, by packages (or by none that is installed), by `loaders`."""
    facts: list[Any] = [sys.version_info[:3], *map(_code_in, _READ_BY)]
    fickle: set[str] = set()
    for suffix in sorted(suffixes):
        if suffix not in (loaders or {}):
            facts.append([suffix, [_package(name) for name in PACKAGES.get(suffix, ())]])
        elif (version := _version(suffix, loaders)) is None:
            fickle.add(suffix)
        else:
            facts.append([suffix, version])
    return Reading(_hash(facts), frozenset(fickle))


def _version(suffix: str, loaders: Loaders | None) -> str | None:
    """A hash of the code of a user's loader, with all that it reaches; None where that cannot be known."""
    from seekgraph.core.base.live import Unidentified
    from seekgraph.core.base.versions import function_version

    loader: Any = loader_for(suffix, loaders)
    try:
        return function_version(loader)
    except Unidentified:
        return None


def _code_in(folder: Path) -> list[tuple[str, int, int]]:
    """Names, sizes and times of the modules in a folder: they change where another version is installed, or a line edited."""
    with os.scandir(folder) as entries:
        files = [(entry.name, entry.stat()) for entry in entries if entry.name.endswith(".py")]
    return sorted((name, found.st_size, found.st_mtime_ns) for name, found in files)


def _package(name: str) -> list[Any]:
    """What tells one version of an installed package from another, without importing it."""
    try:
        spec = find_spec(name)
        found = os.stat(spec.origin) if spec is not None and spec.origin else None
    except (ImportError, ValueError, OSError):
        found = None
    return [name, None] if found is None else [name, found.st_size, found.st_mtime_ns]


def _called(loader: Callable[..., Any]) -> str:
    kind = loader if hasattr(loader, "__qualname__") else type(loader)
    return f"{kind.__module__}:{kind.__qualname__}"


def _hash(facts: object) -> str:
    return blake2b(json.dumps(facts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
