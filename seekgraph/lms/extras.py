"""Packages that are there only with an extra."""

from __future__ import annotations

import importlib
from typing import Any

from seekgraph.core.base.errors import SeekgraphError


class MissingExtra(SeekgraphError, ImportError):
    """A package is not installed; the message names the extra that brings it."""


def need(module: str, extra: str, what: str) -> Any:
    """The module, imported now. Raises `MissingExtra`."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra(f'{what} needs {module.partition(".")[0]}: pip install "seekgraph[{extra}]" ({error})') from None
