"""`seekgraph replay`: a trace once more with a step corrected, and the correction kept as a row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shell import SINGLE, seekgraph

from seekgraph.core.record.trace import Trace
from seekgraph.evaluation.examples import read_examples
from seekgraph.types import StepLabel

RIVER = {"id": "x", "title": "Inn", "text": "The Inn flows through Innsbruck."}


@pytest.fixture
def trace(notes: Path) -> Path:
    seekgraph("run", SINGLE, "Which river flows through Innsbruck?", "--docs", notes, "--trace", "t.jsonl")
    return Path("t.jsonl")


def test_replay_without_a_change_takes_every_step_from_the_trace(trace: Path, notes: Path) -> None:
    told = seekgraph("replay", trace, SINGLE, "--docs", notes, "--json").json
    assert told["before"] == told["after"]
    assert told["steps"] == {"taken": ["retrieve", "answer"], "replaced": [], "run": [], "gone": []}
    assert told["paid"] == {}


def test_a_step_corrected_by_hand_changes_the_answer_and_is_kept_as_a_row(trace: Path, notes: Path) -> None:
    write = f"passages={json.dumps([RIVER])}"
    ran = seekgraph(
        "replay", trace, SINGLE, "--docs", notes, "--at", "retrieve", "--write", write,
        "--trace", "u.jsonl", "--save-row", "rows.jsonl", "--answer", "Inn",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert "before:" in ran.out
    assert "[rivers.md#danube]" in ran.out
    assert "[x]" in ran.out
    assert "1 replaced, 1 run (retrieve, answer)" in ran.out
    assert Trace.load("u.jsonl").step("retrieve").memo == "replaced"
    (row,) = read_examples("rows.jsonl")
    assert (row.question, row.answers) == ("Which river flows through Innsbruck?", ("Inn",))
    assert row.step_labels == (StepLabel(path="retrieve", writes={"passages": [RIVER]}),)


def test_a_second_correction_of_the_same_question_joins_its_row(trace: Path, notes: Path) -> None:
    for text in ("old", "new"):
        write = f'answer={{"text": "{text}"}}'
        seekgraph("replay", trace, SINGLE, "--docs", notes, "--at", "answer", "--write", write, "--save-row", "rows.jsonl")
    seekgraph("replay", trace, SINGLE, "--docs", notes, "--at", "retrieve", "--write", "passages=[]", "--save-row", "rows.jsonl")
    (row,) = read_examples("rows.jsonl")
    assert [(label.path, label.writes) for label in row.step_labels] == [
        ("answer", {"answer": {"text": "new"}}),
        ("retrieve", {"passages": []}),
    ]


def test_a_param_is_changed_by_name(trace: Path, notes: Path) -> None:
    told = seekgraph("replay", trace, SINGLE, "--docs", notes, "--param", "retrieve.k=1", "--json").json
    assert told["steps"]["run"] == ["retrieve", "answer"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--at", "retrieve"), "belong together"),
        (("--write", "passages=[]"), "belong together"),
        (("--at", "answer", "--write", "answer=Inn"), "a text needs quotes"),
        (("--param", "retrieve.k"), "--param takes PATH=VALUE"),
        (("--save-row", "rows.jsonl"), "--save-row keeps what --at and --write correct"),
    ],
)
def test_what_does_not_fit_together_is_misuse(trace: Path, notes: Path, arguments: tuple[str, ...], told: str) -> None:
    seekgraph("replay", trace, SINGLE, "--docs", notes, *arguments).refused(2, told)


def test_a_trace_of_another_flow_and_a_step_that_is_not_there_are_errors(trace: Path, notes: Path) -> None:
    seekgraph("replay", trace, "seekgraph.flows.reader:flow", "--docs", notes).refused(1, "the trace is of flow 'single'")
    wrong = ("--at", "rerank", "--write", "context=[]")
    seekgraph("replay", trace, SINGLE, "--docs", notes, *wrong).refused(
        1, "no step 'rerank'", "it visits answer, input, retrieve"
    )
