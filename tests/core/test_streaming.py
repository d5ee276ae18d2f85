"""Steps as they finish, and stopping: whoever leaves early leaves nothing running."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from kit import Aim, Jot, JotGoal, Notes, Tell, bound, errors, goals, tasks

import seekgraph as sg
from seekgraph import S
from seekgraph.core.base.errors import BindError
from seekgraph.core.machine.result import Result
from seekgraph.core.record.step import Step

ended: list[str] = []


class Waits(sg.Node):
    """Waits for long; takes a moment to clean up when it is cancelled."""

    async def run(self) -> Notes:
        ended.append("began")
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.02)
            ended.append("cleaned up")
        return Notes(notes=())


@pytest.fixture(autouse=True)
def _nothing_ended() -> None:
    ended.clear()


def nested(node: sg.Node) -> Any:
    """A node deep inside of everything that runs side by side."""
    return Aim(goals(a="", b="", c="a")) >> sg.each(S.goals, sg.fan(sg.loop(node, S.round > 1, 2), Jot())) >> Tell()


# --- streaming ----------------------------------------------------------------------------------------------------


async def streamed(flow: sg.Bound) -> list[Step | Result]:
    return [each async for each in flow.stream(question="q")]


def test_each_step_comes_as_it_finishes_and_the_result_last() -> None:
    body = sg.fan(Jot("slow", delay=0.03), Jot("quick")) >> Tell()
    *steps, result = asyncio.run(streamed(bound(body)))
    assert [step.id for step in steps] == ["input", "jot_2", "jot", "tell"]
    assert isinstance(result, Result)
    assert [step.id for step in result.trace] == ["input", "jot", "jot_2", "tell"]


def test_a_step_comes_before_the_next_one_has_begun() -> None:
    async def main() -> None:
        async for step in bound(Jot("quick") >> Waits() >> Tell()).stream(question="q"):
            if isinstance(step, Step) and step.path == "jot":
                break

    asyncio.run(asyncio.wait_for(main(), 5))


def test_the_steps_that_were_streamed_are_those_of_the_trace() -> None:
    *steps, result = asyncio.run(streamed(bound(nested(Jot()))))
    assert isinstance(result, Result)
    assert sorted(step.id for step in steps) == sorted(step.id for step in result.trace)


def test_steps_that_fail_are_streamed_too() -> None:
    *steps, result = asyncio.run(streamed(bound(Jot(error="bad") >> Tell())))
    assert [step.error.code for step in steps if step.error] == ["raised"]
    assert isinstance(result, Result)
    assert result.status == "failed"


def test_wrong_inputs_raise_in_the_loop() -> None:
    async def main() -> None:
        async for _ in bound(Jot() >> Tell()).stream(query="q"):
            pass

    with pytest.raises(BindError):
        asyncio.run(main())


def test_leaving_the_stream_early_leaves_nothing_running() -> None:
    async def main() -> list[Any]:
        async for step in bound(nested(Waits())).stream(question="q"):
            if isinstance(step, Step) and step.path == "jot":
                break
        for _ in range(100):
            await asyncio.sleep(0.01)
            if not list(tasks()):
                break
        return list(tasks())

    assert asyncio.run(main()) == []
    assert ended.count("began") == ended.count("cleaned up") > 0


def test_closing_the_stream_waits_until_everything_has_ended() -> None:
    async def main() -> list[Any]:
        steps = bound(nested(Waits())).stream(question="q")
        async for step in steps:
            if isinstance(step, Step) and step.path == "jot":
                break
        await steps.aclose()
        return list(tasks())

    assert asyncio.run(main()) == []
    assert ended.count("began") == ended.count("cleaned up") == 2


# --- cancelling ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("memo", [False, True], ids=["without memo", "with memo"])
def test_cancelling_a_run_leaves_nothing_running(memo: bool) -> None:
    async def main() -> list[Any]:
        run = asyncio.create_task(bound(nested(Waits()), memo=sg.Memo() if memo else None).arun(question="q"))
        while ended.count("began") < (1 if memo else 2):
            await asyncio.sleep(0.001)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        return list(tasks())

    assert asyncio.run(main()) == []
    assert ended.count("began") == ended.count("cleaned up") == (1 if memo else 2)


def test_a_run_that_is_given_a_time_from_outside_leaves_nothing_running() -> None:
    async def main() -> list[Any]:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await bound(nested(Waits())).arun(question="q")
        return list(tasks())

    assert asyncio.run(main()) == []


@pytest.mark.parametrize(
    "body",
    [
        nested(Waits().limits(timeout=0.3)),
        sg.call(Waits() >> Tell(), budget=sg.Budget(seconds=0.3)) >> Tell().using(notes=S.digests).named("sum"),
    ],
    ids=["node", "call"],
)
def test_time_limits_leave_nothing_running(body: Any) -> None:
    async def main() -> list[Any]:
        await sg.flow.Bound(sg.Flow(body), {}, checked=True).arun(question="q")
        return list(tasks())

    assert asyncio.run(main()) == []
    assert ended.count("began") == ended.count("cleaned up") > 0


def test_a_cancelled_step_is_recorded_as_such() -> None:
    seen = []

    async def main() -> None:
        flow = bound(Waits() >> Tell())
        run = asyncio.create_task(flow.execute({"question": "q"}, emit=seen.append))
        while not ended:
            await asyncio.sleep(0.001)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)

    asyncio.run(main())
    assert [(step.id, step.error and step.error.code) for step in seen] == [("input", None), ("waits", "cancelled")]


def test_a_tool_that_cancels_itself_fails_its_step_and_nothing_else() -> None:
    class CancelsItself(JotGoal):
        async def run(self, goal: sg.types.Goal) -> Notes:
            if goal.id == "b":
                raise asyncio.CancelledError
            return Notes(notes=(goal.id,))

    async def main() -> Any:
        flow = bound(Aim(goals(a="", b="", c="")) >> sg.each(S.goals, CancelsItself()) >> Tell())
        return await asyncio.gather(*(flow.arun(question="q") for _ in range(2)))

    for result in asyncio.run(main()):
        assert (result.status, result["notes"], errors(result)) == ("ok", ("a", "c"), {"cancelsitself@1": "cancelled"})
