"""A real diagnosis of the demo's questions, as a page: what `seekgraph diagnose --html` writes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from page_kit import data_of, unpacked

from seekgraph.demo import CORPUS, questions
from seekgraph.diagnosis.diagnosis import Diagnosis
from seekgraph.diagnosis.page import page
from seekgraph.evaluation.examples import read_examples
from seekgraph.flows.bridge import flow
from seekgraph.tools import open_corpus


@pytest.fixture(scope="module")
def found() -> Diagnosis:
    return flow.bind(open_corpus(CORPUS)).diagnose(read_examples(questions("test"))[:8], headroom=False, worst=3)


def steps(diagnosis: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for example in diagnosis["examples"] for step in example["trace"]]


def test_the_page_has_what_each_step_read_and_wrote_as_it_was(found: Diagnosis) -> None:
    shown = unpacked(data_of(found.to_html()))
    assert shown["flow"]["name"] == "bridge"
    retrieved = next(step for step in steps(shown) if step["path"] == "retrieve")
    assert retrieved["values"]["read"] == {"question": shown["examples"][0]["question"]}
    assert all(passage["text"] for passage in retrieved["values"]["writes"]["passages"])


def test_json_tells_values_in_words_and_is_enough_for_a_page(found: Diagnosis) -> None:
    told = json.loads(json.dumps(found.to_json()))
    assert not [step for step in steps(told) if "values" in step]
    assert unpacked(data_of(page(told))) == told


def test_a_page_of_long_runs_is_not_as_long_as_they_are(found: Diagnosis) -> None:
    whole = json.dumps(found.to_json(whole=True), ensure_ascii=False)
    assert len(found.to_html()) < len(whole) / 2


def test_every_node_of_the_diagnosis_has_its_place_in_the_graph(found: Diagnosis) -> None:
    data = data_of(found.to_html())
    cards = {card["id"] for card in data["graph"]["cards"]}
    assert set(found.nodes) <= cards
    assert all(step["path"] in found.nodes for step in steps(unpacked(data)) if step["kind"] == "node")
