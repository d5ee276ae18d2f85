"""--reward, and `seekgraph rewards list`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from shell import CORPUS, SINGLE, lines, seekgraph, some_questions

from seekgraph.demo import questions
from seekgraph.rewards.catalog import names

OWN = """
from seekgraph.rewards import Score, reward


@reward(on="passages", needs="supporting_ids")
def first_hit(step, trace, example):
    first = step.writes["passages"][:1]
    return Score(float(any(passage.id in example.supporting_ids for passage in first)))


@reward(on="evidence")
def noted(step, trace, example):
    return Score(1.0)


plain = 5
"""
ON = ("--corpus", CORPUS, "--questions", questions("test"), "--limit", "6")


@pytest.fixture
def own(folder: Path) -> Path:
    path = folder / "mine.py"
    path.write_text(OWN, encoding="utf-8")
    return path


def test_evaluate_scores_with_rewards_by_name_by_formula_and_of_ones_own(own: Path) -> None:
    asked = ("--reward", "0.8 * support_gain + 0.2 * novelty", "--reward", "inforage", "--reward", "mine:first_hit")
    ran = seekgraph("evaluate", SINGLE, *ON, *asked, "--json")
    assert ran.code == 0
    found = ran.json["rewards"]
    assert set(found["retrieve"]) == {"0.8 * support_gain + 0.2 * novelty", "first_hit"}
    assert set(found["answer"]) == {"inforage"}
    assert 0 < found["retrieve"]["first_hit"]["mean"] <= 1
    assert "first_hit" in seekgraph("evaluate", SINGLE, *ON, *asked).out


def test_diagnose_shows_the_rewards_that_it_was_asked_for(own: Path) -> None:
    ran = seekgraph("diagnose", SINGLE, *ON, "--no-headroom", "--reward", "mine:first_hit", "--json", "-")
    assert ran.code == 0
    assert set(ran.json["nodes"]["retrieve"]["reward"]) == {"first_hit"}


def test_compile_searches_with_the_rewards_that_it_was_asked_for(own: Path, folder: Path) -> None:
    train = some_questions(folder / "train.jsonl", "train", 12)
    rest = ("--corpus", CORPUS, "--train", train, "--trials", "2", "--out", "A.flow.json", "--reward", "mine:first_hit")
    assert seekgraph("compile", SINGLE, *rest).code == 0
    journal = (folder / "A.flow.json.journal").read_text(encoding="utf-8")
    assert "first_hit" in journal
    assert "support_gain" not in journal


WRONG: dict[str, tuple[str, int, str]] = {
    "no such reward": ("suport_gain", 2, "did you mean support_gain"),
    "arguments that are needed": ("decay", 2, "decay is made as decay(base, after=0)"),
    "no module": (
        "nowhere:first_hit",
        2,
        "no module 'nowhere': --reward 'nowhere:first_hit' is package.module:attribute",
    ),
    "not in the module": ("mine:hit", 2, "mine has no reward 'hit'; its rewards are mine:first_hit, mine:noted"),
    "a module alone": ("mine:", 2, "mine has no reward ''"),
    "another thing": ("mine:plain", 2, "mine:plain is an int and not a reward"),
    "a file": ("mine.py:first_hit", 2, "--reward names a module and an attribute, not a file: write mine:reward"),
    "a channel that is not written": ("mine:noted", 1, "'noted' is about 'evidence', and the flow 'single' writes only answer"),
    "gold that is not there": ("goal_met", 1, "'goal_met' needs 'decomposition', which 1 lack of 1 examples"),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("command", ["evaluate", "diagnose", "compile"])
def test_a_reward_that_cannot_be_is_refused_before_anything_runs(command: str, case: str, own: Path, folder: Path) -> None:
    name, code, words = WRONG[case]
    gold: dict[str, Any] = {"question": "Who?", "answers": ["B"], "supporting_ids": ["d056"]}
    if command == "compile":
        rows = lines(folder / "q.jsonl", {"id": "1", **gold}, {"id": "2", **gold, "question": "Where?"})
        words = words.replace("1 lack of 1", "2 lack of 2")
        ran = seekgraph("compile", SINGLE, "--corpus", CORPUS, "--train", rows, "--out", "A.flow.json", "--reward", name)
    else:
        rows = lines(folder / "q.jsonl", {"id": "1", **gold})
        ran = seekgraph(command, SINGLE, "--corpus", CORPUS, "--questions", rows, "--reward", name)
    ran.refused(code, words)


def test_a_module_of_rewards_that_raises_is_told_with_its_line(folder: Path) -> None:
    (folder / "broken.py").write_text("import math\nhit = math.nowhere\n", encoding="utf-8")
    seekgraph("evaluate", SINGLE, *ON, "--reward", "broken:hit").refused(1, "broken cannot be imported: AttributeError", "line 2")


def test_rewards_list_tells_all_of_them_within_80_columns() -> None:
    ran = seekgraph("rewards", "list")
    assert ran.code == 0
    assert [name for name in names() if name not in ran.out] == []
    assert "gold passages" in ran.out
    assert [line for line in ran.out.splitlines() if len(line) > 80] == []


def test_rewards_list_as_json_has_calls_needs_and_sources() -> None:
    told = {each["name"]: each for each in seekgraph("rewards", "list", "--json").json["rewards"]}
    assert set(told) == set(names())
    assert told["support_gain"]["needs"] == ["gold passages"]
    assert told["support_gain"]["channels"] == ["passages"]
    assert told["frugal"]["call"] == "frugal(most=5, baseline=0.6, texts=None, unit='passage')"
    assert told["frugal"]["source"].startswith("FrugalRAG")
