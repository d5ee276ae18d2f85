"""Plain text, Markdown and reStructuredText."""

from __future__ import annotations

from seekgraph.tools.loaders.base import Content, File
from seekgraph.tools.sections import sections_of


def plain(file: File) -> Content:
    """Text without headings."""
    return sections_of(file.text, ".txt")


def marked(file: File) -> Content:
    """Markdown or reStructuredText, by the suffix."""
    return sections_of(file.text, file.suffix, file.include)
