"""Building flows: what combinators make, and what they refuse to be made of."""

from __future__ import annotations

from typing import Any

import pytest
from kit import Aim, Cite, Find, Jot, Mark, Sum, Tell, ran

import seekflow as sf
from seekflow import S
from seekflow.core.combinators import Pick, Route, Seq
from seekflow.core.element import as_element

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
    inner = sf.Flow(Jot() >> Mark(), name="inner")
    assert [(part.kind, part.label) for part in (inner >> Tell()).parts] == [("seq", "inner"), ("tell", None)]
    assert [(part.kind, part.label) for part in (Tell() >> inner).parts] == [("tell", None), ("seq", "inner")]


def test_a_flow_brings_its_own_values_of_params_into_the_flow_around_it() -> None:
    inner = sf.Flow(Jot(text=sf.Text("declared")) >> Tell(), inputs={}, name="inner").with_params({"jot.text": "compiled"})
    around = sf.Flow(sf.call(inner) >> Sum(), inputs={})
    assert around.params()["inner/jot.text"].value == "compiled"
    assert around.bind()()["digests"][0].conclusion == "compiled"


def tuned_everywhere() -> Any:
    """A body with params in every kind of element."""
    goal = sf.Text("t")
    return (
        Aim(goals=())
        >> sf.each(sf.when(sf.count(S.goals) >= sf.Int(0, 0, 9), S.goals, S.goals), Jot(text=goal))
        >> sf.fan(Jot(text=goal), Find(id=sf.Text("p")))
        >> sf.loop(Jot(text=goal), until=S.round >= sf.Int(1, 1, 5), max_rounds=sf.Int(2, 1, 5))
        >> sf.route(S.question == sf.Text("q"), {True: Jot(text=goal), False: sf.skip})
        >> Pick(sf.Choice(Jot(text=goal).named("one"), Jot(text=goal).named("two")))
        >> sf.call(Jot(text=goal) >> Tell(), give={"given": sf.count(S.notes) + sf.Int(1, 0, 9)})
        >> Sum()
    )


def test_values_of_params_stay_in_place_in_every_kind_of_element() -> None:
    flow = sf.Flow(tuned_everywhere(), inputs={"question": str})
    others = {int: 4, str: "other"}
    changed = {name: "two" if param.kind == "choice" else others[type(param.value)] for name, param in flow.params().items()}
    assert len(changed) == 14
    inner = flow.with_params(changed)
    around = sf.Flow(inner, inputs={"question": str})
    assert {name: param.value for name, param in around.params().items()} == changed
    assert around.structure == flow.structure


@pytest.mark.parametrize("thing", ["jot", None, Jot, 3])
def test_what_is_no_part_of_a_flow_is_refused(thing: Any) -> None:
    with pytest.raises(TypeError, match="a flow is made of nodes, combinators, flows and choices of them, not of"):
        Jot() >> thing


def test_a_choice_of_elements_stands_in_the_place_of_one() -> None:
    picked = as_element(sf.Choice(Jot().named("a"), sf.Flow(Mark(), name="b")))
    assert isinstance(picked, Pick)
    assert [(label, element.label) for label, element in picked.options] == [("a", "a"), ("b", "b")]


def test_a_choice_runs_the_option_that_is_chosen() -> None:
    flow = sf.Flow(sf.Choice(Jot("a").named("one"), sf.Flow(Jot("b"), name="two")) >> Tell(), inputs={})
    assert flow.bind()().answer.text == "a"
    assert flow.with_params({"choice.choice": "two"}).bind()().answer.text == "b"


# --- what each of them refuses ------------------------------------------------------------------------------------


def test_a_fan_has_a_part() -> None:
    with pytest.raises(ValueError, match="at least one part"):
        sf.fan()


@pytest.mark.parametrize("items", [(1, 2), "goals", None])
def test_each_goes_through_an_expression(items: Any) -> None:
    with pytest.raises(TypeError, match=r"each goes through an expression such as S.plan.goals, not"):
        sf.each(items, Jot())


@pytest.mark.parametrize("rounds", [0, -1, 1.5, True, None, "3", sf.Int(1, 0, 3), sf.Float(2.0, 1, 3), sf.Choice(2, 3)])
def test_a_loop_has_a_whole_number_of_rounds(rounds: Any) -> None:
    with pytest.raises(ValueError, match="max_rounds is a whole number of 1 or more, not"):
        sf.loop(Jot(), until=LATER, max_rounds=rounds)


def test_a_route_has_a_branch() -> None:
    with pytest.raises(ValueError, match="at least one branch"):
        sf.route(S.mark, {})


def test_the_default_of_a_route_is_one_of_its_branches() -> None:
    with pytest.raises(ValueError, match=r"route's default 'c' is not among its branches \['a', 'b'\]"):
        sf.route(S.mark, {"a": Jot(), "b": Mark()}, default="c")


def test_two_branches_of_a_route_under_one_label_are_refused() -> None:
    with pytest.raises(ValueError, match=r"two of route's branches have one label: \['true', 'true'\]"):
        sf.route(LATER, {True: Jot(), "true": Mark()})


def test_a_default_is_given_as_the_branch_is() -> None:
    made = sf.route(LATER, {True: Jot(), False: sf.skip}, default=False)
    assert isinstance(made, Route)
    assert (made.default, [label for label, _ in made.branches]) == ("false", ["true", "false"])


def test_a_node_as_policy_stands_before_its_route() -> None:
    class Chosen(sf.Writes):
        route: str

    class Choose(sf.Node):
        async def run(self, question: str) -> Chosen:
            return Chosen(route="b")

    body = sf.route(Choose(), {"a": Jot("a"), "b": Jot("b")})
    assert kinds(body) == ["choose", "route"]
    assert ran(body >> Tell()).answer.text == "b"


def test_skip_leaves_things_as_they_are() -> None:
    assert ran(Jot("a") >> sf.skip >> sf.fan(sf.skip, Jot("b")) >> Tell()).answer.text == "a b"


def test_a_call_carries_the_name_of_its_flow_once() -> None:
    made = sf.call(sf.Flow(Find() >> Cite(), name="search"))
    assert (made.label, made.body.label) == ("search", None)
    assert sf.call(sf.Flow(Find(), name="search"), name="other").label == "other"
