"""A drawing shows the structure of a flow and the course of a run; text from outside can be read in it and does nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seekgraph.core.base.errors import FlowError
from seekgraph.core.draw import graph, graph_trace, mermaid, mermaid_trace, svg, svg_trace
from seekgraph.core.language.combinators import call, each, fan, loop, route, skip
from seekgraph.core.language.expr import S, count, when
from seekgraph.core.language.node import Node, OrElse, Writes
from seekgraph.core.language.params import Choice, Float, Int, Text
from seekgraph.core.language.ports import Retriever
from seekgraph.core.machine.bound import Bound
from seekgraph.core.machine.result import Result
from seekgraph.core.record.ledger import Passages
from seekgraph.core.record.step import Step, StepError
from seekgraph.core.record.trace import Trace
from seekgraph.flow import Flow
from seekgraph.types import Answer, Digest, Goal, Passage, Plan, Query, Verdict

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
    return bound()(question=HOSTILE)


def bound() -> Bound:
    return Bound(flow, {"corpus": Shelf()})


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
    assert {(data["kind"], data["label"]) for _, _, data in drawn.out_edges("route", data=True)} == {
        ("option", "x"), ("option", "y"), ("branch", "quick"),
    }  # fmt: skip
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
    assert re.search(r"class n\d+(,n\d+)* error", text)
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


# --- the objects' own methods ----------------------------------------------------------------------------------------


def test_flows_traces_and_results_show_themselves(result: Result) -> None:
    assert flow.draw() == mermaid(flow)
    assert flow.draw("svg") == svg(flow)
    assert result.trace.draw() == mermaid_trace(result.trace)
    assert result.trace.draw("svg") == svg_trace(result.trace)
    assert "<svg" in flow._repr_html_()
    assert "<svg" in result.trace._repr_html_()
    assert "re: " in result._repr_html_()
    with pytest.raises(ValueError, match="'mermaid', 'svg' or 'html', not 'png'"):
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
