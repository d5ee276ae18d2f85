"""The library's log: warnings that go to standard error, never among a program's results."""

from __future__ import annotations

import sys
from typing import Any


def logger(name: str) -> Any:
    """structlog's logger of this name. Where the program has not configured structlog, its lines go to standard error.

    structlog itself would print them to standard output, into the JSON that a program writes there. It is imported only now: it
    takes longer to load than most of what warns.
    """
    import structlog

    if structlog.is_configured():
        return structlog.get_logger(name)
    return structlog.wrap_logger(structlog.PrintLogger(sys.stderr))
