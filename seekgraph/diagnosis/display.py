"""What a diagnosis shows of a flow and of a run: plain data, with values cut to what a person can look through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from seekgraph.core.language.flow import Flow
from seekgraph.core.language.node import Node
from seekgraph.core.language.site import Site
from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.diagnosis.diagnosis import Finding
from seekgraph.diagnosis.drawing import drawing
from seekgraph.diagnosis.runs import Case
from seekgraph.rewards.algebra import Reward, scores
from seekgraph.rewards.seen import ids_of
from seekgraph.types import Answer, Digest, Evidence, Goal, Passage, Plan, Query, Ranking, Verdict

MOST = 800
"""Characters of a value that are shown."""


def drawn_flow(flow: Flow, traces: Sequence[Trace]) -> dict[str, Any]:
    """A flow with what its steps read from one another in these runs: nodes as they are written, and edges with their share."""
    nodes = [{"path": path, "kind": site.element.kind, "element": _element(site)} for path, site in flow.sites.items()]
    shown = {"input", *(node["path"] for node in nodes)}
    counts: dict[tuple[str, str], set[int]] = {}
    channels: dict[tuple[str, str], dict[str, None]] = {}
    for number, trace in enumerate(traces):
        paths = {step.id: _shown_path(step) for step in trace.steps}
        for step in trace.steps:
            for channel, ids in step.parents.items():
                for id in ids:
                    edge = (paths[id], paths[step.id])
                    if edge[0] != edge[1] and edge[0] in shown:
                        counts.setdefault(edge, set()).add(number)
                        channels.setdefault(edge, {})[channel] = None
    edges = [
        {"from": first, "to": last, "channels": list(channels[first, last]), "share": len(runs) / len(traces)}
        for (first, last), runs in counts.items()
    ]
    return {"name": flow.name or "", "fingerprint": flow.fingerprint, "nodes": nodes, "edges": edges, "drawing": drawing(flow)}


def _element(site: Site) -> str:
    return "node" if isinstance(site.element, Node) else site.element.kind


def _shown_path(step: Step) -> str:
    return step.path.removesuffix(".give") if step.kind == "input" else step.path


def shown_example(case: Case, rewards: Sequence[Reward], finding: Finding | None, perfect: Mapping[str, Case]) -> dict[str, Any]:
    """One example with its run, as `Diagnosis.to_json` describes it. `perfect` are the runs with one node perfect, by path."""
    trace, example = case.trace, case.example
    answer = case.answer
    judged: dict[str, list[dict[str, Any]]] = {}
    for step, reward, score in scores(trace, rewards, example):
        judged.setdefault(step.id, []).append({"name": reward.name, "value": score.value, "feedback": score.feedback})
    gold = frozenset(example.supporting_ids)
    return {
        "id": example.id,
        "question": example.question,
        "golds": list(example.answers),
        "supporting_ids": list(example.supporting_ids),
        "answer": answered(case),
        "refused": isinstance(answer, Answer) and answer.refused,
        "citations": list(answer.citations) if isinstance(answer, Answer) else [],
        "metric": case.value,
        "status": trace.status,
        "blame": None if finding is None else finding.to_json(),
        "trace": [_step(trace, step, gold, judged.get(step.id, [])) for step in trace.steps],
        "what_if": [{"path": path, "metric": fixed.value, "answer": answered(fixed)} for path, fixed in perfect.items()],
    }


def answered(case: Case) -> str | None:
    """The text that a run ended with; None where it has none."""
    answer = case.answer
    return answer.text if isinstance(answer, Answer) else answer if isinstance(answer, str) else None


def _step(trace: Trace, step: Step, gold: frozenset[str], judged: list[dict[str, Any]]) -> dict[str, Any]:
    read = trace.inputs(step)
    golds = {
        channel: [id for id in dict.fromkeys(ids_of(value)) if id in gold] for channel, value in {**read, **step.writes}.items()
    }
    return {
        "id": step.id,
        "path": step.path,
        "visit": step.visit,
        "kind": step.kind,
        "round": step.round,
        "parents": {channel: list(ids) for channel, ids in step.parents.items()},
        "read": {channel: brief(value) for channel, value in read.items()},
        "writes": {channel: brief(value) for channel, value in step.writes.items()},
        "gold": {channel: ids for channel, ids in golds.items() if ids},
        "values": {"read": read, "writes": dict(step.writes)},
        "decision": step.decision,
        "error": None if step.error is None else {"code": step.error.code, "message": step.error.message},
        "scores": judged,
        "usage": dict(step.usage),
        "seconds": step.seconds,
        "memo": step.memo,
    }


def brief(value: Any, most: int = MOST) -> str:
    """A value in a few words."""
    text = _said(value)
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _said(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"{len(value)}: {'; '.join(map(_said, value[:12]))}{'; ...' if len(value) > 12 else ''}" if value else "none"
    if isinstance(value, Passage):
        return f"[{value.id}] {value.title or value.text[:60]}"
    if isinstance(value, Evidence):
        return f"[{value.passage_id}] {value.quote or value.claim}"
    if isinstance(value, Ranking):
        return f"{value.source} for {value.query!r}: {', '.join(value.ids[:8])}{', ...' if len(value.ids) > 8 else ''}"
    if isinstance(value, Query):
        words = ", ".join(f"{word} {weight:.2g}" for word, weight in value.weights.items())
        return f"{value.text!r}{f' with {words}' if words else ''}"
    if isinstance(value, Goal):
        return f"{value.id}. {value.text}"
    if isinstance(value, Plan):
        return "; ".join(map(_said, value.goals))
    if isinstance(value, Verdict):
        return f"{value.score:.2f} {value.label}{f': {value.reason}' if value.reason else ''}"
    if isinstance(value, Answer):
        text = f"refused: {value.text}" if value.refused else value.text
        return f"{text} [{', '.join(value.citations)}] ({value.confidence:.2f})"
    if isinstance(value, Digest):
        return (
            f"{value.goal_id or 'call'}: {value.conclusion or 'no conclusion'} [{', '.join(each.id for each in value.resources)}]"
        )
    if isinstance(value, BaseModel):
        return str(to_jsonable_python(value, fallback=repr))
    return str(value)
