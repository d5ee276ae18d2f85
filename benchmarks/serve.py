"""What serving a flow costs: requests a second and latencies, beside a plain FastAPI route, Hayhooks and a LangGraph app.

    python benchmarks/serve.py [--rounds 3] [--clients 1,32,256] [--out benchmarks/serve.md]

Two things are served. `search`: one BM25 search over the demo corpus, five passages. `wait`: 50 ms of waiting, as for a model,
then an answer. Each is served by Seekgraph (a flow of one node, with its trace, budget, counts and kept answer), as a FastAPI
route over the bare function, by Hayhooks as a wrapper around the bare function, and as a LangGraph graph of one node behind a
FastAPI route: one process each on the loopback address, one after the other, in turns. The load comes from this process, over
connections that are kept. "Own" is the processor time of the server's process for each request. A peer that is not installed is
left out, with a word.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

DELAY = 0.05
QUESTION = "Which composer was baptised in Bonn?"
NEEDS = {
    "Seekgraph": ("uvicorn",),
    "FastAPI": ("fastapi", "uvicorn"),
    "Hayhooks": ("hayhooks",),
    "LangGraph": ("langgraph", "fastapi"),
}
ROUTES = {"Seekgraph": "/v1/run", "FastAPI": "/run", "Hayhooks": "/bench/run", "LangGraph": "/run"}


class Round(NamedTuple):
    """Requests a second, and milliseconds: half, 95 % and 99 % of requests were at least as fast; the server's own for each."""

    rate: float
    p50: float
    p95: float
    p99: float
    own: float


# --- the servers ------------------------------------------------------------------------------------------------------


def bare(kind: str) -> Any:
    """The function that all of them serve."""
    from seekgraph.demo import CORPUS
    from seekgraph.tools import BM25
    from seekgraph.types import Query

    corpus = BM25.from_jsonl(CORPUS)

    async def answer(question: str) -> dict[str, Any]:
        if kind == "wait":
            await asyncio.sleep(DELAY)
            return {"answer": "Beethoven"}
        found = await corpus.search(Query(text=question), 5)
        return {"passages": [{"id": each.id, "title": each.title, "text": each.text} for each in found]}

    return answer


def seekgraph_app(kind: str) -> Any:
    import seekgraph as sg
    from seekgraph.deploy import Settings, app
    from seekgraph.nodes import Retrieve
    from seekgraph.types import Answer

    class Said(sg.Writes):
        answer: Answer

    class Wait(sg.Node):
        memo = False

        async def run(self, question: str) -> Said:
            await asyncio.sleep(DELAY)
            return Said(answer=Answer(text="Beethoven"))

    from seekgraph.demo import CORPUS
    from seekgraph.tools import BM25

    if kind == "wait":
        bound = sg.Flow(Wait(), name="wait").bind()
    else:
        bound = sg.Flow(Retrieve("corpus", k=5), name="search", output="passages").bind(corpus=BM25.from_jsonl(CORPUS))
    return app(bound, Settings(parallel=256))


def fastapi_app(kind: str) -> Any:
    import fastapi
    from pydantic import BaseModel

    class Asked(BaseModel):
        question: str

    made, answer = fastapi.FastAPI(), bare(kind)

    async def run(asked: Asked) -> dict[str, Any]:
        return await answer(asked.question)  # type: ignore[no-any-return]

    run.__annotations__["asked"] = Asked
    made.post("/run")(run)
    return made


def langgraph_app(kind: str) -> Any:
    import fastapi
    from langgraph.graph import END, START, StateGraph
    from pydantic import BaseModel
    from typing_extensions import TypedDict

    class State(TypedDict, total=False):
        question: str
        found: dict[str, Any]

    class Asked(BaseModel):
        question: str

    answer, graph = bare(kind), StateGraph(State)

    async def node(state: State) -> State:
        return {"found": await answer(state["question"])}

    node.__annotations__.clear()
    graph.add_node("node", node)
    graph.add_edge(START, "node")
    graph.add_edge("node", END)
    compiled, made = graph.compile(), fastapi.FastAPI()

    async def run(asked: Asked) -> dict[str, Any]:
        return (await compiled.ainvoke({"question": asked.question}))["found"]  # type: ignore[no-any-return]

    run.__annotations__["asked"] = Asked
    made.post("/run")(run)
    return made


WRAPPER = """
import sys
sys.path.insert(0, {folder!r})
from hayhooks import BasePipelineWrapper
from serve import bare

class PipelineWrapper(BasePipelineWrapper):
    def setup(self) -> None:
        self.answer = bare({kind!r})

    async def run_api_async(self, question: str) -> dict:
        return await self.answer(question)
"""


def be_server(name: str, kind: str, port: int) -> None:
    if name == "Hayhooks":
        folder = Path(tempfile.mkdtemp()) / "bench"
        folder.mkdir()
        (folder / "pipeline_wrapper.py").write_text(
            WRAPPER.format(folder=str(Path(__file__).parent), kind=kind), encoding="utf-8"
        )
        os.environ.update(HAYHOOKS_PIPELINES_DIR=str(folder.parent), HAYHOOKS_HOST="127.0.0.1", HAYHOOKS_PORT=str(port))
        start = "from hayhooks.cli.base import hayhooks_cli; hayhooks_cli()"
        os.execv(sys.executable, [sys.executable, "-c", start, "run", "--host", "127.0.0.1", "--port", str(port)])
    import uvicorn

    if name == "Seekgraph":
        from seekgraph.deploy.http.server import listening, serve
        from seekgraph.deploy.http.settings import Settings

        serve(seekgraph_app(kind), Settings(), [listening("127.0.0.1", port)])
        return
    made = fastapi_app(kind) if name == "FastAPI" else langgraph_app(kind)
    uvicorn.run(made, host="127.0.0.1", port=port, log_level="warning", access_log=False)


@contextmanager
def server(name: str, kind: str) -> Iterator[tuple[int, int]]:
    """A server in a process of its own: its port and its process."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, __file__, "--serve", name, kind, str(port)], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None:
                raise RuntimeError(f"{name} did not start")
            time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(60)


# --- the load ---------------------------------------------------------------------------------------------------------


async def load(port: int, path: str, pid: int, clients: int, seconds: float) -> Round:
    """So many clients, each of which asks again when it is answered, for so many seconds after a short run to warm up."""
    import aiohttp

    body, headers = json.dumps({"question": QUESTION}).encode(), {"Content-Type": "application/json"}
    url, took = f"http://127.0.0.1:{port}{path}", list[float]()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def ask(until: float, kept: list[float]) -> None:
            while (began := time.perf_counter()) < until:
                async with session.post(url, data=body, headers=headers) as response:
                    text = await response.read()
                    if response.status != 200:
                        raise RuntimeError(f"{response.status}: {text[:200]!r}")
                kept.append(time.perf_counter() - began)

        async def all_of_them(length: float, kept: list[float]) -> float:
            began = time.perf_counter()
            await asyncio.gather(*(ask(began + length, kept) for _ in range(clients)))
            return time.perf_counter() - began

        await all_of_them(min(1.0, seconds / 2), [])
        spent = used(pid)
        lasted = await all_of_them(seconds, took)
        own = (used(pid) - spent) / len(took) * 1000
    cuts = statistics.quantiles(took, n=100) if len(took) > 1 else took * 99
    return Round(len(took) / lasted, cuts[49] * 1000, cuts[94] * 1000, cuts[98] * 1000, own)


def used(pid: int) -> float:
    """Seconds of processor time of a process and of those that it started."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(kinds: list[str], clients: list[int], rounds: int, seconds: float) -> dict[tuple[str, str, int], list[Round]]:
    found: dict[tuple[str, str, int], list[Round]] = {}
    names = [name for name, needs in NEEDS.items() if all(map(importlib.util.find_spec, needs))]
    for missing in sorted(set(NEEDS) - set(names)):
        print(f"{missing} is left out: pip install {' '.join(NEEDS[missing])}", file=sys.stderr)
    for number in range(rounds):
        for kind in kinds:
            for name in names if number % 2 == 0 else reversed(names):
                with server(name, kind) as (port, pid):
                    for count in clients:
                        one = asyncio.run(load(port, ROUTES[name], pid, count, seconds))
                        found.setdefault((kind, name, count), []).append(one)
                        print(f"{kind}, {name}, {count} clients: {one.rate:.0f} a second, p99 {one.p99:.1f} ms", file=sys.stderr)
    return found


def page(found: dict[tuple[str, str, int], list[Round]], rounds: int, seconds: float) -> str:
    lines = [
        "# What serving a flow costs",
        "",
        f"Made by `python benchmarks/serve.py --rounds {rounds}` on {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"{platform.system()}; medians of the rounds of {seconds:g} s.",
        "Server and load share the cores. Compare within a table: the servers took turns in one run.",
    ]
    for kind, about in (("search", "One BM25 search, no model"), ("wait", "50 ms of waiting, as for a model")):
        for count in sorted({number for each, _, number in found if each == kind}):
            lines += ["", f"## {about}: {count} client{'s' if count > 1 else ''}", ""]
            lines += [
                "| | requests a second | p50, ms | p95, ms | p99, ms | own, ms of processor | requests, relative to FastAPI |"
            ]
            lines += ["|---|---|---|---|---|---|---|"]
            plain = found.get((kind, "FastAPI", count))
            for name in NEEDS:
                if (rows := found.get((kind, name, count))) is None:
                    continue
                middle = Round(*(statistics.median(values) for values in zip(*rows, strict=True)))
                ratios = [mine.rate / theirs.rate for mine, theirs in zip(rows, plain or (), strict=False)]
                shares = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})" if ratios else "-"
                cells = [f"{middle.rate:.0f}", *(f"{each:.1f}" for each in middle[1:4]), f"{middle.own:.2f}", shares]
                lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each round")
    parser.add_argument("--clients", default="1,32,256")
    parser.add_argument("--kinds", default="search,wait")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    options = parser.parse_args()
    clients = [int(each) for each in options.clients.split(",")]
    text = page(measured(options.kinds.split(","), clients, options.rounds, options.seconds), options.rounds, options.seconds)
    options.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        be_server(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main()
