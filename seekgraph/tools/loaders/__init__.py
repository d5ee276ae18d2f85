"""Loaders: what reads a kind of file. `LOADERS` says which, by suffix; a user's own are given beside it."""

from __future__ import annotations

from seekgraph.tools.loaders.base import Content, File, Loader, Section
from seekgraph.tools.loaders.table import LOADERS, loader_for

__all__ = ["LOADERS", "Content", "File", "Loader", "Section", "loader_for"]
