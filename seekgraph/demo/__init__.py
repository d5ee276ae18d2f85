"""The demo: a corpus and questions that ship with the package, and the run that shows what Seekgraph does."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Literal

CORPUS = Path(str(files("seekgraph.demo"))) / "data" / "corpus.jsonl"
"""The demo's passages, as JSON lines."""


def questions(split: Literal["train", "val", "test"]) -> Path:
    """The demo's questions of one split, as JSON lines."""
    return CORPUS.with_name(f"{split}.jsonl")
