"""What can go wrong in a tool, each with the way out in its message."""

from __future__ import annotations

from seekgraph.core.base.errors import SeekgraphError


class CorpusError(SeekgraphError, ValueError):
    """A corpus cannot be read: names the file and line, what was expected, what came, and what to do about it."""


class SavedIndexError(SeekgraphError, ValueError):
    """A saved index cannot be used: it is damaged, of another version, or made from another corpus or model."""


class ToolOutputError(SeekgraphError, TypeError):
    """A user's function returned something that no passage can be made from."""


class ModelNotFound(SeekgraphError, OSError):
    """The weights of an embedding model are neither on this machine nor to be had from the hub."""


class MissingExtra(SeekgraphError, ImportError):
    """An optional dependency is not installed. `extra` is the name of Seekgraph's extra that brings it."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f'{what} needs packages that are not installed: pip install "seekgraph[{extra}]"')
        self.extra = extra
