"""Ways to put a compiled flow to work.

`app(bound, Settings(...))` is an ASGI application that serves a flow over HTTP; `seekgraph serve` runs it. It needs the extra
`serve`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seekgraph.deploy.http import Settings as Settings
    from seekgraph.deploy.http import app as app

__all__ = ["Settings", "app"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from seekgraph.core.base.extras import need

    need("starlette", "serve", "serving a flow")
    from seekgraph.deploy import http

    return getattr(http, name)
