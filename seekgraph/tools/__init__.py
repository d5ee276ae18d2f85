"""Retrievers and other outside things that a flow is bound to. Names are loaded when they are used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seekgraph.tools.bm25 import BM25
    from seekgraph.tools.choosing import Choice
    from seekgraph.tools.corpus import read_jsonl
    from seekgraph.tools.dense import Dense
    from seekgraph.tools.documents import Documents, Skipped
    from seekgraph.tools.errors import CorpusError, MissingExtra, ModelNotFound, SavedIndexError, ToolOutputError
    from seekgraph.tools.folder import read_folder
    from seekgraph.tools.function import from_function
    from seekgraph.tools.hybrid import Hybrid
    from seekgraph.tools.links import TitleLinks
    from seekgraph.tools.mcp import MCPError, MCPServer
    from seekgraph.tools.minilm import MiniLM
    from seekgraph.tools.nearness import Nearness
    from seekgraph.tools.opening import open_corpus
    from seekgraph.tools.reading import read_documents

_HOME = {
    "BM25": "bm25",
    "Dense": "dense",
    "Hybrid": "hybrid",
    "TitleLinks": "links",
    "MCPServer": "mcp",
    "MCPError": "mcp",
    "MiniLM": "minilm",
    "Nearness": "nearness",
    "from_function": "function",
    "open_corpus": "opening",
    "Choice": "choosing",
    "read_documents": "reading",
    "read_folder": "folder",
    "read_jsonl": "corpus",
    "Documents": "documents",
    "Skipped": "documents",
    "CorpusError": "errors",
    "MissingExtra": "errors",
    "ModelNotFound": "errors",
    "SavedIndexError": "errors",
    "ToolOutputError": "errors",
}

__all__ = [
    "BM25",
    "Dense",
    "Hybrid",
    "TitleLinks",
    "MCPServer",
    "MCPError",
    "MiniLM",
    "Nearness",
    "from_function",
    "open_corpus",
    "Choice",
    "read_documents",
    "read_folder",
    "read_jsonl",
    "Documents",
    "Skipped",
    "CorpusError",
    "MissingExtra",
    "ModelNotFound",
    "SavedIndexError",
    "ToolOutputError",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
