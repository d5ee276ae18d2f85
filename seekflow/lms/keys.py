"""Keys: looked up when a request is sent, kept nowhere, and taken out of every message."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from seekflow.core.lm import Rejected
from seekflow.lms.errors import ModelOption

KeySource = str | Callable[[], str] | None
"""The name of an environment variable, or what gives the key when called; None sends no key."""

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")


def checked_source(source: KeySource) -> KeySource:
    """The source, if it is one. A key itself in its place is refused, unsaid: it would end up in files and messages."""
    if isinstance(source, str) and not _VARIABLE.fullmatch(source):
        raise ModelOption(
            "key is the name of an environment variable, such as OPENAI_API_KEY, or a function that returns the key: "
            "not the key itself, which would end up in traces and messages"
        )
    return source


def find_key(source: KeySource, model: str) -> str:
    """The key, or "" where none is to be sent. Raises `Rejected` naming the variable to set."""
    if source is None:
        return ""
    key = source() if callable(source) else os.environ.get(source, "").strip()
    if not key:
        if callable(source):
            raise Rejected(f"{model} needs a key, and the function given as key= returns none")
        raise Rejected(f"{model} needs a key: set the environment variable {source}, or give key=<a function that returns it>")
    if not (key.isascii() and key.isprintable()):
        raise Rejected(f"the key of {model} has characters in it that no key has: was something else pasted?")
    return key


def without_key(text: str, key: str) -> str:
    """`text` with the key, and any long part of it from its start or end, taken out."""
    if not key:
        return text
    text = text.replace(key, "[key]")
    for part in (key[: max(8, len(key) // 2)], key[-max(8, len(key) // 2) :]):
        if len(part) >= 8:
            text = text.replace(part, "[key]")
    return text
