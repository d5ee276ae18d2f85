"""A user's own prompt files, in the place of Seekgraph's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from seekgraph.prompts.fields import described
from seekgraph.prompts.outputs import OUTPUTS
from seekgraph.prompts.parsing import PromptError
from seekgraph.prompts.prompt import Prompt, load


def overriding(folder: str | Path, among: Iterable[str]) -> dict[str, Prompt]:
    """The prompts of these names that a folder has files for, as they are now.

    Raises `PromptError` for a folder that is none, and for a file that cannot be read, that does not read exactly what the node
    shows under that name, or that describes a field which the reply does not have.
    """
    found: dict[str, Prompt] = {}
    for name in among:
        ours, own = load(name), load(name, folder)
        if own.source == ours.source:
            continue
        missing, unknown = sorted(set(ours.reads) - set(own.reads)), sorted(set(own.reads) - set(ours.reads))
        if missing or unknown:
            said = [f"lacks {', '.join(missing)}"] if missing else []
            said += [f"has {', '.join(unknown)}, which is never shown"] if unknown else []
            raise PromptError(f"{own.source}: 'reads:' {' and '.join(said)}: give each of {', '.join(ours.reads)} a heading")
        described(OUTPUTS[name], own.writes, own.source)
        found[name] = own
    return found
