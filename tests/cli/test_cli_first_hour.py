"""A user's first hour: a project, documents, drafted questions, labels, what the flow is worth, and a better one."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest
from shell import Ran, lines, seekgraph

from seekgraph.demo import CORPUS
from seekgraph.evaluation import read_examples


def said(ran: Ran) -> Ran:
    """The command ended well, and its tables and texts fit a plain terminal; prose that is piped may stay in one line."""
    assert ran.code == 0, ran
    assert "Traceback" not in ran.err
    wide = [line for line in ran.out.splitlines() if len(line) > 80 and not re.match(r"[a-z]", line)]
    assert not wide, wide
    return ran


BORN = {
    **{"d111": ("Prosper Mérimée", "1803"), "d189": ("John Franklin", "1786"), "d072": ("Pyotr Ilyich Tchaikovsky", "1840")},
    **{
        "d120": ("Alexander Pushkin", "1799"),
        "d215": ("Isambard Kingdom Brunel", "1806"),
        "d065": ("Johann Sebastian Bach", "1685"),
    },
    **{"d116": ("Johann Wolfgang von Goethe", "1749"), "d073": ("Antonín Dvořák", "1841")},
    **{"d193": ("Rembrandt", "1606"), "d123": ("Herman Melville", "1819"), "d061": ("Robert Schumann", "1810")},
}
ASKED = ("In which year did {} come into the world?", "What is the birth year of {}?", "{}: year of birth?")


@pytest.mark.slow
def test_from_nothing_to_a_compiled_flow_that_is_better_on_questions_that_nobody_drafted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "questions draft" in said(seekgraph("new", "lives", "--like", "bridge")).out
    project = folder / "lives"
    monkeypatch.chdir(project)
    assert "questions draft" in (project / "README.md").read_text(encoding="utf-8")
    (project / "docs" / "example.md").unlink()
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        (project / "docs" / f"{row['id']}.md").write_text(f"# {row['title']}\n\n{row['text']}\n", encoding="utf-8")

    drafted = said(seekgraph("-q", "questions", "draft", "--count", "40", "--out", "drafts.jsonl"))
    assert "40 questions of" in drafted.out
    monkeypatch.setattr(sys, "stdin", io.StringIO("a\nr\n" + "a\n" * 38))
    labelled = said(seekgraph("questions", "label", "drafts.jsonl"))
    assert "39 labelled, 0 drafts to go, 1 rejected now" in " ".join(labelled.out.split())
    assert "prove a gain of" in said(seekgraph("questions", "check", "drafts.jsonl")).out

    said(seekgraph("-q", "evaluate", "--questions", "drafts.jsonl"))
    said(seekgraph("-q", "diagnose", "--questions", "drafts.jsonl", "--no-headroom"))
    passes = ("--pass", "fit", "--pass", "tune", "--trials", "10", "--hold", "none")
    train = ("--train", "drafts.jsonl", "--out", "lives.flow.json", "--metric", "answer_f1")
    said(seekgraph("-q", "compile", *train, *passes))

    seen = {id.partition(".")[0] for each in read_examples("drafts.jsonl") for id in each.supporting_ids}
    new = [(name, year) for id, (name, year) in BORN.items() if id not in seen]
    assert len(new) >= 6
    rows = [
        {"id": f"{name} {at}", "question": ask.format(name), "answers": [year]}
        for name, year in new
        for at, ask in enumerate(ASKED)
    ]
    lines(Path("own.jsonl"), *rows)
    own = ("--questions", "own.jsonl", "--metric", "answer_f1", "--json")
    before = seekgraph("-q", "evaluate", *own).json["metrics"]["answer_f1"]["mean"]
    after = seekgraph("-q", "evaluate", "lives.flow.json", *own).json["metrics"]["answer_f1"]["mean"]
    assert after > before, (before, after)
