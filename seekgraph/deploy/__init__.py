"""Ways to put a compiled flow to work: over HTTP (`app`, `Settings`), as a tool of an assistant (`mcp`), in the traces that
people look at (`telemetry`). Each needs an extra: `serve`, `mcp`, `otel`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seekgraph.deploy import mcp as mcp
    from seekgraph.deploy import telemetry as telemetry
    from seekgraph.deploy.http.app import app
    from seekgraph.deploy.http.settings import Settings

__all__ = ["Settings", "app", "mcp", "telemetry"]


def __getattr__(name: str) -> Any:
    if name in ("mcp", "telemetry"):
        return import_module(f"{__name__}.{name}")
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from seekgraph.core.base.extras import need

    need("starlette", "serve", "serving a flow")
    return getattr(import_module(f"{__name__}.http"), name)
