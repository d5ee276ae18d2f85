"""The checker's work grows with the flow and no faster, whatever stands in it: counted in calls, not in time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from kit import Jot, JotGoal, Notes, Sum, Tell

import seekgraph as sg
from seekgraph import S
from seekgraph.core.check import check
from seekgraph.core.language.element import Element, Seq
from seekgraph.types import Goal

INPUTS = {"question": str, "goals": tuple[Goal, ...]}
SIZE = 60


class Add(sg.Node):
    """Reads the notes and appends to them."""

    async def run(self, notes: tuple[str, ...] = ()) -> Notes:
        return Notes(notes=notes)


def row(part: Callable[[], Element], count: int) -> list[Element]:
    return [part() for _ in range(count)]


SHAPES: dict[str, Callable[[int], Any]] = {
    "nodes that append": lambda n: Seq((*row(Jot, n), Tell())),
    "nodes that read and append": lambda n: Seq((*row(Add, n), Tell())),
    "a fan": lambda n: sg.fan(*row(Add, n)) >> Tell(),
    "a route": lambda n: sg.route(S.question, {str(i): Add() for i in range(n)}, default="0") >> Tell(),
    "fans": lambda n: Seq((*row(lambda: sg.fan(Add(), Jot()), n), Tell())),
    "routes": lambda n: Seq((*row(lambda: sg.route(S.question == "", {True: Add(), False: Jot()}), n), Tell())),
    "loops": lambda n: Seq((*row(lambda: sg.loop(Add(), S.round > 1, 2), n), Tell())),
    "calls": lambda n: Seq((*row(lambda: sg.call(Add() >> Tell()), n), Sum())),
    "items": lambda n: Seq((*row(lambda: sg.each(S.goals, JotGoal()), n), Tell())),
}


def calls(work: Callable[[], Any]) -> int:
    """How many functions are called, ours and built-in ones."""
    count = 0

    def profile(frame: Any, event: str, arg: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("name", SHAPES)
def test_four_times_the_flow_is_about_four_times_the_work(name: str) -> None:
    assert check(sg.Flow(SHAPES[name](3), inputs=INPUTS)) == ()  # and what is looked up once is known from here on
    one, four = (calls(lambda n=n: check(sg.Flow(SHAPES[name](n), inputs=INPUTS))) for n in (SIZE, 4 * SIZE))
    assert four < 5 * one, f"{one} calls for {SIZE} places, {four} for four times as many"


def test_loops_in_loops_do_not_double_the_work_each_time() -> None:
    def nested(depth: int) -> Element:
        body: Element = Add()
        for _ in range(depth):
            body = sg.loop(body, S.round > 1, 2)
        return body >> Tell()

    check(sg.Flow(nested(2), inputs=INPUTS))
    five, ten = (calls(lambda n=n: check(sg.Flow(nested(n), inputs=INPUTS))) for n in (5, 10))
    assert ten < 6 * five
