"""An artifact of another flow or version, with other values or of no sense is refused, and the message says what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_artifact import Answered, Look, Say, Weights, changed, flow, refusal

from seekgraph.core.artifact import VERSION, save
from seekgraph.core.artifact import file as artifact_file
from seekgraph.core.base.errors import ArtifactError
from seekgraph.core.language.combinators import fan, loop
from seekgraph.core.language.expr import S
from seekgraph.core.language.flow import Flow
from seekgraph.core.language.node import Node
from seekgraph.core.language.params import Int


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.flow.json"


# --- a flow that has changed -----------------------------------------------------------------------------------------


def in_loop(body: Any, name: str = "search") -> Any:
    return loop(body, until=S.answer.confidence >= 0.5, max_rounds=2, name=name)


BEFORE = Flow(Look(mode="fast").named("look") >> Say(), name="before")
DEEP = Flow(in_loop(Look() >> Say()), name="deep")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (BEFORE, Look(mode="fast").named("gaze") >> Say(), "node 'look' is now called 'gaze', it seems"),
        (BEFORE, Look(mode="fast") >> Say() >> Say().named("extra"), "node 'extra' is new"),
        (BEFORE, Look(mode="fast"), "node 'say' is missing"),
        (BEFORE, Look(mode="fast", k=Int(8, 2, 50)) >> Say(), "param 'look.k' had the domain int"),
        (BEFORE, Look(mode="fast", k=8) >> Say(), "param 'look.k' is gone: it is fixed at 8"),
        (BEFORE, Look() >> Say(), "param 'look.mode' is new: it was fixed at \"fast\""),
        (BEFORE, Look(mode="slow") >> Say(), "setting 'mode' of 'look' is \"slow\", it was \"fast\""),
        (BEFORE, Look(mode="fast") >> Say().using(found="question"), "'found' of 'say' is \"S.question\", it was nothing"),
        (BEFORE, Look(mode="fast").into(found="text") >> Say(), "'writing' of 'look' is"),
        (BEFORE, Say() >> Look(mode="fast"), "the order in 'seq' is"),
        (BEFORE, fan(Look(mode="fast"), Say()), "seq 'seq' is missing"),
        (DEEP, in_loop(Look() >> Say(), "find"), "loop 'search' is now called 'find', it seems"),
        (DEEP, loop(Look() >> Say(), until=S.answer.refused, max_rounds=2, name="search"), "'until' of 'search' is"),
    ],
)
def test_a_change_is_told_by_name(old: Flow, new: Any, message: str, file: Path) -> None:
    save(old, file, location="")
    told = refusal(file, Flow(new, name=old.name))
    assert message in told
    assert "compile the flow again" in told


def test_a_renamed_surrounding_is_told_once(file: Path) -> None:
    save(DEEP, file, location="")
    told = refusal(file, Flow(in_loop(Look() >> Say(), "find"), name="deep"))
    assert told.count("is now called") == 1


def test_changed_inputs_and_outputs_are_told(file: Path) -> None:
    save(BEFORE, file, location="")
    other = Flow(BEFORE.body, name="before", inputs={"question": str, "topic": str}, output="found")
    told = refusal(file, other)
    assert "input 'topic' is" in told
    assert 'the output is "found", it was "answer"' in told


def test_another_flow_is_called_another_flow(file: Path) -> None:
    class Odd(Node):
        async def run(self, question: str) -> Answered: ...

    save(BEFORE, file, location="")
    told = refusal(file, Flow(Odd().named("a") >> Odd().named("b"), name="odd"))
    assert "of another flow: 'before'" in told
    assert "'odd' has" in told


def test_a_forged_fingerprint_is_refused(file: Path) -> None:
    changed(save(flow, file), lambda content: content.update(fingerprint="0" * 32))
    assert "the fingerprint does not match the structure" in refusal(file)


def test_a_structure_of_nonsense_is_still_a_clear_refusal(file: Path) -> None:
    sites = {"seq": 3, "look": {"inside": 7, "params": {"x": []}, "kind": None}, "say": []}
    changed(save(flow, file), lambda content: content.update(fingerprint="", structure={"sites": sites, "inputs": 1}))
    assert refusal(file)


# --- values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("look.k", 31, "int param takes a whole number from 2 to 30, not 31"),
        ("look.k", 5.0, "a whole number"),
        ("look.rate", 10**400, "param 'look.rate'"),
        ("look.wide", 1, "switch param takes True or False"),
        ("look.mode", "quick", "one of ['fast', 'slow', '3', 'None']"),
        ("look.instruction", ["x"], "text param takes a text"),
        ("look.demos", [{}] * 4, "at most 3"),
        ("look.weights", {"slope": "steep"}, "a Weights or None"),
        ("look.weights", {"slopes": [1.0]}, "its model no longer has slopes"),
    ],
)
def test_a_value_outside_of_its_domain_names_the_param(name: str, value: Any, message: str, file: Path) -> None:
    changed(save(flow, file), lambda content: content["params"].update({name: value}))
    told = refusal(file)
    assert f"param {name!r}" in told
    assert message in told


def test_missing_and_unknown_params_are_told_together(file: Path) -> None:
    changed(save(flow, file), lambda content: content["params"].update(other=content["params"].pop("look.k")))
    told = refusal(file)
    assert "param 'look.k' is missing" in told
    assert "param 'other' is not one of the flow's" in told


def test_a_value_that_has_no_json_form_is_refused_at_saving(file: Path) -> None:
    with pytest.raises(ArtifactError, match=r"param 'look.weights' has no JSON form.*its numbers are finite"):
        save(flow.with_params({"look.weights": Weights(bias=float("inf"))}), file)
    assert not file.exists()


# --- the file --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{\n  "artifact": 1,\n  oops\n}', "line 3, column 3: not JSON"),
        ("", "line 1, column 1: not JSON"),
        ('{"artifact": NaN}', "NaN is not a JSON number"),
        ('{"artifact": 1, "artifact": 1}', "the key 'artifact' comes twice"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "not an artifact: it has no schema version"),
        ('{"artifact": ' + "1" * 5000 + "}", "not an artifact's JSON"),
        ('{"artifact": 1}', "field 'flow' is missing"),
    ],
)
def test_a_malformed_file_is_told_by_its_place(text: str, message: str, file: Path) -> None:
    file.write_text(text)
    assert message in refusal(file)


def test_bytes_that_are_no_text_are_told_by_their_place(file: Path) -> None:
    file.write_bytes(b'{"artifact": 1,\n "name": "\xff"}')
    assert "line 2, column 11: not UTF-8" in refusal(file)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in refusal(tmp_path / "gone.flow.json")
    assert "cannot be read: Is a directory" in refusal(tmp_path)


def test_a_huge_file_is_refused_without_being_read_whole(file: Path, monkeypatch) -> None:
    with file.open("wb") as handle:
        handle.truncate(artifact_file.MAX_BYTES * 100)
    assert "which no artifact is" in refusal(file)


@pytest.mark.parametrize(
    ("version", "mend"),
    [(VERSION + 1, "update seekgraph"), (0, "save it again"), ("1", "save it again"), (True, "save it again")],
)
def test_another_schema_version_says_what_to_do(version: Any, mend: str, file: Path) -> None:
    changed(save(flow, file), lambda content: content.update(artifact=version))
    told = refusal(file)
    assert f"schema version {version!r} (written by seekgraph " in told
    assert mend in told


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content.update(code="import os"), "field 'code' is unknown"),
        (lambda content: content.pop("params"), "field 'params' is missing"),
        (lambda content: content.update(params=[]), "field 'params': Input should be a valid dictionary"),
        (lambda content: content.update(name=3), "field 'name': Input should be a valid string"),
    ],
)
def test_fields_are_exactly_those_of_the_schema(change: Any, message: str, file: Path) -> None:
    assert message in refusal(changed(save(flow, file), change))


def test_the_file_appears_whole_or_not_at_all(file: Path, monkeypatch) -> None:
    before = save(flow, file).read_bytes()

    def full_disk(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(ArtifactError, match="cannot be written"):
        save(flow.with_params({"look.k": 3}), file)
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]
