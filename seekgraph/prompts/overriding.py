"""Prompt files that take the place of others: they are checked against what the node shows and what its replies hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel

from seekgraph.prompts.fields import described
from seekgraph.prompts.parsing import PromptError
from seekgraph.prompts.prompt import Prompt, read


def overriding(folder: str | Path, prompts: Mapping[str, tuple[Prompt, type[BaseModel]]]) -> dict[str, Prompt]:
    """The prompts in a folder that have the names of `prompts`, each a prompt and its output type, as they are now.

    A file without `reads` or `writes` has those of the prompt that it takes the place of. Raises `PromptError` for a folder that
    is none, and for a file that cannot be read, that does not read exactly what the node shows under that name, or that
    describes a field which the reply does not have.
    """
    if not Path(folder).is_dir():
        raise PromptError(f"{folder} is no folder: give one with prompt files that take the place of {', '.join(prompts)}")
    found: dict[str, Prompt] = {}
    for name, (ours, output) in prompts.items():
        path = Path(folder) / f"{name}.md"
        if path.is_file():
            own = read(path)
            own = own.model_copy(update={"reads": own.reads or ours.reads, "writes": own.writes or ours.writes})
            must_read(own, ours.reads, exactly=True)
            described(output, own.writes, own.source)
            found[name] = own
    return found


def must_read(prompt: Prompt, names: Iterable[str], *, exactly: bool = False) -> None:
    """Raise `PromptError` where a prompt reads what is not among `names`, or, with `exactly`, does not read all of them."""
    names = [*names]
    missing, unknown = sorted(set(names) - set(prompt.reads)), sorted(set(prompt.reads) - set(names))
    if unknown or (missing and exactly):
        said = [f"lacks {', '.join(missing)}"] if missing and exactly else []
        said += [f"has {', '.join(unknown)}, which is never shown"] if unknown else []
        advice = f"give each of {', '.join(names)} a heading" if exactly else f"what can be shown is {', '.join(names)}"
        raise PromptError(f"{prompt.source or prompt.name}: 'reads:' {' and '.join(said)}: {advice}")
