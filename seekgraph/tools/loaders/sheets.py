"""Spreadsheets of Excel and LibreOffice."""

from __future__ import annotations

import io

from seekgraph.core.base.extras import need
from seekgraph.tools.identity import slug
from seekgraph.tools.loaders.base import Content, File, Section
from seekgraph.tools.loaders.office import checked
from seekgraph.tools.loaders.rows import rows_as_sections


def sheets(file: File) -> Content:
    """Each row of each sheet, under the sheet's name; the values that formulas had when the file was saved."""
    calamine = need("python_calamine", "docs", "reading spreadsheets")
    data = io.BytesIO(file.data) if file.suffix == ".xls" else checked(file.data)
    book = calamine.CalamineWorkbook.from_filelike(data)
    found: list[Section] = []
    for name in book.sheet_names:
        found += rows_as_sections(book.get_sheet_by_name(name).iter_rows(), (name,), slug(name))
    return Content("", tuple(found))
