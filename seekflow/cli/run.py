"""`seekflow run`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seekflow.cli.common import FAILED, find_flow, open_resources, parse_budget, say, show, write_json

if TYPE_CHECKING:
    from seekflow.core.bound import Result
    from seekflow.flow import Bound

Documents = tuple[Path | None, Path | None, bool, Path | None]
"""--corpus, --docs, --dense, --cache."""


def run_command(
    name: str,
    question: str,
    documents: Documents,
    memo: Path | None,
    budget: str | None,
    seed: int,
    trace: Path | None,
    steps: bool,
    as_json: bool,
) -> None:
    """Ask one question and show the answer with its passages; exit code 1 where the run failed."""
    flow = find_flow(name)
    bound = flow.bind(open_resources(flow, *documents), memo=memo, budget=parse_budget(budget))
    result = asyncio.run(_asked(bound, question, seed, steps))
    if bound.memo is not None:
        bound.memo.close()
    if trace is not None:
        result.trace.save(trace)
    if as_json:
        write_json(told(result))
    else:
        show(*_shown(result))
    if result.status == "failed":
        raise SystemExit(FAILED)


async def _asked(bound: Bound, question: str, seed: int, steps: bool) -> Result:
    from rich.text import Text

    from seekflow.core.step import Step

    result: Any = None
    async for event in bound.stream(question=question, seed=seed):
        if not isinstance(event, Step):
            result = event
        elif steps:
            wrote = ", ".join(f"{name}: {_size(value)}" for name, value in event.writes.items())
            what = event.error.message if event.error else f"decided {event.decision}" if event.decision is not None else wrote
            say(Text(f"{event.seconds * 1000:8.1f} ms  {event.id:<40} {what}"))
    return result  # type: ignore[no-any-return]


def _size(value: Any) -> str:
    return f"{len(value)} items" if isinstance(value, tuple) else type(value).__name__


def told(result: Result) -> dict[str, Any]:
    """A result as plain data."""
    answer = None if result.answer is None else result.answer.model_dump(mode="json")
    cited = set(result.answer.citations) if result.answer else set()
    passages = [passage.model_dump(mode="json") for passage in result.passages if not cited or passage.id in cited]
    errors = [{"step": step.id, "code": step.error.code, "message": step.error.message} for step in result.errors if step.error]
    usage = {**result.trace.usage().spent(), "steps": len(result.trace)}
    return {"status": result.status, "answer": answer, "passages": passages, "errors": errors, "usage": usage}


def _shown(result: Result) -> list[Any]:
    from rich.text import Text

    answer = result.answer
    lines: list[Any] = []
    if answer is None:
        lines.append(Text("no answer", style="red"))
    elif answer.refused:
        lines.append(Text(f"refused: {answer.text or 'nothing that was found supports an answer'}", style="yellow"))
    else:
        lines.append(Text(f"{answer.text}  (confidence {answer.confidence:.2f})", style="bold"))
    cited = answer.citations if answer else ()
    titles = {passage.id: passage for passage in result.passages}
    for name in cited:
        if name in titles:
            lines.append(Text(f"  [{name}] {titles[name].title}: {titles[name].text[:160]}", style="dim"))
    for step in result.errors:
        if step.error:
            lines.append(Text(f"  {step.id}: {step.error.message}", style="red"))
    if result.status == "partial":
        lines.append(Text("the budget ended this run early: the answer is made from what there was", style="yellow"))
    return lines
