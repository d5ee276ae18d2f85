"""What is wrong with how a model was asked for, before anything is sent."""

from __future__ import annotations

from seekgraph.core.base.errors import SeekgraphError


class ModelOption(SeekgraphError, ValueError):
    """An option of a model cannot be what it was given as; the message says what it takes, and repeats no secret."""
