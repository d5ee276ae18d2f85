"""Corrections by hand: what a person says that a step should write, kept with its question in a dev set.

The idea is NExT-Search's debug mode (Dai and others, 2025): people correct a step of a run, and the correction is a label of
that step. Blame and headroom put what a label says in the place of what they would work out from the gold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json

from seekgraph.core.record.trace import Trace
from seekgraph.evaluation.examples import read_examples, write_examples
from seekgraph.types import Example, StepLabel


def label_of(trace: Trace, place: str, writes: Mapping[str, Any]) -> StepLabel:
    """The label for a step, given as its id or as a path, which stands for every visit."""
    step = next((each for each in trace.steps if each.id == place and each.at), None)
    path, visit = (place, None) if step is None else (step.path, step.visit)
    return StepLabel(path=path, visit=visit, writes=from_json(to_json(dict(writes))))


def labelled(trace: Trace, labels: Iterable[StepLabel], answers: Iterable[str] = ()) -> Example:
    """A row for the question of a trace, with labels of its steps. Its id is made from the question."""
    question = str(trace.step("input").writes["question"])
    name = "corrected-" + hashlib.sha256(question.encode()).hexdigest()[:12]
    return Example(id=name, question=question, answers=tuple(answers), step_labels=tuple(labels))


def save_row(path: Path, row: Example) -> Example:
    """Add a row to a file of examples, which is made where there is none, and give it as it is there.

    Where the file has the question already its row gets the labels, new ones in the place of those of the same visits, and the
    answers and gold passages that it does not have. Raises what `read_examples` raises.
    """
    rows = list(read_examples(path)) if path.exists() and path.stat().st_size else []
    at = next((number for number, each in enumerate(rows) if each.question == row.question), None)
    if at is None:
        rows.append(row)
        write_examples(path, rows)
        return row
    new = {(label.path, label.visit): label for label in row.step_labels}
    kept = [label for label in rows[at].step_labels if (label.path, label.visit) not in new]
    answers = tuple(dict.fromkeys((*rows[at].answers, *row.answers)))
    gold = tuple(dict.fromkeys((*rows[at].supporting_ids, *row.supporting_ids)))
    changes = {"step_labels": (*kept, *row.step_labels), "answers": answers, "supporting_ids": gold}
    rows[at] = rows[at].model_copy(update=changes)
    write_examples(path, rows)
    return rows[at]
