"""Running the application under uvicorn: one process or several, that end without losing a request."""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
from typing import Any, ClassVar

import uvicorn

from seekgraph.deploy.http.settings import GRACE, Settings

try:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as _Protocol
except ImportError:  # the parser in C is not installed
    from uvicorn.protocols.http.h11_impl import H11Protocol as _Protocol


class Patient(_Protocol):  # type: ignore[misc]
    """uvicorn's protocol, with connections closed on which the head of a request does not come within `seconds`.

    uvicorn itself waits for ever for a head that comes a byte at a time.
    """

    seconds: ClassVar[float] = 15.0
    _slow: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        if self._slow is None and (before is None or before.response_complete):
            self._wait()
        super().data_received(data)
        if self.cycle is not before:
            self._arrived()

    def _wait(self) -> None:
        self._slow = self.loop.call_later(self.seconds, self._close)

    def _arrived(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None

    def _close(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.close()


def config(app: Any, settings: Settings, **options: Any) -> uvicorn.Config:
    """How uvicorn serves it. On SIGTERM it takes no more connections, ends the requests that it has, and stops."""
    return uvicorn.Config(
        app,
        http=Patient,
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        backlog=4096,
        timeout_graceful_shutdown=int(settings.seconds + GRACE) + 1,
        **options,
    )


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 is any that is free. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
    except OSError:
        found.close()
        raise
    found.listen(4096)  # from here on nobody is refused, also while the flow is still being opened in workers
    found.set_inheritable(True)
    return found


def serve(app: Any, settings: Settings, sockets: list[socket.socket]) -> None:
    """Serve an application in this process until SIGTERM or SIGINT."""
    uvicorn.Server(config(app, settings)).run(sockets=sockets)


def serve_with_workers(factory: str, settings: Settings, sockets: list[socket.socket], workers: int) -> None:
    """Serve what `factory` (`module:function`, without arguments) makes in each of several processes, which are started again
    where they die, until SIGTERM or SIGINT."""
    from uvicorn.supervisors import Multiprocess

    with tempfile.TemporaryDirectory(prefix="seekgraph-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # before the workers start: their counts are added up
        settled = config(factory, settings, factory=True, workers=workers)
        Multiprocess(settled, sockets=sockets).run()
