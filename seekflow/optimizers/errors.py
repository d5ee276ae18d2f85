"""The error of compiling."""

from __future__ import annotations

from seekflow.core.errors import SeekflowError


class CompileError(SeekflowError, ValueError):
    """A compile cannot begin or go on: its objective or options do not fit, what it was given does not run, or a pass breaks its
    contract."""
