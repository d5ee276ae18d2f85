"""Rubrics: what a judge is to look at, one Markdown file each."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from seekgraph.prompts.parsing import PromptError

RUBRICS = ("completeness", "correctness", "groundedness")
"""The rubrics that come with Seekgraph. None of them needs a gold answer."""


def rubric_text(rubric: str) -> str:
    """The text of a rubric: one of `RUBRICS` by its name, else the text that it is."""
    return _packaged(rubric) if rubric in RUBRICS else rubric.strip()


def rubric_file(path: Path) -> str:
    """The rubric that a file holds. Raises `PromptError` for one that cannot be read or is empty."""
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"{path}: the rubric cannot be read: {error}") from None
    if not text:
        raise PromptError(f"{path}: the rubric is empty: write what makes an answer good, and what each score stands for")
    return text


@lru_cache(maxsize=8)
def _packaged(name: str) -> str:
    return files("seekgraph.prompts").joinpath("rubrics", f"{name}.md").read_text(encoding="utf-8").strip()
