"""`seekgraph diff` of artifacts and flows, and `compile --html`."""

from __future__ import annotations

import json
from pathlib import Path

from shell import CORPUS, SINGLE, seekgraph

import seekgraph as sg
from seekgraph.core.artifact import save
from seekgraph.demo import questions
from seekgraph.flows import single

ROWS = ("--corpus", CORPUS, "--train", questions("train"), "--val", questions("val"))


def test_what_compiling_changed_is_shown_and_the_report_is_written(tmp_path: Path) -> None:
    artifact, page = tmp_path / "a.flow.json", tmp_path / "page.html"
    ran = seekgraph("compile", SINGLE, *ROWS, "--trials", 2, "--out", artifact, "--html", page)
    assert ran.code == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert seekgraph("diff", SINGLE, artifact).code == 0


def test_params_structure_and_scores_of_two_artifacts(tmp_path: Path) -> None:
    flow = single.flow
    first = save(flow, tmp_path / "a.flow.json", scores={"objective": "answer_f1", "after": {"mean": 0.5}})
    other = save(flow.with_params({"retrieve.k": 7}), tmp_path / "b.flow.json")
    ran = seekgraph("diff", first, other)
    assert ran.code == 0
    assert "retrieve.k" in ran.out
    assert "answer_f1 0.500 when it was compiled" in ran.out
    told = json.loads(seekgraph("diff", first, other, "--json").out)
    assert [(each["name"], each["after"]) for each in told["params"]] == [("retrieve.k", 7)]
    assert told["structure"] == []


def test_a_flow_that_is_another_differs_in_structure() -> None:
    ran = seekgraph("diff", SINGLE, "bridge")
    assert ran.code == 0
    assert "is new" in ran.out


def test_no_difference_is_said(tmp_path: Path) -> None:
    saved = save(single.flow, tmp_path / "a.flow.json")
    assert f"no param differs from {SINGLE} to {saved}" in seekgraph("diff", SINGLE, saved).out
    assert sg.load(saved, single.flow).fingerprint == single.flow.fingerprint


def test_what_is_no_artifact_is_refused(tmp_path: Path) -> None:
    seekgraph("diff", SINGLE, tmp_path / "none.flow.json").refused(1, "cannot be read")
