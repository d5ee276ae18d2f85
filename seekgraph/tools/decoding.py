"""A file's bytes as text: only regular files, of bounded size, in an encoding that is certain."""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path

MAX_BYTES = 20_000_000  # a text file larger than this is a log or a dump, not a document

# UTF-32's mark begins with UTF-16's: it is looked for first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class Unreadable(Exception):
    """Why a file is not read, in a few words.

    `lasting` is False where the same bytes may be read another time: once a package is installed, or the file may be opened.
    """

    def __init__(self, reason: str, *, lasting: bool = True) -> None:
        super().__init__(reason)
        self.lasting = lasting


def read_text(file: Path) -> str:
    """The text of a regular file of at most `MAX_BYTES`, see `decoded`.

    No link is followed and nothing is waited for: a named pipe, a socket or a device is not opened. Raises `Unreadable`.
    """
    return decoded(read_bytes(file, MAX_BYTES))


def decoded(raw: bytes) -> str:
    """The text of these bytes: in UTF-8, in UTF-16 or UTF-32 with a byte order mark, or in an encoding that `encodings.told` is
    certain of. Raises `Unreadable`."""
    return _decoded(raw)[0]


def strictly_decoded(raw: bytes) -> str:
    """The same, without looking for what is neither UTF-8 nor says what it is."""
    mark, encoding = _marked(raw)
    if encoding == "utf-8" and b"\0" in raw:
        raise Unreadable("binary")
    try:
        return raw[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        reason = f"not {encoding.upper()}, as its first bytes say" if mark else "in no encoding that is certain: save it as UTF-8"
        raise Unreadable(reason) from None


def encoding_found(raw: bytes) -> str:
    """The encoding that was found out for bytes that are neither UTF-8 nor say what they are; "" for all others."""
    try:
        raw.decode("utf-8")
        return ""
    except UnicodeDecodeError:
        pass
    try:
        return _decoded(raw)[1]
    except Unreadable:
        return ""


def _marked(raw: bytes) -> tuple[bytes, str]:
    return next(((mark, encoding) for mark, encoding in _MARKS if raw.startswith(mark)), (b"", "utf-8"))


def _decoded(raw: bytes) -> tuple[str, str]:
    """The text, and the encoding that was found out where it had to be."""
    try:
        return strictly_decoded(raw), ""
    except Unreadable:
        if _marked(raw)[0] or b"\0" in raw:
            raise
        from seekgraph.tools.encodings import told

        if (found := told(raw)) is None:
            raise
        return found


def irregular(mode: int) -> str:
    """What a file is that is no regular file, by the mode that `os.lstat` gives; "" for a regular file."""
    return "" if stat.S_ISREG(mode) else next((name for is_kind, name in _KINDS if is_kind(mode)), "no regular file")


def read_bytes(file: Path, most: int) -> bytes:
    """The bytes of a regular file of at most `most` bytes, see `read_text`. Raises `Unreadable`."""
    try:
        if kind := irregular(os.lstat(file).st_mode):
            raise Unreadable(kind)
        # A file may be swapped for a link or a pipe after it was looked at: neither is followed, and neither is waited for.
        with open(os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)), "rb") as opened:
            if kind := irregular(os.fstat(opened.fileno()).st_mode):
                raise Unreadable(kind)
            raw = opened.read(most + 1)
    except OSError as error:
        raise Unreadable(f"not readable ({error.strerror})", lasting=False) from None
    if len(raw) > most:
        raise Unreadable(f"over {most // 1_000_000} MB")
    return raw
