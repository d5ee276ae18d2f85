"""Tables by rows: each row is a section that names its columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from seekgraph.tools.decoding import Unreadable
from seekgraph.tools.loaders.base import Content, File, Section

MAX_ROWS = 200_000  # a table with more is a data set, not a document


def separated(file: File) -> Content:
    """Values separated by tabs (.tsv) or by what separates most of the first line: comma, semicolon, tab or bar."""
    text = file.text
    first = text.lstrip().partition("\n")[0]
    mark = "\t" if file.suffix == ".tsv" else max(",;\t|", key=first.count)
    try:
        return Content("", tuple(rows_as_sections(csv.reader(io.StringIO(text, newline=""), delimiter=mark), (), "row")))
    except csv.Error as error:
        raise Unreadable(f"not a table: {error}") from None


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
