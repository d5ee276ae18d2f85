"""A drawing shows the structure of a flow and the course of a run; text from outside can be read in it and does nothing."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Annotated, Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seekflow.core.bound import Result
from seekflow.core.combinators import call, each, fan, loop, route, skip
from seekflow.core.draw import MOST_STEPS, graph, graph_trace, html, html_trace, mermaid, mermaid_trace, svg, svg_trace
from seekflow.core.errors import FlowError
from seekflow.core.expr import S, count, when
from seekflow.core.flow import Flow
from seekflow.core.ledger import Passages
from seekflow.core.node import Node, OrElse, Writes
from seekflow.core.params import Choice, Float, Int, Text
from seekflow.core.ports import Retriever
from seekflow.core.step import Step, StepError
from seekflow.core.trace import Trace
from seekflow.types import Answer, Digest, Goal, Passage, Plan, Query, Verdict

HOSTILE = """</text><script>alert(1)</script>"] --> x; `end` %%{init:{"a":1}}%% & 'q' <!-- ]]> \x00\x1b\ud800 #quot;"""


class Planned(Writes):
    plan: Plan


class Asked(Writes):
    query: Query


class Found(Writes):
    passages: Passages


class Judged(Writes):
    verdict: Verdict


class Answered(Writes):
    answer: Answer


class Planner(Node):
    kind = "plan"
    instruction: str = Text("Split the question.")

    async def run(self, question: str) -> Planned:
        return Planned(plan=Plan(goals=(Goal(id="a", text="one"), Goal(id="b", text="two"))))


class Refine(Node):
    async def run(self, goal: Goal, passages: tuple[Passage, ...] = ()) -> Asked:
        return Asked(query=Query(text=goal.text))


class Retrieve(Node):
    retriever: str = "corpus"
    k: int = Int(8, 2, 30)

    async def run(self, query: Query, retriever: Retriever) -> Found:
        return Found(passages=tuple(await retriever.search(query, self.k)))


class Reflect(Node):
    async def run(self, passages: tuple[Passage, ...]) -> Judged:
        return Judged(verdict=Verdict(score=0.2))


class Answering(Node):
    kind = "answer"

    async def run(
        self, question: str, context: Annotated[tuple[Passage, ...], OrElse("passages")] = (), digests: tuple[Digest, ...] = ()
    ) -> Answered:
        return Answered(answer=Answer(text=f"re: {question}", citations=("1",)))


class Shelf:
    identity = "shelf"

    async def search(self, query: Query, k: int) -> list[Passage]:
        if "two" in query.text:
            raise RuntimeError(HOSTILE)
        return [Passage(id="1", title=HOSTILE, text=HOSTILE)]


search = loop(Refine() >> Retrieve() >> Reflect(), until=S.verdict.score >= Float(0.5, 0.1, 0.9), max_rounds=2)
flow = Flow(Planner() >> each(S.plan.goals, call(search, name="find")) >> Answering(), name="hira")
all_kinds = Flow(
    fan(Retrieve("a").named("left").using(query="question"), Retrieve("b").named("right").using(query="question"))
    >> route(
        when(count(S.passages) >= 5, "deep", "quick"),
        {"deep": Choice(Retrieve().named("x"), Retrieve(k=3).named("y")), "quick": skip},
    )
    >> Answering(),
    name="all",
)


@pytest.fixture(scope="module")
def result() -> Result:
    return flow.bind_for_test() if hasattr(flow, "bind_for_test") else _bound(flow)(question=HOSTILE)


def _bound(flow: Flow) -> Any:
    from seekflow.core.bound import Bound

    return Bound(flow, {"corpus": Shelf()})


def texts(picture: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(picture).iter() if element.tag.endswith("text")]


# --- graphs ----------------------------------------------------------------------------------------------------------


def test_the_graph_of_a_flow_is_its_control_flow() -> None:
    drawn = graph(flow)
    assert list(nx.topological_sort(nx.DiGraph((a, b) for a, b, d in drawn.edges(data=True) if d["kind"] != "back"))) == [
        "@input", "plan", "find/refine", "find/retrieve", "find/reflect", "find/loop", "answer", "@output",
    ]  # fmt: skip
    assert drawn.edges["find/loop", "find/refine"]["kind"] == "back"
    assert drawn.nodes["find/retrieve"]["inside"] == ("each", "find", "find/loop")


def test_edges_name_the_channels_that_their_target_reads() -> None:
    drawn = graph(flow)
    assert drawn.edges["plan", "find/refine"]["channels"] == ("goal",)
    assert drawn.edges["find/loop", "find/refine"]["channels"] == ("goal", "passages")  # what the round before has found
    assert drawn.edges["find/reflect", "find/loop"]["channels"] == ("verdict",)
    assert drawn.edges["find/loop", "answer"]["channels"] == ("question", "digests")  # passages stay inside of the call


def test_branches_and_options_are_told_apart() -> None:
    drawn = graph(all_kinds)
    assert {drawn.edges[edge]["label"] for edge in drawn.out_edges("route")} == {"deep", "quick"} or {
        data["kind"] for _, _, data in drawn.out_edges("route", data=True)
    } == {"option", "branch"}
    assert drawn.nodes["x"]["chosen"]
    assert not drawn.nodes["y"]["chosen"]
    assert graph(all_kinds.with_params({"choice.choice": "y"})).nodes["y"]["chosen"]
    assert set(drawn.predecessors("route")) == {"left", "right"}


def test_the_graph_of_a_trace_has_its_steps_and_their_parents(result: Result) -> None:
    drawn = graph_trace(result.trace)
    assert list(drawn) == [step.id for step in result.trace]
    parents = {(source, step.id) for step in result.trace for sources in step.parents.values() for source in sources}
    assert set(drawn.edges) == parents
    assert nx.is_directed_acyclic_graph(drawn)
    assert drawn.nodes["find/retrieve@1.1"]["error"] == "raised"


# --- mermaid ---------------------------------------------------------------------------------------------------------

NODE = re.compile(r'^ +n\d+(\("|\(\["|\{\{"|\[")[^"]*("\)|"\]\)|"\}\}|"\])$')
EDGE = re.compile(r'^ +n\d+ (-->|-\.->)(\|"[^"|]*"\|)? n\d+$')
OTHER = re.compile(r'^ +(subgraph b\d+\["[^"]*"\]|end|class [n\d,]+ [a-z]+|classDef [a-z]+ [a-z0-9#:,\- ]+|more\["[^"]*"\])$')


def well_formed(text: str) -> bool:
    first, *lines = text.splitlines()
    return first == "flowchart TD" and all(NODE.match(line) or EDGE.match(line) or OTHER.match(line) for line in lines)


def test_mermaid_of_a_flow_nests_its_combinators() -> None:
    text = mermaid(flow)
    assert well_formed(text)
    assert text.count("subgraph") == len(re.findall(r"^ +end$", text, re.M)) == 3
    assert 'n0 -->|"question"| n1' in text
    assert '-.->|"again · goal, passages"|' in text
    assert "until S.verdict.score #62;= 0.5" in text


def test_mermaid_of_a_trace_marks_errors_and_decisions(result: Result) -> None:
    text = mermaid_trace(result.trace)
    assert well_formed(text)
    assert re.search(r"class n\d+ error", text)
    assert re.search(r"class n\d+(,n\d+)* decision", text)


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_no_text_breaks_out_of_a_mermaid_label(text: str) -> None:
    step = Step("a", (), "node", writes={text: text}, error=StepError("raised", "E", text))
    assert well_formed(mermaid_trace(Trace(steps=[Step("b", (), "input", writes={text: text}), step])))
    assert well_formed(mermaid(Flow(Planner(instruction=Text(text)), name=text)))


def test_hostile_text_stays_text_in_mermaid(result: Result) -> None:
    text = mermaid_trace(result.trace)
    assert well_formed(text)
    assert not any(forbidden in text for forbidden in ("<script", "%%", "`", "init:{"))


# --- svg -------------------------------------------------------------------------------------------------------------


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
        if element.tag.endswith("rect") and element.get("class") == "sf-card":
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
        title = group.find("{http://www.w3.org/2000/svg}text[@class='sf-title']")
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
    assert all(f'class="sf-{look}"' in picture for look in ("hit", "error", "decision"))


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


# --- the objects' own methods ----------------------------------------------------------------------------------------


def test_flows_traces_and_results_show_themselves(result: Result) -> None:
    assert flow.draw() == mermaid(flow)
    assert flow.draw("svg") == svg(flow)
    assert result.trace.draw() == mermaid_trace(result.trace)
    assert result.trace.draw("svg") == svg_trace(result.trace)
    assert "<svg" in flow._repr_html_()
    assert "<svg" in result.trace._repr_html_()
    assert "re: " in result._repr_html_()
    with pytest.raises(ValueError, match="'mermaid' or 'svg', not 'png'"):
        flow.draw("png")


def test_check_raises_with_all_errors_and_returns_the_warnings() -> None:
    assert all(finding.severity == "warning" for finding in flow.check())
    with pytest.raises(FlowError, match="query"):
        Flow(Retrieve() >> Answering(), name="broken").check()


def test_a_saved_trace_is_drawn_like_the_run_itself(result: Result, tmp_path: Path) -> None:
    steps = [step for step in result.trace if step.error is None]
    trace = Trace("t", steps=[Step(step.path, step.at, step.kind, writes={"n": 1}) for step in steps])
    trace.save(tmp_path / "t.jsonl")
    assert Trace.load(tmp_path / "t.jsonl").draw() == trace.draw()
