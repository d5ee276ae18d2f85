"""What a host may do over HTTP: answers without an end, closed connections, gzip, keys that come back. Needs the extra `lm`."""

from __future__ import annotations

import asyncio
import base64
import gzip
import importlib.util
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lm_kit import Reply, ask, chat, prompt, talk

from seekgraph.core.language.lm import LMError
from seekgraph.lms import openai_compatible
from seekgraph.lms.keys import PiecesWithoutKey, reply_without_key, without_key

for package in ("aiohttp", "tenacity"):
    pytest.importorskip(package, reason='the extra "lm" is not installed: pip install "seekgraph[lm]"')

pytestmark = pytest.mark.lm
KEY = "sk-sentinel-7f3a9c51e20b48d6a1"
BODY = json.dumps(chat('{"text": "right"}')).encode()


def raw(answer: Callable[[asyncio.StreamWriter, int], Awaitable[bool]], use: Callable[[str], Awaitable[Any]]) -> tuple[Any, int]:
    """Run `use` with a server that answers by hand; gives also how many requests came. It says whether the connection stays."""
    requests = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
                requests += 1
                if not await answer(writer, requests):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def run() -> Any:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        try:
            return await use(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
        finally:
            server.close()

    return asyncio.run(run()), requests


def head(*lines: str) -> bytes:
    return ("\r\n".join(["HTTP/1.1 200 OK", "content-type: application/json", *lines]) + "\r\n\r\n").encode()


# --- too much --------------------------------------------------------------------------------------------------------


def too_much(kind: str) -> Callable[[asyncio.StreamWriter, int], Awaitable[bool]]:
    async def answer(writer: asyncio.StreamWriter, number: int) -> bool:
        if kind == "by its head":
            writer.write(head(f"content-length: {1 << 30}"))
            await asyncio.sleep(30)
        elif kind == "without an end":
            writer.write(head("transfer-encoding: chunked"))
            while True:
                writer.write(b"10000\r\n" + b" " * 65536 + b"\r\n")
                await writer.drain()
        elif kind == "a chunk size without an end":
            writer.write(head("transfer-encoding: chunked"))
            while True:
                writer.write(b"0" * 65536)
                await writer.drain()
        elif kind == "a stream without an end":
            writer.write(head("transfer-encoding: chunked").replace(b"application/json", b"text/event-stream"))
            while True:
                writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                await writer.drain()
        elif kind == "a head without an end":
            while True:
                writer.write(b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 65536)
                await writer.drain()
        return False

    return answer


@pytest.mark.parametrize(
    "kind", ["by its head", "without an end", "a chunk size without an end", "a stream without an end", "a head without an end"]
)
def test_an_answer_that_is_too_large_is_refused_in_little_memory(kind: str) -> None:
    async def use(url: str) -> Any:
        listening = {"on_text": lambda piece, attempt: None} if "stream" in kind else {}
        timeout = 1 if kind == "a chunk size without an end" else 20  # aiohttp reads it as zeros, in no memory
        async with openai_compatible(url, "m", retries=0, timeout=timeout) as lm:
            tracemalloc.start()
            try:
                with pytest.raises(LMError) as caught:
                    await asyncio.wait_for(lm.complete(prompt("q"), Reply, **listening), 15)
                return caught.value.code, tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

    (code, most), _ = raw(too_much(kind), use)
    assert code in ("invalid", "unavailable", "timeout")
    assert most < 64 << 20


# --- connections -----------------------------------------------------------------------------------------------------


def test_a_kept_connection_that_the_host_closed_costs_no_attempt() -> None:
    async def answer(writer: asyncio.StreamWriter, number: int) -> bool:
        writer.write(head(f"content-length: {len(BODY)}") + BODY)
        await writer.drain()
        return False  # and it closes without having said so

    async def use(url: str) -> Any:
        async with openai_compatible(url, "m") as lm:
            return [(await lm.complete(prompt("q"), Reply)).attempts for _ in range(12)]

    attempts, requests = raw(answer, use)
    assert (attempts, requests) == ([1] * 12, 12)


def test_connections_are_kept() -> None:
    opened = set()

    async def answer(writer: asyncio.StreamWriter, number: int) -> bool:
        opened.add(writer.get_extra_info("peername"))
        writer.write(head(f"content-length: {len(BODY)}") + BODY)
        return True

    async def use(url: str) -> Any:
        async with openai_compatible(url, "m") as lm:
            for _ in range(5):
                await lm.complete(prompt("q"), Reply)

    raw(answer, use)
    assert len(opened) == 1


def test_gzip_is_not_asked_for_and_not_fatal() -> None:
    packed = gzip.compress(BODY)

    async def answer(writer: asyncio.StreamWriter, number: int) -> bool:
        writer.write(head(f"content-length: {len(packed)}", "content-encoding: gzip") + packed)
        return True

    async def use(url: str) -> Any:
        return await ask(openai_compatible(url, "m"))

    assert raw(answer, use)[0].value.text == "right"

    async def asked(found: Any) -> Any:
        await ask(openai_compatible(found.url, "m"))
        return found.sent[0].headers["accept-encoding"]

    assert talk(lambda *_: (200, {}, BODY), asked) == "identity"


@pytest.mark.skipif(importlib.util.find_spec("aiohttp") is None, reason="the extra is not installed")
def test_what_a_call_needs_is_imported_before_it() -> None:
    code = (
        "import sys, asyncio\nfrom seekgraph.lms import resolve\n"
        "lm = resolve('http://127.0.0.1:9/v1#m,retries=0')\nbefore = set(sys.modules)\n"
        "from lm_kit import Reply, prompt\nbefore |= set(sys.modules)\n"
        "try:\n    asyncio.run(lm.complete(prompt('q'), Reply))\nexcept Exception:\n    pass\n"
        "print(*sorted(name for name in set(sys.modules) - before if not name.startswith('encodings')))"
    )
    tests = Path(__file__).parent.parent
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (tests.parent, tests)))}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert len(done.stdout.split()) < 20, done.stdout


# --- keys ------------------------------------------------------------------------------------------------------------

ESCAPED = "".join(f"\\u{ord(character):04x}" for character in KEY)
FORMS = {
    "as it is": KEY,
    "in capitals": KEY.upper(),
    "in JSON escapes": ESCAPED,
    "in escapes twice over": ESCAPED.replace("\\", "\\\\"),
    "in base64": base64.b64encode(KEY.encode()).decode(),
    "in base64 after a word": base64.b64encode(f"Bearer {KEY}".encode()).decode(),
    "in base64 for addresses": base64.urlsafe_b64encode(f"x{KEY}".encode()).decode().rstrip("="),
    "in hexadecimal": KEY.encode().hex(),
    "in percent signs": "".join(f"%{ord(character):02X}" for character in KEY),
    "its middle": KEY[5:-5],
    "its end": "..." + KEY[-9:],
}


@pytest.mark.parametrize("form", FORMS)
def test_a_key_that_a_host_gives_back_is_taken_out_whatever_its_form(form: str) -> None:
    given_back = FORMS[form]

    def answer(sent: Any, number: int) -> Any:
        text = f'{{"text": "your key {given_back} ok"}}'
        return (200, {}, chat(text)) if number == 1 else (400, {}, {"error": {"message": f"your key {given_back} ok"}})

    heard: list[str] = []

    async def use(found: Any) -> Any:
        async with openai_compatible(found.url, "m", key=lambda: KEY) as lm:
            done = await lm.complete(prompt("q"), Reply, on_text=lambda piece, attempt: heard.append(piece))
            with pytest.raises(LMError) as caught:
                await lm.complete(prompt("q"), Reply)
        return done, str(caught.value)

    done, message = talk(answer, use)
    for text in (done.value.text, done.text, "".join(heard), message):
        assert "[key]" in text
        for form_of_it in (KEY, KEY.lower(), given_back[4:-4]):
            assert form_of_it.lower() not in text.lower()
    assert done.value.text.startswith("your key ")
    assert done.value.text.endswith(" ok")


@given(st.integers(0, len(KEY) - 8), st.integers(8, len(KEY)), st.text(max_size=20), st.booleans())
def test_no_part_of_eight_characters_is_shown(start: int, length: int, around: str, upper: bool) -> None:
    part = KEY[start : start + length]
    part = part.upper() if upper else part
    for hide in (without_key, reply_without_key):
        shown = hide(around + part + around, KEY).lower()
        assert not any(KEY[at : at + 8] in shown for at in range(len(KEY) - 7))


@given(st.text(max_size=60))
def test_what_holds_no_key_stays_as_it_is(text: str) -> None:
    assert reply_without_key(text, KEY) == text


def test_a_key_of_plain_words_leaves_these_words_in_replies() -> None:
    assert reply_without_key("anything goes", "anything-goes-here") == "anything goes"
    assert reply_without_key("say anything-goes-here", "anything-goes-here") == "say [key]"


@given(st.lists(st.integers(0, 80), max_size=6))
def test_a_key_is_taken_out_of_what_is_shown_as_it_comes(cuts: list[int]) -> None:
    text = f"a {KEY[3:20]} b {KEY.upper()} c {FORMS['in base64']} d"
    ends = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    heard: list[str] = []
    hearing = PiecesWithoutKey(lambda piece, attempt: heard.append(piece), KEY)
    for start, end in pairwise(ends):
        hearing(text[start:end], 1)
    hearing.end()
    assert "".join(heard) == reply_without_key(text, KEY) == "a [key] b [key] c [key] d"
