"""Jupyter notebooks."""

from __future__ import annotations

import json
from typing import Any

from seekgraph.tools.decoding import Unreadable
from seekgraph.tools.loaders.base import File


def notebook(file: File) -> str:
    """The cells as Markdown: text as it is, code in code blocks. Outputs are left out."""
    try:
        read: Any = json.loads(file.text)
    except (ValueError, RecursionError):
        raise Unreadable("not a notebook: malformed JSON") from None
    cells = read.get("cells") if isinstance(read, dict) else None
    if not isinstance(cells, list):
        raise Unreadable("not a notebook of format 4: it has no cells")
    kernel = read.get("metadata")
    language = kernel.get("language_info", {}) if isinstance(kernel, dict) else {}
    name = str(language.get("name", "python")) if isinstance(language, dict) else "python"
    return "\n\n".join(_cell(cell, name) for cell in cells if isinstance(cell, dict))


def _cell(cell: dict[str, Any], language: str) -> str:
    source = cell.get("source", "")
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    if not text.strip() or cell.get("cell_type") == "markdown":
        return text
    if cell.get("cell_type") != "code":
        return ""
    fence = "```" if "```" not in text else "~~~~~~"
    return f"{fence}{language}\n{text}\n{fence}"
