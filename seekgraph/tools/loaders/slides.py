"""PowerPoint presentations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seekgraph.core.base.extras import need
from seekgraph.tools.identity import slug
from seekgraph.tools.loaders.base import Content, File, Section
from seekgraph.tools.loaders.office import checked
from seekgraph.tools.loaders.word import as_table


def slides(file: File) -> Content:
    """Each slide under its title: its texts, tables and notes."""
    pptx = need("pptx", "docs", "reading PowerPoint presentations")
    presentation = pptx.Presentation(checked(file.data))
    return Content("", tuple(_slide(slide) for slide in presentation.slides))


def _slide(slide: Any) -> Section:
    title = " ".join(slide.shapes.title.text.split()) if slide.shapes.title is not None else ""
    texts = [text for shape in slide.shapes for text in _texts(shape) if text.strip() and text != title]
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None and notes.text.strip():
        texts.append(notes.text)
    text = "\n\n".join(texts) or title
    return Section((title,) if title else (), text, slug(title) if title else "slide", True)


def _texts(shape: Any, depth: int = 0) -> Iterator[str]:
    if shape.has_text_frame:
        yield shape.text_frame.text
    if getattr(shape, "has_table", False):
        yield as_table([[cell.text for cell in row.cells] for row in shape.table.rows])
    if depth < 10:
        for inner in getattr(shape, "shapes", ()):
            yield from _texts(inner, depth + 1)
