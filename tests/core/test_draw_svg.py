"""The SVG of a flow and of a trace: whole by itself, readable, with nothing on top of anything else."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from test_draw import HOSTILE, Answering, Planner, all_kinds, bound, flow, well_formed

from seekgraph.core.draw import MOST_STEPS, graph_trace, html, html_trace, mermaid_trace, svg, svg_trace
from seekgraph.core.language.combinators import skip
from seekgraph.core.language.flow import Flow
from seekgraph.core.language.params import Text
from seekgraph.core.machine.result import Result
from seekgraph.core.record.step import Step, StepError
from seekgraph.core.record.trace import Trace
from seekgraph.types import Query


@pytest.fixture(scope="module")
def result() -> Result:
    return bound()(question=HOSTILE)


def texts(picture: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(picture).iter() if element.tag.endswith("text")]


@pytest.mark.parametrize("drawn", [flow, all_kinds, Flow(Planner()), Flow(skip)])
def test_svg_of_a_flow_is_xml_that_needs_nothing_from_outside(drawn: Flow) -> None:
    picture = svg(drawn)
    root = ET.fromstring(picture)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not re.search(r"href|url\(|@import|<script|\bid=", picture)
    assert "prefers-color-scheme:dark" in picture


def test_svg_of_a_flow_shows_paths_params_boxes_and_channels() -> None:
    shown = texts(svg(flow))
    expected = [
        "find/retrieve",
        "uses corpus",
        "k = 8 [2…30]",
        "each: goal in S.plan.goals",
        "until S.verdict.score >= 0.5",
        "again",
        "question, digests",
    ]
    assert [text for text in expected if text not in shown] == []
    assert any(text.startswith("loop: at most 2 rounds") for text in shown)


def rectangles(picture: str) -> list[tuple[float, float, float, float]]:
    found = []
    for element in ET.fromstring(picture).iter():
        if element.tag.endswith("rect") and element.get("class") == "sg-card":
            x, y, width, height = (float(element.get(name, "0")) for name in ("x", "y", "width", "height"))
            found.append((x, y, x + width, y + height))
    return found


def test_cards_do_not_overlap_and_stay_on_the_page(result: Result) -> None:
    for picture in (svg(flow), svg(all_kinds), svg_trace(result.trace)):
        root = ET.fromstring(picture)
        cards = rectangles(picture)
        assert all(
            x >= 0 and y >= 0 and right <= float(root.get("width", "0")) and bottom <= float(root.get("height", "0"))
            for x, y, right, bottom in cards
        )
        pairs = [(a, b) for number, a in enumerate(cards) for b in cards[:number]]
        assert not [(a, b) for a, b in pairs if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]]


def test_every_step_stands_below_its_parents(result: Result) -> None:
    root = ET.fromstring(svg_trace(result.trace))
    tops = {}
    for group in root.iter("{http://www.w3.org/2000/svg}g"):
        title = group.find("{http://www.w3.org/2000/svg}text[@class='sg-title']")
        if title is not None and title.text:
            tops[title.text] = float(title.get("y", "0"))
    assert set(tops) == {step.id for step in result.trace}
    assert all(tops[source] < tops[step.id] for step in result.trace for sources in step.parents.values() for source in sources)


def test_svg_of_a_trace_shows_errors_decisions_hits_and_times() -> None:
    steps = [
        Step("ask", (), "node", writes={"query": Query(text="river")}, seconds=0.25, memo="hit", usage={"searches": 2}),
        Step(
            "find",
            (),
            "node",
            {"query": ("ask",)},
            error=StepError("timeout", "TimeoutError", "find: took too long"),
            seconds=1.5,
        ),
        Step("loop", (1,), "until", {"query": ("ask",)}, decision=False),
    ]
    picture = svg_trace(Trace(flow="t", steps=steps))
    shown = texts(picture)
    expected = ["query: 'river'", "250 ms · memo hit · searches 2", "timeout: find: took too long", "1.5 s", "→ no"]
    assert [text for text in expected if text not in shown] == []
    assert all(f'class="sg-{look}"' in picture for look in ("hit", "error", "decision"))


def test_a_long_trace_is_drawn_to_a_limit_and_says_so() -> None:
    steps = [Step("a", (number,), "node", {"x": (f"a@{number - 1}",)} if number else {}) for number in range(MOST_STEPS + 50)]
    trace = Trace(steps=steps)
    assert "50 steps not drawn" in svg_trace(trace)
    assert "and 50 more steps" in mermaid_trace(trace)
    assert len(graph_trace(trace)) == MOST_STEPS + 50


def test_an_empty_trace_can_be_drawn() -> None:
    ET.fromstring(svg_trace(Trace()))
    assert well_formed(mermaid_trace(Trace()))


def test_hostile_text_stays_text_in_svg_and_html(result: Result) -> None:
    hostile = Flow(Planner(instruction=Text(HOSTILE)) >> Answering(), name=HOSTILE)
    for picture in (svg(hostile), svg_trace(result.trace)):
        tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(picture).iter()}
        assert tags <= {"svg", "title", "style", "rect", "g", "text", "path", "polygon"}
    for fragment in (html(hostile), html_trace(result.trace), result._repr_html_()):
        assert "<script" not in fragment
        assert "<!--" not in fragment
