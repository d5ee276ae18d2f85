"""What a user adds in one file is used from the shell as it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from shell import CORPUS, seekgraph

from seekgraph.demo import questions

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
QUESTION = "In which city was the composer of Fidelio baptised?"


@pytest.fixture(autouse=True)
def in_a_folder_with_the_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in EXAMPLES.glob("own_*"):
        if file.is_file():
            shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)


def test_a_retriever_is_bound_by_its_place() -> None:
    ran = seekgraph("run", "single", QUESTION, "--bind", "corpus=own_retriever:corpus", "--json")
    assert ran.code == 0, ran
    assert ran.json["passages"]
    assert ran.json["usage"]["searches"] == 1


def test_a_pass_is_run_by_its_place() -> None:
    rows = ("--train", questions("val"), "--val", questions("test"), "--metric", "support_recall@5")
    ran = seekgraph("compile", "own_pass:flow", "--docs", CORPUS, *rows, "--pass", "own_pass:Sweep", "--out", "a.flow.json")
    assert ran.code == 0, ran
    assert "sweep" in ran.out + ran.err
    assert Path("a.flow.json").is_file()


def test_a_system_runs_by_its_place() -> None:
    ran = seekgraph("run", "own_system:flow", QUESTION, "--docs", CORPUS, "--json")
    assert ran.code == 0, ran
    assert ran.json["answer"]["text"] == "Bonn"


def test_a_nodes_own_prompt_is_shown() -> None:
    ran = seekgraph("prompt", "show", "own_llm_node:flow", "first")
    assert ran.code == 0, ran
    assert ran.out.startswith("--- system ---\nName the passage to read first")
    assert "samples stand for context" in ran.err
