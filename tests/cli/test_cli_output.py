"""Nothing that was worked for is lost on the way out: narrow terminals, encodings, files that cannot be written."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table
from shell import CORPUS, SINGLE, lines, process, seekgraph, some_questions

from seekgraph.cli import main
from seekgraph.evaluation.terminal import Fitting

ODD = {"id": "o1", "title": "Über Ōsaka", "text": "The Yodo flows through Ōsaka → the bay … “slowly”."}
COMMANDS = ("evaluate", "diagnose", "rewards list", "models list", "flows")


def asked(folder: Path, command: str) -> list[object]:
    if command not in ("evaluate", "diagnose"):
        return [*command.split()]
    rows = some_questions(folder / "q.jsonl", "test", 2)
    return [command, SINGLE, "--corpus", CORPUS, "--questions", rows]


@pytest.mark.parametrize("columns", [80, 60])
@pytest.mark.parametrize("command", COMMANDS)
def test_tables_fit_the_terminal_without_breaking_a_word(
    folder: Path, monkeypatch: pytest.MonkeyPatch, columns: int, command: str
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(Console, "is_terminal", True)  # what is piped is not wrapped at all
    ran = seekgraph(*asked(folder, command))
    assert ran.code == 0, ran.err
    shown = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in ran.out.splitlines()]
    assert [line for line in shown if len(line.rstrip()) > columns] == []
    words = {word.strip("?,;:") for line in shown for word in line.split()}
    expected = {"evaluate": {"support_gain", "citation_precision"}, "diagnose": {"support_gain", "headroom", "searches"}}
    assert expected.get(command, {"needs", "weights", "bridge"} & words) <= words
    assert "…" not in ran.out


def test_a_table_too_wide_becomes_a_block_a_row() -> None:
    table = Table("node", "mean", "why")
    for row in (
        ("goal/search/retrieve", "0.5", ""),
        ("goal/search/retrieve", "0.25", "two searches"),
        ("answer", "1", "all right"),
    ):
        table.add_row(*row)
    console = Console(width=30, file=io.StringIO(), color_system=None)
    console.print(Fitting(table))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert [line.rstrip() for line in text.splitlines()] == [
        "goal/search/retrieve", "  mean: 0.5", "  mean: 0.25", "  why: two searches", "answer", "  mean: 1", "  why: all right",
    ]  # fmt: skip


# --- encodings -------------------------------------------------------------------------------------------------------


WRITING = ("run", "run --json", "draw bridge", "draw bridge --format svg", "rewards list", "models list", "flows", "check bridge")


def encoded(monkeypatch: pytest.MonkeyPatch, encoding: str, *arguments: object) -> tuple[int, str]:
    """Run a command whose standard output has an encoding; its exit code, and what came out."""
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", out)
    with pytest.raises(SystemExit) as end:
        main([str(each) for each in arguments])
    out.flush()
    return int(end.value.code or 0), out.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp932"])
@pytest.mark.parametrize("command", [*WRITING, "evaluate", "diagnose"])
def test_what_standard_output_cannot_encode_is_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, command: str
) -> None:
    corpus = lines(folder / "c.jsonl", ODD)
    rows = lines(
        folder / "q.jsonl", {"id": "1", "question": "What flows through Ōsaka?", "answers": ["Yodo"], "supporting_ids": ["o1"]}
    )
    words: list[object] = [*command.split()]
    if words[0] == "run":
        words[1:1] = [SINGLE, "Which river flows through Ōsaka?", "--corpus", corpus]
    elif words[0] in ("evaluate", "diagnose"):
        words += [SINGLE, "--corpus", corpus, "--questions", rows, "-q"]
    code, text = encoded(monkeypatch, encoding, *words)
    assert code == 0
    assert text.strip()
    if "--json" in words:
        assert json.loads(text)["passages"][0]["text"] == ODD["text"]  # nothing is lost: what is not there is escaped
    if "svg" in words:
        assert text.startswith("<svg")
        assert "?" not in text


def test_what_has_a_likeness_is_replaced_by_that(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = lines(folder / "c.jsonl", ODD)
    code, text = encoded(monkeypatch, "ascii", "run", SINGLE, "Which river flows through Osaka bay?", "--corpus", corpus)
    assert code == 0
    assert '?ber ?saka: The Yodo flows through ?saka -> the bay ... "slowly".' in text


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["evaluate", "diagnose", "compile"])
def test_json_that_cannot_be_written_is_refused_before_the_work(folder: Path, command: str) -> None:
    (folder / "file").write_text("no folder")
    rows = some_questions(folder / "q.jsonl", "train", 2)
    on = ("--train", rows, "--out", "A.flow.json") if command == "compile" else ("--questions", rows)
    ran = seekgraph(command, SINGLE, "--corpus", CORPUS, *on, "--json", "file/report.json")
    ran.refused(1, "--json file/report.json cannot be written: ")
    assert ran.out == ""
    assert not list(folder.glob("A.*"))


def test_an_older_report_stays_whole_until_the_new_one_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = folder / "report.json"
    report.write_text("old")
    report.chmod(0o640)
    command = ("evaluate", SINGLE, "--corpus", CORPUS, "--questions", some_questions(folder / "q.jsonl", "test", 1))

    def full(self: Path, *args: object, **options: object) -> int:
        self.touch()
        raise OSError(28, "No space left on device", str(self))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        seekgraph(*command, "--json", report).refused(1, "No space left on device")
    assert report.read_text() == "old"
    assert {each.name for each in folder.iterdir()} == {"report.json", "q.jsonl"}
    assert seekgraph(*command, "--json", report).code == 0
    assert json.loads(report.read_text())["n"] == 1
    assert report.stat().st_mode & 0o777 == 0o640


def test_a_device_is_written_to_as_it_is(folder: Path) -> None:
    rows = some_questions(folder / "q.jsonl", "test", 1)
    ran = process("evaluate", SINGLE, "--corpus", CORPUS, "--questions", rows, "-q", "--json", "/dev/stderr")
    assert (ran.code, json.loads(ran.err)["n"]) == (0, 1)
