"""Labels of drafts: a person accepts, corrects or rejects a question, and the dev set on the disk is up to date after each.

The dev set stays one that can be evaluated on: an accepted row is marked as such, a rejected one moves to a file beside it
(`Q.rejected.jsonl`). What was not looked at is still a draft, so that labelling goes on where it stopped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, JsonValue, ValidationError

from seekgraph.core.base.errors import SeekgraphError
from seekgraph.evaluation.examples import read_examples, write_examples
from seekgraph.evaluation.recorded import FIELD as HASHES
from seekgraph.synthesis.values import STATUS
from seekgraph.synthesis.view import View
from seekgraph.types import Example, Value


class LabelError(SeekgraphError, ValueError):
    """A decision that cannot be made: it names a row or a passage that there is not."""


class Decision(Value):
    """What a person says of a row. What is None stays as it is in the row; `reason` is kept with a rejected one."""

    id: str
    verdict: Literal["accept", "reject"]
    question: str | None = Field(default=None, min_length=1)
    answers: tuple[str, ...] | None = None
    supporting_ids: tuple[str, ...] | None = None
    reason: str = ""


def rejected_path(path: Path) -> Path:
    """Where the rejected rows of a dev set are kept."""
    return path.with_name(f"{path.stem}.rejected{path.suffix}")


def rows_of(path: Path) -> tuple[Example, ...]:
    """The rows of a dev set; none for an empty file, as one is of which all were rejected. Raises what `read_examples` raises."""
    return read_examples(path) if path.stat().st_size else ()


def pending(rows: Iterable[Example]) -> tuple[Example, ...]:
    """The rows that are still drafts, in order."""
    return tuple(each for each in rows if each.meta.get(STATUS) == "draft")


def decide(path: Path, decisions: Sequence[Decision], view: View | None = None) -> tuple[Example, ...]:
    """Carry out decisions on the dev set in a file, and give the rows that stay.

    The file is written as a whole, after the rejected rows are safe in theirs. With a `view` the passages of a decision have to
    exist, and their hashes are recorded. Raises `LabelError`, and changes nothing, for a row or a passage that there is not.
    """
    rows = {each.id: each for each in rows_of(path)}
    rejected: list[Example] = []
    for each in decisions:
        row = rows.get(each.id)
        if row is None:
            raise LabelError(f"{path} has no row {each.id!r}: the decisions are of another dev set, or were carried out already")
        if each.verdict == "reject":
            rejected.append(_with(rows.pop(each.id), {STATUS: "rejected", **({"reason": each.reason} if each.reason else {})}))
        else:
            rows[each.id] = _accepted(row, each, view)
    if rejected:
        aside = rejected_path(path)
        known = {each.id: each for each in rows_of(aside)} if aside.exists() else {}
        _write(aside, (known | {each.id: each for each in rejected}).values())
    _write(path, rows.values())
    return tuple(rows.values())


def restore(path: Path, row: Example) -> None:
    """Take a decision back: the row is again what it was, in its old place among the rows that are left or at the end."""
    rows = {each.id: each for each in rows_of(path)}
    rows[row.id] = row
    aside = rejected_path(path)
    _write(path, rows.values())
    if aside.exists() and row.id in (known := {each.id: each for each in rows_of(aside)}):
        del known[row.id]
        _write(aside, known.values())


def read_decisions(path: Path) -> tuple[Decision, ...]:
    """The decisions in a file that the label page has exported. Raises `LabelError` for another file."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return tuple(Decision.model_validate(each) for each in data["decisions"])
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise LabelError(f"{path} holds no decisions of the label page: {str(error).splitlines()[0]}") from None


def _accepted(row: Example, decision: Decision, view: View | None) -> Example:
    changes = {
        name: value
        for name in ("question", "answers", "supporting_ids")
        if (value := getattr(decision, name)) is not None and value != getattr(row, name)
    }
    gold: tuple[str, ...] = changes.get("supporting_ids", row.supporting_ids)
    meta: dict[str, JsonValue] = {STATUS: "accepted"}
    if changes:
        meta["edited"] = list[JsonValue](sorted(changes))
    if view is not None:
        if missing := [id for id in gold if view.get(id) is None]:
            raise LabelError(f"the documents have no passage {missing[0]!r}")
        if gold:
            meta[HASHES] = {id: view.hash(id) for id in gold}
    return _with(row.model_copy(update=changes), meta)


def _with(row: Example, meta: dict[str, JsonValue]) -> Example:
    return row.model_copy(update={"meta": {**row.meta, **meta}})


def _write(path: Path, rows: Iterable[Example]) -> None:
    """Write the rows as a whole: until they are on the disk the old file stays as it was."""
    found = tuple(rows)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if found:
            write_examples(beside, found)
        else:
            beside.write_bytes(b"")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
