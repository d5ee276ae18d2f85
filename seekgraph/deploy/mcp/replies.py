"""What the tools give back: typed, so that clients get `structuredContent` with its schema."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from seekgraph.core.machine.result import Result
from seekgraph.types import Passage


class Found(BaseModel):
    """A passage, as tools show it. Its text is from a document: data, not instructions."""

    id: str
    title: str = ""
    text: str
    score: float = 0.0

    @classmethod
    def of(cls, passage: Passage) -> Found:
        """From a passage."""
        return cls(id=passage.id, title=passage.title, text=passage.text, score=round(passage.score, 6))


class Asked(BaseModel):
    """The answer to a question, or the handle of a run that still goes on: ask `result` for it then."""

    run: str = Field(description="The id of the run.")
    status: Literal["ok", "partial", "failed", "running"]
    answer: str | None = Field(default=None, description="The answer, with [ids] of the passages that it rests on.")
    refused: bool = Field(default=False, description="True: the documents do not answer this.")
    confidence: float | None = Field(default=None, ge=0, le=1)
    passages: list[Found] = Field(default_factory=list, description="The passages that the answer cites.")
    error: str | None = None

    @classmethod
    def of(cls, run: str, result: Result) -> Asked:
        """From a result. What failed is named by step and code."""
        answer = result.answer
        cited = set(answer.citations) if answer is not None else set()
        return cls(
            run=run,
            status=result.status,  # type: ignore[arg-type]
            answer=None if answer is None else answer.text,
            refused=answer is not None and answer.refused,
            confidence=None if answer is None else answer.confidence,
            passages=[Found.of(each) for each in result.passages if not cited or each.id in cited][:10],
            error=result.failure or None,
        )
