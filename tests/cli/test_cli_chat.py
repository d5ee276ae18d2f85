"""`seekgraph chat`, piped: turns that refer to earlier ones, why, corrections, and a history in a file."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from shell import CORPUS, lines, process, seekgraph

from seekgraph.evaluation import read_examples


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Talks over the demo corpus; gives what was shown."""

    def talk(*said: str, **options: str) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in said)))
        extra = [each for name, value in options.items() for each in (f"--{name.replace('_', '-')}", value)]
        ran = seekgraph("chat", "bridge", "--corpus", CORPUS, *extra)
        assert ran.code == 0, ran
        return ran.out

    return talk


def test_a_question_that_goes_on_is_resolved_answered_and_shown_with_its_sources(chat: Any) -> None:
    shown = chat("Who discovered Uranus?", "And his sister?", "/quit", "never asked")
    assert "> Who discovered Uranus?\nWilliam Herschel\n  [1] Uranus (d154): " in shown
    assert "(Who was William Herschel's sister?)" in shown
    assert "never" not in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_why_shows_the_steps_of_the_last_answer(chat: Any) -> None:
    shown = chat("/why", "Who discovered Uranus?", "/why").partition("William Herschel")[2]
    assert chat("/why").count("nothing has been asked yet") == 1
    rows = [line.split()[0] for line in shown.splitlines() if "#" in line]
    assert {"retrieve", "answer"} <= set(rows)
    assert "confidence" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_wrong_keeps_the_right_passage_and_answer_as_a_row_and_goes_on_from_them(chat: Any, folder: Path) -> None:
    shown = chat(
        "Who was William Herschel's sister?",
        "/wrong",
        "Caroline",
        "1",
        "Caroline Herschel",
        "Where was she born?",
        "/wrong",
        "",
        "",
    )
    (row,) = read_examples(folder / "corrections.jsonl")
    assert (row.question, row.answers, row.supporting_ids) == (
        "Who was William Herschel's sister?",
        ("Caroline Herschel",),
        ("d146",),
    )
    assert "(Where was Caroline Herschel born?)" in shown
    assert shown.rstrip().endswith("nothing was kept")
    seekgraph("evaluate", "bridge", "--corpus", CORPUS, "--questions", "corrections.jsonl", "--json", "-")


def test_a_row_of_the_same_question_gets_what_it_has_not(chat: Any, folder: Path) -> None:
    chat("Who was William Herschel's sister?", "/wrong", "d146", "", save_rows="dev.jsonl")
    chat("Who was William Herschel's sister?", "/wrong", "d145", "Caroline", save_rows="dev.jsonl")
    (row,) = read_examples(folder / "dev.jsonl")
    assert (row.answers, row.supporting_ids) == (("Caroline",), ("d146", "d145"))


def test_new_forgets_help_lists_and_another_command_is_refused(chat: Any) -> None:
    shown = chat("Who discovered Uranus?", "/new", "Where was he born?", "/bla", "/help")
    assert "(Where was" not in shown
    assert "there is no such command; there is /why, /wrong, /new, /help, /quit" in shown
    assert shown.count("/wrong  the last answer is wrong") == 1


def test_a_history_is_kept_and_gone_on_from_also_by_run(chat: Any, folder: Path) -> None:
    chat("Who discovered Uranus?", history="talk.jsonl")
    rows = [json.loads(line) for line in (folder / "talk.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows == [{"role": "user", "text": "Who discovered Uranus?"}, {"role": "assistant", "text": "William Herschel"}]
    assert "(When was William Herschel born?)" in chat("When was he born?", history="talk.jsonl")
    ran = seekgraph("run", "single", "When was he born?", "--corpus", CORPUS, "--history", "talk.jsonl", "--json").json
    assert ran["answer"]["text"] == "1738"
    seekgraph("run", "single", "Why?", "--corpus", CORPUS, "--history", lines(folder / "bad.jsonl", {"role": "me"})).refused(
        1, "bad.jsonl, turn 1: a turn is"
    )


def test_a_process_reads_what_is_piped_to_it(folder: Path) -> None:
    shown = process("chat", "--corpus", CORPUS, input="Who discovered Uranus?\n")
    assert shown.code == 0
    assert "William Herschel" in shown.out
