"""Input that cannot be used is told by file and line, with the way out, and nothing of it is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from shell import CORPUS, SINGLE, lines, seekgraph, some_questions

P1 = {"id": "p1", "title": "Bern", "text": "Bern is the capital of Switzerland."}
P2 = {"id": "p2", "title": "Aare", "text": "The Aare flows around the old town of Bern."}
Q1 = {"id": "q1", "question": "Which river flows around Bern?", "answers": ["Aare"], "supporting_ids": ["p2"]}
Q2 = {"id": "q2", "question": "What is the capital of Switzerland?", "answers": ["Bern"], "supporting_ids": ["p1"]}

# --- documents and questions ---------------------------------------------------------------------------------------

CORPORA: dict[str, tuple[tuple[Any, ...], tuple[str, ...]]] = {
    "half a line": ((P1, '{"id": "p2", "text"'), ("c.jsonl, line 2", "malformed JSON")),
    "no text": ((P1, {"id": "p2"}), ("c.jsonl, line 2", "'text' is missing")),
    "one id twice": ((P1, P2, P1), ("lines 1 and 3 have the same id 'p1'",)),
    "nothing": ((), ("c.jsonl has no passages",)),
}


@pytest.mark.parametrize("case", CORPORA)
def test_a_corpus_that_cannot_be_read(folder: Path, case: str) -> None:
    rows, words = CORPORA[case]
    seekgraph("run", SINGLE, "Who?", "--corpus", lines(folder / "c.jsonl", *rows)).refused(1, *words)


def test_a_folder_without_text(folder: Path) -> None:
    (folder / "empty").mkdir()
    seekgraph("run", SINGLE, "Who?", "--docs", "empty").refused(1, "empty has no passages: it needs documents", ".txt, .md")


def test_files_that_are_skipped_are_said_and_the_rest_is_used(notes: Path) -> None:
    (notes / "latin.txt").write_bytes("Zürich".encode("latin-1"))
    (notes / "lone.txt").write_bytes(b"\0\1\2" * 100)
    ran = seekgraph("run", SINGLE, "Which river flows through Vienna?", "--docs", notes, "--json")
    assert ran.json["status"] == "ok"
    assert "seekgraph: warning: files not read" in ran.err
    assert "lone.txt: binary" in ran.err
    assert "latin.txt: read as windows-1252" in ran.err


ROWS: dict[str, tuple[tuple[Any, ...], tuple[str, ...]]] = {
    "half a line": ((Q1, '{"id": "q2"'), ("q.jsonl, line 2", "not JSON")),
    "one id twice": ((Q1, Q1), ("q.jsonl, line 2", "'q1' is also the id of line 1")),
    "nothing": ((), ("q.jsonl holds no examples",)),
    "gold that is not in the corpus": (
        (Q1, {**Q2, "supporting_ids": ["p9"]}),
        ("1 of 2 examples name 1 gold passages that are not among the 2 of the corpus", "example 'q2': 'p9'"),
    ),
}


@pytest.mark.parametrize("case", ROWS)
@pytest.mark.parametrize("command", ["evaluate", "compile"])
def test_questions_that_cannot_be_used(folder: Path, case: str, command: str) -> None:
    rows, words = ROWS[case]
    corpus, asked = lines(folder / "c.jsonl", P1, P2), lines(folder / "q.jsonl", *rows)
    rest = ("--questions", asked) if command == "evaluate" else ("--train", asked, "--out", "A.flow.json")
    seekgraph(command, SINGLE, "--corpus", corpus, *rest).refused(1, *words)
    assert not (folder / "A.flow.json").exists()


def test_rows_that_are_in_train_and_val(folder: Path) -> None:
    corpus, rows = lines(folder / "c.jsonl", P1, P2), lines(folder / "q.jsonl", Q1, Q2)
    ran = seekgraph("compile", SINGLE, "--corpus", corpus, "--train", rows, "--val", rows, "--out", "A.flow.json")
    ran.refused(1, "2 examples of val are in train too", "Take them out")


def test_a_question_that_nothing_matches_is_refused_and_is_no_error(notes: Path) -> None:
    ran = seekgraph("run", SINGLE, "xyzzy plugh?", "--docs", notes)
    assert ran.code == 0
    assert ran.out.startswith("refused: ")


# --- artifacts -----------------------------------------------------------------------------------------------------

MINE = """
import seekgraph as sg
from seekgraph.nodes import Answer, Retrieve

flow = sg.Flow(Retrieve("corpus").named("first") >> Answer(), name="mine")
"""


@pytest.fixture
def artifact(folder: Path) -> Path:
    """An artifact of a flow in this folder."""
    (folder / "mine.py").write_text(MINE)
    corpus, rows = lines(folder / "c.jsonl", P1, P2), lines(folder / "q.jsonl", Q1, Q2)
    ran = seekgraph("compile", "mine:flow", "--corpus", corpus, "--train", rows, "--trials", "0", "--out", "A.flow.json")
    assert ran.code == 0, ran.err
    return folder / "A.flow.json"


def change(path: Path, **fields: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_an_artifact_of_another_flow(artifact: Path) -> None:
    change(artifact, flow=SINGLE)
    seekgraph("check", artifact).refused(1, "A.flow.json", "first")


def test_an_artifact_of_another_version(artifact: Path) -> None:
    change(artifact, artifact=99)
    seekgraph("check", artifact).refused(1, "schema version 99", "update seekgraph")


def test_an_artifact_whose_flow_has_a_renamed_node(artifact: Path) -> None:
    (artifact.parent / "mine.py").write_text(MINE.replace('"first"', '"renamed"') + "# changed\n")
    seekgraph("run", artifact, "Who?", "--corpus", artifact.parent / "c.jsonl").refused(1, "first", "renamed")


def test_an_artifact_whose_module_is_gone(artifact: Path) -> None:
    (artifact.parent / "mine.py").unlink()
    seekgraph("check", artifact).refused(1, "there is no module 'mine' here", "run where it can be imported")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}'])
def test_a_file_that_is_no_artifact(folder: Path, text: str) -> None:
    (folder / "A.flow.json").write_text(text)
    seekgraph("check", "A.flow.json").refused(1, "A.flow.json")


# --- memo, journal, trace ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["run", "stats", "clear"])
def test_a_file_that_is_no_memo_is_left_alone(folder: Path, notes: Path, command: str) -> None:
    dear = folder / "dear.txt"
    dear.write_text("not a database")
    run = ("run", SINGLE, "Who?", "--docs", notes, "--memo", dear)
    seekgraph(*(run if command == "run" else ("memo", command, dear))).refused(1, "dear.txt is not a memo")
    assert dear.read_text() == "not a database"


def test_a_memo_that_is_damaged_inside_is_set_aside_with_a_warning(folder: Path, notes: Path) -> None:
    asked = ("run", SINGLE, "Which river?", "--docs", notes, "--memo", "m.db")
    assert seekgraph(*asked).code == 0
    raw = (folder / "m.db").read_bytes()
    (folder / "m.db").write_bytes(raw[:4096] + b"\xff" * (len(raw) - 4096))
    ran = seekgraph(*asked, "--json")
    assert ran.json["status"] == "ok"
    assert "memo set aside" in ran.err
    assert len(list(folder.glob("m.db.corrupt-*"))) >= 1


def test_a_journal_with_a_damaged_line_is_told_by_its_number_and_kept(folder: Path) -> None:
    train = some_questions(folder / "train.jsonl", "train", 10)
    asked = ("compile", SINGLE, "--corpus", CORPUS, "--train", train, "--trials", "1", "--out", "A.flow.json")
    assert seekgraph(*asked).code == 0
    journal = folder / "A.flow.json.journal"
    rows = journal.read_text().splitlines()
    rows[2] = rows[2][:20]
    journal.write_text("\n".join(rows) + "\n")
    seekgraph(*asked, "--resume").refused(1, "A.flow.json.journal, line 3", "compile without resume")
    assert journal.read_text().splitlines() == rows


def test_a_journal_of_another_compile(folder: Path) -> None:
    train = some_questions(folder / "train.jsonl", "train", 10)
    asked = ("compile", SINGLE, "--corpus", CORPUS, "--train", train, "--trials", "1", "--out", "A.flow.json")
    assert seekgraph(*asked).code == 0
    seekgraph(*asked, "--resume", "--seed", "7").refused(1, "belongs to another compile", "seed")


def test_a_trace_that_is_cut_off(notes: Path, folder: Path) -> None:
    seekgraph("run", SINGLE, "Which river?", "--docs", notes, "--trace", "t.jsonl")
    trace = folder / "t.jsonl"
    trace.write_text("\n".join(trace.read_text().splitlines()[:-1]) + "\n")
    seekgraph("draw", SINGLE, "--trace", trace).refused(1, "t.jsonl, line 4", "cut off")


# --- steps ---------------------------------------------------------------------------------------------------------

TROUBLE = """
import asyncio

import seekgraph as sg
from seekgraph.nodes import Answer, Retrieve


class Kept(sg.Writes):
    context: tuple[sg.Passage, ...]


class Trouble(sg.Node):
    async def run(self, question: str, passages: tuple[sg.Passage, ...]) -> Kept:
        if "hangs" in question:
            await asyncio.sleep(60)
        if "raises" in question:
            raise RuntimeError("the index is down")
        return Kept(context="nonsense" if "nonsense" in question else passages)


flow = sg.Flow(Retrieve("corpus") >> Trouble().limits(timeout=0.2) >> Answer(), name="trouble")
"""


@pytest.mark.parametrize(("question", "code"), [("It raises", "raised"), ("It hangs", "timeout"), ("It is nonsense", "invalid")])
def test_a_step_that_fails_is_named_and_the_run_has_failed(folder: Path, notes: Path, question: str, code: str) -> None:
    (folder / "mine.py").write_text(TROUBLE)
    ran = seekgraph("run", "mine:flow", question, "--docs", notes, "--json")
    assert ran.code == 1
    assert ran.json["status"] == "failed"
    assert ("trouble", code) in [(error["step"], error["code"]) for error in ran.json["errors"]]
    assert "trouble: " in seekgraph("run", "mine:flow", question, "--docs", notes).out


def test_questions_that_fail_are_counted_apart_and_the_others_are_scored(folder: Path) -> None:
    (folder / "mine.py").write_text(TROUBLE)
    corpus = lines(folder / "c.jsonl", P1, P2)
    good, bad = (
        lines(folder / "q.jsonl", Q1, {**Q2, "question": "It raises"}),
        lines(folder / "b.jsonl", {**Q2, "question": "raises"}),
    )
    ran = seekgraph("evaluate", "mine:flow", "--corpus", corpus, "--questions", good, "--json")
    assert (ran.code, ran.json["n"], ran.json["errors"]) == (0, 2, 1)
    assert ran.json["metrics"]["support_recall@5"]["mean"] == 1.0
    assert seekgraph("evaluate", "mine:flow", "--corpus", corpus, "--questions", bad).code == 1
