"""What can go wrong in a tool, each with the way out in its message."""

from __future__ import annotations

from seekgraph.core.base.errors import SeekgraphError
from seekgraph.core.base.extras import MissingExtra as MissingExtra


class CorpusError(SeekgraphError, ValueError):
    """A corpus cannot be read: names the file and line, what was expected, what came, and what to do about it."""


class SavedIndexError(SeekgraphError, ValueError):
    """A saved index cannot be used: it is damaged, of another version, or made from another corpus or model."""


class ToolOutputError(SeekgraphError, TypeError):
    """A user's function returned something that no passage can be made from."""


class ModelNotFound(SeekgraphError, OSError):
    """The weights of an embedding model are neither on this machine nor to be had from the hub."""
