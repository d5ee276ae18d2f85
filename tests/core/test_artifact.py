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
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from seekgraph.core.artifact import Artifact, Change, describe, diff, load, save
from seekgraph.core.base.errors import ArtifactError
from seekgraph.core.language.combinators import loop
from seekgraph.core.language.expr import S
from seekgraph.core.language.flow import Flow
from seekgraph.core.language.node import Node, Writes
from seekgraph.core.language.params import Choice, Demos, Fitted, Float, Int, Switch, Text
from seekgraph.types import Answer


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
        from seekgraph.core.language.flow import Flow
        from seekgraph.core.language.node import Node, Writes
        from seekgraph.core.language.params import Int
        from seekgraph.types import Answer
        class Said(Writes):
            answer: Answer
        class Say(Node):
            times: int = Int(1, 1, 9)
            async def run(self, question: str) -> Said:
                return Said(answer=Answer(text=question * self.times))
        flow = Flow(Say(), name="mine")
    """)
    )
    keep = "save(flow.with_params({'say.times': 7}), 'a.flow.json')"
    python(tmp_path, f"from mine.flows import flow; from seekgraph.core.artifact import save; {keep}")
    told = python(tmp_path, "from seekgraph.core.artifact import load; print(load('a.flow.json').params()['say.times'].value)")
    assert told.strip() == "7"


def test_a_script_that_can_be_imported_is_named_and_not_run_twice(tmp_path: Path) -> None:
    script = """
        from seekgraph.core.artifact import describe, load, save
        from seekgraph.core.language.flow import Flow
        from seekgraph.core.language.node import Node, Writes
        from seekgraph.types import Answer
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
    assert {"seekgraph", "python", "pydantic"} <= set(artifact.versions)


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
