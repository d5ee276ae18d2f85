"""The fast lane: what hosts may send over HTTP/1.1, and what they may do to a connection."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from seekgraph.lms import http1
from seekgraph.lms.http1 import Answer, Broken, Pool

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(serve: Serve, **options: Any) -> AsyncIterator[tuple[str, list[int]]]:
    """A server, its address, and how many connections it has seen."""
    seen = [0]

    async def counted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen[0] += 1
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    started = await asyncio.start_server(counted, "127.0.0.1", 0, **options)
    try:
        yield f"http{'s' if options else ''}://127.0.0.1:{started.sockets[0].getsockname()[1]}/v1", seen
    finally:
        started.close()


async def read(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return await reader.readexactly(length)


def answering(*parts: bytes, stay: bool = True, times: int = 9) -> Serve:
    """Each request is answered with these parts, one after the other."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(times):
            await read(reader)
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.01)
            if not stay:
                return

    return serve


def post(serve: Serve, times: int = 1, gap: float = 0.0) -> tuple[list[Answer], int]:
    async def run() -> tuple[list[Answer], int]:
        async with server(serve) as (url, seen):
            pool, answers = Pool(url), []
            try:
                for _ in range(times):
                    answers.append(await asyncio.wait_for(pool.post("/v1/x", b"{}", {"a": "b"}), 5))
                    await asyncio.sleep(gap)
            finally:
                pool.close()
                await asyncio.sleep(0.01)
            return answers, seen[0]

    return asyncio.run(run())


LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello"


@pytest.mark.parametrize(
    "parts",
    [
        [LENGTH],
        [LENGTH[:20], LENGTH[20:60], LENGTH[60:]],
        [bytes([each]) for each in LENGTH],
        [b"HTTP/1.1 100 Continue\r\n\r\n", LENGTH],
        [
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n",
            b"3;x=y\r\nllo",
            b"\r\n0\r\nTrailer: t\r\n",
            b"\r\n",
        ],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"],
    ],
)
def test_a_body_comes_whole_however_it_is_sent(parts: list[bytes]) -> None:
    answers, connections = post(answering(*parts), times=3)
    assert [(each.status, each.body) for each in answers] == [(200, b"hello")] * 3
    assert connections == 1


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"]
)
def test_a_body_without_a_length_goes_to_the_end_of_the_connection(head: bytes) -> None:
    answers, connections = post(answering(head, b"hel", b"lo", stay=False), times=2)
    assert [each.body for each in answers] == [b"hello"] * 2
    assert connections == 2


def test_a_status_without_a_body_has_none_and_headers_are_in_lower_case() -> None:
    assert post(answering(b"HTTP/1.1 204 No\r\n\r\n"))[0][0].body == b""
    assert post(answering(LENGTH))[0][0].headers["x-a"] == "b"


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([], "closed without an answer"),
        ([LENGTH[:-2]], "broke off"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"], "broke off"),
        ([b"SSH-2.0-OpenSSH_9.6\r\n\r\n"], "no proper HTTP"),
        ([b"HTTP/1.1 two OK\r\n\r\n"], "no proper HTTP"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"], "no proper HTTP"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-6\r\n"], "no proper HTTP"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"], "no proper HTTP"),
        ([b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 20_000], "no proper HTTP"),
    ],
)
def test_what_is_of_no_use_is_broken(parts: list[bytes], reason: str) -> None:
    with pytest.raises(Broken, match=reason):
        post(answering(*parts, stay=False))


def test_an_answer_that_is_too_long_is_not_kept_on_being_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1, "MOST_BODY", 1000)
    with pytest.raises(Broken, match="too long"):
        post(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + b"x" * 2000))


def test_a_connection_that_the_host_has_closed_is_not_used_again() -> None:
    answers, connections = post(answering(LENGTH, stay=False), times=3, gap=0.05)
    assert len(answers) == connections == 3


def test_a_connection_that_was_idle_for_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1, "IDLE", 0.02)
    assert post(answering(LENGTH), times=2, gap=0.05)[1] == 2


def test_what_nobody_asked_for_ends_the_connection() -> None:
    assert post(answering(LENGTH + b"more"), times=1)[0][0].body == b"hello"
    _, connections = post(answering(LENGTH, LENGTH), times=2, gap=0.05)
    assert connections == 2


def test_a_cancelled_request_takes_its_connection_with_it() -> None:
    async def run() -> int:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read(reader)
            await asyncio.sleep(0.1)
            writer.write(LENGTH)
            await reader.read()

        async with server(serve) as (url, seen):
            pool = Pool(url)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(pool.post("/", b"", {}), 0.02)
            assert (await pool.post("/", b"", {})).body == b"hello"
            pool.close()
            await asyncio.sleep(0.01)
            return seen[0]

    assert asyncio.run(run()) == 2


def test_many_requests_at_once_get_their_own_answers() -> None:
    async def run() -> list[bytes]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                body = await read(reader)
                await asyncio.sleep(int(body) % 7 / 500)
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)

        async with server(serve) as (url, _):
            pool = Pool(url)
            found = [each.body for each in await asyncio.gather(*(pool.post("/", b"%d" % n, {}) for n in range(300)))]
            pool.close()
            await asyncio.sleep(0.01)
            return found

    assert asyncio.run(run()) == [b"%d" % n for n in range(300)]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
def test_a_host_without_a_certificate_that_is_trusted_is_not_spoken_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def run() -> bytes:
        async with server(answering(LENGTH), ssl=context) as (url, _):
            pool = Pool(url)
            try:
                return (await pool.post("/", b"", {})).body
            finally:
                pool.close()
                await asyncio.sleep(0.05)

    http1._trusted.cache_clear()
    with pytest.raises(ssl.SSLCertVerificationError):
        asyncio.run(run())
    http1._trusted.cache_clear()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert asyncio.run(run()) == b"hello"
    http1._trusted.cache_clear()
