"""Packages that are there only with an extra of Seekgraph's."""

from __future__ import annotations

import importlib
from typing import Any

from seekgraph.core.base.errors import SeekgraphError


class MissingExtra(SeekgraphError, ImportError):
    """An optional package is not installed. `extra` is the name of Seekgraph's extra that brings it."""

    def __init__(self, what: str, extra: str, missing: str = "packages that are not installed", why: str = "") -> None:
        super().__init__(
            f'{what} needs {missing}: pip install "seekgraph[{extra}]", or, in a clone of Seekgraph, pip install -e ".[{extra}]"'
            + (f" ({why})" if why else "")
        )
        self.extra = extra
        self._arguments = (what, extra, missing, why)

    def __reduce__(self) -> Any:
        return type(self), self._arguments


def need(module: str, extra: str, what: str) -> Any:
    """The module, imported now. Raises `MissingExtra`."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra(what, extra, module.partition(".")[0], str(error)) from None
