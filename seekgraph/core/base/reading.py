"""How files from outside are read: bounded in size and depth, with errors that say the file, the line and what is wrong.

Each reader gives the error of its own kind, so that whoever catches it knows what file was meant.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from seekgraph.core.base.budget import USAGE_LINES

MOST_LEVELS = 100
"""Lists and objects in one another: deeper ones are no data that anyone wrote, and overflow whatever walks them."""
MOST_BYTES = 2**30
"""A file: a trace, a journal or questions are far smaller."""
MOST_LINE = 64 * 2**20
"""Bytes in one line."""

_TOKENS = re.compile(rb'[\[\]{}]|"(?:[^"\\]|\\.)*+"', re.DOTALL)


def json_in(text: str | bytes, where: str, error: type[Exception], *, finite: bool = False) -> Any:
    """The value of a JSON text. Raises `error`, beginning with `where`, for what is no JSON or is nested too deep.

    `finite`: NaN and Infinity, which JSON does not have, are refused.
    """
    try:
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        if levels(data) > MOST_LEVELS:
            raise error(f"{where}: nested more than {MOST_LEVELS} levels deep")
        return json.loads(text, parse_constant=_not_finite if finite else None)
    except (ValueError, RecursionError) as wrong:
        if isinstance(wrong, error):
            raise
        raise error(f"{where}: not JSON ({wrong})") from None


def levels(data: bytes, matter: int = MOST_LEVELS) -> int:
    """How many lists and objects stand in one another in a JSON text; 0 for one that has no more than `matter` of them."""
    if data.count(b"[") + data.count(b"{") <= matter:
        return 0  # it cannot be deep
    deep = most = 0
    for token in _TOKENS.finditer(data):
        if token[0] in (b"[", b"{"):
            deep += 1
            most = max(most, deep)
        elif token[0] in (b"]", b"}"):
            deep -= 1
    return most


def bytes_of(path: Path, error: type[Exception], *, what: str, most: int = MOST_BYTES) -> bytes:
    """All of a file. Raises `error` where it cannot be read or is larger than `most`."""
    try:
        if not path.is_file():
            reason = "there is no such file" if not path.exists() else "not a regular file"
            raise error(f"{path}: cannot be read as {what}: {reason}")
        with path.open("rb") as file:
            data = file.read(most + 1)
    except (OSError, ValueError) as wrong:
        if isinstance(wrong, error):
            raise
        raise error(f"{path}: cannot be read as {what}: {getattr(wrong, 'strerror', None) or wrong}") from None
    if len(data) > most:
        raise error(f"{path}: larger than {most:,} bytes")
    return data


def lines_of(path: Path, error: type[Exception], *, most: int = MOST_LINE, what: str = "") -> Generator[tuple[int, bytes]]:
    """The lines of a file with their numbers from 1, without their ends. Raises `error` for one of more than `most` bytes.

    `what` says in the error what is wrong with such a line.

    `OSError` for a file that cannot be opened.
    """
    with path.open("rb") as file:
        number = 0
        while line := file.readline(most + 1):
            number += 1
            if len(line) > most:
                raise error(f"{path}, line {number} {what or f'is longer than {most:,} bytes'}")
            yield number, line.removesuffix(b"\n")


def usage_in(found: Any) -> dict[str, float]:
    """What was used, by the lines of usage. Raises `ValueError` for other lines, and for no finite number of 0 or more."""
    if not isinstance(found, Mapping):
        raise ValueError(f"usage is an object, not {type(found).__name__}")
    for name, amount in found.items():
        if name not in USAGE_LINES:
            raise ValueError(f"usage has no line {name!r}")
        number(amount, f"usage {name!r}")
    return dict(found)


def number(found: Any, what: str) -> float:
    """A finite number of 0 or more. Raises `ValueError`."""
    plain = isinstance(found, int | float) and not isinstance(found, bool)
    if not plain or not (isinstance(found, int) or math.isfinite(found)) or found < 0 or found > 1e300:
        raise ValueError(f"{what} is a finite number of 0 or more, not {str(found)[:60]}")
    amount: float = found
    return amount


def _not_finite(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")
