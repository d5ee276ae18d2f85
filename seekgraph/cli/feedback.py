"""`seekgraph feedback`: what people said of a server's answers, as rows of a dev set."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seekgraph.cli.output import say, show, writable, write_json

if TYPE_CHECKING:
    from seekgraph.types import Example


def feedback_command(state: Path, out: Path | None, as_json: bool) -> None:
    """Show what was said, or write it as rows to a file of questions."""
    from seekgraph.deploy.http.state import feedback_of
    from seekgraph.evaluation.corrections import save_row

    writable(out, "--out")
    found = feedback_of(state)
    rows = rows_of(found)
    if out is not None:
        for row in rows:
            save_row(out, row)
        count = len({row.question for row in rows})
        rows_said = "1 row" if count == 1 else f"{count} rows"
        say(f"wrote {rows_said} with gold to {out}, of {len(found)} times that somebody said something")
    verdicts = [said["right"] for _, said in found]
    counts = {"right": verdicts.count(True), "wrong": verdicts.count(False), "corrected": verdicts.count(None)}
    if as_json:
        write_json({**counts, "rows": [row.model_dump(mode="json") for row in rows]})
    elif out is None:
        show(*(f"{_word(said)}: {answer['question']}" for answer, said in found))
        show(
            f"{counts['right']} right, {counts['wrong']} wrong, {counts['corrected']} corrected; "
            f"{len(rows)} give a row of a dev set: --out FILE"
        )


def rows_of(found: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> list[Example]:
    """A row for each question of which the right answer, passages or step is known: corrected, or said to be right."""
    from seekgraph.types import Example, StepLabel

    rows: list[Example] = []
    for answer, said in found:
        right = said["right"] is True and not answer["refused"]
        answers = (said["answer"],) if said["answer"] else (answer["answer"],) if right and answer["answer"] else ()
        passages = tuple(said["passages"]) or (tuple(answer["citations"]) if right else ())
        labels = (StepLabel.model_validate(said["step"]),) if said["step"] else ()
        if answer["question"] and (answers or passages or labels):
            name = "feedback-" + hashlib.sha256(answer["question"].encode()).hexdigest()[:12]
            rows.append(
                Example(id=name, question=answer["question"], answers=answers, supporting_ids=passages, step_labels=labels)
            )
    return rows


def _word(said: Mapping[str, Any]) -> str:
    return {True: "right", False: "wrong", None: "corrected"}[said["right"]]
