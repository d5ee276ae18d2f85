"""Reading a .jsonl corpus."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from seekgraph.core.base.reading import levels, lines_of
from seekgraph.tools.decoding import irregular
from seekgraph.tools.errors import CorpusError
from seekgraph.types import Passage

_WAY_OUT = 'one JSON object a line, such as {"id": "p1", "title": "Bern", "text": "Bern is the capital of Switzerland."}'
MAX_LINE = 20_000_000  # bytes: what is longer is a whole corpus in one line, which would take many times its size to read
MAX_DEPTH = 64  # levels of lists and objects in one line; what is nested deeper cannot be written again either


def read_jsonl(path: str | Path) -> tuple[Passage, ...]:
    """The passages of a .jsonl corpus: {"id", "title", "text"} a line; other keys go to `meta`, "title" may be absent.

    A "meta" object is merged with the other keys. Blank lines are skipped. Raises `CorpusError` with file and line for
    malformed JSON or JSON nested over 64 levels deep, a line over 20 MB, a missing or empty id, a missing text, a wrong type, an
    id that came before, a byte that is no UTF-8, and for a file with no passage or none that can be opened.
    """
    return tuple(iter_jsonl(path))


def iter_jsonl(path: str | Path) -> Iterator[Passage]:
    """`read_jsonl`, one passage at a time."""
    path = Path(path)
    found: dict[str, int] = {}  # ids, each with its line
    try:
        if kind := irregular(path.stat().st_mode):
            raise CorpusError(f"{path} is {kind}: give the path of a .jsonl corpus")
        most = f"over {MAX_LINE // 1_000_000} MB: cut what is that long into passages"
        with closing(lines_of(path, CorpusError, most=MAX_LINE, what=f"is {most}")) as lines:
            for number, line in lines:
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")  # what some editors put before UTF-8
                if not line.strip():
                    continue
                passage = _passage(line, f"{path}, line {number}")
                first = found.setdefault(passage.id, number)
                if first != number:
                    raise CorpusError(f"{path}, lines {first} and {number} have the same id {passage.id!r}: give each its own")
                yield passage
    except OSError as error:
        raise CorpusError(f"{path} cannot be read ({error.strerror}): give the path of a .jsonl corpus") from None
    if not found:
        raise CorpusError(f"{path} has no passages: write {_WAY_OUT}")


def _passage(line: bytes, place: str) -> Passage:
    if levels(line, MAX_DEPTH) > MAX_DEPTH:
        raise CorpusError(f"{place}: nested over {MAX_DEPTH} levels deep; write {_WAY_OUT}")
    try:
        row: Any = json.loads(line.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        at = f"byte {error.start + 1}"
        raise CorpusError(f"{place}: {at} is not UTF-8; save the file as UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{place}: malformed JSON ({error}); write {_WAY_OUT}") from None
    if not isinstance(row, dict):
        raise CorpusError(f"{place}: expected a JSON object, got {_named(row)}; write {_WAY_OUT}")
    fields: dict[str, Any] = {}
    for key, required in (("id", True), ("title", False), ("text", True)):
        if required and key not in row:
            raise CorpusError(f"{place}: {key!r} is missing, the keys are {sorted(row)}; write {_WAY_OUT}")
        value = row.pop(key, "")
        if not isinstance(value, str):
            raise CorpusError(f"{place}: {key!r} has to be a string, got {_named(value)}; write {_WAY_OUT}")
        fields[key] = value
    if not fields["id"]:
        raise CorpusError(f"{place}: 'id' is empty; give each passage an id of its own")
    meta = row.pop("meta", {})
    if not isinstance(meta, dict):
        raise CorpusError(f"{place}: 'meta' has to be an object, got {_named(meta)}; write {_WAY_OUT}")
    passage = Passage(**fields, meta={**meta, **row})
    if b"\\u" in line:
        _check_text(passage, place)
    return passage


def _check_text(passage: Passage, place: str) -> None:
    """Raise `CorpusError` for what JSON's escapes can spell and text cannot hold: half of a surrogate pair."""
    try:
        json.dumps([passage.id, passage.title, passage.text, dict(passage.meta)], ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = error.object[error.start].encode("unicode_escape").decode()
        raise CorpusError(f"{place}: {half} is half of a surrogate pair and no character; write the character itself") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _named(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    shown = json.dumps(value, ensure_ascii=True)
    return f"{names.get(type(value), 'a number')} ({shown if len(shown) <= 40 else shown[:37] + '...'})"
