"""What Seekgraph's own nodes ask through, by the names of their prompts."""

from __future__ import annotations

from pydantic import BaseModel

import seekgraph.nodes as nodes
from seekgraph.nodes.llm_node import LLMNode
from seekgraph.prompts.prompt import prompt_of


def outputs() -> dict[str, type[BaseModel]]:
    """The output type of each prompt, by the prompt's name."""
    found: dict[str, type[BaseModel]] = {}
    for kind in (getattr(nodes, name) for name in nodes.__all__):
        if issubclass(kind, LLMNode) and kind is not LLMNode:
            for source, output in [(kind.prompt, kind.output), *kind.prompt_when.values()]:
                found[prompt_of(source, kind.kind).name] = output
    return found


OUTPUTS = outputs()
