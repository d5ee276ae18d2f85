"""The bodies of a host's answers: bounded in size, and read as the JSON object that a reply is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from seekgraph.lms.complaints import complaint
from seekgraph.lms.failures import TooLarge, Transient

if TYPE_CHECKING:
    import aiohttp

LARGEST = 8 << 20
"""Bytes of an answer, or of one event of a stream; a stream may have eight times as many."""
LARGEST_ERROR = 1 << 16


async def body_of(response: aiohttp.ClientResponse, most: int, *, cut: bool = False) -> bytes:
    """The body, in `most` bytes; of a longer one the beginning with `cut`, else raises `TooLarge`."""
    content = response.content
    chunk: bytes = await content.readany()
    if content.at_eof() and len(chunk) <= most:
        return chunk  # all at once, as most answers come
    found, size = [chunk], len(chunk)
    async for chunk in content.iter_any():
        found.append(chunk)
        size += len(chunk)
        if size > most:
            if cut:
                break
            raise too_large(response)
    return b"".join(found)


def too_large(response: aiohttp.ClientResponse) -> TooLarge:
    """The error for an answer of which no more is read."""
    response.close()
    return TooLarge(f"the answer is larger than {LARGEST >> 20} MB")


def event_in(line: bytes) -> dict[str, Any] | None:
    """The JSON object of a line of server-sent events; None for a line without one."""
    line = line.strip()
    if not line.startswith(b"data:") or (data := line[5:].strip()) in (b"[DONE]", b""):
        return None
    return object_in(data)


def object_in(data: bytes) -> dict[str, Any]:
    """The JSON object that an answer is. Raises `Transient` for anything else, and for one that is an error."""
    try:
        found = _parsed(data)
        if b"\\ud" in data or b"\\uD" in data:  # half of a surrogate pair is no text: it could be neither stored nor sent back
            found = json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise Transient(f"the answer is no JSON: it began {data[:60].decode('utf-8', 'replace')!r}") from None
    if not isinstance(found, dict):
        raise Transient(f"the answer is no JSON object but {type(found).__name__}")
    if found.get("error") and not found.get("choices") and not found.get("content"):
        raise Transient(f"the answer is an error: {complaint(data).message}")
    return found


def _parsed(data: bytes) -> Any:
    try:
        return from_json(data)  # twice as fast, and stricter: no half of a surrogate pair
    except ValueError:
        return json.loads(data)
