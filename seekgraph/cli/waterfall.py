"""/why of a chat: how an answer came about, without gold: what each step wrote, and what was left after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seekgraph.core.machine.result import Result
    from seekgraph.core.record.step import Step

BAR = 20


def lines(result: Result) -> Iterator[str]:
    """The steps in the order in which they ran, each with its time, what it wrote and a bar of how many passages that are; then
    what the run came to."""
    visits = [[*group] for _, group in groupby((step for step in result.trace if step.kind == "node"), lambda step: step.path)]
    most = max((count for group in visits if (count := _passages(group)) is not None), default=0)
    yield f"{'step':<18} {'ms':>6}  {'passages':<{BAR + 4}} wrote"
    for group in visits:
        step, count = group[-1], _passages(group)
        bar = "" if count is None else f"{'#' * round(BAR * count / most) if most else ''} {count}"
        errors = [each.error.message for each in group if each.error]
        wrote = errors[0] if errors else "; ".join(f"{name} {_said(value)}" for name, value in step.writes.items())
        notes = f"{f' x{len(group)}' if len(group) > 1 else ''}{' (memo)' if step.memo == 'hit' else ''}"
        took = sum(each.seconds for each in group) * 1000
        yield f"{step.path[:18]:<18} {took:>6.0f}  {bar:<{BAR + 4}} {wrote}{notes}"
    answer = result.answer
    cited = f"{len(answer.citations)} cited, confidence {answer.confidence:.2f}" if answer else "no answer"
    spent = ", ".join(f"{amount:g} {line}" for line, amount in result.trace.usage().spent().items())
    yield f"{result.status}: {cited}; {len(result.trace)} steps{f', {spent}' if spent else ''}"


def _passages(group: Sequence[Step]) -> int | None:
    """How many passages visits found, passed on, read or cited together; None where they had to do with none."""
    found: set[str] | None = None
    for step in group:
        channel = next((each for each in ("context", "passages", "evidence") if isinstance(step.writes.get(each), tuple)), "")
        answer: Any = step.writes.get("answer")
        if channel:
            ids = {getattr(each, "passage_id", getattr(each, "id", "")) for each in step.writes[channel]}
        elif hasattr(answer, "citations"):
            ids = set(answer.citations)
        else:
            continue
        found = (found or set()) | ids
    return None if found is None else len(found)


def _said(value: Any) -> str:
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, tuple):
        return f"({len(value)})"
    text = getattr(value, "text", None) or getattr(value, "label", None)
    return repr(text) if isinstance(text, str) and text else type(value).__name__
