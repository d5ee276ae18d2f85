"""One HTTP request to a model's host, over aiohttp, and what can go wrong with it. No retries, no keys kept, no types.

The vendors' SDKs are left out: they cost twenty times as much a call (benchmarks/port.md). Answers are bounded in size, a kept
connection that the host has closed meanwhile is replaced, and no redirect is followed, which would take the key elsewhere.
"""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from time import perf_counter, time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from pydantic_core import from_json

from seekgraph.lms.complaints import Complaint, complaint
from seekgraph.lms.extras import need

if TYPE_CHECKING:
    import aiohttp

RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Statuses after which the same request may succeed."""
LARGEST = 8 << 20
"""Bytes of an answer, or of one event of a stream; a stream may have eight times as many."""
LARGEST_ERROR = 1 << 16


class Transient(Exception):
    """What may go better next time.

    `after` is how many seconds the host asks to wait, None where it does not say; `code` as in `LMError.code`.
    """

    def __init__(
        self,
        message: str,
        *,
        after: float | None = None,
        status: int = 0,
        code: str = "unavailable",
        about: Complaint | None = None,
    ) -> None:
        super().__init__(message)
        self.after = after
        self.status = status
        self.code = code
        self.about = about


class Refused(Exception):
    """A status that says: not like this."""

    def __init__(self, status: int, about: Complaint) -> None:
        super().__init__(about.message)
        self.status = status
        self.about = about


class TooLarge(Exception):
    """An answer that is larger than any reply."""


class _Opened:
    """What is open in one event loop: a session that keeps connections, and one that opens a new one each time."""

    def __init__(self) -> None:
        self.sessions: dict[bool, aiohttp.ClientSession] = {}
        self.fastest = 60.0  # seconds to the first byte of an answer, of the fastest so far


class Transport:
    """Connections to a host, kept open between requests, for each event loop its own. `timeout`: seconds for one request."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._web = need("aiohttp", "lm", "a hosted model")  # now, and not while the first call is waited for
        self._connections = importlib.import_module("seekgraph.lms.connections")
        self._opened: dict[asyncio.AbstractEventLoop, _Opened] = {}

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        """The JSON object of the answer. Raises `Transient`, `Refused` or `TooLarge`."""
        async with self._answer(url, body, headers) as response:
            return _object(await _all_of(response, LARGEST))

    async def stream(self, url: str, body: bytes, headers: Mapping[str, str]) -> AsyncGenerator[dict[str, Any]]:
        """The JSON objects of a stream of server-sent events; of a host that answers in one piece, this one.

        Raises `Transient`, `Refused` or `TooLarge`.
        """
        async with self._answer(url, body, headers) as response:
            total, rest = 0, b""
            async for chunk in response.content.iter_any():
                if (total := total + len(chunk)) > 8 * LARGEST or len(rest) > LARGEST:
                    raise _too_large(response)
                rest += chunk
                if rest.lstrip()[:1] in (b"{", b"["):  # no events: all of it is the answer
                    yield _object(rest + await _all_of(response, LARGEST - len(rest)))
                    return
                *lines, rest = rest.split(b"\n")
                for line in lines:
                    if (event := _event(line)) is not None:
                        yield event
            if (event := _event(rest)) is not None:
                yield event

    async def aclose(self) -> None:
        """Close what is open in this event loop."""
        opened = self._opened.pop(asyncio.get_running_loop(), _Opened())
        for session in opened.sessions.values():
            await session.close()
        await asyncio.sleep(0)  # for the connections to see it

    def _session(self, url: str, kept: bool) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if loop not in self._opened:
            for other in [each for each in self._opened if each.is_closed()]:
                self._opened.pop(other, None)  # its connections are closed as they are dropped
            self._opened[loop] = _Opened()
        sessions = self._opened[loop].sessions
        if kept not in sessions or sessions[kept].closed:
            sessions[kept] = self._new_session(url, kept)
        return sessions[kept]

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

    @asynccontextmanager
    async def _answer(self, url: str, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        web = self._web
        try:
            response = await self._response(url, body, {"accept-encoding": "identity", **headers})
            try:
                if response.status != 200:
                    about = complaint(await _all_of(response, LARGEST_ERROR, cut=True))
                    raise _failure(response.status, response.headers, about)
                if (response.content_length or 0) > LARGEST:
                    raise _too_large(response)
                yield response
            finally:
                if response.content.at_eof():
                    response.release()
                else:
                    response.close()
        except TimeoutError:
            raise Transient(f"no answer within {self.timeout:g} s", code="timeout") from None
        except (web.ClientPayloadError, web.ClientConnectionError) as error:
            raise Transient(f"the connection failed ({type(error).__name__})", code="connection") from None
        except (web.ClientError, ValueError) as error:
            raise Transient(f"the answer is no proper HTTP ({type(error).__name__})") from None

    async def _response(self, url: str, body: bytes, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        """The answer's head. A kept connection that the host closed without having read this request is replaced by a new one.

        It has not read it where it resets the connection, or ends it sooner than it has ever answered.
        """
        web, began = self._web, perf_counter()
        options: dict[str, Any] = {"data": body, "headers": headers, "allow_redirects": False}
        session = self._session(url, True)
        here = self._opened[asyncio.get_running_loop()]
        try:
            response = await session.post(url, **options)
        except (web.ServerDisconnectedError, web.ClientOSError) as error:
            unread = isinstance(error, web.ClientOSError) or perf_counter() - began < here.fastest / 2
            if not (self._connections.reused.get() and unread):
                raise
            return await self._session(url, False).post(url, **options)
        here.fastest = min(here.fastest, perf_counter() - began)
        return response

    def __getstate__(self) -> dict[str, Any]:
        return {"timeout": self.timeout}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]


async def _all_of(response: aiohttp.ClientResponse, most: int, *, cut: bool = False) -> bytes:
    """The body, in `most` bytes; of a longer one the beginning with `cut`, else raises `TooLarge`."""
    chunk: bytes = await response.content.readany()
    if response.content.at_eof() and len(chunk) <= most:
        return chunk  # all at once, as most answers come
    found, size = [chunk], len(chunk)
    async for chunk in response.content.iter_any():
        found.append(chunk)
        size += len(chunk)
        if size > most:
            if cut:
                break
            raise _too_large(response)
    return b"".join(found)


def _too_large(response: aiohttp.ClientResponse) -> TooLarge:
    response.close()
    return TooLarge(f"the answer is larger than {LARGEST >> 20} MB")


def _event(line: bytes) -> dict[str, Any] | None:
    line = line.strip()
    if not line.startswith(b"data:") or (data := line[5:].strip()) in (b"[DONE]", b""):
        return None
    return _object(data)


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for this address."""
    parts = urlsplit(url)
    return None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)


def _failure(status: int, headers: Mapping[str, str], about: Complaint) -> Exception:
    if status not in RETRIED:
        return Refused(status, about)
    after = _seconds(headers.get("retry-after-ms"), headers.get("retry-after"))
    code = {429: "rate_limited", 408: "timeout", 504: "timeout"}.get(status, "unavailable")
    return Transient(f"status {status}: {about.message}", after=after, status=status, code=code, about=about)


def _seconds(milliseconds: str | None, retry_after: str | None) -> float | None:
    """What `Retry-After` says: seconds, or a date."""
    for text, unit in ((milliseconds, 0.001), (retry_after, 1.0)):
        try:
            if text is not None:
                return max(0.0, float(text) * unit)
        except ValueError:
            try:
                return max(0.0, parsedate_to_datetime(text or "").timestamp() - time())
            except (ValueError, OverflowError):
                continue
    return None


def _parsed(data: bytes) -> Any:
    try:
        return from_json(data)  # twice as fast, and stricter: no half of a surrogate pair
    except ValueError:
        return json.loads(data)


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = _parsed(data)
        if b"\\ud" in data or b"\\uD" in data:  # half of a surrogate pair is no text: it could be neither stored nor sent back
            found = json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise Transient(f"the answer is no JSON: it began {data[:60].decode('utf-8', 'replace')!r}") from None
    if not isinstance(found, dict):
        raise Transient(f"the answer is no JSON object but {type(found).__name__}")
    if found.get("error") and not found.get("choices") and not found.get("content"):
        raise Transient(f"the answer is an error: {complaint(data).message}")
    return found
