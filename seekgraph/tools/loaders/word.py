"""Word documents."""

from __future__ import annotations

from typing import Any

from seekgraph.core.base.extras import need
from seekgraph.tools.loaders.base import File
from seekgraph.tools.loaders.office import checked


def word(file: File) -> str:
    """Headings, paragraphs, lists and tables, as Markdown."""
    docx = need("docx", "docs", "reading Word documents")
    document = docx.Document(checked(file.data))
    return "\n\n".join(filter(None, map(_block, document.iter_inner_content())))


def _block(block: Any) -> str:
    if hasattr(block, "rows"):
        return as_table([[cell.text for cell in row.cells] for row in block.rows])
    text = " ".join(block.text.split())
    style = (block.style.name if block.style is not None else "") or ""
    if not text:
        return ""
    if style == "Title":
        return f"# {text}"
    if style.startswith("Heading ") and style[8:].isdigit():
        return f"{'#' * min(6, int(style[8:]))} {text}"
    return f"- {text}" if style.startswith("List") else escaped(text)


def escaped(text: str) -> str:
    """A paragraph that Markdown does not read as something else at its start."""
    return f"\\{text}" if text[:1] in "#>`~-+=*|" else text


def as_table(rows: list[list[str]]) -> str:
    """A table of Markdown, its first row the head."""
    lines = [f"| {' | '.join(' '.join(cell.split()).replace('|', '/') for cell in row)} |" for row in rows]
    return "\n".join([lines[0], f"|{'---|' * len(rows[0])}", *lines[1:]]) if lines else ""
