"""The turns of a conversation in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from seekgraph.core.base.errors import SeekgraphError

if TYPE_CHECKING:
    from seekgraph.types import Turn


class NoHistory(SeekgraphError, ValueError):
    """A file that holds no conversation."""


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
