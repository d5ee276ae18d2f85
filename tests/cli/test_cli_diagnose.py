"""`seekgraph diagnose`: which step of a flow loses the points."""

from __future__ import annotations

import json
from pathlib import Path

from shell import CORPUS, SINGLE, lines, seekgraph, some_questions


def test_diagnose_shows_the_nodes_the_waterfall_and_the_worst_examples(folder: Path) -> None:
    rows = some_questions(folder / "q.jsonl", "train", 6)
    ran = seekgraph("diagnose", SINGLE, "--corpus", CORPUS, "--questions", rows, "--json", "d.json")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("single: answer_f1 ")
    assert "headroom" in ran.out
    assert "from question to answer" in ran.out
    assert "replaying with perfect steps" in ran.err
    told = json.loads((folder / "d.json").read_text(encoding="utf-8"))
    assert (told["n"], sorted(told["nodes"])) == (6, ["answer", "retrieve"])
    assert sum(told["classes"].values()) == told["failed"]


def test_diagnose_of_a_metric_without_headroom_as_json_alone(folder: Path) -> None:
    rows = some_questions(folder / "q.jsonl", "train", 4)
    options = ("--metric", "support_recall@5", "--no-headroom", "--worst", "1", "--json", "-")
    told = seekgraph("diagnose", SINGLE, "--corpus", CORPUS, "--questions", rows, *options).json
    assert told["metric"]["name"] == "support_recall@5"
    assert {node["headroom"] for node in told["nodes"].values()} == {None}
    assert len(told["examples"]) <= 1


def test_an_unknown_metric_is_misuse_and_one_of_cost_an_error(folder: Path) -> None:
    rows = some_questions(folder / "q.jsonl", "train", 2)
    given = ("diagnose", SINGLE, "--corpus", CORPUS, "--questions", rows, "--metric")
    seekgraph(*given, "answer_f2").refused(2, "did you mean 'answer_f1'?")
    seekgraph(*given, "searches").refused(1, "says what a run cost, not how good it is from 0 to 1")


def test_questions_without_gold_are_refused_with_words(folder: Path) -> None:
    rows = lines(folder / "q.jsonl", {"id": "a", "question": "Who?"})
    seekgraph("diagnose", SINGLE, "--corpus", CORPUS, "--questions", rows).refused(1, "support_recall@5", "supporting_ids")
