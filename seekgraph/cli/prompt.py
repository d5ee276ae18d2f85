"""`seekgraph prompt show`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seekgraph.cli.common import Misuse, find_flow
from seekgraph.cli.output import say, write_json

if TYPE_CHECKING:
    from seekgraph.core.language.node import Node
    from seekgraph.core.machine.program import Program
    from seekgraph.flow import Flow


def show_command(name: str, path: str, question: str | None, trace: Path | None, as_json: bool) -> None:
    """Show exactly what a node of a flow sends to its model, message by message.

    With a trace: for what the node read at its last visit there. Else for `question` and samples of whatever else it has to read,
    which is said on standard error.
    """
    import sys

    from rich.text import Text

    flow = find_flow(name)
    program = _program(flow)
    node = _node(program, flow, path)
    inputs, samples = _from_trace(program, flow, path, trace) if trace else _sampled(node, question or "Who wrote this?")
    messages = node.messages(inputs)
    if as_json:
        write_json([{"role": message.role, "content": message.content} for message in messages])
        return
    if samples:
        say(Text(f"samples stand for {', '.join(samples)}: give --trace to see what a run sends", style="yellow"))
    for message in messages:
        sys.stdout.write(f"--- {message.role} ---\n{message.content}\n")


def _program(flow: Flow) -> Program:
    """The flow's program with its params in place; nothing of it is run, so nothing is bound."""
    from seekgraph.core.machine.program import build

    return build(flow, dict.fromkeys(flow.resources))


def _node(program: Program, flow: Flow, path: str) -> Any:
    from seekgraph.prompts.prompted import Prompted

    prompting = sorted(each for each, operation in program.nodes.items() if isinstance(operation.node, Prompted))
    if path not in flow.sites:
        raise Misuse(f"the flow has no node {path!r}; the ones that prompt a model are {prompting}")
    operation = program.nodes.get(path)
    if operation is None or not isinstance(operation.node, Prompted):
        raise Misuse(f"{path!r} prompts no model; the nodes that do are {prompting}")
    return operation.node


def _from_trace(program: Program, flow: Flow, path: str, file: Path | None) -> tuple[Mapping[str, Any], list[str]]:
    """What the node read at its last visit in a trace, by parameter."""
    from seekgraph.core.record.trace import Trace

    trace = Trace.load(file, flow.channels)  # type: ignore[arg-type]
    visits = [step for step in trace if step.path == path and step.kind == "node"]
    if not visits:
        raise Misuse(f"{file} has no visit of {path!r}")
    return program.arguments(trace, visits[-1]), []


def _sampled(node: Node, question: str) -> tuple[Mapping[str, Any], list[str]]:
    """The question, and samples for all else that the node has to read, by the types of its parameters."""
    samples = _Samples(question)
    inputs: dict[str, Any] = {}
    for read in node.contract().reads:
        if read.parameter == "question":
            inputs["question"] = question
        elif (read.required or read.parameter == "context") and (sample := samples.of(read.parameter, read.type)) is not None:
            inputs[read.parameter] = sample
    return inputs, [name for name in inputs if name != "question"]


class _Samples:
    """Values that stand for what a run would have written."""

    def __init__(self, question: str) -> None:
        from seekgraph.types import Answer, Evidence, Goal, Passage, Plan, Query

        passages = (
            Passage(id="p1", title="A title", text="The text of the first passage. It has two sentences."),
            Passage(id="p2", title="Another title", text="The text of the second passage."),
        )
        goal = Goal(id="1", text=question)
        evidence = Evidence(claim="It has two sentences.", passage_id="p1", quote="It has two sentences.")
        answer = Answer(text="An answer.", citations=("p1",))
        values: tuple[Any, ...] = (passages, (evidence,), (goal,), goal, Plan(goals=(goal,)), Query(text=question), answer)
        self._values = (*values, ("A text.",), {"a": "value"}, 1, 0.5, True)

    def of(self, name: str, kind: Any) -> Any:
        """The first sample of this type, or a text; None where there is none."""
        from pydantic import TypeAdapter, ValidationError
        from pydantic.errors import PydanticUserError

        for value in (f"A text for {name!r}.", *self._values):
            try:
                return TypeAdapter(kind).validate_python(value, strict=True)
            except (ValidationError, PydanticUserError):
                continue
        return None
