"""What the tests of language models share: output types, prompts, tallies, and a host on the loopback address that misbehaves."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, Field

from seekgraph.core.base.budget import Budget, Usage
from seekgraph.core.base.meter import Meter
from seekgraph.core.base.metering import Metered
from seekgraph.core.language.lm import LM, Message
from seekgraph.core.language.ports import charges


class Reply(BaseModel):
    text: str
    confidence: float = Field(0.5, ge=0.0, le=1.0)


class Pair(BaseModel):
    """Nothing that one text could fill."""

    name: str
    number: int


def prompt(text: str, system: str = "") -> list[Message]:
    head = [Message(role="system", content=system)] if system else []
    return [*head, Message(role="user", content=text)]


def metered(lm: Any, budget: Budget | None = None) -> tuple[Any, Meter, Usage]:
    """An LM as a step has it, with the run's meter and the step's usage."""
    meter, usage = Meter(budget), Usage()
    return Metered(lm, charges(LM), meter, usage), meter, usage


# --- a host ------------------------------------------------------------------------------------------------------------

FAULTS = ("busy", "broken", "reset", "stall", "half", "no json", "wrong type", "empty", "prose json")


def chat(content: str, finish: str = "stop", **more: Any) -> dict[str, Any]:
    """A chat completion as OpenAI sends it."""
    message = {"role": "assistant", "content": content, **more}
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }


@dataclass
class Sent:
    """A request as the host saw it."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Host:
    """Answers chat completions on the loopback address. `answer` gives (status, headers, body) or the name of a fault."""

    answer: Callable[[Sent, int], Any]
    delay: float = 0.0
    stall: float = 30.0
    port: int = 0
    sent: list[Sent] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        sent = Sent(head[0].split()[1], headers, body)
        self.sent.append(sent)
        found = self.answer(sent, len(self.sent))
        self.told[found if isinstance(found, str) else "answer"] += 1
        await asyncio.sleep(self.delay)
        if found == "reset":
            writer.transport.abort()
            return False
        if found == "stall":
            await asyncio.sleep(self.stall)
            return False
        status, more, data = self._fault(found) if isinstance(found, str) else found
        data = data if isinstance(data, bytes) else json.dumps(data).encode()
        lines = [f"HTTP/1.1 {status} X", "content-type: application/json", f"content-length: {len(data)}"]
        lines += [f"{name}: {value}" for name, value in more.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + (data[: len(data) // 2] if found == "half" else data))
        await writer.drain()
        return found != "half"

    def _fault(self, name: str) -> tuple[int, dict[str, str], Any]:
        right = chat('{"text": "right"}')
        return {
            "busy": (429, {"retry-after": "0.05"}, {"error": {"message": "slow down"}}),
            "broken": (500, {}, {"error": {"message": "oops"}}),
            "half": (200, {}, right),
            "no json": (200, {}, b"<html>gateway</html>"),
            "wrong type": (200, {}, chat('{"text": "wrong", "confidence": 7}')),
            "empty": (200, {}, chat("")),
            "prose json": (200, {}, chat('{"text": "cut off')),
        }[name]


def right(sent: Sent, number: int) -> Any:
    return 200, {}, chat('{"text": "right"}')


def faulty(share: float, seed: int = 0, answer: Callable[[Sent, int], Any] = right) -> Callable[[Sent, int], Any]:
    """A share of the answers are faults, of all kinds alike."""
    rng = random.Random(seed)
    return lambda sent, number: rng.choice(FAULTS) if rng.random() < share else answer(sent, number)


@asynccontextmanager
async def host(answer: Callable[[Sent, int], Any] = right, **options: Any) -> AsyncIterator[Host]:
    found = Host(answer, **options)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await found.serve(reader, writer)
        except asyncio.CancelledError:
            pass
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def talk(answer: Callable[[Sent, int], Any], use: Callable[[Any], Awaitable[Any]], **options: Any) -> Any:
    """Run `use` with a host that answers so."""

    async def run() -> Any:
        async with host(answer, **options) as found:
            return await use(found)

    return asyncio.run(run())


async def ask(lm: Any, output: Any = Reply, text: str = "Which river?", **options: Any) -> Any:
    async with lm:
        return await lm.complete(prompt(text, "Be brief."), output, **options)
