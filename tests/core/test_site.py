"""Paths and names: how places and params of a flow are found."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit import Aim, Cite, Echo, Find, Jot, Mark, Sum, Tell, ran

import seekgraph as sg
from seekgraph import S, count


def paths(body: Any) -> list[str]:
    return list(sg.Flow(body).sites)


def names(body: Any) -> list[str]:
    return list(sg.Flow(body).params())


def test_a_place_is_called_by_its_name_or_its_kind() -> None:
    assert paths(Jot() >> Mark().named("flag") >> Tell()) == ["seq", "jot", "flag", "tell"]


def test_places_inside_a_named_element_stand_below_it() -> None:
    body = sg.call((Find() >> Cite()).named("inner"), name="search") >> sg.loop(Jot(), S.round > 1, 2, name="again") >> Sum()
    assert paths(body) == ["seq", "search", "search/seq", "search/find", "search/cite", "again", "again/jot", "sum"]


def test_unnamed_elements_are_not_part_of_the_paths_inside_them() -> None:
    assert paths(sg.each(S.goals, Jot()) >> Tell()) == ["seq", "each", "jot", "tell"]


def test_a_kind_that_is_taken_gets_a_number_in_the_order_of_writing() -> None:
    assert paths(Jot() >> Jot() >> sg.fan(Jot(), Mark()) >> Tell()) == ["seq", "jot", "jot_2", "fan", "jot_3", "mark", "tell"]


def test_a_name_goes_before_a_kind_wherever_it_stands() -> None:
    assert paths(Jot() >> Mark().named("jot") >> Jot() >> Mark().named("jot_2")) == ["seq", "jot_3", "jot", "jot_4", "jot_2"]


def test_the_same_element_in_two_places_has_two_paths() -> None:
    jot = Jot(text=sg.Text("t"))
    assert names(jot >> jot >> Tell()) == ["jot.text", "jot_2.text"]


def test_no_node_takes_the_path_of_what_a_run_is_given() -> None:
    class Input(Echo):
        pass

    result = ran(Input() >> Echo() >> Tell())
    assert [step.id for step in result.trace] == ["input", "input_2", "echo", "tell"]
    assert result.trace.inputs(result.trace.visits("echo")[0]) == {"question": "why?"}


@given(st.lists(st.sampled_from([None, "jot", "mark", "jot_2", "x"]), min_size=1, max_size=8))
def test_paths_are_unique_whatever_the_names(labels: list[str | None]) -> None:
    body: Any = sg.skip
    for number, label in enumerate(labels):
        element = Jot() if number % 2 else Mark()
        body = body >> (element.named(label) if label else element)
    assert len(paths(body)) == len(labels) + 1


# --- params -------------------------------------------------------------------------------------------------------


def test_params_are_named_by_path_and_setting() -> None:
    body = sg.call(Jot(text=sg.Text("a")) >> Tell(), name="search") >> Jot(text=sg.Text("b")) >> Sum()
    assert names(body) == ["search/jot.text", "jot.text"]


def test_params_of_conditions_are_named_by_where_they_stand() -> None:
    body = (
        Aim()
        >> sg.each(sg.when(count(S.goals) > sg.Int(1, 0, 9), S.goals, S.goals), Jot())
        >> sg.loop(Jot(), until=S.round >= sg.Int(1, 1, 9), max_rounds=sg.Int(2, 1, 9))
        >> sg.route(count(S.notes) > sg.Int(1, 0, 9), {True: Jot(), False: sg.skip})
        >> Tell().using(notes=sg.when(S.question == sg.Text("q"), S.notes, S.notes))
    )
    assert names(body) == ["each.items", "loop.until", "loop.max_rounds", "route.policy", "tell.using_notes"]


def test_several_params_in_one_condition_are_numbered() -> None:
    score = sg.Float(0.5, 0, 1)
    body = sg.loop(Jot(), until=(count(S.notes) >= score) & (count(S.notes) >= score), max_rounds=2)
    assert names(body) == ["loop.until", "loop.until_2"]


@pytest.mark.parametrize("several", [1, 2, 3])
def test_a_param_with_a_name_of_its_own_is_found_by_it_and_numbered_where_it_comes_again(several: int) -> None:
    until: Any = S.round > 5
    for _ in range(several):
        until = until | (count(S.notes) * sg.Float(0.5, 0, 1, name="share") >= 2)
    assert names(sg.loop(Jot(), until=until, max_rounds=2)) == ["loop.share", "loop.share_2", "loop.share_3"][:several]


def test_the_other_places_keep_their_names_when_a_place_is_added_behind_them() -> None:
    body = Jot(text=sg.Text("a")) >> Jot(text=sg.Text("b"))
    assert names(body >> Jot(text=sg.Text("c")))[:2] == names(body)


def test_a_fixed_setting_is_no_param() -> None:
    assert names(Jot(text="fixed")) == []
