"""What the port of language models costs: throughput against a server that takes 50 ms, and processor time for each call; beside
bare aiohttp, which it is built on, and the openai SDK, instructor and DSPy's Predict, in the same run.

    python benchmarks/port.py [--rounds 5] [--out benchmarks/port.md]

The server is a process of its own on the loopback address. Each client asks it for the same typed output (a text and a number)
with a prompt of 2,000 characters, first a few calls to open connections, then a timed round; the clients take turns. "Of ideal"
is the throughput over that of calls which take 50 ms and nothing else. "Of bare aiohttp" is the throughput over that of aiohttp
alone, measured just before or after it: the median over pairs of rounds, with the smallest and the largest. A peer that is not
installed is left out, with a word (`pip install -e ".[lm,benchmarks]" instructor openai`).
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from seekgraph.core.base.budget import Budget, Usage
from seekgraph.core.base.meter import Meter
from seekgraph.core.base.metering import Metered
from seekgraph.core.language.lm import LM, Message
from seekgraph.core.language.ports import charges
from seekgraph.lms import openai_compatible

DELAY = 0.05
AT_ONCE = (1, 32, 128)
SYSTEM, USER = "You answer from passages. " * 20, "The river Rhine flows through Bonn. " * 42
CHAT = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": USER}]

Call = Callable[[], Awaitable[Any]]


class Reply(BaseModel):
    text: str
    confidence: float


class Timed(NamedTuple):
    """A round: share of ideal throughput, and processor time of this process for each call in milliseconds."""

    share: float
    cpu: float


# --- the server ------------------------------------------------------------------------------------------------------


class Host(asyncio.Protocol):
    """Answers each request after `DELAY` with the same chat completion."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.data = b""

    def data_received(self, data: bytes) -> None:
        self.data += data
        end = self.data.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.data[:end].lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        if len(self.data) >= end + 4 + length:
            prose = b"[[ ## text ## ]]" in self.data  # DSPy's own way of asking for fields
            self.data = b""
            asyncio.get_running_loop().call_later(DELAY, self.answer, prose)

    def answer(self, prose: bool) -> None:
        fields = "[[ ## text ## ]]\nBonn\n\n[[ ## confidence ## ]]\n0.5\n\n[[ ## completed ## ]]"
        content = fields if prose else Reply(text="Bonn", confidence=0.5).model_dump_json()
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
        usage = {"prompt_tokens": 500, "completion_tokens": 12, "total_tokens": 512}
        body = json.dumps(
            {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
        ).encode()
        if not self.transport.is_closing():
            head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
            self.transport.write(head + body)


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Host, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# --- the clients -----------------------------------------------------------------------------------------------------


async def seekgraph(url: str, stack: AsyncExitStack) -> Call:
    """As a step has it: typed, validated, counted before each attempt against a budget."""
    lm = await stack.enter_async_context(openai_compatible(url, "m"))
    counted: Any = Metered(lm, charges(LM), Meter(Budget(calls=10**9)), Usage())
    messages = [Message(role="system", content=SYSTEM), Message(role="user", content=USER)]
    return lambda: counted.complete(messages, Reply)


async def bare_aiohttp(url: str, stack: AsyncExitStack) -> Call:
    """No types but the output's own validation, no retries, no counting."""
    import aiohttp

    session = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
    headers = {"content-type": "application/json"}

    async def call() -> Reply:
        data = json.dumps({"model": "m", "messages": CHAT}).encode()
        async with session.post(f"{url}/chat/completions", data=data, headers=headers) as response:
            found = json.loads(await response.read())
        return Reply.model_validate_json(found["choices"][0]["message"]["content"])

    return call


async def bare_openai(url: str, stack: AsyncExitStack) -> Call:
    """The vendor's SDK."""
    import openai

    client: Any = await stack.enter_async_context(openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0))

    async def call() -> Reply:
        done = await client.chat.completions.create(model="m", messages=CHAT)
        return Reply.model_validate_json(done.choices[0].message.content)

    return call


async def bare_instructor(url: str, stack: AsyncExitStack) -> Call:
    """instructor over the vendor's SDK."""
    import instructor
    import openai

    client = await stack.enter_async_context(openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0))
    asking: Any = instructor.from_openai(client, mode=instructor.Mode.JSON_SCHEMA)
    return lambda: asking.chat.completions.create(model="m", messages=CHAT, response_model=Reply, max_retries=2)


async def dspy_predict(url: str, stack: AsyncExitStack) -> Call:
    """DSPy's Predict over litellm, its caches off."""
    import dspy

    class Ask(dspy.Signature):
        """You answer from passages."""

        passages: str = dspy.InputField()
        text: str = dspy.OutputField()
        confidence: float = dspy.OutputField()

    lm = dspy.LM("openai/m", api_base=url, api_key="none", cache=False, num_retries=0)
    predict = dspy.Predict(Ask)
    return lambda: predict.acall(passages=SYSTEM + USER, lm=lm)


CLIENTS = {
    "Seekgraph's port": seekgraph,
    "aiohttp alone": bare_aiohttp,
    "openai SDK": bare_openai,
    "instructor": bare_instructor,
    "DSPy Predict": dspy_predict,
}


# --- running ---------------------------------------------------------------------------------------------------------


async def timed(call: Call, at_once: int, calls: int) -> Timed:
    async def worker(numbers: Any) -> None:
        for _ in numbers:
            await call()

    async def all_of(count: int) -> None:
        numbers = iter(range(count))
        await asyncio.gather(*(worker(numbers) for _ in range(at_once)))

    await all_of(at_once)
    gc.collect()
    began, cpu = time.perf_counter(), time.process_time()
    await all_of(calls)
    spent, cpu = time.perf_counter() - began, time.process_time() - cpu
    return Timed(calls / at_once * DELAY / spent, cpu / calls * 1000)


async def measured(url: str, rounds: int, only_aiohttp: bool) -> dict[str, dict[int, list[Timed]]]:
    found: dict[str, dict[int, list[Timed]]] = {}
    async with AsyncExitStack() as stack:
        calls = {}
        for name, make in list(CLIENTS.items())[: 2 if only_aiohttp else None]:
            try:
                calls[name] = await make(url, stack)
                await calls[name]()
            except ImportError as error:
                print(f"{name} is left out: {error}", file=sys.stderr)
        for number in range(rounds):
            for at_once in AT_ONCE:
                for name, call in list(calls.items())[:: -1 if number % 2 else 1]:  # who is first takes turns
                    count = max(20, at_once * (16 if name.startswith(("Seekgraph", "aiohttp")) else 4))
                    found.setdefault(name, {}).setdefault(at_once, []).append(await timed(call, at_once, count))
    return found


def beside_aiohttp(found: dict[str, dict[int, list[Timed]]]) -> list[str]:
    """The port's throughput over that of bare aiohttp, by pairs of rounds."""
    lines = ["| calls at once | of bare aiohttp | smallest and largest of the rounds |", "|---|---|---|"]
    for at_once in AT_ONCE:
        ours, theirs = (found[name][at_once] for name in ("Seekgraph's port", "aiohttp alone"))
        ratios = sorted(one.share / other.share for one, other in zip(ours, theirs, strict=True))
        lines.append(f"| {at_once} | {statistics.median(ratios):.1%} | {ratios[0]:.1%} to {ratios[-1]:.1%} |")
    return lines


def table(found: dict[str, dict[int, list[Timed]]]) -> list[str]:
    columns = [f"{each} at once, of ideal" for each in AT_ONCE] + [f"CPU ms a call, {each} at once" for each in AT_ONCE]
    lines = ["| | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    for name, rounds in found.items():
        shares = [f"{statistics.median(each.share for each in rounds[count]):.1%}" for count in AT_ONCE]
        costs = [f"{statistics.median(each.cpu for each in rounds[count]):.2f}" for count in AT_ONCE]
        lines.append(f"| {name} | " + " | ".join(shares + costs) + " |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only-aiohttp", action="store_true", help="leave the other peers out")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve())
        return
    logging.disable(logging.CRITICAL)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    server = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        found = asyncio.run(
            measured(f"http://127.0.0.1:{int(server.stdout.readline())}/v1", options.rounds, options.only_aiohttp)
        )
    finally:
        server.terminate()
        server.wait()
    ran_on = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    lines = [
        "# What the port of language models costs",
        "",
        f"Made by `python benchmarks/port.py --rounds {options.rounds}` on {ran_on}; medians of the rounds. The server takes",
        f"{DELAY * 1000:.0f} ms for each call; ideal is what calls of that length and no cost of their own come to. CPU is",
        "of the client's process alone. Compare within the table: the clients took turns in one process.",
        f"The load of the machine was {load:.1f} when it began: what else runs takes from the shares.",
        "",
        *table(found),
        "",
        "What of bare aiohttp's throughput the port reaches in the same run. It composes each request by what the host takes,",
        "counts it against a budget before it starts, and keeps the key out of the reply:",
        "",
        *beside_aiohttp(found),
        "",
    ]
    options.out.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
