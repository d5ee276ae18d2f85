"""What a run came to: its answer, its channels, its trace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.types import Answer, Passage

_HANDED_ON = ("context", "passages")


@dataclass(frozen=True)
class Result:
    """What a run came to.

    `status` is "ok"; "partial" when a budget ended the run early (the answer is made from what there was), or had the last
    steps done without their model, and `reason` says why; or "failed" when a step's error did: then `cause` is that step.
    `values` are the channels at the end. `errors` are the steps that failed, also where the run went on.
    """

    status: str
    values: Mapping[str, Any]
    trace: Trace
    cause: Step | None = None
    reason: str = ""

    @property
    def answer(self) -> Answer | None:
        """The answer, or None where the run did not come to one."""
        answer: Answer | None = self.values.get("answer")
        return answer

    @property
    def errors(self) -> list[Step]:
        """The steps that failed."""
        return self.trace.errors

    @property
    def failure(self) -> str:
        """Where a failed run broke, and the code of the error, as "step: code"; "" for others. What the error says is left out:
        it may quote what was found."""
        if self.status != "failed":
            return ""
        error = None if self.cause is None else self.cause.error
        return "raised" if self.cause is None or error is None else f"{self.cause.id}: {error.code}"

    @property
    def passages(self) -> tuple[Passage, ...]:
        """The passages that the run hands on, best first: what was kept for answering, or else all that was found, or else
        what its calls came back with."""
        for channel in ("context", "passages"):
            if channel in self.values:
                return tuple(self.values[channel])
        pool = {passage.id: passage for digest in self.values.get("digests", ()) for passage in digest.resources}
        return tuple(pool.values())

    def to_json(self) -> dict[str, Any]:
        """The result as plain data: status, answer, the passages that the answer cites (or else all that were found), the steps
        that failed, and what was used. The trace is not in it."""
        answer = None if self.answer is None else self.answer.model_dump(mode="json")
        cited = set(self.answer.citations) if self.answer else set()
        passages = [passage.model_dump(mode="json") for passage in self.passages if not cited or passage.id in cited]
        errors = [{"step": step.id, "code": step.error.code, "message": step.error.message} for step in self.errors if step.error]
        usage = {**self.trace.usage().spent(), "steps": len(self.trace)}
        why: dict[str, Any] = {"reason": self.reason} if self.reason else {}
        if by_rules := {step.path: note for step in self.trace for note in step.notes if note.startswith("by rules")}:
            why["by_rules"] = by_rules
        return {"status": self.status, **why, "answer": answer, "passages": passages, "errors": errors, "usage": usage}

    @property
    def emptied(self) -> tuple[str, int] | None:
        """Where nothing is left to answer from: the path of the last node that handed on none of the passages that it read,
        and how many those were. None where something is left, and where nothing was found."""
        if self.passages:
            return None
        for step in reversed(self.trace.steps):
            if step.kind == "node" and any(step.writes.get(name) == () for name in _HANDED_ON):
                read = self.trace.inputs(step)
                if count := max((len(read.get(name) or ()) for name in _HANDED_ON), default=0):
                    return step.path, count
        return None

    def _repr_html_(self) -> str:
        answer = self.answer
        said = "no answer" if answer is None else f"refused: {answer.text}" if answer.refused else answer.text
        cited = f"cites {', '.join(answer.citations)}" if answer and answer.citations else ""
        failed = "".join(f"<li>{escape(step.error.message)}</li>" for step in self.errors if step.error)
        summary = f"<blockquote>{escape(said)}</blockquote><div>{escape(cited)}</div>" + (f"<ul>{failed}</ul>" if failed else "")
        trace = f"<details><summary>{escape(self.status)}: how it came about</summary>{self.trace._repr_html_()}</details>"
        return f'<div class="seekgraph">{summary}{trace}</div>'

    def __getitem__(self, channel: str) -> Any:
        return self.values[channel]

    def __repr__(self) -> str:
        said = "no answer" if self.answer is None else "refused" if self.answer.refused else repr(self.answer.text)
        cited = f", cites {list(self.answer.citations)}" if self.answer and self.answer.citations else ""
        return f"Result({self.status}: {said}{cited}; {len(self.trace)} steps, {len(self.errors)} errors)"
