"""What is wrong with how a model was asked for, before anything is sent."""

from __future__ import annotations

from seekflow.core.errors import SeekflowError


class ModelOption(SeekflowError, ValueError):
    """An option of a model cannot be what it was given as; the message says what it takes, and repeats no secret."""
