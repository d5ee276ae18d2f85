"""Which loader reads which suffix."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias, cast

if TYPE_CHECKING:
    from seekgraph.tools.loaders.base import Loader

Loaders: TypeAlias = "Mapping[str, Loader | str]"
_HERE = "seekgraph.tools.loaders"

# A loader, or where one is: "module:function", imported when a file needs it.
LOADERS: Loaders = MappingProxyType(
    {
        ".txt": f"{_HERE}.text:plain",
        ".md": f"{_HERE}.text:marked",
        ".markdown": f"{_HERE}.text:marked",
        ".rst": f"{_HERE}.text:marked",
        ".py": f"{_HERE}.source:python",
        ".ipynb": f"{_HERE}.notebook:notebook",
        ".csv": f"{_HERE}.rows:separated",
        ".tsv": f"{_HERE}.rows:separated",
        ".jsonl": f"{_HERE}.rows:json_lines",
        ".ndjson": f"{_HERE}.rows:json_lines",
        ".eml": f"{_HERE}.mail:mail",
        ".html": f"{_HERE}.html:html",
        ".htm": f"{_HERE}.html:html",
        ".xhtml": f"{_HERE}.html:html",
        ".pdf": f"{_HERE}.pdf:pdf",
        ".docx": f"{_HERE}.word:word",
        ".pptx": f"{_HERE}.slides:slides",
        ".xlsx": f"{_HERE}.sheets:sheets",
        ".xls": f"{_HERE}.sheets:sheets",
        ".ods": f"{_HERE}.sheets:sheets",
    }
)
TEXTS = frozenset(LOADERS) - {".pdf", ".docx", ".pptx", ".xlsx", ".xls", ".ods"}

# What reads a kind of file beside Seekgraph: with another version of it the same file may read differently.
_MARKDOWN = ("markdown_it",)
PACKAGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys((".md", ".markdown", ".ipynb"), _MARKDOWN),
        **dict.fromkeys((".html", ".htm", ".xhtml", ".eml"), ("selectolax",)),
        ".pdf": ("pypdf",),
        ".docx": ("docx", *_MARKDOWN),
        ".pptx": ("pptx",),
        **dict.fromkeys((".xlsx", ".xls", ".ods"), ("python_calamine",)),
    }
)


def kinds(more: Loaders | None = None) -> frozenset[str]:
    """The suffixes that there are loaders for."""
    return frozenset(LOADERS) | frozenset(more or ())


def loader_for(suffix: str, more: Loaders | None = None) -> Loader | None:
    """The loader of a suffix (lower case, with its dot), `more` before `LOADERS`; None where no loader reads such files."""
    found = (more or {}).get(suffix) or LOADERS.get(suffix)
    if not isinstance(found, str):
        return found
    module, _, name = found.partition(":")
    return cast("Loader", getattr(importlib.import_module(module), name))
