"""The fast lane: a POST over HTTP/1.1 on a connection that is kept open, and its answer in one piece.

It does what a model's host needs and nothing else: TLS, keep-alive, bodies by length, in chunks or until the end; no redirects,
no compression, no cookies, no proxies. A call costs a third of what it costs through aiohttp, which is what lets one process
keep 128 calls at once near their ideal throughput (benchmarks/port.md).
"""

from __future__ import annotations

import asyncio
import ssl
import weakref
from collections.abc import Mapping
from functools import cache
from time import monotonic
from typing import NamedTuple
from urllib.parse import urlsplit

IDLE = 4.0
"""Seconds after which an unused connection is not used again: many hosts close theirs after five."""
MOST_HEAD, MOST_BODY = 1 << 16, 1 << 26


class Answer(NamedTuple):
    """A whole answer; the names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Broken(Exception):
    """The connection, or what came over it, is of no use."""


class Connection(asyncio.Protocol):
    """One exchange after the other over one connection."""

    __slots__ = ("__weakref__", "_answer", "_body", "_data", "_head", "_left", "_position", "free", "idle_since", "transport")

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.free = True  # may be used for another exchange
        self.idle_since = 0.0
        self._answer: asyncio.Future[Answer] | None = None
        self._begin()

    def _begin(self) -> None:
        self._data = bytearray()
        self._head: tuple[int, dict[str, str]] | None = None
        self._left = -1  # bytes of the body by its length; -1 in chunks, -2 until the end
        self._position = 0
        self._body = bytearray()

    async def exchange(self, request: bytes) -> Answer:
        """Send a request and wait for its answer. Raises `Broken`. Cancelling closes the connection."""
        assert self.transport is not None
        self._begin()
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        try:
            return await self._answer
        except BaseException:
            self.close()
            raise
        finally:
            self._answer = None
            self.idle_since = monotonic()

    def close(self) -> None:
        self.free = False
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        if self._answer is None:  # nobody has asked
            self.close()
            return
        self._data += data
        try:
            self._advance()
        except (ValueError, IndexError):
            self._fail("the answer is no proper HTTP")

    def connection_lost(self, exc: Exception | None) -> None:
        self.free = False
        if self._head is not None and self._left == -2:
            self._end(bytes(self._data[self._position :]))
        else:
            self._fail("the connection broke off" if self._data else "the connection was closed without an answer")

    def _advance(self) -> None:
        if self._head is None and not self._read_head():
            return
        if len(self._data) > MOST_BODY:
            self._fail("the answer is too long")
        elif self._left == -1:
            if self._read_chunks():
                self._end(bytes(self._body))
        elif self._left >= 0 and len(self._data) >= self._position + self._left:
            self._end(bytes(self._data[self._position : self._position + self._left]))

    def _read_head(self) -> bool:
        while (end := self._data.find(b"\r\n\r\n", self._position)) >= 0:
            first, *lines = self._data[self._position : end].decode("latin-1").split("\r\n")
            version, status, *_ = first.split(" ", 2)
            self._position = end + 4
            if not version.startswith("HTTP/1."):
                raise ValueError(version)
            if status.startswith("1"):  # an interim answer: the true one follows
                continue
            headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            self._head = (int(status), headers)
            if version == "HTTP/1.0" or headers.get("connection", "").lower() == "close":
                self.free = False
            if headers.get("transfer-encoding", "").lower() == "chunked":
                self._left = -1
            else:
                self._left = 0 if status in ("204", "304") else _length(headers)
                self.free = self.free and self._left >= 0
            return True
        if len(self._data) > MOST_HEAD:
            raise ValueError("a head without an end")
        return False

    def _read_chunks(self) -> bool:
        while (end := self._data.find(b"\r\n", self._position)) >= 0:
            size = int(self._data[self._position : end].partition(b";")[0], 16)
            if size < 0:
                raise ValueError(size)
            if size == 0:
                return self._data.find(b"\r\n\r\n", end) >= 0
            if len(self._data) < end + size + 4:
                return False
            self._body += self._data[end + 2 : end + 2 + size]
            self._position = end + size + 4
        return False

    def _end(self, body: bytes) -> None:
        if self._answer is not None and not self._answer.done() and self._head is not None:
            self._answer.set_result(Answer(*self._head, body))

    def _fail(self, reason: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Broken(reason))


def _length(headers: Mapping[str, str]) -> int:
    """How long the body is; -2 where it goes on until the end."""
    given = headers.get("content-length")
    if given is None:
        return -2
    if not given.isdecimal():
        raise ValueError(given)
    return int(given)


class Pool:
    """Connections to one origin in one event loop. Opens as many as are used at once."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host = parts.hostname or ""
        self.tls = parts.scheme == "https"
        self.port = parts.port or (443 if self.tls else 80)
        self.netloc = parts.netloc
        self._idle: list[Connection] = []
        self._all: weakref.WeakSet[Connection] = weakref.WeakSet()

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Raises `Broken`, and `OSError` where no connection comes about."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST {path} HTTP/1.1\r\nhost: {self.netloc}\r\ncontent-length: {len(body)}\r\n{lines}\r\n".encode("ascii")
        connection = self._kept() or await self._opened()
        answer = await connection.exchange(head + body)
        if connection.free:
            self._idle.append(connection)
        else:
            connection.close()
        return answer

    def close(self) -> None:
        """Close every connection, also those in use."""
        for connection in list(self._all):
            connection.close()
        self._idle.clear()

    def _kept(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()  # the last that was used: the others may age and be dropped
            if connection.free and monotonic() - connection.idle_since < IDLE:
                return connection
            connection.close()
        return None

    async def _opened(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            Connection, self.host, self.port, ssl=_trusted() if self.tls else None, happy_eyeballs_delay=0.25
        )
        self._all.add(connection)
        return connection


@cache
def _trusted() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
