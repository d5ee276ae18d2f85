"""A diagnosis as a whole: its numbers agree with one another, and it is told as a table and as JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rhine import BROKEN, EXAMPLE, NODES, bound
from rich.console import Console

import seekgraph as sg
from seekgraph.diagnosis.diagnosis import CLASSES, DiagnosisError
from seekgraph.types import Example

OTHER = EXAMPLE.model_copy(update={"id": "f", "answers": ("Bob Carr",), "supporting_ids": ("d3",), "decomposition": ()})


def diagnosed(examples: Any = (EXAMPLE, OTHER), **broken: Any) -> Any:
    return bound(**broken).diagnose(examples)


def test_the_numbers_of_a_diagnosis_agree() -> None:
    found = diagnosed(note=BROKEN)
    assert (found.n, found.failed, found.errors) == (2, 2, 0)
    assert sum(found.classes.values()) == len(found.findings) == 2
    assert sum(node.blame for node in found.nodes.values()) == pytest.approx(1)
    assert list(found.nodes) == list(NODES)
    assert found.nodes["ask"].visits == 4
    assert found.nodes["search"].cost["searches"] == 4
    assert set(found.classes) <= set(CLASSES)


def test_headroom_has_an_interval_over_all_examples() -> None:
    room = diagnosed(note=BROKEN).nodes["note"].headroom
    assert (room.mean, room.n) == (0.5, 2)
    assert (room.low, room.high) == (pytest.approx(0.01, abs=0.02), pytest.approx(0.99, abs=0.02))  # two rows say little
    assert diagnosed(note=BROKEN).nodes["say"].headroom.mean == 1


def test_pairs_say_what_two_nodes_gain_together_beside_the_sum() -> None:
    pairs = diagnosed((EXAMPLE,), note=BROKEN).pairs
    assert (pairs[0]["nodes"], pairs[0]["sum"]) == (["note", "say"], 2.0)
    assert (pairs[0]["headroom"]["mean"], pairs[0]["headroom"]["n"]) == (1.0, 1)


def test_as_json_it_has_the_parts_that_the_page_is_made_from(tmp_path: Path) -> None:
    found = diagnosed(note=BROKEN)
    data = json.loads(found.save(tmp_path / "d.json").read_text(encoding="utf-8"))
    assert data == json.loads(json.dumps(found.to_json()))
    assert data["metric"]["name"] == "answer_f1"
    assert {"visits", "reward", "blame", "headroom", "cost", "kind"} == data["nodes"]["note"].keys()
    assert {"mean", "low", "high"} <= data["nodes"]["note"]["headroom"].keys()
    assert [stage["stage"] for stage in data["waterfall"]][:2] == ["asked", "retrieved"]
    assert {"from": "keep", "to": "note", "channels": ["context"], "share": 1.0} in data["flow"]["edges"]
    (first, *_) = (each for each in data["examples"] if each["id"] == "e")
    assert first["blame"] == data["findings"]["e"]
    assert (first["blame"]["class"], first["blame"]["way"]) == ("reading", ["say", "note"])
    (right,) = first["golds"]
    assert {"path": "note", "metric": 1.0, "answer": right} in first["what_if"]
    assert first["answer"] != right
    step = next(step for step in first["trace"] if step["id"] == "keep@2")
    assert step["read"]["passages"].startswith("3: [d1] Rhine")
    assert step["gold"] == {"passages": ["p1", "p2"], "context": ["p1", "p2"]}
    assert {"name", "value", "feedback"} == step["scores"][0].keys()


def test_the_worst_examples_are_kept_as_many_as_are_asked_for() -> None:
    assert [each["id"] for each in bound(note=BROKEN).diagnose((EXAMPLE, OTHER), worst=1).examples] == ["e"]


def test_without_headroom_nothing_is_replayed_with_perfect_nodes() -> None:
    found = bound(note=BROKEN).diagnose([EXAMPLE], headroom=False)
    assert {node.headroom for node in found.nodes.values()} == {None}
    assert found.pairs == ()
    assert found.findings["e"].path == "note"


def test_as_a_table_it_shows_nodes_waterfall_and_the_worst() -> None:
    console = Console(file=io.StringIO(), width=160)
    console.print(diagnosed(note=BROKEN))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "rhine: answer_f1 0.000 over 2 examples, 2 below 0.5, 0 errors" in shown
    assert "1.000 [.16, 1.00]" in shown
    assert ".500 [.01, .99]" in shown
    assert "from question to answer" in shown
    assert "note (reading): it read gold passage p2 (Ann Berg)" in shown


def test_a_flow_that_is_right_has_nothing_to_gain() -> None:
    found = diagnosed((EXAMPLE,))
    assert (found.failed, found.classes, found.examples) == (0, {}, ())
    assert {node.headroom.mean for node in found.nodes.values()} == {0.0}


def test_runs_that_fail_are_worth_nothing_and_have_a_cause() -> None:
    found = diagnosed((EXAMPLE,), away=True)
    assert (found.failed, found.errors, found.classes) == (1, 1, {"infrastructure": 1})
    assert found.examples[0]["metric"] == 0


def test_a_metric_of_cost_is_refused() -> None:
    with pytest.raises(DiagnosisError, match="'searches' says what a run cost"):
        bound().diagnose([EXAMPLE], metric="searches")


def test_examples_that_could_not_run_are_refused() -> None:
    with pytest.raises(DiagnosisError, match="no example has run"):
        bound().diagnose([EXAMPLE], budget=sg.Budget(seconds=0))


def test_what_is_good_can_be_told() -> None:
    half = Example(id="h", question=EXAMPLE.question, answers=("Ann",), supporting_ids=("p1", "p2"))
    assert bound().diagnose([half]).failed == 0
    assert bound().diagnose([half], good=1.0).failed == 1


class Texts(sg.Writes):
    context: tuple[str, ...]


class Plain(sg.Writes):
    answer: str


class Cut(sg.Node):
    async def run(self, question: str) -> Texts:
        return Texts(context=("a text",))


class Reply(sg.Node):
    async def run(self, context: tuple[str, ...]) -> Plain:
        return Plain(answer="no idea")


def test_nodes_with_types_of_their_own_are_diagnosed_as_far_as_gold_fits_them() -> None:
    found = sg.Flow(Cut() >> Reply(), name="own").bind().diagnose([EXAMPLE])
    assert found.nodes["cut"].headroom is None
    assert found.nodes["reply"].headroom.mean == 1  # type: ignore[union-attr]
    assert (found.findings["e"].path, found.findings["e"].confirmed) == ("reply", True)
