"""Prompts: one Markdown file each, that a person can read and edit and a compiler can choose from."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from seekgraph.core.language.params import Text
from seekgraph.prompts.parsing import PromptError, parse

OURS = Path(__file__).parent
"""The folder of the prompts that come with Seekgraph."""


class Prompt(BaseModel):
    """What a node says to a language model.

    `reads` maps the inputs to the headings that they are shown under, in the order in which they are shown. `writes` maps the
    fields of the output to their descriptions; `goals.id` is a field of the items of `goals`; a field that is not in it has the
    description of the output type. `instruction` is the text as written, `variants` are other ways to say it by name. `source`
    is where it was read from, and no part of what it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    reads: Mapping[str, str] = Field(default_factory=dict)
    writes: Mapping[str, str] = Field(default_factory=dict)
    instruction: str
    variants: Mapping[str, str] = Field(default_factory=dict)
    source: str = Field(default="", exclude=True, repr=False)

    @property
    def pool(self) -> tuple[str, ...]:
        """Every written instruction, the first one first."""
        return (self.instruction, *self.variants.values())

    def written(self, variant: str) -> str:
        """The instruction of a variant by its name. Raises `PromptError` with the names that there are."""
        try:
            return self.variants[variant]
        except KeyError:
            where = self.source or self.name
            raise PromptError(f"{where}: no variant is called {variant!r}; there are {sorted(self.variants)}") from None


def names() -> tuple[str, ...]:
    """The names of the prompts that come with Seekgraph."""
    return tuple(sorted(path.stem for path in OURS.glob("*.md")))


def load(name: str, folder: str | Path | None = None) -> Prompt:
    """The prompt of this name: `name`.md in `folder` if that has one, else the one that comes with Seekgraph.

    Raises `PromptError` with file and line for a file that cannot be read, and with the known names where there is none.
    """
    if not name.replace("_", "").replace("-", "").isalnum():
        raise PromptError(f"a prompt's name is one word, not {name!r}")
    if folder is not None:
        if not Path(folder).is_dir():
            raise PromptError(f"{folder} is no folder: give one with the prompts to be used in the place of Seekgraph's own")
        own = Path(folder) / f"{name}.md"
        if own.is_file():
            return read(own)
    if name not in names():
        looked = f" and {folder} has none either" if folder is not None else ""
        raise PromptError(f"Seekgraph has no prompt {name!r}{looked}; it has {', '.join(names())}")
    return read(OURS / f"{name}.md")


def read(path: Path) -> Prompt:
    """The prompt in a file; its name is the file's. Raises `PromptError` for a file that is not there or cannot be read."""
    try:
        state = path.stat()
        return _read(path, state.st_mtime_ns, state.st_size)
    except OSError as error:
        raise PromptError(f"{path}: the prompt cannot be read: {error.strerror or error}") from None


def prompt_of(source: Path | str, name: str) -> Prompt:
    """The prompt in a file, or the one that a text is, under this name. Raises `PromptError` for one that is not well formed."""
    if isinstance(source, Path):
        return read(source)
    if not source.strip():
        raise PromptError(f"{name} has no prompt: give `prompt` a Path to a Markdown file, or the instruction itself")
    if "\n" not in source and source.strip().endswith(".md"):
        raise PromptError(f"{name}: the prompt {source!r} is a text, not a file: write Path(__file__).with_name({source!r})")
    return _made(name, inspect.cleandoc(source), f"the prompt of {name}")


def text_param(prompt: Prompt | str) -> Any:
    """The instruction of a prompt, or of the one of this name that comes with Seekgraph, as a `Text` param.

    Its variants, among them the instruction itself, are the `Prompt.pool`.
    """
    if isinstance(prompt, str):
        prompt = load(prompt)
    return Text(prompt.instruction, variants=prompt.pool)


@lru_cache(maxsize=256)
def _read(path: Path, changed: int, size: int) -> Prompt:
    """The prompt in a file as it was when it had this time of change (nanoseconds) and size (bytes)."""
    try:
        return _made(path.stem, path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError as error:
        raise PromptError(f"{path}: a prompt is UTF-8 text, byte {error.start} is not") from None


def _made(name: str, text: str, source: str) -> Prompt:
    parsed = parse(text, source)
    return Prompt(
        name=name,
        reads=parsed.reads,
        writes=parsed.writes,
        instruction=parsed.instruction,
        variants=parsed.variants,
        source=source,
    )
