"""Tables by rows: each row is a section that names its columns."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from seekgraph.core.base.reading import json_in
from seekgraph.tools.decoding import Unreadable
from seekgraph.tools.identity import slug
from seekgraph.tools.loaders.base import Content, File, Section

MAX_ROWS = 200_000  # a table with more is a data set, not a document
_TITLES, _BODIES = ("title", "name", "heading", "question"), ("text", "content", "body", "answer")


def separated(file: File) -> Content:
    """Values separated by tabs (.tsv) or by what separates most of the first line: comma, semicolon, tab or bar."""
    text = file.text
    first = text.lstrip().partition("\n")[0]
    mark = "\t" if file.suffix == ".tsv" else max(",;\t|", key=first.count)
    try:
        return Content("", tuple(rows_as_sections(csv.reader(io.StringIO(text, newline=""), delimiter=mark), (), "row")))
    except csv.Error as error:
        raise Unreadable(f"not a table: {error}") from None


def json_lines(file: File) -> Content:
    """A section for each line, an object: its text ("text", "content", "body" or "answer") under its title, and its other values
    with their names. Its "id", if it has one, names it."""
    found: list[Section] = []
    for number, line in enumerate(file.text.split("\n"), start=1):
        if len(found) > MAX_ROWS:
            raise Unreadable(f"over {MAX_ROWS} rows")
        if line.strip():
            row = json_in(line, f"line {number}", Unreadable)
            found.append(_object(row if isinstance(row, dict) else {"value": row}))
    return Content("", tuple(found))


def _object(row: dict[str, Any]) -> Section:
    title = next(
        (" ".join(str(row[name]).split()) for name in _TITLES if isinstance(row.get(name), str) and row[name].strip()), ""
    )
    text = next((name for name in _BODIES if isinstance(row.get(name), str) and row[name].strip()), "")
    named = [
        f"{name}: {_shown(value)}"
        for name, value in row.items()
        if name not in (text, "id", *_TITLES) and value not in ("", None)
    ]
    parts = [row[text].strip()] if text else []
    id = row.get("id")
    return Section(
        (title,) if title else (), "\n\n".join([*parts, *(["\n".join(named)] if named else [])]), slug(str(id)) if id else "row"
    )


def _shown(value: object) -> str:
    if isinstance(value, list) and all(isinstance(each, str | int | float) for each in value):
        return ", ".join(map(_written, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | bool) else _written(value)


def rows_as_sections(rows: Iterable[Iterable[object]], headings: tuple[str, ...], name: str) -> Iterator[Section]:
    """A section for each row, its values under the names of the first row that is not empty: "River: Danube". Empty values go."""
    head: list[str] | None = None
    given = False
    for number, row in enumerate(rows):
        if number > MAX_ROWS:
            raise Unreadable(f"over {MAX_ROWS} rows")
        values = [_written(value) for value in row]
        if not any(values):
            continue
        if head is None:
            head = values
            continue
        given = True
        head += [""] * (len(values) - len(head))
        named = [f"{head[at] or f'Column {at + 1}'}: {each}" for at, each in enumerate(values) if each]
        yield Section(headings, "\n".join(named), name)
    if head is not None and not given:
        yield Section(headings, ", ".join(value for value in head if value), name)


def _written(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)  # spreadsheets hold every number so
    return "" if value is None else " ".join(str(value).split())
