"""A node that asks a model as a DSPy signature: what its prompt shows are the inputs, the fields of its reply the outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dspy
from pydantic import BaseModel, ValidationError
from pydantic_core import to_jsonable_python

from seekgraph.core.language.params import value_of
from seekgraph.nodes.llm_node import LLMNode
from seekgraph.prompts.demonstrations import demonstration
from seekgraph.prompts.parsing import PromptError
from seekgraph.prompts.sections import typed


@dataclass(frozen=True)
class Fields:
    """The names that a node's inputs and the fields of its reply have in its signature.

    An output that has the name of an input, such as the query that a query is made into, is called `new_NAME`.
    """

    path: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]

    @classmethod
    def of(cls, node: LLMNode, path: str) -> Fields:
        """The fields of a node at a path, with the headings of its inputs."""
        parameters = [read.parameter for read in node.contract().reads]
        reads = dict(node.active_prompt.reads) or {name: name.replace("_", " ").capitalize() for name in parameters}
        return cls(path, reads, {name: f"new_{name}" if name in reads else name for name in node.reply_type.model_fields})

    def signature(self, node: LLMNode) -> Any:
        """The signature. The path stands in the description of its first output, so that no two nodes have an equal one: DSPy's
        GEPA tells predictors apart by that alone."""
        writes, reply = node.active_prompt.writes, node.reply_type
        fields: dict[str, Any] = {name: (Any, dspy.InputField(desc=heading)) for name, heading in self.inputs.items()}
        for number, (own, name) in enumerate(self.outputs.items()):
            info = reply.model_fields[own]
            words = writes.get(own, info.description or "")
            place = f"{words} (of the step {self.path})".strip() if number == 0 else words
            fields[name] = (info.annotation, dspy.OutputField(desc=place))
        return dspy.Signature(fields, value_of(node.instruction) or node.active_prompt.instruction)

    def to_dspy(self, inputs: Mapping[str, Any], reply: BaseModel) -> tuple[dict[str, Any], dict[str, Any]]:
        """What a visit was shown and what it replied, as plain data by the names of the signature."""
        shown = {name: inputs[name] for name in self.inputs if inputs.get(name) not in (None, "", ())}
        written = reply.model_dump(mode="json")
        return to_jsonable_python(shown), {name: written[own] for own, name in self.outputs.items()}

    def demo(self, node: LLMNode, example: Mapping[str, Any]) -> dict[str, Any] | None:
        """A demonstration of DSPy's as one of ours; None where it is not whole, such as a row of the training set that has none
        of what the node reads or replies."""
        written = {own: example[name] for own, name in self.outputs.items() if name in example}
        shown = {name: example[name] for name in self.inputs if example.get(name) not in (None, "", (), [])}
        if not written or not shown:
            return None
        types = {read.parameter: read.type for read in node.contract().reads}
        try:
            reply = node.reply_type.model_validate(written)
            made = {name: typed(name, value, self.path, types) for name, value in shown.items()}
            demo = demonstration(made, reply)
            return demo if set(demo["inputs"]) and _whole(node, demo) else None
        except (ValidationError, PromptError):
            return None


def _whole(node: LLMNode, demo: Mapping[str, Any]) -> bool:
    """Whether a demonstration has what the node cannot do without."""
    needed = {read.parameter for read in node.contract().reads if read.required}
    return needed & set(node.active_prompt.reads or needed) <= set(demo["inputs"])
