"""Kept connections that a host closed meanwhile are found out before they are used, as far as that can be known.

Needs aiohttp, and so is imported only where a model's host is spoken to.
"""

from __future__ import annotations

import select
from contextvars import ContextVar
from typing import Any
from weakref import WeakKeyDictionary

from aiohttp import TCPConnector

reused: ContextVar[bool] = ContextVar("reused", default=False)
"""Whether the connection of this task's last request had been used before."""


class Connector(TCPConnector):  # type: ignore[misc]
    """Gives no kept connection that has ended: on such a one there is something to read before anything was sent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._known: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()  # of each connection that was used, what tells its end

    async def connect(self, *arguments: Any, **options: Any) -> Any:
        while True:
            connection = await super().connect(*arguments, **options)
            protocol = connection.protocol
            known = protocol in self._known
            reused.set(known)
            if not known:
                self._known[protocol] = _poll(connection.transport)
                return connection
            poll = self._known[protocol]
            if poll is None or not poll.poll(0):
                return connection
            connection.close()


def _poll(transport: Any) -> Any:
    """An object that says whether there is something to read on a connection; None where the system has none."""
    socket = transport.get_extra_info("socket") if transport is not None else None
    if socket is None or socket.fileno() < 0 or not hasattr(select, "poll"):
        return None
    poll = select.poll()
    poll.register(socket.fileno(), select.POLLIN | select.POLLHUP)
    return poll
