"""What a host says about a request that it does not take: the message, and the names that it gives beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

LONGEST = 300
"""Characters of a message that are passed on to a person."""

_MESSAGES = ("message", "msg", "detail", "error", "errors", "title", "reason", "error_message")
_NAMES = ("param", "params", "parameter", "field", "loc", "path", "pointer", "parameters")
_CODES = ("code", "type", "error_type")


class Complaint(NamedTuple):
    """A host's words: `text` is all of them, `names` are parameters named beside the message, `codes` are in small letters."""

    message: str
    text: str = ""
    names: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


def complaint(body: bytes) -> Complaint:
    """What the body of an answer with an error says: as OpenAI, Anthropic, FastAPI and others write it, or as plain text."""
    text = body.decode("utf-8", "replace").strip()
    try:
        found = list(_said(json.loads(text), ""))
    except (ValueError, RecursionError):
        found = [("message", text)]
    messages = [value for kind, value in found if kind == "message" and value.strip()] or [text]
    names = dict.fromkeys(value for kind, value in found if kind == "name")
    codes = dict.fromkeys(value.lower() for kind, value in found if kind == "code")
    return Complaint(_plain(messages[0])[:LONGEST] or "no reason given", _plain(" \n".join(messages)), tuple(names), tuple(codes))


def _said(found: Any, key: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Messages, names and codes in an answer, wherever they stand."""
    if depth > 8:
        return
    if isinstance(found, dict):
        for name, value in found.items():
            if name != "input":  # FastAPI repeats what was sent
                yield from _said(value, name, depth + 1)
    elif isinstance(found, list):
        for value in found:
            yield from _said(value, key, depth + 1)
    elif isinstance(found, str):
        kind = "message" if key in _MESSAGES else "name" if key in _NAMES else "code" if key in _CODES else ""
        if kind or not key:
            yield kind or "message", found


def _plain(text: str) -> str:
    return text[:8000].encode("utf-8", "replace").decode()
