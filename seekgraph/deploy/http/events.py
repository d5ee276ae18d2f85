"""Server-sent events: a run as it goes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import StreamingResponse

from seekgraph.core.base.logs import logger
from seekgraph.core.record.step import Piece, Step
from seekgraph.deploy.http.problems import Problem
from seekgraph.deploy.http.service import Asked, Ran, Service

ALIVE = 10.0
"""Seconds without an event after which a comment says that the run goes on."""

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def events_of(service: Service, asked: Asked) -> AsyncIterator[Step | Piece | Ran | Problem | None]:
    """Each step and each piece of text as it comes, then the finished run, or the problem that ended it; None is a pause.

    Leaving the loop early cancels the run.
    """
    queue: asyncio.Queue[Any] = asyncio.Queue()
    task = asyncio.ensure_future(service.run(asked, emit=queue.put_nowait, text=True))
    task.add_done_callback(lambda _: queue.put_nowait(task))
    try:
        while True:
            try:
                found = await asyncio.wait_for(queue.get(), ALIVE)
            except TimeoutError:
                yield None
                continue
            if found is not task:
                yield found
                continue
            error = task.exception()
            if error is None:
                yield task.result()
            elif isinstance(error, Problem):
                yield error
            else:
                logger("seekgraph.serve").error("request_failed", error=f"{type(error).__name__}: {error}")
                yield Problem(500, "internal", "the server failed on this request; its log says why")
            return
    finally:
        if not task.done():
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def event(data: Any, name: str | None = None) -> bytes:
    """One event. JSON holds no line break, so that nothing in it can end the event."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {text}\n\n".encode()


PAUSE = b": still running\n\n"


def streamed(chunks: AsyncIterator[bytes]) -> StreamingResponse:
    """The response that sends them."""
    return StreamingResponse(chunks, media_type="text/event-stream", headers=HEADERS)
