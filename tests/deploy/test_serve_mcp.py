"""A flow as an MCP server, asked by the SDK's own client, here, over stdio and over HTTP; and tools of servers in a flow."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from serving_kit import PASSAGES, Echo, echo

import seekgraph as sg
from seekgraph.core.base.errors import SeekgraphError
from seekgraph.core.record.ledger import Passages
from seekgraph.demo import CORPUS
from seekgraph.deploy.http.server import listening
from seekgraph.deploy.mcp import server
from seekgraph.flows import single
from seekgraph.flows.reader import flow as reader
from seekgraph.tools import MCPError, MCPServer
from seekgraph.types import Query

MODES = ("auto", "legacy")
"""The specification of 2026-07-28, and the handshake of those before it."""


def demo() -> Any:
    return server(single.flow.bind(sg.tools.open_corpus(CORPUS)))


def with_client(made: Any, work: Callable[[Client], Awaitable[Any]], **options: Any) -> Any:
    async def run() -> Any:
        async with Client(made, **options) as client:
            return await work(client)

    return asyncio.run(run())


@pytest.mark.parametrize("mode", MODES)
def test_a_question_is_answered_with_structure_and_progress(mode: Any) -> None:
    heard: list[tuple[float, str | None]] = []

    async def progress(count: float, total: float | None, message: str | None) -> None:
        heard.append((count, message))

    async def ask(client: Client) -> Any:
        return await client.call_tool("ask", {"question": "Where?"}, progress_callback=progress)

    result = with_client(server(echo(wait=0.3)), ask, mode=mode)
    assert not result.is_error
    assert result.structured_content["answer"] == "Where?: Bonn [rivers.md#rhine]"
    assert [each["id"] for each in result.structured_content["passages"]] == [each.id for each in PASSAGES]
    assert heard


def test_a_run_that_takes_longer_gives_a_handle_to_poll() -> None:
    async def ask(client: Client) -> tuple[Any, Any, Any]:
        first = await client.call_tool("ask", {"question": "Where?"})
        run = first.structured_content["run"]
        second = await client.call_tool("result", {"run": run, "seconds": 30})
        third = await client.call_tool("result", {"run": run})
        return first.structured_content, second.structured_content, third

    first, second, third = with_client(server(echo(wait=0.5), wait=0.05), ask)
    assert (first["status"], first["answer"]) == ("running", None)
    assert second["answer"].startswith("Where?")
    assert third.is_error


def test_passages_are_found_read_and_resources() -> None:
    async def use(client: Client) -> Any:
        found = await client.call_tool("search", {"query": "Fidelio", "k": 2})
        first = found.structured_content["result"][0]
        read = await client.call_tool("read", {"id": first["id"]})
        resource = await client.read_resource(f"passage://{first['id']}")
        missing = await client.call_tool("read", {"id": "../../etc/passwd"})
        return first, read.structured_content, resource.contents[0].text, missing.is_error

    first, read, resource, missing = with_client(demo(), use)
    assert read["text"] == resource == first["text"]
    assert missing


def test_arguments_out_of_bounds_are_refused() -> None:
    async def use(client: Client) -> list[bool]:
        calls: list[tuple[str, dict[str, Any]]] = [
            ("search", {"query": "x", "k": 100_000}),
            ("ask", {}),
            ("ask", {"question": ["x"]}),
            ("result", {"run": "run-none"}),
        ]
        return [(await client.call_tool(name, arguments)).is_error for name, arguments in calls]

    assert with_client(demo(), use) == [True] * 4


def test_the_prompts_are_what_the_nodes_send() -> None:
    made = server(reader.bind(sg.tools.open_corpus(CORPUS)))

    async def use(client: Client) -> Any:
        names = [prompt.name for prompt in (await client.list_prompts()).prompts]
        return names, await client.get_prompt("answer", {"question": "Who wrote Fidelio?"})

    names, prompt = with_client(made, use)
    assert "answer" in names
    assert any("Who wrote Fidelio?" in message.content.text for message in prompt.messages)


def test_a_failure_names_the_step_and_nothing_else() -> None:
    async def ask(client: Client) -> Any:
        return await client.call_tool("ask", {"question": "explode"})

    said = with_client(server(sg.Flow(Echo(), name="echo").bind()), ask)
    assert said.structured_content["error"] == "echo: raised"
    assert "secret" not in str(said)


def test_a_flow_without_a_question_is_refused() -> None:
    class Found(sg.Writes):
        passages: Passages

    class Find(sg.Node):
        async def run(self, topic: str) -> Found:
            return Found(passages=())

    with pytest.raises(SeekgraphError, match="needs a flow with a question"):
        server(sg.Flow(Find(), name="find", inputs={"topic": str}, output="passages").bind())


# --- as a process -----------------------------------------------------------------------------------------------------

COMMAND = ("-m", "seekgraph", "mcp", "single", "--corpus", str(CORPUS))


def test_the_command_speaks_over_stdio() -> None:
    async def ask(client: Client) -> Any:
        names = [tool.name for tool in (await client.list_tools()).tools]
        return names, await client.call_tool("ask", {"question": "Who wrote Fidelio?"})

    names, said = with_client(StdioServerParameters(command=sys.executable, args=list(COMMAND)), ask, read_timeout_seconds=120)
    assert names == ["ask", "result", "search", "read"]
    assert said.structured_content["status"] == "ok"


def test_over_http_a_servers_tool_is_a_retriever_of_a_flow(tmp_path: Path) -> None:
    socket = listening("127.0.0.1", 0)
    port = socket.getsockname()[1]
    socket.close()
    process = subprocess.Popen([sys.executable, *COMMAND, "--http", "--port", str(port)], cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        with MCPServer(f"http://127.0.0.1:{port}/mcp", seconds=60) as there:
            while True:
                try:
                    tools = asyncio.run(there.tools())
                    break
                except MCPError:
                    assert process.poll() is None
            assert set(tools) == {"ask", "result", "search", "read"}
            retriever = there.retriever("search", k="k", identity="demo")
            found = single.flow.bind(corpus=retriever)(question="Who wrote Fidelio?")
            assert found.status == "ok"
            assert found.passages
            own = sg.tools.BM25.from_jsonl(CORPUS)
            wanted = [passage.id for passage in asyncio.run(own.search(Query(text="Fidelio"), 5))]
            assert [passage.id for passage in asyncio.run(retriever.search(Query(text="Fidelio"), 5))] == wanted
            assert asyncio.run(there.read(f"passage://{wanted[0]}"))
    finally:
        process.terminate()
        process.wait(60)


# --- servers of others ------------------------------------------------------------------------------------------------

OTHERS = """
from mcp.server import MCPServer

made = MCPServer("others")

@made.tool()
def texts(query: str) -> list[str]:
    return [f"about {query}", "another"]

@made.tool()
def broken(query: str) -> str:
    raise ValueError("no such index")

@made.tool(structured_output=False)
def plain(query: str) -> str:
    return '[{"id": "a", "text": "from JSON", "title": "A"}]'

@made.tool()
def die(query: str) -> str:
    import os
    os._exit(1)

made.run()
"""


def test_tools_of_any_server_can_retrieve(tmp_path: Path) -> None:
    script = tmp_path / "others.py"
    script.write_text(OTHERS, encoding="utf-8")
    with MCPServer([sys.executable, str(script)], seconds=60) as there:

        def find(tool: str) -> list[str]:
            return [passage.text for passage in asyncio.run(there.retriever(tool).search(Query(text="rivers"), 5))]

        assert find("texts") == ["about rivers", "another"]
        assert find("plain") == ["from JSON"]
        with pytest.raises(MCPError, match=r"tool 'broken' of .* failed"):
            find("broken")
        with pytest.raises(MCPError):
            find("die")
        assert find("texts") == ["about rivers", "another"]  # a new connection


def test_what_cannot_be_reached_is_said() -> None:
    socket = listening("127.0.0.1", 0)
    port = socket.getsockname()[1]
    socket.close()
    with MCPServer(f"http://127.0.0.1:{port}/mcp", seconds=5) as there, pytest.raises(MCPError, match="list of tools"):
        asyncio.run(there.tools())
    for wrong in ("", "ftp://x", "python server.py", []):
        with pytest.raises(ValueError, match=r"MCP server|address"):
            MCPServer(wrong)
