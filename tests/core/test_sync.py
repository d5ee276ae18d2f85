"""Calling a flow from ordinary code: from a script, a notebook, threads, processes; and interrupting it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from amounts import PATIENCE
from kit import Ask, Echo, Jot, Metered, Notes, Tell, bound, errors, only

import seekgraph as sg
from seekgraph.core.base.errors import BindError


def echo() -> sg.Bound:
    return bound(Echo() >> Jot(delay=0.001) >> Tell())


def asked(flow: sg.Bound, question: str) -> str:
    return flow(question=question).answer.text


def test_a_call_from_a_script_gives_the_result() -> None:
    assert asked(echo(), "q") == "q x"


def test_a_call_inside_a_running_loop_gives_the_result_as_in_a_notebook() -> None:
    async def cell() -> str:
        return asked(echo(), "q")

    assert asyncio.run(cell()) == "q x"


def test_many_threads_may_call_one_flow() -> None:
    flow = echo()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda number: asked(flow, str(number)), range(200)))
    assert answers == [f"{number} x" for number in range(200)]


def test_threads_with_loops_of_their_own_share_a_memo() -> None:
    service = Metered(delay=0.05)
    flow = bound(Ask() >> Tell(), memo=sg.Memo(), service=service)

    async def several() -> list[str]:
        results = await asyncio.gather(*(flow.arun(question="q") for _ in range(3)))
        return [result.answer.text for result in results]

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(asyncio.run, several()) for _ in range(4)]
        assert [future.result(timeout=PATIENCE) for future in futures] == [["X"] * 3] * 4
    assert len(service.asked) <= 4


def test_errors_of_the_caller_are_raised_in_the_calling_thread() -> None:
    with pytest.raises(BindError):
        echo()(query="q")


def test_a_sync_call_from_inside_a_node_fails_its_step_and_says_what_to_do() -> None:
    inner = echo()

    class Calls(sg.Node):
        async def run(self, question: str) -> Notes:
            return Notes(notes=(inner(question=question).answer.text,))

    result = bound(Calls() >> Tell())(question="q")
    assert "a sync call from inside a flow would wait for itself: await the async form" in only(result.errors).error.message


def test_an_async_call_from_inside_a_node_works() -> None:
    inner = echo()

    class Calls(sg.Node):
        async def run(self, question: str) -> Notes:
            return Notes(notes=((await inner.arun(question=question)).answer.text,))

    result = bound(Calls() >> Tell())(question="q")
    assert (result.answer.text, errors(result)) == ("q x", {})


def test_the_name_of_a_thread_does_not_matter() -> None:
    answers: list[str] = []
    thread = threading.Thread(target=lambda: answers.append(asked(echo(), "q")), name="seekgraph")
    thread.start()
    thread.join()
    assert answers == ["q x"]


# --- processes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_flow_can_be_called_in_another_process(method: str) -> None:
    flow = echo()
    asked(flow, "before")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        assert list(pool.map(asked, [flow] * 4, "abcd")) == ["a x", "b x", "c x", "d x"]


def test_a_forked_child_may_call_while_the_parent_goes_on() -> None:
    flow = echo()
    asked(flow, "before")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, asked(flow, "child").encode())
        os._exit(0)
    assert asked(flow, "parent") == "parent x"
    os.waitpid(child, 0)
    assert os.read(read, 100) == b"child x"
    os.close(read)
    os.close(write)


def test_a_script_that_has_called_a_flow_ends_by_itself() -> None:
    script = "from kit import *; print(bound(Jot() >> Tell())(question='q').answer.text)"
    made = subprocess.run(
        [sys.executable, "-c", script], cwd=Path(__file__).parent, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (made.stdout, made.stderr, made.returncode) == ("x\n", "", 0)


# --- interrupting -------------------------------------------------------------------------------------------------

ended: list[str] = []


class CleansUpSlowly(sg.Node):
    async def run(self) -> Notes:
        ended.append("began")
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)
            ended.append("cleaned up")
        return Notes(notes=())


def interrupted() -> None:
    """What Ctrl-C does."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def test_an_interrupt_cancels_the_run_and_waits_until_it_has_ended() -> None:
    ended.clear()
    flow = bound(sg.fan(CleansUpSlowly(), sg.fan(CleansUpSlowly(), Jot())) >> Tell())

    def interrupt() -> None:
        while ended.count("began") < 2:
            time.sleep(0.005)
        interrupted()

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        flow(question="q")
    thread.join()
    assert ended == ["began"] * 2 + ["cleaned up"] * 2


def test_after_an_interrupt_the_next_call_works() -> None:
    threading.Timer(0.05, interrupted).start()
    with pytest.raises(KeyboardInterrupt):
        bound(Jot(delay=5) >> Tell())(question="q")
    assert asked(echo(), "q") == "q x"


def test_a_tool_that_ends_the_program_ends_its_step_only_and_the_next_call_works() -> None:
    class Exits(sg.Node):
        async def run(self) -> Notes:
            sys.exit(2)

    result: Any = bound(Exits() >> Tell())(question="q")
    assert errors(result) == {"exits": "raised"}
    assert asked(echo(), "q") == "q x"


def test_an_interrupt_right_after_the_call_was_handed_over_ends_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    ended.clear()
    hand_over = asyncio.run_coroutine_threadsafe

    def interrupted_then(*call: Any) -> Any:
        hand_over(*call)
        while "began" not in ended:
            time.sleep(0.005)
        raise KeyboardInterrupt

    monkeypatch.setattr(asyncio, "run_coroutine_threadsafe", interrupted_then)
    with pytest.raises(KeyboardInterrupt):
        bound(CleansUpSlowly() >> Tell())(question="q")
    assert ended == ["began", "cleaned up"]
