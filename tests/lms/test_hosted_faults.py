"""Hosts that misbehave: nothing is lost, errors stand apart, no call starts past a cap. Needs the extra `lm`."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

import pytest
from lm_kit import Reply, Sent, ask, faulty, metered, prompt, right, talk

import seekflow as sf
from seekflow.core.budget import Budget
from seekflow.core.errors import BudgetExceeded
from seekflow.core.lm import LM, Completion, Rejected, Unavailable
from seekflow.lms import openai_compatible
from seekflow.types import Answer, Example

for package in ("instructor", "openai", "anthropic", "tenacity", "aiohttp"):
    pytest.importorskip(package, reason='the extra "lm" is not installed: pip install "seekflow[lm]"')

pytestmark = pytest.mark.lm
SECRET = "sk-sentinel-7f3a9c51e20b48d6a1"


# --- faults ----------------------------------------------------------------------------------------------------------


def test_retry_after_is_kept_to() -> None:
    def answer(sent: Sent, number: int) -> Any:
        return (429, {"retry-after": "0.4"}, {"error": "slow"}) if number == 1 else right(sent, number)

    async def use(found: Any) -> Any:
        began = time.monotonic()
        done = await ask(openai_compatible(found.url, "m"))
        return done.attempts, time.monotonic() - began

    attempts, seconds = talk(answer, use)
    assert attempts == 2
    assert seconds >= 0.4


def test_a_wait_that_is_too_long_is_not_waited_for() -> None:
    async def use(found: Any) -> Any:
        with pytest.raises(Unavailable, match="asks to wait 3600 s"):
            await ask(openai_compatible(found.url, "m"))
        return len(found.sent)

    assert talk(lambda *_: (429, {"retry-after": "3600"}, {"error": "slow"}), use) == 1


@pytest.mark.parametrize("fault", ["broken", "reset", "half", "no json", "stall"])
def test_a_host_that_stays_broken_is_given_up_with_what_it_cost(fault: str) -> None:
    async def use(found: Any) -> Any:
        lm, meter, _ = metered(openai_compatible(found.url, "m", retries=1, timeout=0.3))
        with pytest.raises(Unavailable, match="did not answer in 2 tries"):
            await lm.complete(prompt("q"), Reply)
        await lm.aclose()
        return meter.used.calls, len(found.sent)

    assert talk(lambda *_: fault, use) == (2, 2)


def test_a_request_that_is_refused_is_not_repeated() -> None:
    async def use(found: Any) -> Any:
        with pytest.raises(Rejected, match=r"status 404: no such model.*look at the model's name"):
            await ask(openai_compatible(found.url, "m"))
        return len(found.sent)

    assert talk(lambda *_: (404, {}, {"error": {"message": "no such model"}}), use) == 1


def test_nobody_there_is_an_error_of_the_call() -> None:
    with pytest.raises(Unavailable, match="connection failed"):
        asyncio.run(ask(openai_compatible("http://127.0.0.1:9/v1", "m", retries=0)))


def test_a_proxy_is_gone_through_where_the_environment_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async def use(found: Any) -> Any:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{found.port}")
        monkeypatch.setenv("no_proxy", "")
        done = await ask(openai_compatible("http://models.example.org/v1", "m"))
        return done.attempts, found.sent[-1].path

    answers = talk(lambda sent, number: "broken" if number == 1 else right(sent, number), use)
    assert answers == (2, "http://models.example.org/v1/chat/completions")


def test_a_redirect_is_not_followed() -> None:
    async def use(found: Any) -> Any:
        with pytest.raises(Rejected, match="status 307"):
            await ask(openai_compatible(found.url, "m", key=lambda: SECRET))
        return len(found.sent)

    assert talk(lambda *_: (307, {"location": "http://127.0.0.1:9/"}, b""), use) == 1


def test_cancelling_a_call_ends_it_at_once() -> None:
    async def use(found: Any) -> float:
        lm = openai_compatible(found.url, "m")
        task = asyncio.ensure_future(ask(lm))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return time.monotonic() - began

    assert talk(lambda *_: "stall", use) < 0.5


async def many(found: Any, lm: Any, count: int, at_once: int) -> list[Any]:
    numbers = iter(range(count))
    results: list[Any] = []

    async def worker() -> None:
        for number in numbers:
            try:
                results.append(await lm.complete(prompt(f"question {number}"), Reply))
            except Exception as error:
                results.append(error)

    await asyncio.gather(*(worker() for _ in range(at_once)))
    await lm.aclose()
    return results


def test_of_500_calls_at_32_at_once_to_a_bad_host_none_is_lost() -> None:
    async def use(found: Any) -> Any:
        lm, meter, _ = metered(openai_compatible(found.url, "m", timeout=0.5))
        return await many(found, lm, 500, 32), meter.used.calls, len(found.sent), found.told

    results, counted, sent, told = talk(faulty(0.3), use, delay=0.01)
    kinds = Counter(type(each).__name__ for each in results)
    assert sum(kinds.values()) == 500
    assert set(kinds) <= {"Completion", "Unavailable", "OutputInvalid"}
    assert kinds["Completion"] >= 490
    assert counted == sent == told.total()
    assert len(told) == 10
    assert all(each.value.text in ("right", "cut off") for each in results if isinstance(each, Completion))


def test_no_call_starts_past_a_cap_however_bad_the_host() -> None:
    async def use(found: Any) -> Any:
        lm, meter, _ = metered(openai_compatible(found.url, "m", timeout=0.5), Budget(calls=200))
        return await many(found, lm, 500, 32), meter.used.calls, len(found.sent)

    results, counted, sent = talk(faulty(0.3, seed=1), use, delay=0.01)
    assert counted == sent == 200
    assert len(results) == 500
    assert any(isinstance(each, BudgetExceeded) for each in results)


class Said(sf.Writes):
    answer: Answer


class Ask(sf.Node):
    async def run(self, question: str, lm: LM) -> Said:
        done = await lm.complete(prompt(question), Reply)
        return Said(answer=Answer(text=done.value.text))


FLOW = sf.Flow(Ask(), name="ask")


def examples(count: int) -> list[Example]:
    return [Example(id=f"e{n}", question=f"Which river, number {n}?", answers=("right",)) for n in range(count)]


def test_500_examples_on_a_bad_host_are_all_there_and_errors_stand_apart() -> None:
    async def use(found: Any) -> Any:
        lm = openai_compatible(found.url, "m", timeout=0.5, retries=1, reasks=1, fallback=False)
        report = await FLOW.bind(lm=lm).aevaluate(examples(500), parallel=32)
        await lm.aclose()
        return report, len(found.sent)

    report, sent = talk(faulty(0.3), use, delay=0.01)
    assert report.n == 500
    assert 0 < report.errors < 150
    assert report.statuses["ok"] + report.errors == 500
    assert report.cost["calls"].total == sent


def test_evaluating_starts_no_call_past_its_cap() -> None:
    async def use(found: Any) -> int:
        lm = openai_compatible(found.url, "m", timeout=0.5)
        await FLOW.bind(lm=lm).aevaluate(examples(200), parallel=32, budget=Budget(calls=90))
        await lm.aclose()
        return len(found.sent)

    assert talk(faulty(0.3), use, delay=0.01) == 90
