"""The control tokens of a GGUF file: texts that the model's tokenizer takes for marks of a conversation.

llama.cpp tokenizes a whole prompt, template and contents together, with these tokens; neither its server nor xllamacpp can be
told to leave a part of it out. So what stands in a message must not hold one (see `local.Weights`).

The file's head is read here and not through the `gguf` package, which takes seconds for a vocabulary: it makes several arrays for
each word.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import Any

CONTROL, USER_DEFINED = 3, 4
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of a number, by the file's code of its type."""
_TEXT, _LIST, _INT32 = 8, 9, 5
_TOKENS, _KINDS = b"tokenizer.ggml.tokens", b"tokenizer.ggml.token_type"


def control_tokens(path: Path) -> tuple[str, ...]:
    """The texts of the control and user-defined tokens of a model; () where the file does not say."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            return _Head(data).control_tokens()
        except (struct.error, ValueError, IndexError):
            return ()


class _Head:
    """Reads the entries of a GGUF file's head, one after the other."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.at = 0

    def control_tokens(self) -> tuple[str, ...]:
        magic, _, _, entries = self._numbers("<4sIQQ")
        if magic != b"GGUF":
            return ()
        found: dict[bytes, Any] = {}
        for _ in range(entries):
            key, kind = self._text(), self._numbers("<I")[0]
            wanted = key in (_TOKENS, _KINDS)
            value = self._value(kind, wanted)
            if wanted:
                found[key] = value
            if len(found) == 2:
                break
        pairs = zip(found.get(_TOKENS, ()), found.get(_KINDS, ()), strict=False)
        return tuple(token.decode("utf-8", "replace") for token, kind in pairs if kind in (CONTROL, USER_DEFINED) and token)

    def _value(self, kind: int, wanted: bool) -> Any:
        """A value, or None where it is only passed over."""
        if kind == _TEXT:
            return self._text()
        if kind != _LIST:
            self.at += _SIZES[kind] if kind in _SIZES else self._unknown(kind)
            return None
        inner, count = self._numbers("<IQ")
        if inner == _TEXT:
            return [self._text() for _ in range(count)]
        if inner == _LIST or inner not in _SIZES or count * _SIZES[inner] > len(self.data):
            self._unknown(inner)
        start, self.at = self.at, self.at + count * _SIZES[inner]
        return struct.unpack_from(f"<{count}i", self.data, start) if wanted and inner == _INT32 else None

    def _numbers(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return found

    def _text(self) -> bytes:
        length = self._numbers("<Q")[0]
        start, self.at = self.at, self.at + length
        if self.at > len(self.data):
            raise ValueError("the file ends inside a text")
        return self.data[start : self.at]

    def _unknown(self, kind: int) -> int:
        raise ValueError(f"a value of the unknown type {kind}")
