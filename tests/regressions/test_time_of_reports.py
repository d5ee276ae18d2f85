"""A report tells what runs took themselves from what they waited for others."""

from __future__ import annotations

import asyncio

import pytest

import seekgraph as sg
from seekgraph.evaluation.report import Report
from seekgraph.evaluation.turns import Turns
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
