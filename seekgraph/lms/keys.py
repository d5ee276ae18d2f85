"""Keys: looked up when a request is sent, kept nowhere, and taken out of every message."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from seekgraph.core.language.lm import OnText, Rejected
from seekgraph.lms.errors import ModelOption

KeySource = str | Callable[[], str] | None
"""The name of an environment variable, or what gives the key when called; None sends no key."""

TAKEN_OUT = "[key]"
PART = 8
"""As many characters of a key's beginning or end are too many to be told."""
SECRET = 16
"""A shorter key is none: "none" or "ollama" is what hosts are sent that want no key but some word."""

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
    """A message with the key taken out, and each beginning or end of it that is eight characters or longer.

    A host that quotes a key may shorten it, and so does who cuts off a long message.
    """
    if not key:
        return text
    text = text.replace(key, TAKEN_OUT)
    if key[:PART] not in text and key[-PART:] not in text:
        return text
    for length in range(len(key) - 1, PART - 1, -1):
        text = text.replace(key[:length], TAKEN_OUT).replace(key[-length:], TAKEN_OUT)
    return text


def reply_without_key(text: str, key: str) -> str:
    """What a model wrote, with the key taken out: a reply goes into traces, the memo and demonstrations.

    Only a key of `SECRET` characters or more: a word that is no secret may well stand in a reply.
    """
    return text.replace(key, TAKEN_OUT) if len(key) >= SECRET else text


class PiecesWithoutKey:
    """Hears a reply while it is written and passes it on as `reply_without_key` has it. Call `end` when the reply has ended.

    The end of a piece that may be the beginning of the key waits for the next piece.
    """

    def __init__(self, on_text: OnText, key: str) -> None:
        self.on_text = on_text
        self.key = key if len(key) >= SECRET else ""
        self._waiting = ""
        self._attempt = 0

    def __call__(self, piece: str, attempt: int) -> None:
        text = (self._waiting if attempt == self._attempt else "") + piece
        if self.key:
            text = text.replace(self.key, TAKEN_OUT)
        most = min(len(self.key) - 1, len(text))
        waits = next((length for length in range(most, 0, -1) if text.endswith(self.key[:length])), 0)
        self._waiting, self._attempt = text[len(text) - waits :], attempt
        if waits < len(text):
            self.on_text(text[: len(text) - waits], attempt)

    def end(self) -> None:
        """Pass on what waits."""
        if self._waiting:
            self.on_text(TAKEN_OUT if len(self._waiting) >= PART else self._waiting, self._attempt)
        self._waiting = ""
