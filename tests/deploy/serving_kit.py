"""A flow served for real, on loopback, in a thread of the test's process; and a small flow to serve."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import uvicorn

import seekgraph as sg
from seekgraph.deploy.http import Settings, app
from seekgraph.deploy.http.server import config, listening
from seekgraph.flow import Bound
from seekgraph.tools import BM25
from seekgraph.types import Answer, Passage, Query

PASSAGES = (
    Passage(id="rivers.md#rhine", title="Rhine", text="The Rhine flows through Bonn."),
    Passage(id="rivers.md#elbe", title="Elbe", text="The Elbe flows through Dresden.", meta={"url": "https://example.org/elbe"}),
)

CITED = ("rivers.md#rhine", "rivers.md#elbe")


class Said(sg.Writes):
    passages: tuple[Passage, ...]
    answer: Answer


class Echo(sg.Node):
    """Answers with what it was asked, after a while; words of the question make it fail, wait, refuse or spend."""

    memo = False
    wait: float = 0.0

    async def run(self, question: str) -> Said:
        if "explode" in question:
            raise RuntimeError("the secret is sk-very-secret")
        await asyncio.sleep(30 if "forever" in question else self.wait)
        if "refuse" in question:
            return Said(passages=PASSAGES, answer=Answer(text="", refused=True, confidence=0.2))
        return Said(
            passages=PASSAGES,
            answer=Answer(text=f"{question}: Bonn [rivers.md#rhine]", citations=CITED, confidence=0.9),
        )


class Searching(sg.Node):
    """Searches as often as it is set to."""

    memo = False
    times: int = 1

    async def run(self, question: str, corpus: sg.Retriever) -> Said:
        for _ in range(self.times):
            await corpus.search(Query(text=question), 1)
        return Said(passages=PASSAGES, answer=Answer(text=question, citations=("rivers.md#rhine",)))


def searching(times: int = 1) -> Bound:
    return sg.Flow(Searching(times=times), name="searching").bind(corpus=BM25(PASSAGES))


def echo(wait: float = 0.0) -> Bound:
    return sg.Flow(Echo(wait=wait), name="echo").bind()


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Served:
    """A server that runs: where, and the application behind it."""

    port: int
    application: Any
    server: uvicorn.Server

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
            connection.request(method, path, content, {name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read().decode())
        finally:
            connection.close()

    def post(self, path: str, body: Any, **headers: str) -> Reply:
        return self.ask("POST", path, body, **headers)

    def get(self, path: str, **headers: str) -> Reply:
        return self.ask("GET", path, None, **headers)


@contextmanager
def served(bound: Bound, settings: Settings | None = None, **options: Any) -> Iterator[Served]:
    """Serve a flow until the end of the block."""
    limits = settings or Settings()
    application = app(bound, limits, **options)
    socket = listening("127.0.0.1", 0)
    server = uvicorn.Server(config(application, limits))
    started = threading.Event()
    begin = server.startup

    async def startup(sockets: Any = None) -> None:
        await begin(sockets)
        started.set()

    server.startup = startup  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
    thread.start()
    assert started.wait(60)
    try:
        yield Served(socket.getsockname()[1], application, server)
    finally:
        server.should_exit = True
        thread.join(60)
        socket.close()
        assert not thread.is_alive()


def events(text: str) -> list[tuple[str, Any]]:
    """The events of a stream: name and data."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "data" in lines:
            data = lines["data"]
            found.append((lines.get("event", ""), data if data == "[DONE]" else json.loads(data)))
    return found
