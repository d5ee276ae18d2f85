"""How much random tests try: a part of it every day, all of it by `make test-slow`; and how long tests wait for what may hang."""

from __future__ import annotations

import os

ALL = bool(os.environ.get("SEEKGRAPH_ALL_EXAMPLES"))

PATIENCE = 600
"""Seconds that a test waits for a process, a thread or an event: it ends what hangs, and says nothing of how fast a thing is."""


def examples(number: int, everyday: int | None = None) -> int:
    """`number` where all is tried, else `everyday`, which is a fifth of it, and at least 20, unless it is given."""
    return number if ALL else everyday or max(20, number // 5)
