"""Another MCP server's tools and resources as retrievers of a flow."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from seekgraph.core.base.errors import SeekgraphError
from seekgraph.core.base.extras import need
from seekgraph.core.base.identity import digest
from seekgraph.tools.errors import ToolOutputError
from seekgraph.tools.function import FunctionRetriever

LISTS = ("results", "passages", "result", "items", "documents", "data")
"""Where the list of what was found may stand in a tool's structured result."""


class MCPError(SeekgraphError):
    """An MCP server cannot be reached, or says that a call failed."""


class MCPServer:
    """A connection to an MCP server: an address (streamable HTTP), or the words of a command that speaks over stdio.

        docs = sg.tools.MCPServer("http://127.0.0.1:8700/mcp")
        flow.bind(corpus=docs.retriever("search", query="query", k="k"))

    The connection is opened with the first call, in a thread of its own, is shared by all event loops, and is opened again where
    it has ended. `seconds` is for each call. Close it, or use it as a context manager.
    """

    def __init__(self, server: str | Sequence[str], *, env: Mapping[str, str] | None = None, seconds: float = 30.0) -> None:
        if not server or (not isinstance(server, str) and not all(isinstance(word, str) for word in server)):
            raise ValueError(f"an MCP server is an address, or the words of a command, not {server!r}")
        if isinstance(server, str) and not server.startswith(("http://", "https://")):
            raise ValueError(f"an address begins with http:// or https://, and a command is a list of words: not {server!r}")
        self.server, self.env, self.seconds = server, dict(env or {}), seconds
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: Any = None
        self._stop: asyncio.Event | None = None
        self._running: asyncio.Task[None] | None = None

    def retriever(
        self,
        tool: str,
        *,
        query: str = "query",
        k: str | None = None,
        arguments: Mapping[str, Any] | None = None,
        name: str = "mcp",
        identity: str | None = None,
    ) -> FunctionRetriever:
        """A tool that finds things, as a retriever: `query` and `k` are the names of its arguments, `arguments` are others.

        Passages are made from the list in its structured result, or else from JSON or text in its content: mappings with "id",
        "text" and "title" where there are any, else plain texts. `identity` names what is behind the tool, so that a memo may
        keep what it found; without it nothing is kept.
        """
        fixed = dict(arguments or {})

        async def find(text: str, most: int) -> list[Any]:
            result = await self.call(tool, {**fixed, query: text, **({k: most} if k is not None else {})})
            return found_in(result)

        known = None if identity is None else digest([identity, tool, query, k, fixed])
        return FunctionRetriever(find, name, known)

    async def call(self, tool: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """The result of a tool. Raises `MCPError` where the server cannot be reached or the call failed."""
        result = await self._do(lambda client: client.call_tool(tool, dict(arguments or {}), self.seconds), f"tool {tool!r}")
        if result.is_error:
            said = " ".join(block.text for block in result.content if getattr(block, "text", None))
            raise MCPError(f"tool {tool!r} of {self._named} failed: {said[:500] or 'it does not say why'}")
        return result

    async def read(self, uri: str) -> str:
        """The text of a resource. Raises `MCPError`."""
        result = await self._do(lambda client: client.read_resource(uri), f"resource {uri!r}")
        return "\n".join(part.text for part in result.contents if isinstance(getattr(part, "text", None), str))

    async def tools(self) -> dict[str, str]:
        """The tools by name, with what they say of themselves."""
        result = await self._do(lambda client: client.list_tools(), "the list of tools")
        return {tool.name: tool.description or "" for tool in result.tools}

    def close(self) -> None:
        """End the connection."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            asyncio.run_coroutine_threadsafe(self._end(), loop).result(self.seconds)
            loop.call_soon_threadsafe(loop.stop)

    def __enter__(self) -> MCPServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _named(self) -> str:
        return self.server if isinstance(self.server, str) else self.server[0]

    async def _do(self, work: Any, what: str) -> Any:
        need("mcp", "mcp", "an MCP server's tools")
        future = asyncio.run_coroutine_threadsafe(self._within(work, what), self._thread())
        return await asyncio.wrap_future(future)

    async def _within(self, work: Any, what: str) -> Any:
        """Do it on the connection; once more on a new one where it had ended."""
        for last in (False, True):
            fresh = self._client is None
            try:
                async with asyncio.timeout(self.seconds):
                    if fresh:
                        await self._connect()
                    return await work(self._client)
            except TimeoutError:
                raise MCPError(f"{what} of {self._named} did not answer within {self.seconds:g} s") from None
            except Exception as error:
                await self._end()
                if last or fresh:
                    raise MCPError(f"{what} of {self._named}: {_root(error)}") from error
        raise AssertionError("the second time returns or raises")

    async def _connect(self) -> None:
        """Open the connection in a task of its own, which also closes it: what it is made of must end where it began."""
        from mcp import Client
        from mcp.client.stdio import StdioServerParameters

        server: Any = self.server
        if not isinstance(server, str):
            server = StdioServerParameters(command=server[0], args=list(server[1:]), env=self.env or None)
        opened: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        stop = asyncio.Event()

        async def live() -> None:
            try:
                async with Client(server, read_timeout_seconds=self.seconds) as client:
                    opened.set_result(client)
                    await stop.wait()
            except BaseException as error:
                if not opened.done():
                    opened.set_exception(error if isinstance(error, Exception) else MCPError(str(error)))

        self._stop, self._running = stop, asyncio.create_task(live())
        self._client = await opened

    async def _end(self) -> None:
        if self._stop is not None and self._running is not None:
            self._stop.set()
            await asyncio.wait({self._running}, timeout=self.seconds)
        self._client = self._stop = self._running = None

    def _thread(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="seekgraph-mcp", daemon=True).start()
            return self._loop


def found_in(result: Any) -> list[Any]:
    """What a tool found, out of its structured result or its content. Raises `ToolOutputError` for what is no list."""
    structured = result.structured_content
    if structured is None:
        texts = [block.text for block in result.content if isinstance(getattr(block, "text", None), str)]
        structured = _parsed(texts[0]) if len(texts) == 1 else texts
    if isinstance(structured, Mapping):
        lists = [structured[name] for name in LISTS if isinstance(structured.get(name), list)]
        structured = lists[0] if lists else [structured]
    if not isinstance(structured, list):
        raise ToolOutputError(f"an MCP tool that retrieves gives a list of passages, not {type(structured).__name__}")
    return structured


def _parsed(text: str) -> Any:
    """JSON, where a text is a list or an object; else the text as the one thing that was found."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return [text]
    return found if isinstance(found, list | Mapping) else [text]


def _root(error: BaseException) -> str:
    """What went wrong, out of groups of errors."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
