"""Loaders: what reads a kind of file. `LOADERS` says which, by suffix; a user's own are given beside it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from seekgraph.tools.loaders.table import LOADERS, Loaders, loader_for

if TYPE_CHECKING:
    from seekgraph.tools.decoding import Unreadable
    from seekgraph.tools.loaders.base import Content, File, Loader, Section

__all__ = ["LOADERS", "Content", "File", "Loader", "Loaders", "Section", "Unreadable", "loader_for"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("seekgraph.tools.loaders.base"), name)  # with all that reading needs
