"""What a conversation needs around a flow: questions that stand by themselves, and the turns of it in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from seekgraph.core.base.errors import SeekgraphError

if TYPE_CHECKING:
    from seekgraph.core.machine.result import Result
    from seekgraph.flow import Flow
    from seekgraph.types import Turn

ANSWER = 600
"""Characters of an answer that are kept as a turn: what a question can refer to stands at its beginning."""


class NoHistory(SeekgraphError, ValueError):
    """A file that holds no conversation."""


def conversing(flow: Flow) -> Flow:
    """The flow with questions made to stand by themselves before it; a flow that does so already is left as it is."""
    from seekgraph.flow import Flow
    from seekgraph.nodes.standalone import Standalone

    if any(isinstance(site.element, Standalone) for site in flow.sites.values()):
        return flow
    return Flow(Standalone() >> flow.settled, name=flow.name, output=flow.output)


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


def read_history(path: Path) -> tuple[Turn, ...]:
    """The turns of a file, as a JSON list or one JSON object a line: `{"role": "user" or "assistant", "text" (or "content")}`.

    Raises `NoHistory` naming what is wrong and where.
    """
    import json

    from pydantic import ValidationError

    from seekgraph.types import Turn

    text = path.read_text(encoding="utf-8")
    try:
        rows: Any = (
            json.loads(text)
            if text.lstrip().startswith("[")
            else [json.loads(line) for line in text.splitlines() if line.strip()]
        )
    except ValueError as error:
        raise NoHistory(f"{path} is no JSON: {error}") from None
    found = []
    for number, row in enumerate(rows, start=1):
        try:
            found.append(Turn(role=row["role"], text=row["text"] if "text" in row else row["content"]))
        except (KeyError, TypeError, ValidationError):
            raise NoHistory(
                f'{path}, turn {number}: a turn is {{"role": "user" or "assistant", "text": "..."}}, not {row!r}'
            ) from None
    return tuple(found)


def write_history(path: Path, turns: tuple[Turn, ...]) -> None:
    """Write turns so that `read_history` gives them back."""
    from seekgraph.cli.output import write_file

    write_file(path, "".join(f"{turn.model_dump_json()}\n" for turn in turns))
