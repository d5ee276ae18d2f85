"""What goes wrong in a run: it is kept with its step, the rest goes on, and the run goes to its answer."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import pytest
from kit import (
    FOREVER,
    Aim,
    Ask,
    AskedTell,
    Echo,
    Jot,
    JotGoal,
    Metered,
    Notes,
    Said,
    Tell,
    bound,
    errors,
    goals,
    only,
    paths,
    ran,
)

import seekgraph as sg
from seekgraph import S, count
from seekgraph.core.record.ledger import Passages
from seekgraph.types import Answer, Goal, Passage


def unchecked(body: Any, **inputs: Any) -> Any:
    """The result of a flow that the checker would refuse."""
    flow = sg.Flow(body, inputs={name: Any for name in inputs} or {"question": str})
    return sg.flow.Bound(flow, {}, checked=True)(**(inputs or {"question": "q"}))


# --- what a step can do wrong -------------------------------------------------------------------------------------


class Nonsense(sg.Node):
    returns: Any = None

    async def run(self) -> Notes:
        return self.returns  # type: ignore[no-any-return]


class Needs(sg.Node):
    async def run(self, missing: str) -> Notes:
        return Notes(notes=(missing,))


class Exits(sg.Node):
    async def run(self) -> Notes:
        sys.exit(2)


class CancelsItself(sg.Node):
    async def run(self) -> Notes:
        raise asyncio.CancelledError


class ReadsBadly(sg.Node):
    async def run(self, question: str) -> Notes:
        Passage.model_validate({"text": question})
        return Notes(notes=())


class Ids(sg.Node):
    """A union of what has no ids."""

    async def run(self) -> Notes:
        return Notes.model_construct(notes=7)  # type: ignore[arg-type]


WRONG: list[tuple[sg.Node, str, str, str]] = [
    (Jot(error="no such host"), "raised", "RuntimeError", "jot: no such host"),
    (Jot(delay=FOREVER).limits(timeout=0.02), "timeout", "TimeoutError", "jot: took longer than its limit"),
    (Nonsense(), "invalid", "WriteError", "nonsense: run returns a Notes, but what came is NoneType None"),
    (Nonsense({"notes": 1}), "invalid", "WriteError", "nonsense: run returns a Notes, but what came is dict {'notes': 1}"),
    (Nonsense(Answer(text="x" * 999)), "invalid", "WriteError", "x..."),
    (ReadsBadly(), "invalid", "ValidationError", "readsbadly: 1 validation error for Passage"),
    (Needs(), "missing", "ChannelMissing", "needs reads 'missing', which nothing has written yet"),
    (Echo().using(question=S.nowhere.text), "missing", "ChannelMissing", "echo reads 'nowhere'"),
    (Echo().using(question=S.question.nope), "raised", "AttributeError", "echo: 'str' object has no attribute 'nope'"),
    (Ids(), "raised", "TypeError", "ids: "),
    (Exits(), "raised", "SystemExit", "exits: 2"),
    (CancelsItself(), "cancelled", "CancelledError", "cancelsitself: cancelled while it ran"),
]


@pytest.mark.parametrize(("node", "code", "kind", "message"), WRONG, ids=[f"{node.kind}-{code}" for node, code, _, _ in WRONG])
def test_an_error_is_kept_with_its_step(node: sg.Node, code: str, kind: str, message: str) -> None:
    error = only(unchecked(node >> Tell()).errors).error
    assert (error.code, error.type) == (code, kind)
    assert message in error.message


@pytest.mark.parametrize(("node", "code", "kind", "message"), WRONG, ids=[f"{node.kind}-{code}" for node, code, _, _ in WRONG])
def test_after_an_error_the_run_goes_to_its_answer_with_what_it_has(node: sg.Node, code: str, kind: str, message: str) -> None:
    result = unchecked(Jot("before") >> node >> Jot("never") >> Tell())
    assert (result.status, result.answer.text) == ("failed", "before")
    assert result.cause is only(result.errors)


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        (sg.loop(Jot(), until=S.nowhere > 1, max_rounds=2), "loop@1", "loop: an expression reads 'nowhere'"),
        (sg.loop(Jot(), until=S.notes.nope, max_rounds=2), "loop@1", "loop: 'tuple' object has no attribute 'nope'"),
        (sg.route(S.question.nope, {"a": sg.skip}), "route", "route: 'str' object has no attribute 'nope'"),
        (sg.each(S.nowhere, Jot()), "each", "each: an expression reads 'nowhere'"),
        (sg.each(count(S.question), Jot()), "each", "each: 'int' object is not iterable"),
        (sg.call(Tell(), give={"notes": S.nowhere}), "call", "call: an expression reads 'nowhere'"),
        (sg.call(Jot() >> Tell(), give={"notes": count(S.notes)}), "call", "call: gives 'notes' what it cannot hold"),
    ],
    ids=["until", "until attribute", "policy", "items", "no items", "give", "no gift"],
)
def test_an_expression_that_cannot_be_evaluated_is_an_error_step(body: Any, path: str, message: str) -> None:
    result = unchecked(Jot("before") >> body >> Jot("never") >> Tell())
    failed = only(result.errors)
    assert failed.id == path
    assert message in failed.error.message
    assert (result.status, result.answer.text.split()[0], "never" in result.answer.text) == ("failed", "before", False)


def test_a_condition_that_is_neither_true_nor_false_is_an_error_step() -> None:
    class Neither:
        def __bool__(self) -> bool:
            raise ValueError("neither")

    result = unchecked(sg.loop(Jot(), until=S.odd, max_rounds=2) >> Tell(), odd=Neither())
    assert errors(result) == {"loop@1": "raised"}


@pytest.mark.parametrize("items", [[Goal(id="a", text="", needs=("x",))], [Goal.model_construct(id=["a"], needs=())]])
def test_items_whose_needs_cannot_be_met_are_an_error_step(items: Any) -> None:
    result = unchecked(sg.each(S.goals, JotGoal()) >> Tell(), goals=items)
    assert errors(result) == {"each": "raised"}


def test_a_call_whose_ledger_makes_no_digest_is_an_error_step() -> None:
    class Odd(sg.Writes):
        answer: str

    class Answers(sg.Node):
        async def run(self) -> Odd:
            return Odd(answer="just a text")

    result = unchecked(sg.call(Answers()) >> Tell())
    assert errors(result) == {"call": "invalid"}


def test_a_step_that_fails_while_it_writes_has_recorded_what_came_into_the_state() -> None:
    class Two(sg.Writes):
        mark: str
        passages: Passages

    class Half(sg.Node):
        async def run(self) -> Two:
            return Two.model_construct(mark="half", passages=("no passage",))  # type: ignore[arg-type]

    result = unchecked(Half() >> Tell())
    assert (errors(result), only(result.errors).writes) == ({"half": "raised"}, {"mark": "half"})
    assert (result["mark"], "passages" in result.values) == ("half", False)


# --- retries ------------------------------------------------------------------------------------------------------


class Flaky(sg.Node):
    fails: int = 2

    async def run(self, visit: sg.Visit) -> Notes:
        tried.append(time.perf_counter())
        if len(tried) <= self.fails:
            raise RuntimeError(f"attempt {len(tried)}")
        return Notes(notes=("well",))


tried: list[float] = []


@pytest.fixture(autouse=True)
def _nothing_tried() -> None:
    tried.clear()


def test_a_step_that_fails_is_tried_again_and_its_attempts_are_counted() -> None:
    result = ran(Flaky().limits(retries=2, wait=0) >> Tell())
    assert (result.status, only(result.trace.visits("flaky")).attempts, result.errors) == ("ok", 3, [])


def test_when_the_retries_are_used_up_the_last_error_stays() -> None:
    result = ran(Flaky(fails=9).limits(retries=2, wait=0) >> Tell())
    failed = only(result.errors)
    assert (len(tried), failed.attempts, failed.error.message) == (3, 3, "flaky: attempt 3")


def test_without_retries_there_is_one_attempt() -> None:
    ran(Flaky() >> Tell())
    assert len(tried) == 1


def test_waiting_doubles_between_attempts() -> None:
    ran(Flaky(fails=9).limits(retries=2, wait=0.04) >> Tell())
    first, second = tried[1] - tried[0], tried[2] - tried[1]
    assert first > 0.035
    assert second > 0.07


def test_each_attempt_has_the_whole_time_limit() -> None:
    class Slower(sg.Node):
        async def run(self) -> Notes:
            tried.append(0)
            await asyncio.sleep(FOREVER if len(tried) < 3 else 0)
            return Notes(notes=("well",))

    result = ran(Slower().limits(timeout=0.2, retries=2, wait=0) >> Tell())
    assert (result.status, only(result.trace.visits("slower")).attempts) == ("ok", 3)


def test_all_attempts_are_in_the_usage() -> None:
    service = Metered()
    result = ran(Ask(times=2).limits(retries=1) >> Jot(error="late") >> Tell(), service=service)
    assert only(result.trace.visits("ask")).usage["calls"] == len(service.asked) == 2


def test_while_a_step_waits_for_its_next_attempt_others_may_run() -> None:
    class Beside(sg.Node):
        async def run(self) -> Notes:
            await asyncio.sleep(0)
            tried.append(0.0)
            return Notes(notes=("beside",))

    result = ran(sg.fan(Flaky(fails=1).limits(retries=1, wait=0.3), Beside()) >> Tell(), concurrency=1)
    assert result.status == "ok"
    assert [time == 0.0 for time in tried] == [False, True, False]


# --- branches that fail -------------------------------------------------------------------------------------------


def test_a_part_of_a_fan_that_fails_does_not_stop_the_others() -> None:
    result = ran(sg.fan(Jot("a", delay=0.02), Jot(error="b"), Jot("c")) >> Jot("d") >> Tell())
    assert (result.status, result["notes"], errors(result)) == ("ok", ("a", "c", "d"), {"jot_2": "raised"})


def test_what_a_failing_branch_wrote_before_it_failed_stays() -> None:
    result = ran(sg.fan(Jot("a") >> Jot(error="b"), Jot("c")) >> Tell())
    assert result["notes"] == ("a", "c")


def test_an_item_that_fails_does_not_stop_the_others() -> None:
    result = ran(Aim(goals(a="", b="", c="")) >> sg.each(S.goals, JotGoal(fails=("b",))) >> Tell())
    assert (result.status, result["notes"], errors(result)) == ("ok", ("a()", "c()"), {"jotgoal@1": "raised"})


def test_when_every_branch_fails_the_run_has_failed_and_the_first_in_writing_is_the_cause() -> None:
    result = ran(sg.fan(Jot(error="slow", delay=0.02), Jot(error="fast")) >> Jot("never") >> Tell())
    assert (result.status, result.cause.id, result.answer.text) == ("failed", "jot", "")
    assert errors(result) == {"jot": "raised", "jot_2": "raised"}


def test_a_failing_step_inside_a_loop_ends_the_loop() -> None:
    result = ran(sg.loop(Jot() >> Flaky(fails=0) >> sg.route(count(S.notes), {2: sg.skip}), S.round > 5, 5) >> Tell())
    assert (result.status, errors(result)) == ("failed", {"route@2": "invalid"})


def test_an_answer_node_that_fails_is_not_run_again() -> None:
    told = []

    class Fails(sg.Node):
        async def run(self, notes: tuple[str, ...] = ()) -> Said:
            told.append(1)
            raise RuntimeError("no answer")

    result = ran(Jot(error="before") >> Fails())
    assert (result.status, result.answer, len(told)) == ("failed", None, 1)
    told.clear()
    assert (ran(Fails()).status, len(told)) == ("failed", 1)


def test_an_answer_that_is_there_already_is_not_written_again() -> None:
    result = unchecked(Jot("a") >> Tell() >> Jot(error="after") >> Tell().named("last"))
    assert (result.status, result.answer.text, paths(result.trace)) == ("failed", "a", ["jot", "tell", "jot_2"])


def test_the_answer_node_has_its_calls_where_an_error_ended_the_run_and_the_budget_is_not_spent() -> None:
    result = ran(Jot(error="early") >> AskedTell(), service=Metered(), budget=sg.Budget(calls=1))
    assert (result.status, result.answer.text) == ("failed", "TELL")


# --- nothing is lost ----------------------------------------------------------------------------------------------


def test_records_equal_visits_also_of_what_failed() -> None:
    visited = []

    class Counts(sg.Node):
        async def run(self, goal: Goal) -> Notes:
            visited.append(goal.id)
            await asyncio.sleep(0.001 * len(visited))
            if goal.id in "bd":
                raise RuntimeError(goal.id)
            return Notes(notes=(goal.id,))

    body = sg.each(S.goals, sg.loop(sg.fan(Counts(), Counts().named("again")), S.round >= 2, 2))
    result = ran(Aim(goals(a="", b="", c="a", d="b")) >> body >> Tell())
    steps = [step for step in result.trace if step.path in ("counts", "again")]
    assert sorted(visited) == sorted(result.trace.step(f"each@{step.at[0]}").writes["goal"].id for step in steps)
    assert len(steps) == len(visited) == len({step.id for step in steps}) == 12


def test_an_error_in_one_run_leaves_the_next_one_alone() -> None:
    flow = bound(sg.route(S.question, {"bad": Jot(error="bad"), "good": Jot("good")}) >> Tell())
    assert [flow(question=question).status for question in ("bad", "good", "bad", "good")] == ["failed", "ok", "failed", "ok"]
