"""Params: what each domain takes, how it refuses, how values travel as JSON."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit import Jot, Tell
from pydantic import BaseModel

import seekgraph as sg
from seekgraph.core.base.errors import ParamError
from seekgraph.core.language.params import Param, to_plain, value_of


class Weights(BaseModel):
    bias: float
    weights: tuple[float, ...] = ()


REFUSED: list[tuple[Param, Any, str]] = [
    (sg.Int(8, 1, 9), 10, "int param takes a whole number from 1 to 9, not 10"),
    (sg.Int(8, 1, 9), 0, "from 1 to 9, not 0"),
    (sg.Int(8, 1, 9), 2.0, "a whole number from 1 to 9, not 2.0"),
    (sg.Int(1, 0, 9), True, "a whole number from 0 to 9, not True"),
    (sg.Int(8, 1, 9, name="k"), "8", "int param 'k' takes a whole number"),
    (sg.Float(0.5, 0, 1), 1.5, "a number from 0 to 1, not 1.5"),
    (sg.Float(0.5, 0, 1), math.nan, "a number from 0 to 1, not nan"),
    (sg.Float(0.5, 0, 1), False, "a number from 0 to 1, not False"),
    (sg.Switch(True), 1, "True or False, not 1"),
    (sg.Choice("a", "b"), "c", r"one of \['a', 'b'\], not 'c'"),
    (sg.Choice(1, 2), True, r"one of \['1', '2'\], not True"),
    (sg.Text("t"), b"t", "a text, not b't'"),
    (sg.Demos(), "demo", "a sequence of mappings, not 'demo'"),
    (sg.Demos(), [1], r"a sequence of mappings, not \[1\]"),
    (sg.Demos(most=1), [{}, {}], "at most 1, not '2 demonstrations'"),
    (sg.Demos(), [{"a": object()}], "plain data"),
    (sg.Fitted(Weights), {"bias": "much"}, "a Weights or None"),
]


@pytest.mark.parametrize(("param", "value", "message"), REFUSED)
def test_a_value_outside_of_the_domain_is_refused_with_what_would_be_right(param: Param, value: Any, message: str) -> None:
    with pytest.raises(ParamError, match=message):
        param.with_value(value)


@pytest.mark.parametrize(
    "declare",
    [
        lambda: sg.Int(0, 1, 9),
        lambda: sg.Float(2.0, 0, 1),
        lambda: sg.Choice("a", "b", default="c"),
        lambda: sg.Switch(0),  # type: ignore[arg-type]
        lambda: sg.Text(3),  # type: ignore[arg-type]
        lambda: sg.Demos([{}, {}], most=1),
    ],
)
def test_a_default_outside_of_the_domain_is_refused_where_it_is_written(declare: Any) -> None:
    with pytest.raises(ParamError):
        declare()


@pytest.mark.parametrize(("param", "low", "high"), [(sg.Int(2, 1, 3), 1, 3), (sg.Float(0.5, 0.1, 0.9), 0.1, 0.9)])
def test_both_ends_of_an_interval_belong_to_it(param: Param, low: Any, high: Any) -> None:
    assert (param.with_value(low).value, param.with_value(high).value) == (low, high)


def test_a_whole_number_may_stand_for_a_float_and_becomes_one() -> None:
    value = sg.Float(0.5, 0, 2).with_value(1).value
    assert (value, type(value)) == (1.0, float)


def test_the_first_option_of_a_choice_is_its_default() -> None:
    assert sg.Choice("a", "b").value == "a"
    assert sg.Choice("a", "b", default="b").value == "b"


def test_options_are_chosen_by_label_or_by_value() -> None:
    choice = sg.Choice(4, 8)
    assert (choice.with_value("8").chosen, choice.with_value(8).chosen) == (8, 8)


def test_options_that_are_flows_or_nodes_are_chosen_by_name() -> None:
    choice = sg.Choice(sg.Flow(Jot(), name="quick"), Jot().named("slow"))
    assert [label for label, _ in choice.options] == ["quick", "slow"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("a",), "at least two options"),
        (("a", "a"), "need different names"),
        ((1, "1"), "need different names"),
        ((Jot(), Tell()), "has no name to be chosen by: use .named"),
    ],
)
def test_options_that_cannot_be_told_apart_are_refused(options: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ParamError, match=message):
        sg.Choice(*options)


def test_the_plain_value_of_a_setting_is_its_current_value() -> None:
    assert [value_of(each) for each in (3, sg.Int(5, 1, 9), sg.Choice(4, 8, default=8))] == [3, 5, 8]


def test_demonstrations_do_not_change_with_the_list_they_were_made_from() -> None:
    demos = [{"question": "q"}]
    param = sg.Demos(demos)
    demos[0]["question"] = "changed"
    assert param.value == ({"question": "q"},)


def test_a_setting_without_a_name_or_plain_form_is_refused_in_fingerprints() -> None:
    with pytest.raises(ParamError, match="would differ in each process"):
        to_plain(object())


# --- as JSON ------------------------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
plain = st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts, lambda inner: st.lists(inner, max_size=2))
floats = st.floats(-1e6, 1e6)
tuned: dict[str, tuple[Param, st.SearchStrategy[Any]]] = {
    "int": (sg.Int(0, -100, 100), st.integers(-100, 100)),
    "float": (sg.Float(0.0, -1e6, 1e6), floats),
    "switch": (sg.Switch(False), st.booleans()),
    "choice": (sg.Choice("a", 1, 2.5, None), st.sampled_from(["a", 1, 2.5, None, "1"])),
    "choice of flows": (sg.Choice(Jot().named("x"), Jot().named("y")), st.sampled_from(["x", "y"])),
    "text": (sg.Text("", variants=["v"]), texts),
    "demos": (sg.Demos(), st.lists(st.dictionaries(texts, plain, max_size=2), max_size=4)),
    "fitted": (sg.Fitted(Weights), st.none() | st.builds(Weights, bias=floats, weights=st.lists(floats).map(tuple))),
}


@pytest.mark.parametrize("kind", tuned)
@given(data=st.data())
def test_a_value_survives_json(kind: str, data: st.DataObject) -> None:
    param, values = tuned[kind]
    changed = param.with_value(data.draw(values))
    assert param.from_json(json.loads(json.dumps(changed.to_json()))) == changed


@pytest.mark.parametrize("kind", tuned)
def test_a_domain_is_plain_data_that_does_not_depend_on_the_value(kind: str) -> None:
    param = tuned[kind][0]
    assert json.loads(json.dumps(param.domain())) == param.domain()
    assert param.domain()["kind"] == param.kind


@pytest.mark.parametrize("make", [lambda: sg.Int(1, 0, 9, log=True), lambda: sg.Float(0.5, 0.0, 1.0, log=True)])
def test_a_logarithmic_scale_begins_above_zero(make: Any) -> None:
    with pytest.raises(ParamError, match="above 0"):
        make()
