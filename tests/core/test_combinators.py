"""Building flows: what combinators make, and what they refuse to be made of."""

from __future__ import annotations

from typing import Any

import pytest
from kit import Aim, Cite, Find, Jot, Mark, Sum, Tell, ran

import seekgraph as sg
from seekgraph import S
from seekgraph.core.language.combinators import Pick, Route, Seq
from seekgraph.core.language.element import as_element

LATER = S.notes[0] == "x"


def kinds(element: Seq) -> list[str]:
    return [part.kind for part in element.parts]


def test_a_sequence_is_flat_however_it_is_grouped() -> None:
    a, b, c = Jot(), Mark(), Tell()
    assert ((a >> b) >> c).parts == (a >> (b >> c)).parts == (a, b, c)


def test_a_sequence_with_a_name_stays_together() -> None:
    assert kinds((Jot() >> Mark()).named("both") >> Tell()) == ["seq", "tell"]


def test_elements_are_not_changed_by_being_named_or_combined() -> None:
    jot = Jot()
    assert (jot.named("other").label, jot.label, (jot >> Tell()).parts[0] is jot) == ("other", None, True)


@pytest.mark.parametrize("name", ["", "a/b", "a.b", "a@1", "two words", "two\nlines"])
def test_a_name_that_would_break_paths_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a name is one word without"):
        Jot().named(name)


def test_a_flow_stands_for_its_body_under_its_name() -> None:
    inner = sg.Flow(Jot() >> Mark(), name="inner")
    assert [(part.kind, part.label) for part in (inner >> Tell()).parts] == [("seq", "inner"), ("tell", None)]
    assert [(part.kind, part.label) for part in (Tell() >> inner).parts] == [("tell", None), ("seq", "inner")]


def test_a_flow_brings_its_own_values_of_params_into_the_flow_around_it() -> None:
    inner = sg.Flow(Jot(text=sg.Text("declared")) >> Tell(), inputs={}, name="inner").with_params({"jot.text": "compiled"})
    around = sg.Flow(sg.call(inner) >> Sum(), inputs={})
    assert around.params()["inner/jot.text"].value == "compiled"
    assert around.bind()()["digests"][0].conclusion == "compiled"


def tuned_everywhere() -> Any:
    """A body with params in every kind of element."""
    goal = sg.Text("t")
    return (
        Aim(goals=())
        >> sg.each(sg.when(sg.count(S.goals) >= sg.Int(0, 0, 9), S.goals, S.goals), Jot(text=goal))
        >> sg.fan(Jot(text=goal), Find(id=sg.Text("p")))
        >> sg.loop(Jot(text=goal), until=S.round >= sg.Int(1, 1, 5), max_rounds=sg.Int(2, 1, 5))
        >> sg.route(S.question == sg.Text("q"), {True: Jot(text=goal), False: sg.skip})
        >> Pick(sg.Choice(Jot(text=goal).named("one"), Jot(text=goal).named("two")))
        >> sg.call(Jot(text=goal) >> Tell(), give={"given": sg.count(S.notes) + sg.Int(1, 0, 9)})
        >> Sum()
    )


def test_values_of_params_stay_in_place_in_every_kind_of_element() -> None:
    flow = sg.Flow(tuned_everywhere(), inputs={"question": str})
    others = {int: 4, str: "other"}
    changed = {name: "two" if param.kind == "choice" else others[type(param.value)] for name, param in flow.params().items()}
    assert len(changed) == 14
    inner = flow.with_params(changed)
    around = sg.Flow(inner, inputs={"question": str})
    assert {name: param.value for name, param in around.params().items()} == changed
    assert around.structure == flow.structure


@pytest.mark.parametrize("thing", ["jot", None, Jot, 3])
def test_what_is_no_part_of_a_flow_is_refused(thing: Any) -> None:
    with pytest.raises(TypeError, match="a flow is made of nodes, combinators, flows and choices of them, not of"):
        Jot() >> thing


def test_a_choice_of_elements_stands_in_the_place_of_one() -> None:
    picked = as_element(sg.Choice(Jot().named("a"), sg.Flow(Mark(), name="b")))
    assert isinstance(picked, Pick)
    assert [(label, element.label) for label, element in picked.options] == [("a", "a"), ("b", "b")]


def test_a_choice_runs_the_option_that_is_chosen() -> None:
    flow = sg.Flow(sg.Choice(Jot("a").named("one"), sg.Flow(Jot("b"), name="two")) >> Tell(), inputs={})
    assert flow.bind()().answer.text == "a"
    assert flow.with_params({"choice.choice": "two"}).bind()().answer.text == "b"


# --- what each of them refuses ------------------------------------------------------------------------------------


def test_a_fan_has_a_part() -> None:
    with pytest.raises(ValueError, match="at least one part"):
        sg.fan()


@pytest.mark.parametrize("items", [(1, 2), "goals", None])
def test_each_goes_through_an_expression(items: Any) -> None:
    with pytest.raises(TypeError, match=r"each goes through an expression such as S.plan.goals, not"):
        sg.each(items, Jot())


@pytest.mark.parametrize("rounds", [0, -1, 1.5, True, None, "3", sg.Int(1, 0, 3), sg.Float(2.0, 1, 3), sg.Choice(2, 3)])
def test_a_loop_has_a_whole_number_of_rounds(rounds: Any) -> None:
    with pytest.raises(ValueError, match="max_rounds is a whole number of 1 or more, not"):
        sg.loop(Jot(), until=LATER, max_rounds=rounds)


def test_a_route_has_a_branch() -> None:
    with pytest.raises(ValueError, match="at least one branch"):
        sg.route(S.mark, {})


def test_the_default_of_a_route_is_one_of_its_branches() -> None:
    with pytest.raises(ValueError, match=r"route's default 'c' is not among its branches \['a', 'b'\]"):
        sg.route(S.mark, {"a": Jot(), "b": Mark()}, default="c")


def test_two_branches_of_a_route_under_one_label_are_refused() -> None:
    with pytest.raises(ValueError, match=r"two of route's branches have one label: \['true', 'true'\]"):
        sg.route(LATER, {True: Jot(), "true": Mark()})


def test_a_default_is_given_as_the_branch_is() -> None:
    made = sg.route(LATER, {True: Jot(), False: sg.skip}, default=False)
    assert isinstance(made, Route)
    assert (made.default, [label for label, _ in made.branches]) == ("false", ["true", "false"])


def test_a_node_as_policy_stands_before_its_route() -> None:
    class Chosen(sg.Writes):
        route: str

    class Choose(sg.Node):
        async def run(self, question: str) -> Chosen:
            return Chosen(route="b")

    body = sg.route(Choose(), {"a": Jot("a"), "b": Jot("b")})
    assert kinds(body) == ["choose", "route"]
    assert ran(body >> Tell()).answer.text == "b"


def test_skip_leaves_things_as_they_are() -> None:
    assert ran(Jot("a") >> sg.skip >> sg.fan(sg.skip, Jot("b")) >> Tell()).answer.text == "a b"


def test_a_call_carries_the_name_of_its_flow_once() -> None:
    made = sg.call(sg.Flow(Find() >> Cite(), name="search"))
    assert (made.label, made.body.label) == ("search", None)
    assert sg.call(sg.Flow(Find(), name="search"), name="other").label == "other"
