"""Corrections by hand: labels of steps, in a row of a dev set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import seekgraph as sg
from seekgraph.core.record.step import Step
from seekgraph.evaluation.corrections import label_of, labelled, save_row
from seekgraph.evaluation.examples import ExampleError, data_hash, read_examples, write_examples
from seekgraph.types import Answer, Example, StepLabel

TRACE = sg.Trace(
    steps=[
        Step("input", (), "input", writes={"question": "Who?"}),
        Step("ask", (1,), "node", visit=1),
        Step("ask", (2,), "node", visit=2),
        Step("answer", (), "node"),
    ]
)


def test_a_label_is_for_one_visit_or_for_all_of_a_path() -> None:
    assert label_of(TRACE, "ask@2", {"query": "x"}) == StepLabel(path="ask", visit=2, writes={"query": "x"})
    assert label_of(TRACE, "ask", {"query": "x"}).visit is None


def test_values_in_a_label_are_plain_data() -> None:
    label = label_of(TRACE, "answer", {"answer": Answer(text="Ann", citations=("p",))})
    assert label.writes["answer"] == {"text": "Ann", "citations": ["p"], "confidence": 1.0, "refused": False}


def test_rows_with_labels_survive_the_trip_to_disk_and_labels_count_in_the_hash(tmp_path: Path) -> None:
    row = labelled(TRACE, [label_of(TRACE, "ask@1", {"query": "x"}), label_of(TRACE, "answer", {"answer": {"text": "y"}})])
    write_examples(tmp_path / "rows.jsonl", [row])
    assert read_examples(tmp_path / "rows.jsonl") == (row,)
    assert data_hash([row]) != data_hash([row.model_copy(update={"step_labels": ()})])


def test_a_correction_joins_the_row_of_its_question_and_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    old = StepLabel(path="ask", visit=1, writes={"query": "old"})
    rows = [Example(id="a", question="Who?", answers=("Ann",), step_labels=(old,)), Example(id="b", question="Where?")]
    write_examples(path, rows)
    new, other = label_of(TRACE, "ask@1", {"query": "new"}), label_of(TRACE, "answer", {"answer": {"text": "y"}})
    saved = save_row(path, labelled(TRACE, [new, other], ["Ann", "Bob"]))
    assert (saved.id, saved.answers, saved.step_labels) == ("a", ("Ann", "Bob"), (new, other))
    assert read_examples(path) == (saved, rows[1])


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ({"path": "ask"}, "field 'step_labels': expected a list of objects"),
        ([{"path": "ask"}], r"field 'step_labels\[0\].writes'"),
        ([{"path": "ask", "writes": {}, "visit": 0}], r"field 'step_labels\[0\].visit'"),
        ([{"path": "ask", "writes": {}, "round": 1}], r"field 'step_labels\[0\].round'"),
        (["ask"], r"field 'step_labels\[0\]'"),
    ],
)
def test_a_label_that_is_wrong_is_named_with_its_line(tmp_path: Path, labels: Any, told: str) -> None:
    import json

    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"id": "a", "question": "Who?", "step_labels": labels}), encoding="utf-8")
    with pytest.raises(ExampleError, match=told):
        read_examples(path)
