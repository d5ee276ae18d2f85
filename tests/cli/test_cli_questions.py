"""`seekgraph questions`: drafts from documents, labels with scripted keys, and what a check finds."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from shell import Ran, lines, seekgraph

from seekgraph.evaluation import read_examples

HANDBOOK = """# Lending

## How long

Books are lent for four weeks. If somebody else has reserved the book, the loan cannot be renewed.

## Renewing

To renew a loan on the web, sign in and choose `Renew`. To learn more, ask at the desk.

# Fees

A lost card costs 5 euros. Damaged films are kept for two weeks.
"""


@pytest.fixture
def handbook(folder: Path) -> Path:
    (folder / "docs").mkdir()
    (folder / "docs" / "handbook.md").write_text(HANDBOOK, encoding="utf-8")
    (folder / "docs" / "towns.md").write_text(
        "# Towns\n\nArle has a market on Monday and a station in the north.\n", encoding="utf-8"
    )
    return folder / "docs"


@pytest.fixture
def drafts(handbook: Path, folder: Path) -> Path:
    ran = seekgraph("-q", "questions", "draft", "--docs", "docs", "--out", "q.jsonl")
    assert ran.code == 0, ran
    return folder / "q.jsonl"


def statuses(path: Path) -> list[object]:
    return [each.meta["status"] for each in read_examples(path)]


class Keys(io.StringIO):
    """Standard input with what a person types, a line each; at "^C" they interrupt."""

    def readline(self, size: int | None = -1, /) -> str:
        line = super().readline(-1 if size is None else size)
        if line == "^C\n":
            raise KeyboardInterrupt
        return line


def label(keys: list[str], *more: str) -> Ran:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", Keys("".join(f"{key}\n" for key in keys)))
        return seekgraph("questions", "label", "q.jsonl", "--docs", "docs", *more)


def test_drafts_are_a_dev_set_with_gold_that_the_documents_have(drafts: Path) -> None:
    rows = {each.question: each for each in read_examples(drafts)}
    row = rows["For how long are books lent?"]
    assert (row.answers, row.supporting_ids) == (("four weeks",), ("handbook.md#how-long",))
    assert row.meta["status"] == "draft"
    assert "supporting_hashes" in row.meta
    ran = seekgraph("questions", "check", "q.jsonl", "--docs", "docs")
    assert ran.code == 0
    assert "rows are drafts" in " ".join(ran.out.split())
    assert "prove a gain of" in ran.out
    assert seekgraph("evaluate", "single", "--questions", "q.jsonl", "--docs", "docs", "--json").json["errors"] == 0


def test_what_is_shown_fits_a_plain_terminal_and_says_what_was_dropped(handbook: Path) -> None:
    ran = seekgraph("questions", "draft", "--docs", "docs", "--out", "q.jsonl", "--kinds", "fact,howto")
    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "passed the filters" in ran.out
    assert "seekgraph questions label q.jsonl --docs docs" in ran.out
    assert {each.meta["kind"] for each in read_examples("q.jsonl")} <= {"fact", "howto"}


def test_a_file_that_is_there_is_not_written_over_and_misuse_says_what_to_give(drafts: Path) -> None:
    seekgraph("questions", "draft", "--docs", "docs", "--out", "q.jsonl").refused(2, "is there already")
    seekgraph("questions", "draft", "--docs", "docs", "--out", "r.jsonl", "--kinds", "riddle").refused(2, "'riddle'", "howto")
    seekgraph("questions", "draft", "--docs", "docs", "--out", "r.jsonl", "--unanswerable", "1").refused(2, "--reduced")
    seekgraph("questions", "draft", "--out", "r.jsonl").refused(2, "--docs FOLDER")


def test_unanswerable_questions_come_with_documents_that_do_not_answer_them(handbook: Path) -> None:
    arguments = ("--docs", "docs", "--out", "u.jsonl", "--unanswerable", "1", "--reduced", "less.jsonl", "--json")
    ran = seekgraph("-q", "questions", "draft", *arguments)
    assert ran.json["kinds"]["unanswerable"] == 1
    assert seekgraph("questions", "check", "u.jsonl", "--corpus", "less.jsonl").code == 0
    seekgraph("questions", "check", "u.jsonl", "--docs", "docs").refused(1)


def test_labels_by_keys_are_saved_one_by_one_and_a_second_call_goes_on(drafts: Path) -> None:
    count = len(read_examples(drafts))
    assert count >= 4
    first = label(["a", "r too easy", "e", "How much do I pay for a lost card?", "w 5 euros", "g handbook.md#fees", "a"])
    assert first.code == 0
    assert max(map(len, first.out.splitlines())) <= 80
    rows = read_examples(drafts)
    assert statuses(drafts) == ["accepted", "accepted", *["draft"] * (count - 3)]
    assert rows[1].question == "How much do I pay for a lost card?"
    assert (rows[1].answers, rows[1].supporting_ids) == (("5 euros",), ("handbook.md#fees",))
    assert set(rows[1].meta["supporting_hashes"]) == {"handbook.md#fees"}
    (gone,) = read_examples("q.rejected.jsonl")
    assert (gone.meta["status"], gone.meta["reason"]) == ("rejected", "too easy")
    second = label(["g", "lost card", "1", "a", "u", "q"])
    assert f"1 of {count - 3}" in second.out
    assert statuses(drafts) == ["accepted", "accepted", *["draft"] * (count - 3)]  # the last one was taken back
    assert label(["a"] * count).code == 0
    assert statuses(drafts) == ["accepted"] * (count - 1)


def test_a_rejection_is_taken_back_whole(drafts: Path) -> None:
    before = {each.id for each in read_examples(drafts)}
    label(["r", "u", "q"])
    assert {each.id for each in read_examples(drafts)} == before
    assert not Path("q.rejected.jsonl").read_text(encoding="utf-8")


def test_nothing_is_lost_on_an_interrupt(drafts: Path) -> None:
    count = len(read_examples(drafts))
    ran = label(["a", "e half a question", "^C"])
    ran.refused(130, "interrupted")
    assert statuses(drafts) == ["accepted", *["draft"] * (count - 1)]


def test_decisions_of_the_page_are_taken_in_or_refused_whole(drafts: Path) -> None:
    rows = read_examples(drafts)
    made = [
        {"id": rows[0].id, "verdict": "accept", "question": "How long may I keep a book?", "answers": ["four weeks"]},
        {"id": rows[1].id, "verdict": "reject"},
    ]
    Path("d.json").write_text(json.dumps({"decisions": made}), encoding="utf-8")
    assert seekgraph("questions", "label", "q.jsonl", "--docs", "docs", "--decisions", "d.json", "--json").json["rejected"] == 1
    assert read_examples(drafts)[0].question == "How long may I keep a book?"
    before = drafts.read_bytes()
    seekgraph("questions", "label", "q.jsonl", "--docs", "docs", "--decisions", "d.json").refused(1, "carried out already")
    Path("d.json").write_text("{}", encoding="utf-8")
    seekgraph("questions", "label", "q.jsonl", "--docs", "docs", "--decisions", "d.json").refused(1, "no decisions")
    assert drafts.read_bytes() == before


def test_the_page_stands_by_itself_and_holds_no_markup_of_the_documents(drafts: Path, handbook: Path) -> None:
    (handbook / "handbook.md").write_text(HANDBOOK + "\n</script><script>alert(1)</script>\n", encoding="utf-8")
    assert seekgraph("questions", "label", "q.jsonl", "--docs", "docs", "--page", "p.html").code == 0
    text = Path("p.html").read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert text.count("</script>") == 2


def test_a_check_finds_leaks_wrong_gold_and_answers_given_away(handbook: Path, folder: Path) -> None:
    gold = {"supporting_ids": ["handbook.md#how-long"]}
    lines(
        folder / "train.jsonl",
        {"id": "a", "question": "For how long are books lent?", "answers": ["four weeks"], **gold},
        {"id": "b", "question": "For how long are the books lent?", "answers": ["six weeks"], **gold},
        {"id": "c", "question": "Does a lost card cost 5 euros?", "answers": ["5 euros"], "supporting_ids": ["handbook.md#fees"]},
        {"id": "d", "question": "What is the weather?"},
    )
    changed = {"supporting_ids": ["handbook.md#fees"], "supporting_hashes": {"handbook.md#fees": "000000000000"}}
    lines(
        folder / "val.jsonl",
        {"id": "a", "question": "For how long are books lent?", "answers": ["four weeks"], **gold},
        {"id": "e", "question": "What does a card cost?", "supporting_ids": ["handbook.md#feez"]},
        {"id": "f", "question": "What does a lost card cost?", **changed},
    )
    ran = seekgraph("questions", "check", "train.jsonl", "val.jsonl", "--docs", "docs", "--json")
    assert ran.code == 1
    found = {(each["check"], *each["rows"]) for each in ran.json["findings"]}
    assert found == {
        ("leaks", "a", "a"), ("leaks", "b", "a"), ("duplicates", "a", "b"), ("missing_gold", "e"), ("changed_gold", "f"),
        ("answers_elsewhere", "b"), ("answers_given_away", "c"), ("no_gold", "d"),
    }  # fmt: skip
    assert [each["rows"] for each in ran.json["gains"]] == [4, 3]
    shown = seekgraph("questions", "check", "train.jsonl", "val.jsonl", "--docs", "docs")
    assert "nearest: handbook.md#fees" in " ".join(shown.out.split())
    assert max(map(len, shown.out.splitlines())) <= 80
