"""A report tells what runs took themselves from what they waited for others."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import pytest

import seekgraph as sg
from seekgraph.core.base.waiting import STANDING, in_thread
from seekgraph.core.language.lm import LM, Message
from seekgraph.evaluation.report import Report
from seekgraph.evaluation.turns import Turns
from seekgraph.lms import Price, RateLimit, Scripted
from seekgraph.types import Answer, Example


class Said(sg.Writes):
    answer: Answer


class Slow(sg.Node):
    async def run(self, question: str) -> Said:
        await asyncio.sleep(0.05)
        return Said(answer=Answer(text="yes"))


EXAMPLES = [Example(id=str(n), question=f"{n}?", answers=("yes",)) for n in range(8)]


def test_questions_that_wait_for_one_another_do_not_count_it_as_their_own() -> None:
    """Eight runs of 50 ms, one at a time: the last stands still for seven of them. 24 in 19 s once "took" 310 s."""
    report = sg.Flow(Slow(), name="slow").bind(concurrency=1).evaluate(EXAMPLES, metrics=["seconds", "answer_em"])
    waited = sorted(row.waited for row in report.rows)
    assert waited[0] < waited[-1]
    assert waited[-1] > 0.05 * 6  # sleeping takes no less, however busy the machine
    assert report.cost["waited"].total > report.cost["seconds"].total  # 28 shares of waiting for 8 of work
    assert report.metrics["seconds"].mean is not None
    assert Report.from_json(report.to_json()).cost["waited"] == report.cost["waited"]


def test_with_turns_enough_nothing_waits() -> None:
    report = sg.Flow(Slow(), name="slow").bind(concurrency=8).evaluate(EXAMPLES, metrics=["answer_em"])
    assert report.cost["waited"].total == 0


def test_a_run_that_is_at_work_while_another_visit_of_it_waits_does_not_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("seekgraph.evaluation.turns.time.perf_counter", lambda: clock[0])

    async def both() -> tuple[float, bool]:
        shared = asyncio.Semaphore(1)
        turns = Turns(shared)

        async def visit() -> None:
            async with turns:
                await asyncio.sleep(0)
                clock[0] += 1.0

        await asyncio.gather(visit(), visit(), visit())
        return turns.waited, shared.locked()

    assert asyncio.run(both()) == (0.0, False)


def test_a_visit_that_is_cancelled_while_it_waits_leaves_the_turns_as_they_were() -> None:
    async def cancelled() -> tuple[bool, float]:
        shared = asyncio.Semaphore(1)
        await shared.acquire()
        turns = Turns(shared)
        waiting = asyncio.ensure_future(turns.acquire())
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        shared.release()
        await turns.acquire()
        turns.release()
        return shared.locked(), turns.waited

    locked, waited = asyncio.run(cancelled())
    assert not locked
    assert waited >= 0.009


class Asks(sg.Node):
    async def run(self, question: str, lm: LM) -> Said:
        done = await lm.complete([Message(role="user", content=question)], Answer)
        return Said(answer=done.value)


class Limited:
    """A model behind a rate limit of one request in each window of 50 ms."""

    identity = "limited"
    name = "limited"

    def __init__(self) -> None:
        self.inner = Scripted(lambda asked: '{"text": "yes"}')
        self.limit = RateLimit(requests=1, window=0.05)

    async def complete(self, *args: Any, **options: Any) -> Any:
        await self.limit.admit()
        return await self.inner.complete(*args, **options)


def test_what_a_rate_limit_makes_a_run_wait_is_not_its_own_time() -> None:
    report = sg.Flow(Asks(), name="asks").bind(lm=Limited(), concurrency=8).evaluate(EXAMPLES, metrics=["answer_em"])
    waited = sorted(row.waited for row in report.rows)
    assert waited[-1] > 0.05 * 6  # the last of eight; sleeping takes no less, however busy the machine
    assert report.errors == 0


def test_what_a_budget_in_flight_makes_a_run_wait_is_not_its_own_time() -> None:
    lm = Scripted(lambda asked: '{"text":"x"}', price=Price(1e6 / 3, 1e6 / 3), delay=0.05)  # two thirds of a dollar a call
    bound = sg.Flow(Asks(), name="asks").bind(lm=lm, concurrency=8)
    report = bound.evaluate(EXAMPLES[:2], metrics=["answer_em"], budget=sg.Budget(usd=1.0))
    assert max(row.waited for row in report.rows) > 0.04


@pytest.mark.parametrize(("calls", "paused", "still"), [(0, 1, True), (1, 1, True), (2, 1, False), (2, 2, True), (1, 0, False)])
def test_a_visit_stands_still_while_all_of_its_calls_wait(calls: int, paused: int, still: bool) -> None:
    async def visit() -> bool:
        turns = Turns(asyncio.Semaphore(1))
        async with turns:
            own = STANDING.get()
            assert own is not None
            for _ in range(calls):
                own.call_begun()
            for _ in range(paused):
                own.pause()
            found = turns._at_work == 0
            for _ in range(paused):
                own.resume()
            for _ in range(calls):
                own.call_ended()
            assert turns._at_work == 1
        return found

    assert asyncio.run(visit()) == still


def test_a_thread_that_is_not_free_is_waited_for() -> None:
    async def run() -> float:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        turns = Turns(asyncio.Semaphore(2))

        async def visit() -> None:
            async with turns:
                await in_thread(sleep, 0.05)

        other = asyncio.create_task(asyncio.to_thread(sleep, 0.05))
        await asyncio.sleep(0)
        await visit()
        await other
        return turns.waited

    assert asyncio.run(run()) > 0.03
