"""Where a flow stands: found at saving, imported by name at loading, and never anything but a flow."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest
from test_artifact import HERE, Look, Say, changed, flow, refusal

from seekgraph.core.artifact import describe, load, save
from seekgraph.core.base.errors import ArtifactError
from seekgraph.core.language.flow import Flow


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.flow.json"


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
    with pytest.raises(ArtifactError, match=r"not of the form package\.module:attribute"):
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
