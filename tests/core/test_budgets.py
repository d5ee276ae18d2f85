"""Budgets: nothing starts past one, wherever it is counted, and a run that spends its own ends gracefully."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit import FOREVER, Aim, Ask, AskedTell, AskGoal, Jot, Look, Metered, Notes, Said, Sum, Tell, bound, errors, goals, only, ran

import seekgraph as sg
from seekgraph import S
from seekgraph.core.base.budget import Usage
from seekgraph.core.base.errors import BudgetExceeded
from seekgraph.core.base.meter import Meter
from seekgraph.types import Answer

# --- budgets and meters -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["calls", "searches", "tokens", "usd", "seconds"])
@pytest.mark.parametrize("wrong", [-1, "3", True, float("nan")])
def test_a_limit_is_a_number_of_0_or_more(line: str, wrong: Any) -> None:
    with pytest.raises(ValueError, match=f"budget {line} is a number of 0 or more, not {wrong!r}"):
        sg.Budget(**{line: wrong})


@given(st.lists(st.sampled_from(["calls", "searches"]), max_size=12), st.integers(0, 5), st.integers(0, 5))
def test_a_meter_starts_no_more_than_its_budget_nor_than_the_one_around_it(lines: list[str], own: int, around: int) -> None:
    outer = Meter(sg.Budget(calls=around))
    inner = Meter(sg.Budget(calls=own, searches=own), outer)
    for line in lines:
        with contextlib.suppress(BudgetExceeded):
            inner.start(line)
    assert inner.used.calls == outer.used.calls == min(lines.count("calls"), own, around)
    assert inner.used.searches == outer.used.searches == min(lines.count("searches"), own)


def test_a_start_that_is_refused_further_out_is_counted_nowhere() -> None:
    outer = Meter(sg.Budget(calls=0))
    inner = Meter(sg.Budget(calls=5), outer)
    with pytest.raises(BudgetExceeded, match="0 calls are spent: one more would go past the budget") as refused:
        inner.start("calls")
    assert (inner.used.calls, refused.value.meter is outer, outer.refused, inner.refused) == (0, True, True, False)


def test_a_meter_can_be_shared_by_threads() -> None:
    meter, started = Meter(sg.Budget(calls=100)), []

    def work() -> None:
        for _ in range(50):
            try:
                meter.start("calls")
                started.append(1)
            except BudgetExceeded:
                pass

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(started) == meter.used.calls == 100


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        (sg.Budget(tokens=10), "10 tokens are spent"),
        (sg.Budget(usd=0.5), "0.5 US dollars are spent"),
        (sg.Budget(usd=0), "0 US dollars are spent"),
    ],
)
def test_after_tokens_or_money_are_spent_nothing_starts(budget: Any, message: str) -> None:
    meter = Meter(budget)
    meter.start("calls")
    meter.spend(Usage(tokens_in=6, tokens_out=4, usd=0.5))
    with pytest.raises(BudgetExceeded, match=f"{message}: one more of calls was not started"):
        meter.start("calls")
    with pytest.raises(BudgetExceeded, match=f"{message}: a step was not started"):
        meter.require()


def test_a_budget_of_no_money_lets_what_is_free_start() -> None:
    meter = Meter(sg.Budget(usd=0))
    for _ in range(3):
        meter.start("calls")
        meter.spend(Usage(tokens_in=5))
    assert meter.used.calls == 3


def test_the_time_left_is_that_of_the_tightest_limit() -> None:
    outer = Meter(sg.Budget(seconds=1))
    inner = Meter(sg.Budget(seconds=100), outer)
    assert Meter().deadline() is None
    assert inner.deadline() is not None
    left, meter = inner.deadline()  # type: ignore[misc]
    assert 0.5 < left <= 1
    assert meter is outer


@given(
    st.builds(Usage, calls=st.integers(0, 9), tokens_in=st.integers(0, 9), usd=st.floats(0, 9)),
    st.builds(Usage, ranks=st.integers(0, 9)),
)
def test_usage_adds_up_and_survives_being_written_down(first: Usage, second: Usage) -> None:
    total = Usage.of(first.spent())
    assert total == first
    total.add(second)
    assert (total.calls, total.tokens, total.ranks) == (first.calls, first.tokens, second.ranks)


# --- runs ---------------------------------------------------------------------------------------------------------

SPENT = [
    (sg.Budget(calls=3), 3),
    (sg.Budget(calls=0), 0),
    (sg.Budget(tokens=25), 2),  # 10 each: the third would go over, and is not started
    (sg.Budget(tokens=30), 3),
    (sg.Budget(usd=0.025), 2),
    (sg.Budget(calls=4, tokens=15), 1),
]


@pytest.mark.parametrize(("budget", "asked"), SPENT, ids=str)
def test_no_call_starts_past_the_budget_and_the_run_answers_with_what_it_has(budget: Any, asked: int) -> None:
    service = Metered(tokens=10, usd=0.01)
    result = ran(Ask("a") >> Ask("b") >> Ask("c") >> Ask("d") >> Ask("e") >> Tell(), service=service, budget=budget)
    assert (result.status, len(service.asked)) == ("partial", asked)
    assert result.answer.text == " ".join("ABCDE"[:asked])


def test_searches_are_counted_apart_from_calls() -> None:
    service = Metered()
    result = ran(Look("a") >> Ask("b") >> Look("c") >> Tell(), service=service, budget=sg.Budget(searches=1))
    assert (result.status, service.asked) == ("partial", ["a", "b"])


@pytest.mark.parametrize(
    "budget", [sg.Budget(calls=3), sg.Budget(calls=5, searches=0, tokens=10**6, usd=1.0, seconds=60)], ids=str
)
def test_a_budget_that_is_just_enough_is_no_limit(budget: Any) -> None:
    result = ran(Ask() >> Ask() >> AskedTell(), service=Metered(), budget=budget)
    assert (result.status, errors(result)) == ("ok", {})


def test_a_step_that_may_not_call_is_an_error_with_the_code_budget() -> None:
    result = ran(Ask(times=3) >> Tell(), service=Metered(), budget=sg.Budget(calls=2))
    failed = only(result.errors)
    assert (failed.error.code, failed.usage["calls"]) == ("budget", 2)
    assert failed.error.message == "ask: 2 calls are spent: one more would go past the budget"


def test_a_step_that_is_not_allowed_to_start_is_no_visit() -> None:
    result = ran(Ask() >> Jot() >> Tell(), service=Metered(tokens=10), budget=sg.Budget(tokens=1))
    assert (result.status, [step.path for step in result.trace]) == ("partial", ["input", "ask", "tell"])


def test_refused_calls_are_not_tried_again() -> None:
    result = ran(Ask(times=2).limits(retries=5) >> Tell(), service=Metered(), budget=sg.Budget(calls=1))
    assert only(result.errors).attempts == 1


@pytest.mark.parametrize("concurrency", [1, 4, 32])
def test_no_call_starts_past_the_budget_in_branches_that_run_side_by_side(concurrency: int) -> None:
    service = Metered(delay=0.005)
    body = Aim(goals(**{f"g{n}": "" for n in range(20)})) >> sg.each(S.goals, AskGoal() >> AskGoal()) >> Tell()
    result = ran(body, service=service, budget=sg.Budget(calls=7), concurrency=concurrency)
    assert (result.status, len(service.asked)) == ("partial", 7)
    assert result.trace.usage().calls == 7
    assert len(result.answer.text.split()) == 7


def test_runs_that_share_a_meter_share_its_budget() -> None:
    service = Metered(delay=0.002)
    flow = bound(Ask("a") >> Ask("b") >> Tell(), service=service)
    meter = Meter(sg.Budget(calls=5))

    async def together() -> list[Any]:
        return await asyncio.gather(*(flow.execute({"question": "q"}, meter=meter) for _ in range(4)))

    statuses = [result.status for result in asyncio.run(together())]
    assert len(service.asked) == meter.used.calls == 5
    assert statuses.count("partial") == 3


def test_each_run_has_the_whole_budget_that_the_flow_is_bound_with() -> None:
    flow = bound(Ask() >> Tell(), service=Metered(), budget=sg.Budget(calls=1))
    assert [flow(question="q").status for _ in range(3)] == ["ok"] * 3


def test_the_answer_node_makes_no_call_past_the_budget() -> None:
    service = Metered()
    result = ran(Ask() >> Ask() >> Ask() >> AskedTell(), service=service, budget=sg.Budget(calls=2))
    assert (result.status, result.answer, len(service.asked)) == ("partial", None, 2)
    assert errors(result) == {"ask_3": "budget", "askedtell": "budget"}


def test_the_answer_node_may_make_calls_that_another_line_of_the_budget_allows() -> None:
    result = ran(Look("a") >> Look("b") >> AskedTell(), service=Metered(), budget=sg.Budget(searches=1, calls=1))
    assert (result.status, result.answer.text) == ("partial", "A TELL")


def test_what_the_answer_node_spends_at_the_end_is_counted_further_out_too() -> None:
    meter = Meter(sg.Budget(calls=10))
    flow = bound(Jot(error="early") >> AskedTell(), service=Metered())
    asyncio.run(flow.execute({"question": "q"}, meter=meter))
    assert meter.used.calls == 1


# --- time ---------------------------------------------------------------------------------------------------------


class Cleans(sg.Node):
    """Waits, and says how it ended."""

    async def run(self) -> Notes:
        try:
            await asyncio.sleep(FOREVER)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        return Notes(notes=("late",))


ended: list[str] = []


def test_when_the_time_is_over_what_is_in_flight_is_cancelled_and_the_run_answers() -> None:
    ended.clear()
    result = ran(
        Jot("quick") >> sg.fan(Cleans(), Cleans(), Jot("other")) >> Jot("never") >> Tell(), budget=sg.Budget(seconds=0.5)
    )
    assert (result.status, result.answer.text, ended) == ("partial", "quick other", ["cancelled"] * 2)
    assert errors(result) == {"cleans": "cancelled", "cleans_2": "cancelled"}


def test_the_time_of_a_meter_around_the_run_ends_it_too() -> None:
    flow = bound(Jot("quick") >> Cleans() >> Tell())
    result = asyncio.run(flow.execute({"question": "q"}, meter=Meter(sg.Budget(seconds=0.5))))
    assert (result.status, result.answer.text) == ("partial", "quick")


def test_no_call_starts_when_the_time_is_over_not_even_by_the_answer() -> None:
    service = Metered(delay=0.1)
    result = ran(Ask(times=50) >> AskedTell(), service=service, budget=sg.Budget(seconds=0.3))
    assert (result.status, "tell" in service.asked, len(service.asked) < 5) == ("partial", False, True)


def test_a_slow_answer_is_cancelled_when_the_time_is_over_and_not_begun_again() -> None:
    told = []

    class SlowTell(sg.Node):
        async def run(self, notes: tuple[str, ...] = ()) -> Said:
            told.append(1)
            await asyncio.sleep(FOREVER)
            return Said(answer=Answer(text="late"))

    result = ran(Jot() >> SlowTell(), budget=sg.Budget(seconds=0.5))
    assert (result.status, len(told), errors(result)) == ("partial", 1, {"slowtell": "cancelled"})


def test_an_answer_after_an_error_has_the_time_that_is_left() -> None:
    class SlowTell(sg.Node):
        async def run(self, notes: tuple[str, ...] = ()) -> Said:
            await asyncio.sleep(FOREVER)
            return Said(answer=Answer(text="late"))

    result = ran(Jot(error="early") >> SlowTell(), budget=sg.Budget(seconds=0.5))
    assert (result.status, errors(result)) == ("failed", {"jot": "raised", "slowtell": "cancelled"})


@pytest.mark.parametrize("own", [None, sg.Budget(seconds=0.05), sg.Budget(seconds=0.1)], ids=str)
def test_nothing_is_lost_when_the_time_of_a_run_and_of_its_calls_ends_together(own: Any) -> None:
    visited = []

    class Visits(sg.Node):
        async def run(self) -> Notes:
            visited.append(1)
            await asyncio.sleep(0.03)
            return Notes(notes=("x",))

    body = sg.each(S.goals, sg.call(sg.loop(Visits(), S.round > 99, 99) >> Tell(), budget=own))
    result = ran(Aim(goals(a="", b="", c="")) >> body >> Sum(), budget=sg.Budget(seconds=0.1))
    assert len(visited) == len(result.trace.visits("visits"))
    assert len({step.id for step in result.trace}) == len(result.trace)


@given(st.integers(1, 400), st.sampled_from([0.015, 0.1, 0.3, 1e-6, 7e-5]))
def test_money_is_spent_when_as_many_calls_were_paid_as_it_was_meant_for(calls: int, price: float) -> None:
    """Whether or not sums of that price round to a little less."""
    meter, started = Meter(sg.Budget(usd=round(calls * price, 9))), 0
    with contextlib.suppress(BudgetExceeded):
        while started <= calls:
            meter.start("calls")
            meter.spend(Usage(usd=price))
            started += 1
    assert started == calls
