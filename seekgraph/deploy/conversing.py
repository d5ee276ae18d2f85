"""What a conversation needs around a flow: questions that stand by themselves, and the turns to come back to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seekgraph.core.machine.result import Result
    from seekgraph.flow import Bound, Flow
    from seekgraph.types import Turn

ANSWER = 600
"""Characters of an answer that are kept as a turn: what a question can refer to stands at its beginning."""


def conversing(flow: Flow) -> Flow:
    """The flow with questions made to stand by themselves before it; a flow that does so already is left as it is."""
    from seekgraph.flow import Flow
    from seekgraph.nodes.standalone import Standalone

    if any(isinstance(site.element, Standalone) for site in flow.sites.values()):
        return flow
    return Flow(Standalone() >> flow.settled, name=flow.name, output=flow.output)


def talking(bound: Bound) -> Bound:
    """A bound flow that takes a question, with what `conversing` puts before it; its resources, memo and limits are shared."""
    flow = conversing(bound.flow)  # type: ignore[arg-type]
    return flow.bind(bound.resources, memo=bound.memo, budget=bound.budget, concurrency=bound.concurrency)


def asked(result: Result, question: str) -> str:
    """The question of a run as it stands by itself."""
    for step in result.trace:
        if step.kind == "node" and isinstance(found := step.writes.get("question"), str):
            return found
    return question


def turns_of(result: Result, question: str) -> tuple[Turn, Turn]:
    """A question, as it stands by itself, and its answer, as turns for the questions to come."""
    from seekgraph.types import Turn

    text = "" if result.answer is None or result.answer.refused else " ".join(result.answer.text.split())[:ANSWER]
    return Turn(role="user", text=asked(result, question)), Turn(role="assistant", text=text)
