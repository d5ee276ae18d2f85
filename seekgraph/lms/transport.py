"""One HTTP request to a model's host, over aiohttp. No retries, no keys kept, no types.

The vendors' SDKs are left out: they cost twenty times as much a call (benchmarks/port.md). Answers are bounded in size, a kept
connection that the host has closed meanwhile is replaced, and no redirect is followed, which would take the key elsewhere.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncGenerator, Mapping
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from seekgraph.lms.bodies import LARGEST, LARGEST_ERROR, body_of, event_in, object_in, too_large
from seekgraph.lms.complaints import complaint
from seekgraph.lms.extras import need
from seekgraph.lms.failures import Transient, failure

if TYPE_CHECKING:
    import aiohttp


class _Opened:
    """What is open in one event loop: a session that keeps connections, and one that opens a new one each time."""

    def __init__(self) -> None:
        self.sessions: dict[bool, aiohttp.ClientSession] = {}
        self.fastest = 60.0  # seconds to the first byte of an answer, of the fastest so far


class Sending(Protocol):
    """What sends one request, and gives the answer as plain data. Raises `Transient`, `Refused` or `TooLarge`."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]: ...

    def stream(self, url: str, body: bytes, headers: Mapping[str, str]) -> AsyncGenerator[dict[str, Any]]: ...

    async def aclose(self) -> None: ...


class Transport:
    """Connections to a host, kept open between requests, for each event loop its own. `timeout`: seconds for one request."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._web = need("aiohttp", "lm", "a hosted model")  # now, and not while the first call is waited for
        self._connections = importlib.import_module("seekgraph.lms.connections")
        self._opened: dict[asyncio.AbstractEventLoop, _Opened] = {}

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        """The JSON object of the answer. Raises `Transient`, `Refused` or `TooLarge`."""
        try:
            response = await self._accepted(url, body, headers)
            try:
                data = await body_of(response, LARGEST)
            finally:
                _let_go(response)
        except Exception as error:
            raise self._failed(error) from None
        return object_in(data)

    async def stream(self, url: str, body: bytes, headers: Mapping[str, str]) -> AsyncGenerator[dict[str, Any]]:
        """The JSON objects of a stream of server-sent events; of a host that answers in one piece, this one.

        Raises `Transient`, `Refused` or `TooLarge`.
        """
        try:
            response = await self._accepted(url, body, headers)
            try:
                async for event in _events(response):
                    yield event
            finally:
                _let_go(response)
        except Exception as error:
            raise self._failed(error) from None

    async def aclose(self) -> None:
        """Close what is open in this event loop."""
        opened = self._opened.pop(asyncio.get_running_loop(), _Opened())
        for session in opened.sessions.values():
            await session.close()
        await asyncio.sleep(0)  # for the connections to see it

    async def _accepted(self, url: str, body: bytes, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        """The answer's head, if it is one with a reply. Raises what any other comes to."""
        response = await self._answered(url, body, headers)
        if response.status == 200 and (response.content_length or 0) <= LARGEST:
            return response
        try:
            if response.status == 200:
                raise too_large(response)
            raise failure(response.status, response.headers, complaint(await body_of(response, LARGEST_ERROR, cut=True)))
        finally:
            _let_go(response)

    async def _answered(self, url: str, body: bytes, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        """The answer's head. A kept connection that the host closed without having read this request is replaced by a new one.

        It has not read it where it resets the connection, or ends it sooner than it has ever answered.
        """
        web, began = self._web, perf_counter()
        here = self._here()
        try:
            response = await self._session(here, url, True).post(url, data=body, headers=headers, allow_redirects=False)
        except (web.ServerDisconnectedError, web.ClientOSError) as error:
            unread = isinstance(error, web.ClientOSError) or perf_counter() - began < here.fastest / 2
            if not (self._connections.reused.get() and unread):
                raise
            return await self._session(here, url, False).post(url, data=body, headers=headers, allow_redirects=False)
        here.fastest = min(here.fastest, perf_counter() - began)
        return response

    def _failed(self, error: Exception) -> Exception:
        """An error of the library in our own words; any other as it is."""
        web = self._web
        if isinstance(error, TimeoutError):
            return Transient(f"no answer within {self.timeout:g} s", code="timeout")
        if isinstance(error, web.ClientPayloadError | web.ClientConnectionError):
            return Transient(f"the connection failed ({type(error).__name__})", code="connection")
        if isinstance(error, web.ClientError | ValueError):
            return Transient(f"the answer is no proper HTTP ({type(error).__name__})")
        return error

    def _here(self) -> _Opened:
        loop = asyncio.get_running_loop()
        found = self._opened.get(loop)
        if found is None:
            for other in [each for each in self._opened if each.is_closed()]:
                self._opened.pop(other, None)  # its connections are closed as they are dropped
            found = self._opened[loop] = _Opened()
        return found

    def _session(self, here: _Opened, url: str, kept: bool) -> aiohttp.ClientSession:
        session = here.sessions.get(kept)
        if session is None or session.closed:
            session = here.sessions[kept] = self._new_session(url, kept)
        return session

    def _new_session(self, url: str, kept: bool) -> aiohttp.ClientSession:
        web = self._web
        session: aiohttp.ClientSession = web.ClientSession(
            connector=self._connections.Connector(limit=0, ttl_dns_cache=300, force_close=not kept),
            timeout=web.ClientTimeout(total=self.timeout),
            cookie_jar=web.DummyCookieJar(),
            proxy=_proxy(url),
            skip_auto_headers=["User-Agent"],
        )
        return session

    def __getstate__(self) -> dict[str, Any]:
        return {"timeout": self.timeout}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]


async def _events(response: aiohttp.ClientResponse) -> AsyncGenerator[dict[str, Any]]:
    total, rest = 0, b""
    async for chunk in response.content.iter_any():
        if (total := total + len(chunk)) > 8 * LARGEST or len(rest) > LARGEST:
            raise too_large(response)
        rest += chunk
        if rest.lstrip()[:1] in (b"{", b"["):  # no events: all of it is the answer
            yield object_in(rest + await body_of(response, LARGEST - len(rest)))
            return
        *lines, rest = rest.split(b"\n")
        for line in lines:
            if (event := event_in(line)) is not None:
                yield event
    if (event := event_in(rest)) is not None:
        yield event


def _let_go(response: aiohttp.ClientResponse) -> None:
    """Keep the connection of an answer that was read to its end, and close any other."""
    if response.content.at_eof():
        response.release()
    else:
        response.close()


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for this address."""
    parts = urlsplit(url)
    return None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)
