"""Prompts: one Markdown file each, that a person can read and edit and a compiler can choose from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from seekgraph.core.language.params import Text
from seekgraph.prompts.parsing import PromptError, parse


class Prompt(BaseModel):
    """What a node says to a language model.

    `reads` maps the inputs to the headings that they are shown under, in the order in which they are shown. `writes` maps the
    fields of the output to their descriptions; `goals.id` is a field of the items of `goals`. `instruction` is the text as
    written, `variants` are other ways to say it by name. `source` is where it was read from, and no part of what it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    reads: Mapping[str, str]
    writes: Mapping[str, str]
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
    found = (entry.name for entry in files("seekgraph.prompts").iterdir())
    return tuple(sorted(name.removesuffix(".md") for name in found if name.endswith(".md")))


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
    return _packaged(name)


def read(path: Path) -> Prompt:
    """The prompt in a file; its name is the file's."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise PromptError(f"{path}: a prompt is UTF-8 text, byte {error.start} is not") from None
    return _made(path.stem, text, str(path))


def text_param(prompt: Prompt | str) -> Any:
    """The instruction of a prompt, or of the one of this name that comes with Seekgraph, as a `Text` param.

    Its variants, among them the instruction itself, are the `Prompt.pool`.
    """
    if isinstance(prompt, str):
        prompt = load(prompt)
    return Text(prompt.instruction, variants=prompt.pool)


@lru_cache(maxsize=64)
def _packaged(name: str) -> Prompt:
    text = files("seekgraph.prompts").joinpath(f"{name}.md").read_text(encoding="utf-8")
    return _made(name, text, f"seekgraph/prompts/{name}.md")


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
