"""--loader: what reads a kind of file, from a module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seekgraph.cli.binding import takes
from seekgraph.cli.common import Misuse, Place, checked_suffix, kind, look_in, named

if TYPE_CHECKING:
    from seekgraph.cli.config import Config
    from seekgraph.tools.loaders import Loader

LOADER = Place("--loader", ".SUFFIX=package.module:attribute", "loader")


def loaders_of(config: Config, written: Sequence[str]) -> dict[str, Loader]:
    """The loaders by suffix: those of the configuration file, and those of the command line, which go before.

    Raises `Misuse` for what is none, and `FlowNotLoaded` for a module that raises.
    """
    table = dict(config.loaders)
    if table and config.folder is not None:
        look_in(config.folder)
    for each in written:
        suffix, _, spec = (part.strip() for part in each.partition("="))
        if not spec:
            raise Misuse(f"--loader takes .SUFFIX=package.module:attribute, such as .adoc=mine:adoc, not {each!r}")
        table[suffix] = spec
    return {checked_suffix(suffix, "--loader"): _loader(suffix, spec) for suffix, spec in table.items()}


def _loader(suffix: str, spec: str) -> Loader:
    found: Loader = named(spec, LOADER, lambda value: callable(value) and takes(value, None))
    if not callable(found) or not takes(found, None):
        raise Misuse(f"--loader {suffix}: {spec} is {kind(found)}, and no function of a file (seekgraph.tools.loaders.File)")
    return found
