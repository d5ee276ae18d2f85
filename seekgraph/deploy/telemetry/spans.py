"""A recorded run as spans: plain data, in the words of OpenTelemetry's GenAI conventions and of OpenInference.

Names as in semantic-conventions-genai 0.1 (`gen_ai.operation.name`: invoke_workflow, retrieval, chat; the event
`gen_ai.evaluation.result`) and in OpenInference (`openinference.span.kind`, `graph.node.id`, `graph.node.parent_id`,
`retrieval.documents.{i}.document.id`). What was asked, found and answered is content, and only there where it is wanted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seekgraph.core.language.flow import Flow
from seekgraph.core.language.node import Node
from seekgraph.core.language.ports import Retriever
from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.types import Passage

KINDS = {"Rerank": "RERANKER", "Fuse": "RERANKER", "Judge": "EVALUATOR", "Reflect": "EVALUATOR", "Hop": "RETRIEVER"}
"""OpenInference's kind of our nodes, where neither their ports nor what they used say it."""

DOCUMENTS, CHARACTERS = 30, 50_000
"""What a span names of documents and holds of a text; with three attributes each, 128 is where OpenTelemetry stops."""


Places = Mapping[tuple[str, tuple[int, ...]], int]
"""The number of the span of each step, by path and positions."""


@dataclass(frozen=True)
class Evaluation:
    """A score of a step: a reward's, or a metric's of the whole run where `step` is None."""

    name: str
    value: float
    step: str | None = None
    why: str = ""


@dataclass(frozen=True)
class Span:
    """One span. `parent` is the number of another one in the list, None for the run. Times are seconds since the run began."""

    name: str
    start: float
    seconds: float
    parent: int | None
    attributes: Mapping[str, str | bool | int | float] = field(default_factory=dict)
    events: tuple[tuple[str, Mapping[str, str | float]], ...] = ()
    error: str | None = None


def spans_of(trace: Trace, flow: Flow | None = None, *, scores: Iterable[Evaluation] = (), content: bool = False) -> list[Span]:
    """The run, then each of its steps in order. Without the flow it is not known which kinds of nodes they are.

    With `content` also questions, passages and answers.
    """
    evaluations: dict[str | None, list[Evaluation]] = {}
    for each in scores:
        evaluations.setdefault(each.step, []).append(each)
    steps = [step for step in trace.steps if step.kind != "input"]
    places = {(step.path, step.at): number for number, step in enumerate(steps, start=1)}
    spans = [_run(trace, evaluations.get(None, ()), content)]
    return spans + [_step(step, trace, flow, places, evaluations.get(step.id, ()), content) for step in steps]


def _run(trace: Trace, scores: Sequence[Evaluation], content: bool) -> Span:
    name = trace.flow or "flow"
    usage = trace.usage()
    said: dict[str, Any] = {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": name,
        "openinference.span.kind": "CHAIN",
        "seekgraph.status": trace.status,
        "seekgraph.fingerprint": trace.fingerprint,
        "seekgraph.seed": trace.seed,
        **{f"seekgraph.usage.{line}": amount for line, amount in usage.spent().items()},
    }
    if content:
        inputs = next((step.writes for step in trace.steps if step.kind == "input"), {})
        answers = [step.writes["answer"] for step in trace.steps if "answer" in step.writes]
        said["input.value"] = _text(inputs.get("question", inputs))
        if answers:
            said["output.value"] = _text(getattr(answers[-1], "text", answers[-1]))
    took = max((step.started + step.seconds for step in trace.steps), default=0.0)
    failed = [f"{step.error.code}: {step.error.message}" for step in trace.steps if step.error] or ["failed"]
    error = failed[-1] if trace.status == "failed" else None
    return Span(f"invoke_workflow {name}", 0.0, took, None, said, _events(scores, content), error)


def _step(step: Step, trace: Trace, flow: Flow | None, places: Places, scores: Sequence[Evaluation], content: bool) -> Span:
    operation, kind, more = _kind(step, trace, flow)
    parents = [source for sources in step.parents.values() for source in sources]
    said: dict[str, Any] = {
        **({"gen_ai.operation.name": operation} if operation else {}),
        "openinference.span.kind": kind,
        "graph.node.id": step.id,
        "graph.node.name": step.path,
        **({"graph.node.parent_id": parents[0]} if parents else {}),
        **({"seekgraph.reads_from": json.dumps(sorted(set(parents)))} if len(set(parents)) > 1 else {}),
        "seekgraph.kind": step.kind,
        "seekgraph.visit": step.visit,
        **({"seekgraph.memo": step.memo} if step.memo else {}),
        **({"seekgraph.decision": step.decision} if step.decision is not None else {}),
        **{f"seekgraph.usage.{line}": amount for line, amount in step.usage.items()},
        **({"gen_ai.usage.input_tokens": int(step.usage["tokens_in"])} if "tokens_in" in step.usage else {}),
        **({"gen_ai.usage.output_tokens": int(step.usage["tokens_out"])} if "tokens_out" in step.usage else {}),
        **more,
        **(_content(step, kind) if content else {}),
    }
    name = f"{operation} {step.id}" if operation else step.id
    error = None if step.error is None else f"{step.error.code}: {step.error.message}"
    return Span(name, step.started, step.seconds, _around(step, places), said, _events(scores, content), error)


def _around(step: Step, places: Places) -> int:
    """The step around this one, by its path; else the run."""
    path = step.path
    while "/" in path:
        path = path.rpartition("/")[0]
        for length in range(len(step.at), -1, -1):
            if (found := places.get((path, step.at[:length]))) is not None:
                return found
    return 0


def _kind(step: Step, trace: Trace, flow: Flow | None) -> tuple[str | None, str, dict[str, Any]]:
    """GenAI's operation, OpenInference's kind, and what the node's settings say besides."""
    site = None if flow is None else flow.sites.get(step.path)
    node = None if site is None else site.element
    if isinstance(node, Node):
        ports = [port for port in node.contract().ports if port.port is Retriever]
        if ports:
            source = getattr(node, ports[0].setting, "") if ports[0].setting else ports[0].parameter
            k = trace.params.get(f"{step.path}.k", getattr(node, "k", None))
            top = {"gen_ai.retrieval.top_k": k} if type(k) is int else {}
            return "retrieval", "RETRIEVER", {"gen_ai.data_source.id": str(source), **top}
    if step.usage.get("calls"):
        return "chat", "LLM", {}
    if step.usage.get("searches"):
        return "retrieval", "RETRIEVER", {}
    return None, KINDS.get(type(node).__name__, "CHAIN"), {}


def _content(step: Step, kind: str) -> dict[str, Any]:
    """What the step wrote: documents for who retrieves or ranks, else its text."""
    found: dict[str, Any] = {}
    passages = [value for value in step.writes.values() if isinstance(value, tuple) and value and isinstance(value[0], Passage)]
    if passages and kind in ("RETRIEVER", "RERANKER"):
        name = "retrieval.documents" if kind == "RETRIEVER" else "reranker.output_documents"
        for number, passage in enumerate(passages[0][:DOCUMENTS]):
            found[f"{name}.{number}.document.id"] = passage.id
            found[f"{name}.{number}.document.score"] = float(passage.score)
            found[f"{name}.{number}.document.content"] = _text(passage.text)
    else:
        found["output.value"] = _text({name: value for name, value in step.writes.items()})
    return found


def _events(scores: Sequence[Evaluation], content: bool) -> tuple[tuple[str, Mapping[str, str | float]], ...]:
    return tuple(
        (
            "gen_ai.evaluation.result",
            {
                "gen_ai.evaluation.name": each.name,
                "gen_ai.evaluation.score.value": float(each.value),
                **({"gen_ai.evaluation.explanation": _text(each.why)} if each.why and content else {}),
            },
        )
        for each in scores
    )


def _text(value: Any) -> str:
    from pydantic_core import to_json

    text = value if isinstance(value, str) else to_json(value, fallback=str).decode()
    return text[:CHARACTERS].encode("utf-8", "replace").decode()
