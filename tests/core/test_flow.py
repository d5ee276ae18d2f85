"""Flows as declarations: their search space, their identity, what they ask for and what they are called with."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit import Aim, Ask, Cite, Echo, Find, Jot, JotGoal, Metered, Sum, Tell, bound

import seekgraph as sg
from seekgraph import S, count
from seekgraph.core.base.errors import BindError, ParamError
from seekgraph.types import Answer, Goal, Passage, Query


def tunable() -> sg.Flow:
    body = (
        Jot(text=sg.Text("a"), delay=sg.Float(0.0, 0, 1))
        >> sg.loop(Jot(text=sg.Choice("x", "y")), until=count(S.notes) >= sg.Int(2, 1, 9), max_rounds=sg.Int(3, 1, 5))
        >> Tell()
    )
    return sg.Flow(body, name="tunable", inputs={"question": str})


values = st.fixed_dictionaries(
    {},
    optional={
        "jot.text": st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
        "jot.delay": st.floats(0, 1),
        "jot_2.text": st.sampled_from(["x", "y"]),
        "loop.until": st.integers(1, 9),
        "loop.max_rounds": st.integers(1, 5),
    },
)

# --- params -------------------------------------------------------------------------------------------------------


@given(values)
def test_giving_a_flow_its_own_params_changes_nothing(changed: dict[str, Any]) -> None:
    flow = tunable().with_params(changed)
    again = flow.with_params(flow.params())
    assert again == flow
    assert again.params() == flow.params()
    assert flow.with_params({name: param.value for name, param in flow.params().items()}) == flow


@given(values, values)
def test_values_given_one_after_the_other_come_to_the_same_as_together(first: dict[str, Any], second: dict[str, Any]) -> None:
    flow = tunable()
    assert flow.with_params(first).with_params(second) == flow.with_params({**first, **second})


@given(values)
def test_other_values_leave_the_flow_itself_and_the_structure_as_they_were(changed: dict[str, Any]) -> None:
    flow = tunable()
    other = flow.with_params(changed)
    assert other.fingerprint == flow.fingerprint
    assert flow == tunable()
    assert {name: other.params()[name].value for name in changed} == changed


def test_a_name_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ParamError, match=r"flow 'tunable' has no params \['jot.txt'\]; it has \['jot.delay', 'jot.text',"):
        tunable().with_params({"jot.txt": "b"})


def test_a_value_outside_of_its_domain_is_refused_under_the_full_name() -> None:
    with pytest.raises(ParamError, match=r"loop.until: int param takes a whole number from 1 to 9, not 10"):
        tunable().with_params({"loop.until": 10})


def test_params_decide_what_runs() -> None:
    flow = tunable().with_params({"jot.text": "b", "jot_2.text": "y", "loop.until": 9, "loop.max_rounds": 2})
    assert flow.bind()(question="q").answer.text == "b y y"


# --- identity -----------------------------------------------------------------------------------------------------


def test_flows_are_equal_when_their_structure_and_values_are() -> None:
    assert tunable() == tunable()
    assert len({tunable(), tunable()}) == 1
    assert tunable() != tunable().with_params({"jot.text": "b"})


@pytest.mark.parametrize(
    "other",
    [
        sg.Flow(Jot("b") >> Tell()),
        sg.Flow(Jot().named("other") >> Tell()),
        sg.Flow(Jot() >> Tell().using(notes=S.lines)),
        sg.Flow(Jot().into(notes="lines") >> Tell()),
        sg.Flow(Jot(text=sg.Text("x")) >> Tell()),
        sg.Flow(Jot() >> Tell(), inputs={"question": Query}),
        sg.Flow(Jot() >> Tell(), output="notes"),
    ],
)
def test_each_part_of_the_structure_tells_flows_apart(other: sg.Flow) -> None:
    assert other.fingerprint != sg.Flow(Jot() >> Tell()).fingerprint


def test_a_flow_and_its_bound_form_survive_pickling_after_a_run() -> None:
    before = bound(Jot() >> sg.loop(Jot(), S.round > 1, 3) >> Tell())
    result = before(question="q")
    after = pickle.loads(pickle.dumps(before))
    assert after.flow == before.flow
    assert after(question="q").trace.identity == result.trace.identity


# --- channels -----------------------------------------------------------------------------------------------------


def test_the_types_of_channels_come_from_inputs_writes_items_and_gifts() -> None:
    class OnText(sg.Node):
        async def run(self, text: str, topic: Query) -> sg.Writes: ...

    body = Aim() >> sg.each(S.goals, OnText().using(text=S.goal.text)) >> sg.call(Tell(), give={"topic": S.question}) >> Sum()
    channels = sg.Flow(body, inputs={"question": str}).channels
    assert (channels["question"], channels["goals"], channels["goal"]) == (str, tuple[Goal, ...], Goal)
    assert (channels["answer"], channels["topic"]) == (Answer, str)


# --- resources and inputs -----------------------------------------------------------------------------------------


def test_a_flow_says_which_resources_it_asks_for() -> None:
    ((name, (path, port, required)),) = sg.Flow(Ask() >> Tell()).resources.items()
    assert (name, path, port.__name__, required) == ("service", "ask", "Service", True)


def test_a_resource_that_no_node_asks_for_is_refused() -> None:
    with pytest.raises(BindError, match=r"asks for the resources \['service'\], not for \['servise'\]"):
        bound(Ask() >> Tell(), servise=Metered())


def test_a_resource_that_is_missing_is_refused() -> None:
    with pytest.raises(sg.FlowError, match=r"missing-resource at ask"):
        bound(Ask() >> Tell())


@pytest.mark.parametrize("concurrency", [0, -1])
def test_a_flow_needs_room_for_one_visit(concurrency: int) -> None:
    with pytest.raises(BindError, match=f"concurrency={concurrency}"):
        bound(Jot() >> Tell(), concurrency=concurrency)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "needs 'question': call it with question=..."),
        ({"question": "q", "query": "q"}, r"takes \['history', 'question'\], not \['query'\]"),
        ({"question": 7}, "input 'question'"),
    ],
)
def test_wrong_inputs_raise_before_anything_runs(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(BindError, match=message):
        sg.Flow(Echo() >> Tell()).bind()(**inputs)


def test_an_input_that_may_be_none_may_be_left_out_and_is_then_unwritten() -> None:
    flow = sg.Flow(Tell(), inputs={"question": str, "notes": tuple[str, ...] | None}).bind()
    assert "notes" not in flow(question="q").values
    assert flow(question="q", notes=["a", "b"]).answer.text == "a b"


def test_inputs_are_turned_into_the_declared_types() -> None:
    flow = sg.Flow(JotGoal() >> Tell(), inputs={"goal": Goal}).bind()
    assert flow(goal={"id": "g", "text": "t"}).answer.text == "g()"


def test_an_input_that_fills_a_collection_is_merged_with_what_follows() -> None:
    flow = sg.Flow(Find("b") >> Cite(), inputs={"passages": tuple[Passage, ...]}).bind()
    result = flow(passages=[Passage(id="a", text="old"), Passage(id="a", text="new")])
    assert [each.text for each in result["passages"]] == ["new", "text of b"]
    assert result.trace.inputs(result.trace.visits("cite")[0]) == {"passages": result["passages"]}
