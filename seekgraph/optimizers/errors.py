"""The error of compiling."""

from __future__ import annotations

from seekgraph.core.base.errors import SeekgraphError


class CompileError(SeekgraphError, ValueError):
    """A compile cannot begin or go on: its objective or options do not fit, what it was given does not run, or a pass breaks its
    contract."""
