"""What need not be written on every command line: [tool.seekgraph], how much is said, and what the shell completes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from shell import CORPUS, SINGLE, lines, process, seekgraph, some_questions

from seekgraph.cli import completing
from seekgraph.lms import Scripted

QUESTION = "Which river flows through Vienna and Budapest?"


def configure(folder: Path, *settings: str) -> Path:
    file = folder / "pyproject.toml"
    file.write_text("\n".join(["[project]", 'name = "mine"', "[tool.seekgraph]", *settings]) + "\n", encoding="utf-8")
    return file


def test_flow_docs_and_questions_come_from_the_nearest_pyproject(
    notes: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = lines(folder / "dev.jsonl", {"id": "1", "question": QUESTION, "answers": ["Danube"]})
    file = configure(folder, 'flow = "single"', 'docs = ["notes"]', 'memo = "m.db"', f'questions = "{rows.name}"')
    below = folder / "a" / "b"
    below.mkdir(parents=True)
    (folder / "a" / "pyproject.toml").write_text('[project]\nname = "no seekgraph table"\n')
    monkeypatch.chdir(below)
    ran = seekgraph("run", QUESTION)
    assert ran.code == 0, ran.err
    assert "[rivers.md#" in ran.out
    assert (folder / "m.db").exists()
    assert seekgraph("evaluate", "--json").json["n"] == 1
    assert seekgraph("check").out.startswith("single: no errors")
    shown = seekgraph("config")
    assert str(file) in shown.out
    assert f"docs = {os.path.join('..', '..', 'notes')}" in shown.out
    assert seekgraph("config", "--json").json["values"]["flow"] == "single"


def test_the_command_line_wins(notes: Path, folder: Path) -> None:
    configure(folder, 'flow = "reader"', 'docs = "notes"', 'lm = "nowhere/none"')
    corpus = lines(folder / "c.jsonl", {"id": "p1", "title": "Inn", "text": "The Inn flows through Innsbruck."})
    ran = seekgraph("run", "plain:flow", "Which river flows through Innsbruck?", "--corpus", corpus)
    ran.refused(2, "no module 'plain'")
    (folder / "plain.py").write_text(
        "import seekgraph as sg\nfrom seekgraph.nodes import Retrieve\n"
        'flow = sg.Flow(Retrieve("corpus"), name="plain", output="passages")\n'
    )
    ran = seekgraph("run", "plain:flow", "Which river flows through Innsbruck?", "--corpus", corpus)
    assert ran.code == 0, ran.err  # a flow that uses no model passes the configured one by
    assert "[p1]" in ran.out
    assert "rivers.md" not in ran.out


def test_a_model_may_be_configured(notes: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(folder, 'flow = "single"', 'docs = "notes"', 'lm = "small"')
    model = Scripted(lambda asked: {"text": "Danube", "citations": [], "refused": False}, identity="1")
    monkeypatch.setattr("seekgraph.lms.resolving.resolve", lambda name: model)
    assert seekgraph("run", QUESTION).code == 0
    assert len(model.asked) == 1


WRONG = {
    "an unknown key": ('flwo = "single"', "'flwo' is not known; did you mean 'flow'?"),
    "another type": ("docs = 3", "docs is a path, or a list of paths, not 3"),
    "no text": ("flow = []", "flow is a text, not []"),
    "documents that are not there": ('docs = "nowhere"', "there is no nowhere"),
    "no TOML": ("flow = ", "is not TOML"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_in_the_file_is_said_with_its_name(folder: Path, case: str) -> None:
    line, words = WRONG[case]
    configure(folder, line)
    seekgraph("run", SINGLE, QUESTION).refused(2, "pyproject.toml", words)


def test_a_flow_that_is_neither_written_nor_configured() -> None:
    seekgraph("check").refused(2, "Missing argument 'FLOW'", "[tool.seekgraph]")
    seekgraph("run", "single").refused(2, "Missing argument 'QUESTION'")


# --- -v, -q ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["before", "after"])
def test_quiet_leaves_only_the_result(folder: Path, where: str) -> None:
    rows = some_questions(folder / "q.jsonl", "test", 2)
    command = ["evaluate", SINGLE, "--corpus", str(CORPUS), "--questions", str(rows), "--json", "r.json"]
    ran = seekgraph(*(["-q", *command] if where == "before" else [*command, "-q"]))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("single: 2 examples")
    assert "wrote r.json" in seekgraph(*command).err


def test_verbose_says_where_values_come_from(notes: Path, folder: Path) -> None:
    file = configure(folder, 'flow = "single"', 'docs = "notes"')
    ran = seekgraph("run", "-v", QUESTION)
    assert f"flow = single (from {file})" in ran.err
    assert f"docs = notes (from {file})" in ran.err
    assert str(file) not in seekgraph("run", QUESTION).err
    seekgraph("-v", "-q", "check", SINGLE).refused(2, "-v and -q contradict each other")


# --- completion ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("seekgraph check br", "bridge"),
        ("seekgraph evaluate single --reward nove", "novelty"),
    ],
)
def test_the_shell_completes_names(typed: str, offered: str) -> None:
    words = typed.split()
    asked = {"_SEEKGRAPH_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1)}
    assert offered in process(**asked).out.split()


def test_metrics_models_artifacts_and_passes_are_completed_too(folder: Path) -> None:
    (folder / "best.flow.json").write_text("{}")
    assert completing.metric_names("support_r") == ["support_recall", "support_recall@5", "support_recall@10"]
    assert completing.model_names("local/s") == ["local/smollm2-135m"]
    assert completing.flow_names("b") == ["bridge", "best.flow.json"]
    assert completing.pass_names("t") == ["tune"]
