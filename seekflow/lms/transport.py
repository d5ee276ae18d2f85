"""One HTTP request to a model's host, and what can go wrong with it. No retries, no keys kept, no types.

aiohttp does the work, not the vendors' SDKs: at 128 calls at once a call costs 0.15 ms through it, 5 ms through an SDK
(benchmarks/port.md).
"""

from __future__ import annotations

import asyncio
import json
import weakref
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from time import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from seekflow.lms.extras import need

if TYPE_CHECKING:
    import aiohttp

RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Statuses after which the same request may succeed."""


class Transient(Exception):
    """What may go better next time. `after` is how many seconds the host asks to wait, None where it does not say."""

    def __init__(self, message: str, *, after: float | None = None, status: int = 0) -> None:
        super().__init__(message)
        self.after = after
        self.status = status


class Refused(Exception):
    """A status that says: not like this."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Transport:
    """Connections to one host, kept open between requests; one pool for each event loop, opened when first used."""

    def __init__(self, timeout: float, connections: int = 0) -> None:
        self.timeout = timeout
        self.connections = connections
        self._sessions: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = weakref.WeakKeyDictionary()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        """The JSON object of the answer. Raises `Transient` or `Refused`."""
        async with self._sent(url, body, headers) as response:
            return _object(await response.read())

    async def stream(self, url: str, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[dict[str, Any]]:
        """The JSON objects of a stream of server-sent events. Raises `Transient` or `Refused`."""
        async with self._sent(url, body, headers) as response:
            async for line in response.content:
                if line.startswith(b"data:") and (data := line[5:].strip()) != b"[DONE]" and data:
                    yield _object(data)

    async def aclose(self) -> None:
        """Close what is open in this event loop."""
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.close()

    @asynccontextmanager
    async def _sent(self, url: str, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        aiohttp = need("aiohttp", "lm", "a hosted model")
        try:
            # A redirect would take the key to another host: none is followed.
            async with self._session(aiohttp, url).post(url, data=body, headers=headers, allow_redirects=False) as response:
                if response.status != 200:
                    raise await _failure(response)
                yield response
        except TimeoutError:
            raise Transient(f"no answer within {self.timeout:g} s") from None
        except (aiohttp.ClientPayloadError, aiohttp.ClientConnectionError, aiohttp.ServerDisconnectedError) as error:
            raise Transient(f"the connection failed ({type(error).__name__})") from None
        except aiohttp.ClientError as error:
            raise Transient(f"the answer is no proper HTTP ({type(error).__name__})") from None

    def _session(self, aiohttp: Any, url: str) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None or session.closed:
            session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self.connections, ttl_dns_cache=300),
                timeout=aiohttp.ClientTimeout(total=self.timeout, connect=min(10.0, self.timeout)),
                cookie_jar=aiohttp.DummyCookieJar(),
                proxy=_proxy(url),
            )
            self._sessions[loop] = session
        return session

    def __getstate__(self) -> dict[str, Any]:
        return {"timeout": self.timeout, "connections": self.connections}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for this address. Looked up once: aiohttp would ask a thread for each request."""
    parts = urlsplit(url)
    return None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)


async def _failure(response: aiohttp.ClientResponse) -> Exception:
    message = _told(await response.read())
    if response.status not in RETRIED:
        return Refused(response.status, message)
    after = _seconds(response.headers.get("retry-after-ms"), response.headers.get("retry-after"))
    return Transient(f"status {response.status}: {message}", after=after, status=response.status)


def _seconds(milliseconds: str | None, retry_after: str | None) -> float | None:
    """What `Retry-After` says: seconds, or a date."""
    for text, unit in ((milliseconds, 0.001), (retry_after, 1.0)):
        try:
            if text is not None:
                return max(0.0, float(text) * unit)
        except ValueError:
            try:
                return max(0.0, parsedate_to_datetime(text or "").timestamp() - time())
            except ValueError:
                continue
    return None


def _told(body: bytes) -> str:
    """What a host says about an error, at most 300 characters of it."""
    text = body.decode("utf-8", "replace").strip()
    try:
        error = json.loads(text)["error"]
        text = str(error.get("message", error) if isinstance(error, dict) else error)
    except (ValueError, KeyError, TypeError):
        pass
    return text[:300] or "no reason given"


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except ValueError:
        raise Transient(f"the answer is no JSON: it began {data[:60].decode('utf-8', 'replace')!r}") from None
    if not isinstance(found, dict):
        raise Transient(f"the answer is no JSON object but {type(found).__name__}")
    if isinstance(found.get("error"), dict) and "choices" not in found and "content" not in found:
        raise Transient(f"the answer is an error: {str(found['error'].get('message', ''))[:300]}")
    return found
