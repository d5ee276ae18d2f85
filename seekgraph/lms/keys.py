"""Keys: looked up when a request is sent, kept nowhere, and taken out of every message and reply, in whatever form."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from seekgraph.core.language.lm import OnText, Rejected
from seekgraph.lms.errors import ModelOption


@dataclass(frozen=True)
class Variables:
    """Environment variables of which the first that is set holds the key; with `needed` one of them has to be."""

    names: tuple[str, ...]
    needed: bool = True

    def __str__(self) -> str:
        return " or ".join(self.names)


KeySource = str | Variables | Callable[[], str] | None
"""The name of an environment variable, several of them, or what gives the key when called; None sends no key."""

TAKEN_OUT = "[key]"
PART = 8
"""As many characters of a key in a row are too many to be shown."""
SECRET = 16
"""A shorter key is none: "none" or "ollama" is what hosts are sent that want no key but some word."""

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_ESCAPE = re.compile(r"(?<!\\)\\+u00([2-7][0-9A-Fa-f])|%([2-7][0-9A-Fa-f])|(?<!\\)\\+(/)")
_HEX = re.compile(rf"[0-9a-f]{{{PART}}}")
_URL_SAFE = str.maketrans("-_", "+/")


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
    if callable(source):
        key = source()
    else:
        names = source.names if isinstance(source, Variables) else (source,)
        key = next((found for name in names if (found := os.environ.get(name, "").strip())), "")
    if not key:
        if isinstance(source, Variables) and not source.needed:
            return ""
        if callable(source):
            raise Rejected(f"{model} needs a key, and the function given as key= returns none", code="unauthorised")
        raise Rejected(
            f"{model} needs a key: set the environment variable {source}, or give key=<a function that returns it>",
            code="unauthorised",
        )
    if not (key.isascii() and key.isprintable()):
        raise Rejected(
            f"the key of {model} has characters in it that no key has: was something else pasted?", code="unauthorised"
        )
    return key


def without_key(text: str, key: str) -> str:
    """A message without the key, and without any part of it that is eight characters or longer.

    Found in any case, with JSON's or an address's escapes, in base64 and in hexadecimal digits.
    """
    if not key:
        return text
    return _taken_out(text, key) if len(key) >= PART else text.replace(key, TAKEN_OUT)


def reply_without_key(text: str, key: str) -> str:
    """What a model wrote, without the key: a reply goes into traces, the memo and demonstrations.

    Only a key of `SECRET` characters or more: a word that is no secret may well stand in a reply. Of a key that is made of small
    letters alone, such as "any-word-will-do-here", only the whole is taken out, for the same reason.
    """
    if len(key) < SECRET:
        return text
    return text.replace(key, TAKEN_OUT) if _is_words(key) else _taken_out(text, key)


class PiecesWithoutKey:
    """Hears a reply while it is written and passes it on as `reply_without_key` has it. Call `end` when the reply has ended.

    The end of a piece that may go on as a part of the key waits for the next piece.
    """

    def __init__(self, on_text: OnText, key: str) -> None:
        self.on_text = on_text
        self.key = key if len(key) >= SECRET else ""
        self._forms = [] if not self.key else [self.key] if _is_words(self.key) else [form for form, _ in _forms(self.key)]
        self._waiting = ""
        self._attempt = 0

    def __call__(self, piece: str, attempt: int) -> None:
        text = (self._waiting if attempt == self._attempt else "") + piece
        at = len(text) - max((_overlap(text, form) for form in self._forms), default=0)
        if self.key and not _is_words(self.key):
            at = min([at, *(start for start, end in _spans(text, self.key) if start < at < end)])
        self._waiting, self._attempt = text[at:], attempt
        if at:
            self.on_text(reply_without_key(text[:at], self.key), attempt)

    def end(self) -> None:
        """Pass on what waits."""
        if self._waiting:
            self.on_text(reply_without_key(self._waiting, self.key), self._attempt)
        self._waiting = ""


def _is_words(key: str) -> bool:
    return key.replace("-", "").replace("_", "").isalpha() and key.islower()


def _taken_out(text: str, key: str) -> str:
    if "\\" in text or "%" in text:
        plain = _ESCAPE.sub(_unescaped, text)
        if plain != text and any(_spans(plain, key)):
            text = plain
    ends = [0]
    for start, end in _merged(_spans(text, key)):
        ends += (start, end)
    if len(ends) == 1:
        return text
    ends.append(len(text))
    return TAKEN_OUT.join(text[start:end] for start, end in list(pairwise(ends))[::2])


def _unescaped(match: re.Match[str]) -> str:
    """The character of an escape, unless it would end or change a JSON text."""
    if match[3]:
        return "/"
    character = chr(int(match[1] or match[2], 16))
    return match[0] if character in '"\\\x7f' else character


def _forms(key: str) -> Iterator[tuple[str, str]]:
    """What a key looks like, and which form of a text that is looked for in: in small letters, as digits, or with + and /."""
    lowered = key.lower()
    yield lowered, "lower"
    yield key.encode().hex(), "hex"
    for shift, first in ((0, 0), (1, 2), (2, 3)):  # where the key begins in a text decides its base64
        encoded = base64.b64encode(b"\0" * shift + key.encode()).decode()
        yield encoded[first : (shift + len(key)) * 8 // 6], "base64"


def _spans(text: str, key: str) -> Iterator[tuple[int, int]]:
    """Where `PART` characters or more of the key stand in a row, in any form.

    Such a part has one of the key's blocks of four in it, whole; these are looked for, which is fast, and extended.
    """
    texts = {"lower": text.lower() if text.isascii() else _lowered(text), "base64": text.translate(_URL_SAFE)}
    if _HEX.search(texts["lower"]):
        texts["hex"] = texts["lower"]
    for form, kind in _forms(key):
        if (searched := texts.get(kind)) is None:
            continue
        for block in range(0, len(form) - 3, PART - 3):  # five apart: every eight characters have one of four in them
            at = searched.find(form[block : block + 4])
            while at >= 0:
                start, end = at, at + 4
                while start > 0 and block - (at - start) > 0 and searched[start - 1] == form[block - (at - start) - 1]:
                    start -= 1
                while end < len(searched) and block + (end - at) < len(form) and searched[end] == form[block + (end - at)]:
                    end += 1
                if end - start >= PART:
                    yield start, end
                at = searched.find(form[block : block + 4], at + 1)


def _lowered(text: str) -> str:
    """In small letters, each character at its place."""
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def _overlap(text: str, form: str) -> int:
    """How many characters at the end of a text are somewhere in a form of the key, in a row."""
    for length in range(min(len(text), len(form)), 0, -1):
        if text[-length:].lower() in form.lower():
            return length
    return 0
