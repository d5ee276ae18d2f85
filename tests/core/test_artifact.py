"""An artifact is a flow's params by name, in a file that reads the same everywhere and fits no other flow."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from seekflow.core import artifact_file
from seekflow.core.artifact import VERSION, Artifact, Change, describe, diff, load, save
from seekflow.core.combinators import fan, loop
from seekflow.core.errors import ArtifactError
from seekflow.core.expr import S
from seekflow.core.flow import Flow
from seekflow.core.node import Node, Writes
from seekflow.core.params import Choice, Demos, Fitted, Float, Int, Switch, Text
from seekflow.types import Answer


class Weights(BaseModel):
    slope: tuple[float, ...] = ()
    bias: float = 0.0
    names: dict[str, float] = {}


class Found(Writes):
    found: str


class Answered(Writes):
    answer: Answer


class Look(Node):
    k: int = Int(8, 2, 30)
    rate: float = Float(0.5, 0.0, 1.0)
    wide: bool = Switch(False)
    mode: str = Choice("fast", "slow", 3, None)
    instruction: str = Text("look")
    demos: Any = Demos(most=3)
    weights: Any = Fitted(Weights)

    async def run(self, question: str) -> Found:
        return Found(found=question)


class Say(Node):
    polite: bool = True

    async def run(self, found: str) -> Answered:
        return Answered(answer=Answer(text=found))


flow = Flow(Look() >> Say(), name="small")
picked = Flow(Choice(Look().named("one"), (Look() >> Say()).named("two"), name="way") >> Say(), name="picked")
looped = Flow(
    loop(Look() >> Say(), until=S.answer.confidence >= Float(0.5, 0.1, 0.9), max_rounds=Int(2, 1, 5), name="search"),
    name="looped",
)
not_a_flow = "flow"

HERE = __name__


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.flow.json"


def changed(file: Path, change: Any) -> Path:
    """The file with its JSON changed by a function."""
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))
    return file


def refusal(path: Path, flow: Flow | None = None) -> str:
    with pytest.raises(ArtifactError) as caught:
        load(path, flow)
    assert str(path) in str(caught.value)
    return str(caught.value)


# --- what is saved is what is loaded ---------------------------------------------------------------------------------


def test_a_loaded_flow_equals_the_saved_one(file: Path) -> None:
    tuned = flow.with_params({"look.k": 12, "look.wide": True})
    assert load(save(tuned, file)) == tuned
    assert describe(file).flow == f"{HERE}:flow"


words = st.text(max_size=20)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | words, lambda inner: st.lists(inner, max_size=3), max_leaves=6
)
VALUES = {
    "k": st.integers(2, 30),
    "rate": st.floats(0, 1),
    "wide": st.booleans(),
    "mode": st.sampled_from(["fast", "slow", "3", "None"]),
    "instruction": st.text(st.characters(), max_size=40),
    "demos": st.lists(st.dictionaries(words, plain, max_size=3), max_size=3),
    "weights": st.none()
    | st.builds(
        Weights,
        slope=st.lists(st.floats(allow_nan=False, allow_infinity=False)).map(tuple),
        bias=st.floats(allow_nan=False, allow_infinity=False),
        names=st.dictionaries(words, st.floats(-1, 1), max_size=3),
    ),
    "until": st.floats(0.1, 0.9),
    "max_rounds": st.integers(1, 5),
    "way": st.sampled_from(["one", "two"]),
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), which=st.sampled_from([flow, picked, looped]))
def test_every_kind_of_param_survives_the_file(data: st.DataObject, which: Flow, tmp_path: Path) -> None:
    values = {name: data.draw(VALUES[name.rpartition(".")[2]], label=name) for name in which.params()}
    tuned = which.with_params(values)
    path = save(tuned, tmp_path / "a.flow.json")
    loaded = load(path)
    assert loaded == tuned
    assert loaded.params() == tuned.params()
    assert path.read_bytes() == save(loaded, tmp_path / "b.flow.json").read_bytes()


def test_another_process_loads_it_by_name(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "__init__.py").write_text("")
    (tmp_path / "mine" / "flows.py").write_text(
        textwrap.dedent("""
        from seekflow.core.flow import Flow
        from seekflow.core.node import Node, Writes
        from seekflow.core.params import Int
        from seekflow.types import Answer
        class Said(Writes):
            answer: Answer
        class Say(Node):
            times: int = Int(1, 1, 9)
            async def run(self, question: str) -> Said:
                return Said(answer=Answer(text=question * self.times))
        flow = Flow(Say(), name="mine")
    """)
    )
    python(
        tmp_path,
        "from mine.flows import flow; from seekflow.core.artifact import save; save(flow.with_params({'say.times': 7}), 'a.flow.json')",
    )
    told = python(tmp_path, "from seekflow.core.artifact import load; print(load('a.flow.json').params()['say.times'].value)")
    assert told.strip() == "7"


def test_a_script_that_can_be_imported_is_named_and_not_run_twice(tmp_path: Path) -> None:
    script = """
        from seekflow.core.artifact import describe, load, save
        from seekflow.core.flow import Flow
        from seekflow.core.node import Node, Writes
        from seekflow.types import Answer
        class Said(Writes):
            answer: Answer
        class Say(Node):
            async def run(self, question: str) -> Said: ...
        flow = Flow(Say(), name="script")
        save(flow, "a.flow.json")
        print(describe("a.flow.json").flow, load("a.flow.json") is not None)
    """
    (tmp_path / "script.py").write_text(textwrap.dedent(script))
    told = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=True, env=environment()
    )
    assert told.stdout.splitlines() == ["script:flow True"]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}


def python(folder: Path, code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True, env=environment()
    ).stdout


# --- where a flow stands ---------------------------------------------------------------------------------------------


def test_a_flow_that_stands_nowhere_needs_to_be_given(file: Path) -> None:
    nowhere = Flow(Say().using(found="question"), name="nowhere")
    save(nowhere, file)
    assert describe(file).flow == ""
    assert "load(path, flow=...)" in refusal(file)
    assert load(file, nowhere) == nowhere


def test_a_flow_made_by_a_factory_is_found_where_it_is_kept(file: Path) -> None:
    kept = ModuleType("kept_elsewhere")
    kept.mine = Flow(Look().named("mine") >> Say(), name="made")  # made in this module, kept in that
    sys.modules["kept_elsewhere"] = kept
    try:
        assert describe(save(kept.mine, file)).flow == "kept_elsewhere:mine"
    finally:
        del sys.modules["kept_elsewhere"]


def test_an_explicit_location_has_to_hold_the_flow(file: Path) -> None:
    assert describe(save(flow, file, location=f"{HERE}:flow")).flow == f"{HERE}:flow"
    with pytest.raises(ArtifactError, match="not a flow of the same structure"):
        save(flow, file, location=f"{HERE}:picked")
    with pytest.raises(ArtifactError, match="not of the form package.module:attribute"):
        save(flow, file, location="../x:y")


@pytest.mark.parametrize(
    "location", ["../x:y", "os", ":flow", "os:", "os:system()", "a b:c", "a..b:c", "a.import:b", "os.path:a.b", "x.__main__:y"]
)
def test_a_location_that_is_not_plain_identifiers_is_never_imported(location: str, file: Path, monkeypatch) -> None:
    monkeypatch.setattr(importlib, "import_module", lambda name: pytest.fail(f"imported {name}"))
    changed(save(flow, file), lambda content: content.update(flow=location))
    assert "is not a place of the form package.module:attribute" in refusal(file)


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("os:system", "os:system is a builtin_function_or_method, not a Flow"),
        (f"{HERE}:not_a_flow", "is a str, not a Flow"),
        (f"{HERE}:Flow", "is a type, not a Flow"),
        (f"{HERE}:gone", "has no 'gone'; the flows there are ['flow', 'picked', 'looped']"),
        ("os:gone", "there is no flow there"),
        ("no_such_module.at_all:flow", "there is no module 'no_such_module.at_all' here: install the package"),
    ],
)
def test_what_stands_at_the_location_has_to_be_a_flow(location: str, message: str, file: Path) -> None:
    changed(save(flow, file), lambda content: content.update(flow=location))
    assert message in refusal(file)


def test_a_module_that_fails_to_import_says_why(file: Path, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "broken_flows.py").write_text("raise RuntimeError('no disk')")
    monkeypatch.syspath_prepend(str(tmp_path))
    changed(save(flow, file), lambda content: content.update(flow="broken_flows:flow"))
    assert "module 'broken_flows' cannot be imported: RuntimeError: no disk" in refusal(file)


def test_only_a_flow_can_be_given(file: Path) -> None:
    save(flow, file)
    assert "flow= takes the flow that was saved, not a str" in refusal(file, "flow")  # type: ignore[arg-type]


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
    with pytest.raises(ArtifactError, match=r"param 'look.weights' has no JSON form.*ser_json_inf_nan"):
        save(flow.with_params({"look.weights": Weights(bias=float("inf"))}), file)
    assert not file.exists()


def test_a_model_may_say_how_infinite_numbers_are_written(file: Path) -> None:
    class Tree(BaseModel):
        model_config = ConfigDict(ser_json_inf_nan="strings")
        edge: float = 0.0

    class Cut(Node):
        tree: Any = Fitted(Tree)

        async def run(self, question: str) -> Answered: ...

    cut = Flow(Cut(), name="cut").with_params({"cut.tree": Tree(edge=float("inf"))})
    assert load(save(cut, file), cut).params()["cut.tree"].value == Tree(edge=float("inf"))


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
    ("version", "mend"), [(VERSION + 1, "update seekflow"), (0, "save it again"), ("1", "save it again"), (True, "save it again")]
)
def test_another_schema_version_says_what_to_do(version: Any, mend: str, file: Path) -> None:
    changed(save(flow, file), lambda content: content.update(artifact=version))
    told = refusal(file)
    assert f"schema version {version!r} (written by seekflow " in told
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


# --- reading and comparing -------------------------------------------------------------------------------------------


def test_two_artifacts_differ_only_in_the_lines_that_changed(tmp_path: Path) -> None:
    one = save(flow, tmp_path / "a", scores={"val": {"f1": 0.5}}).read_text().splitlines()
    other = (
        save(flow.with_params({"look.k": 9, "look.instruction": "a\nb"}), tmp_path / "b", scores={"val": {"f1": 0.5}})
        .read_text()
        .splitlines()
    )
    differing = [(a.strip(), b.strip()) for a, b in zip(one, other, strict=True) if a != b]
    assert differing == [('"look.k": 8,', '"look.k": 9,'), ('"look.instruction": "look",', '"look.instruction": "a\\nb",')]


def test_scores_and_record_are_tidied(file: Path) -> None:
    @dataclass
    class Interval:
        mean: float
        low: float

    save(flow, file, scores={"b": float("nan"), "a": Interval(0.5, 0.25)}, record={"seed": 3}, data={"train": "ab12"})
    artifact = describe(file)
    assert list(artifact.scores.items()) == [("a", {"low": 0.25, "mean": 0.5}), ("b", None)]
    assert artifact.record == {"seed": 3}
    assert artifact.data == {"train": "ab12"}
    assert {"seekflow", "python", "pydantic"} <= set(artifact.versions)


def test_describe_imports_nothing(file: Path, monkeypatch) -> None:
    changed(save(flow, file), lambda content: content.update(flow="antigravity:flow"))
    monkeypatch.setattr(importlib, "import_module", lambda name: pytest.fail(f"imported {name}"))
    assert describe(file).flow == "antigravity:flow"


def test_diff_lists_the_params_that_changed(tmp_path: Path) -> None:
    one = save(flow, tmp_path / "a")
    other = changed(save(flow.with_params({"look.k": 9}), tmp_path / "b"), lambda content: content["params"].update(new=1))
    changes = diff(one, describe(other))
    assert changes == [Change("look.k", 8, 9), Change("new", None, 1, "added")]
    assert str(changes[0]) == "look.k: 8 -> 9"
    assert diff(one, one) == []


def test_an_artifact_shows_itself_as_a_table_and_markup_in_it_is_text(file: Path) -> None:
    from rich.console import Console

    artifact: Artifact = describe(save(flow.with_params({"look.instruction": "[red]hot[/red]"}), file))
    console = Console(width=100, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    console.print(artifact)
    told = console.export_text()
    assert "look.k" in told
    assert "[red]hot[/red]" in told
