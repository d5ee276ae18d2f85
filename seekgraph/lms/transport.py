"""One HTTP request to a model's host, and what can go wrong with it. No retries, no keys kept, no types.

An answer in one piece comes over the fast lane (http1.py); a stream, or what has to go through a proxy, over aiohttp. The
vendors' SDKs are left out: they cost twenty times as much a call (benchmarks/port.md).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from time import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from seekgraph.lms.extras import need
from seekgraph.lms.http1 import Broken, Pool

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


class _Opened:
    """What is open in one event loop: the fast lane's connections by address, and a session for those behind a proxy."""

    def __init__(self) -> None:
        self.pools: dict[str, tuple[Pool, str] | None] = {}
        self.session: aiohttp.ClientSession | None = None


class Transport:
    """Connections to a host, kept open between requests, for each event loop its own. `timeout`: seconds for one request."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._opened: dict[asyncio.AbstractEventLoop, _Opened] = {}

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        """The JSON object of the answer. Raises `Transient` or `Refused`."""
        fast = self._fast(url)
        if fast is None:
            async with self._sent(self._session(url), url, body, headers) as response:
                return _object(await response.read())
        pool, path = fast
        try:
            async with asyncio.timeout(self.timeout):
                answer = await pool.post(path, body, headers)
        except TimeoutError:
            raise Transient(f"no answer within {self.timeout:g} s") from None
        except Broken as error:
            raise Transient(str(error)) from None
        except OSError as error:
            raise Transient(f"the connection failed ({type(error).__name__})") from None
        if answer.status != 200:
            raise _failure(answer.status, answer.headers, answer.body)
        return _object(answer.body)

    async def stream(self, url: str, body: bytes, headers: Mapping[str, str]) -> AsyncGenerator[dict[str, Any]]:
        """The JSON objects of a stream of server-sent events, over a connection of its own. Raises `Transient` or `Refused`."""
        async with self._new_session(url) as session, self._sent(session, url, body, headers) as response:
            async for line in response.content:
                if line.startswith(b"data:") and (data := line[5:].strip()) != b"[DONE]" and data:
                    yield _object(data)

    async def aclose(self) -> None:
        """Close what is open in this event loop."""
        opened = self._opened.pop(asyncio.get_running_loop(), _Opened())
        for fast in opened.pools.values():
            if fast is not None:
                fast[0].close()
        if opened.session is not None:
            await opened.session.close()
        await asyncio.sleep(0)  # for the connections to see it

    def _here(self) -> _Opened:
        loop = asyncio.get_running_loop()
        if loop not in self._opened:
            for other in [each for each in self._opened if each.is_closed()]:
                self._opened.pop(other, None)  # its connections are closed as they are dropped
            self._opened[loop] = _Opened()
        return self._opened[loop]

    def _fast(self, url: str) -> tuple[Pool, str] | None:
        """The connections for an address, and its path; None where a proxy stands before it."""
        pools = self._here().pools
        if url not in pools:
            pools[url] = None if _proxy(url) else (Pool(url), urlsplit(url).path or "/")
        return pools[url]

    def _session(self, url: str) -> aiohttp.ClientSession:
        here = self._here()
        if here.session is None or here.session.closed:
            here.session = self._new_session(url)
        return here.session

    def _new_session(self, url: str) -> aiohttp.ClientSession:
        web = need("aiohttp", "lm", "a hosted model")
        session: aiohttp.ClientSession = web.ClientSession(
            connector=web.TCPConnector(limit=0, ttl_dns_cache=300),
            timeout=web.ClientTimeout(total=self.timeout),
            cookie_jar=web.DummyCookieJar(),
            proxy=_proxy(url),
        )
        return session

    @asynccontextmanager
    async def _sent(
        self, session: aiohttp.ClientSession, url: str, body: bytes, headers: Mapping[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        web = need("aiohttp", "lm", "a hosted model")
        try:
            # A redirect would take the key to another host: none is followed.
            async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                if response.status != 200:
                    raise _failure(response.status, response.headers, await response.read())
                yield response
        except TimeoutError:
            raise Transient(f"no answer within {self.timeout:g} s") from None
        except (web.ClientPayloadError, web.ClientConnectionError) as error:
            raise Transient(f"the connection failed ({type(error).__name__})") from None
        except (web.ClientError, ValueError) as error:
            raise Transient(f"the answer is no proper HTTP ({type(error).__name__})") from None

    def __getstate__(self) -> dict[str, Any]:
        return {"timeout": self.timeout}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for this address."""
    parts = urlsplit(url)
    return None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)


def _failure(status: int, headers: Mapping[str, str], body: bytes) -> Exception:
    message = _told(body)
    if status not in RETRIED:
        return Refused(status, message)
    after = _seconds(headers.get("retry-after-ms"), headers.get("retry-after"))
    return Transient(f"status {status}: {message}", after=after, status=status)


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


def _told(body: bytes) -> str:
    """What a host says about an error, at most 300 characters of it."""
    text = body.decode("utf-8", "replace").strip()
    try:
        error = json.loads(text)["error"]
        text = str(error.get("message", error) if isinstance(error, dict) else error)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return text[:300].encode("utf-8", "replace").decode() or "no reason given"


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
        if b"\\ud" in data or b"\\uD" in data:  # half of a surrogate pair is no text: it could be neither stored nor sent back
            found = json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise Transient(f"the answer is no JSON: it began {data[:60].decode('utf-8', 'replace')!r}") from None
    if not isinstance(found, dict):
        raise Transient(f"the answer is no JSON object but {type(found).__name__}")
    if isinstance(found.get("error"), dict) and "choices" not in found and "content" not in found:
        raise Transient(f"the answer is an error: {str(found['error'].get('message', ''))[:300]}")
    return found
