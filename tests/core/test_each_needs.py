"""Items that need other items: they wait, they see what those wrote, and their needs have to make sense."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import Aim, Jot, JotGoal, Notes, Tell, bound, errors, goals, meets, only

import seekgraph as sg
from seekgraph import S
from seekgraph.types import Goal


def notes(*needed: Goal, **options: Any) -> tuple[str, ...]:
    return flow(*needed, **options)(question="q")["notes"]


def flow(*needed: Goal, **options: Any) -> sg.Bound:
    return bound(Aim(needed) >> sg.each(S.goals, JotGoal(**options)) >> Tell())


def test_an_item_waits_for_those_that_it_needs_and_sees_what_they_wrote() -> None:
    assert notes(*goals(a="", b="a"), slow=("a",)) == ("a()", "b(a())")


def test_an_item_does_not_see_what_it_does_not_need() -> None:
    assert notes(*goals(a="", b="", c="a"), slow=("c",)) == ("a()", "b()", "c(a())")


def test_an_item_sees_what_its_needs_needed_too_once_and_in_the_order_of_the_items() -> None:
    assert notes(*goals(a="", b="a", c="a", d="c b"))[-1] == "d(a(),b(a()),c(a()))"


def test_an_item_may_need_a_later_one_and_is_still_merged_in_its_own_place() -> None:
    assert notes(*goals(a="b", b="c", c="")) == ("a(b(c()),c())", "b(c())", "c()")


def test_an_item_sees_what_was_there_before_the_each_first() -> None:
    body = Aim(goals(a="", b="a")) >> Jot("before") >> sg.each(S.goals, JotGoal()) >> Tell()
    assert bound(body)(question="q")["notes"] == ("before", "a(before)", "b(before,a(before))")


def test_items_that_do_not_need_one_another_run_side_by_side() -> None:
    body = Aim(goals(**{f"g{n}": "" for n in range(30)})) >> sg.each(S.goals, meets(30)()) >> Tell()
    assert bound(body)(question="q")["notes"] == ("met",) * 30


def test_the_order_in_which_items_finish_changes_nothing() -> None:
    needed = goals(a="", b="", c="a b", d="b")
    quick = flow(*needed)(question="q")
    slow = flow(*needed, slow=("a", "d"))(question="q")
    assert [(step.id, step.parents, step.writes) for step in slow.trace.visits("jotgoal")] == [
        (step.id, step.parents, step.writes) for step in quick.trace.visits("jotgoal")
    ]


def test_the_parents_of_a_step_are_the_steps_of_the_needed_items() -> None:
    trace = flow(*goals(a="", b="a"))(question="q").trace
    assert trace.step("jotgoal@1").parents == {"goal": ("each@1",), "notes": ("jotgoal@0",)}
    assert trace.step("each@1").parents == {"goals": ("aim",)}


def test_an_item_whose_need_failed_goes_on_with_what_there_is() -> None:
    result = flow(*goals(a="", b="a", c="b"), fails=("a",))(question="q")
    assert (result["notes"], errors(result)) == (("b()", "c(b())"), {"jotgoal@0": "raised"})


def test_with_room_for_one_visit_needs_do_not_lock_one_another_out() -> None:
    body = Aim(goals(a="b", b="c", c="")) >> sg.each(S.goals, JotGoal(slow=("c",))) >> Tell()
    assert bound(body, concurrency=1)(question="q")["notes"][0] == "a(b(c()),c())"


@pytest.mark.parametrize(
    ("needed", "message"),
    [
        (goals(a="x"), r"each: goal 'a' needs ['x'], but the goals are ['a']"),
        (goals(a="a"), "each: goals need one another in a circle: a -> a"),
        (goals(a="b", b="a"), "each: goals need one another in a circle: "),
        ((*goals(a=""), *goals(a="")), "each: 2 goals share 1 ids"),
    ],
    ids=["unknown", "itself", "circle", "same id"],
)
def test_needs_that_cannot_be_met_are_an_error_step_before_any_item_runs(needed: tuple[Goal, ...], message: str) -> None:
    result = flow(*needed)(question="q")
    failed = only(result.errors)
    assert (result.status, failed.path, failed.error.code, result["notes"] if "notes" in result.values else ()) == (
        "failed",
        "each",
        "raised",
        (),
    )
    assert message in failed.error.message


def test_items_of_a_users_own_type_may_need_one_another() -> None:
    class Task(sg.types.Value):
        id: int
        needs: tuple[int, ...] = ()

    class Do(sg.Node):
        async def run(self, task: Task, notes: tuple[str, ...] = ()) -> Notes:
            return Notes(notes=(f"{task.id}:{len(notes)}",))

    made = bound(sg.each(S.tasks, Do(), item="task") >> Tell(), inputs={"tasks": tuple[Task, ...]})
    assert made(tasks=(Task(id=1, needs=(2,)), Task(id=2)))["notes"] == ("1:1", "2:0")


graphs = st.integers(1, 6).flatmap(
    lambda n: st.tuples(
        st.permutations(range(n)), st.tuples(*(st.sets(st.integers(0, i - 1)) if i else st.just(set()) for i in range(n)))
    )
)


@settings(max_examples=40, deadline=None)
@given(graphs, st.sets(st.integers(0, 5)))
def test_every_item_sees_exactly_the_notes_of_all_it_needs_directly_or_not(graph: Any, slow: set[int]) -> None:
    order, needs = graph
    items = tuple(Goal(id=f"g{n}", text="", needs=tuple(f"g{need}" for need in sorted(needs[n]))) for n in order)
    closure: dict[int, set[int]] = {}
    for n, direct in enumerate(needs):
        closure[n] = direct.union(*(closure[need] for need in direct))

    class See(sg.Node):
        async def run(self, goal: Goal, notes: tuple[str, ...] = ()) -> Notes:
            await asyncio.sleep(0.001 if int(goal.id[1:]) in slow else 0)
            seen[int(goal.id[1:])] = notes
            return Notes(notes=(goal.id,))

    seen: dict[int, tuple[str, ...]] = {}
    result = bound(Aim(items) >> sg.each(S.goals, See()) >> Tell())(question="q")
    assert result["notes"] == tuple(item.id for item in items)
    assert seen == {n: tuple(item.id for item in items if int(item.id[1:]) in closure[n]) for n in order}
