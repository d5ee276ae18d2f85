"""Kept connections that a host closed meanwhile are found out before they are used, as far as that can be known.

Needs aiohttp, and so is imported only where a model's host is spoken to.
"""

from __future__ import annotations

import select
from contextvars import ContextVar
from typing import Any
from weakref import WeakSet

from aiohttp import TCPConnector

reused: ContextVar[bool] = ContextVar("reused", default=False)
"""Whether the connection of this task's last request had been used before."""


class Connector(TCPConnector):  # type: ignore[misc]
    """Gives no kept connection that has ended: on such a one there is something to read before anything was sent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._known: WeakSet[Any] = WeakSet()

    async def connect(self, *arguments: Any, **options: Any) -> Any:
        while True:
            connection = await super().connect(*arguments, **options)
            reused.set(connection.protocol in self._known)
            if not reused.get() or not _readable(connection.transport):
                self._known.add(connection.protocol)
                return connection
            connection.close()


def _readable(transport: Any) -> bool:
    socket = transport.get_extra_info("socket") if transport is not None else None
    if socket is None or socket.fileno() < 0 or not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(socket.fileno(), select.POLLIN | select.POLLHUP)
    return bool(poll.poll(0))
