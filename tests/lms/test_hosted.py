"""Hosted models over real HTTP on the loopback address, and hosts that misbehave. Needs the extra `lm`."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import time
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from lm_kit import Pair, Reply, Sent, chat, faulty, host, metered, prompt, right

import seekflow as sf
from seekflow.core.budget import Budget
from seekflow.core.errors import BudgetExceeded
from seekflow.core.lm import LM, Completion, LMError, OutputInvalid, Rejected, Settings, Unavailable
from seekflow.lms import Price, RateLimit, anthropic, openai, openai_compatible
from seekflow.types import Answer, Example

for package in ("instructor", "openai", "anthropic", "tenacity", "aiohttp"):
    pytest.importorskip(package, reason='the extra "lm" is not installed: pip install "seekflow[lm]"')

pytestmark = pytest.mark.lm
SECRET = "sk-sentinel-7f3a9c51e20b48d6a1"


def talk(answer: Callable[[Sent, int], Any], use: Callable[[Any], Awaitable[Any]], **options: Any) -> Any:
    """Run `use` with a host that answers so."""

    async def run() -> Any:
        async with host(answer, **options) as found:
            return await use(found)

    return asyncio.run(run())


async def ask(lm: Any, output: Any = Reply, text: str = "Which river?", **options: Any) -> Any:
    async with lm:
        return await lm.complete(prompt(text, "Be brief."), output, **options)


# --- what is sent and read -------------------------------------------------------------------------------------------


def test_a_type_is_asked_for_by_its_schema_and_the_prompt_is_left_as_it_is() -> None:
    async def use(found: Any) -> Any:
        done = await ask(openai_compatible(found.url, "m", price=Price(1.0, 2.0), settings=Settings(max_tokens=50)))
        return done, found.sent

    done, (sent,) = talk(right, use)
    assert (done.value, done.usage.tokens_in, done.usage.tokens_out) == (Reply(text="right"), 10, 5)
    assert done.usage.usd == pytest.approx(20e-6)
    assert sent.path == "/v1/chat/completions"
    assert [each["content"] for each in sent.body["messages"]] == ["Be brief.", "Which river?"]
    assert sent.body["response_format"]["json_schema"]["schema"]["required"] == ["text"]
    assert (sent.body["temperature"], sent.body["max_tokens"]) == (0.0, 50)
    assert "authorization" not in sent.headers


def test_openai_is_asked_by_a_tool_and_gets_its_key(monkeypatch: Any) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k1")
    call = {"id": "t1", "type": "function", "function": {"name": "Reply", "arguments": '{"text": "Rhine"}'}}

    async def use(found: Any) -> Any:
        return await ask(openai("gpt-4.1-mini", base_url=found.url)), found.sent

    done, (sent,) = talk(lambda *_: (200, {}, chat("", "tool_calls", tool_calls=[call])), use)
    assert done.value.text == "Rhine"
    assert done.usage.usd == pytest.approx((10 * 0.4 + 5 * 1.6) / 1e6)
    assert sent.headers["authorization"] == "Bearer k1"
    assert sent.body["tool_choice"]["function"]["name"] == "Reply"


def test_anthropic_is_asked_by_a_tool_in_its_own_way() -> None:
    def answer(sent: Sent, number: int) -> Any:
        given = {"text": "Rhine"} if number > 1 else {"text": "Rhine", "confidence": 9}
        block = {"type": "tool_use", "id": "t1", "name": "Reply", "input": given}
        usage = {"input_tokens": 7, "output_tokens": 3, "cache_read_input_tokens": 2}
        more = {"id": "m1", "type": "message", "role": "assistant", "model": "c", "stop_reason": "tool_use"}
        return 200, {}, {**more, "stop_sequence": None, "content": [block], "usage": usage}

    async def use(found: Any) -> Any:
        return await ask(anthropic("claude-haiku-4-5", base_url=found.url, key=lambda: "k2")), found.sent

    done, (first, second) = talk(answer, use)
    assert (done.value.text, done.attempts, done.usage.tokens_in) == ("Rhine", 2, 18)
    assert (first.path, first.headers["x-api-key"], first.body["system"]) == ("/v1/messages", "k2", "Be brief.")
    assert first.body["tool_choice"]["name"] == "Reply"
    result = second.body["messages"][-1]["content"][0]
    assert (result["type"], result["tool_use_id"]) == ("tool_result", "t1")
    assert "confidence" in str(result["content"])


def test_what_did_not_fit_goes_back_and_is_paid_for() -> None:
    async def use(found: Any) -> Any:
        return await ask(openai_compatible(found.url, "m")), found.sent

    done, (_, second) = talk(lambda sent, n: "wrong type" if n == 1 else right(sent, n), use)
    assert (done.attempts, done.usage.calls, done.usage.tokens_in) == (2, 2, 20)
    assert [each["role"] for each in second.body["messages"]] == ["system", "user", "assistant", "user"]
    assert "confidence" in second.body["messages"][-1]["content"]


def test_text_is_streamed_and_put_together() -> None:
    def answer(sent: Sent, number: int) -> Any:
        assert sent.body["stream"]
        pieces = ['{"te', 'xt": "The', " Rhine", '"}']
        events: list[Any] = [{"choices": [{"index": 0, "delta": {"content": each}}]} for each in pieces]
        events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        events.append({"choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 9}})
        lines = "".join(f"data: {json.dumps(each)}\n\n" for each in events) + "data: [DONE]\n\n"
        return 200, {}, lines.encode()

    heard: list[str] = []

    async def use(found: Any) -> Any:
        return await ask(openai_compatible(found.url, "m"), on_text=lambda piece, attempt: heard.append(piece))

    done = talk(answer, use)
    assert (done.value.text, done.usage.tokens_out, done.ended) == ("The Rhine", 9, "stop")
    assert heard == ["The", " Rhine"]


def test_what_a_model_does_not_take_is_left_out_from_then_on() -> None:
    def answer(sent: Sent, number: int) -> Any:
        if "temperature" in sent.body:
            return 400, {}, {"error": {"message": "Unsupported parameter: 'temperature'"}}
        return right(sent, number)

    async def use(found: Any) -> Any:
        lm = openai_compatible(found.url, "m")
        return [(await ask(lm)).attempts, (await ask(lm)).attempts]

    assert talk(answer, use) == [2, 1]


def test_requests_are_kept_to_the_rate() -> None:
    async def use(found: Any) -> float:
        lm = openai_compatible(found.url, "m", limit=RateLimit(2, window=0.3))
        began = time.monotonic()
        async with lm:
            await asyncio.gather(*(lm.complete(prompt("q"), Reply) for _ in range(4)))
        return time.monotonic() - began

    assert talk(right, use) >= 0.29


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
        with pytest.raises(Rejected, match="status 404: no such model.*look at the model's name"):
            await ask(openai_compatible(found.url, "m"))
        return len(found.sent)

    assert talk(lambda *_: (404, {}, {"error": {"message": "no such model"}}), use) == 1


def test_nobody_there_is_an_error_of_the_call() -> None:
    with pytest.raises(Unavailable, match="connection failed"):
        asyncio.run(ask(openai_compatible("http://127.0.0.1:9/v1", "m", retries=0)))


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
    assert report.cost("calls").total == sent


def test_evaluating_starts_no_call_past_its_cap() -> None:
    async def use(found: Any) -> int:
        lm = openai_compatible(found.url, "m", timeout=0.5)
        await FLOW.bind(lm=lm).aevaluate(examples(200), parallel=32, budget=Budget(calls=90))
        await lm.aclose()
        return len(found.sent)

    assert talk(faulty(0.3), use, delay=0.01) == 90


# --- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 500, 400])
def test_a_key_is_never_told(status: int, tmp_path: Path, caplog: Any, capfd: Any) -> None:
    def answer(sent: Sent, number: int) -> Any:
        return status, {}, {"error": {"message": f"you sent {sent.headers['authorization']} and {SECRET[:16]}..."}}

    async def use(found: Any) -> Any:
        lm = openai_compatible(found.url, "m", key=key, retries=0)
        bound = FLOW.bind(lm=lm, memo=tmp_path / "memo.db")
        result = await bound.arun(question="Which river?")
        bound.memo.close()
        try:
            await lm.complete(prompt("q"), Reply)
        except LMError as error:
            told = "".join(traceback.format_exception(error))
        await lm.aclose()
        return result, told, lm

    with caplog.at_level(logging.DEBUG):
        result, told, lm = talk(answer, use)
    result.trace.save(tmp_path / "trace.jsonl")
    (step,) = result.errors
    assert "[key]" in step.error.message
    out, err = capfd.readouterr()
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    places = [told, repr(lm), repr(lm.source), repr(lm.source.transport), lm.identity, caplog.text, out, err, str(step)]
    for text in (*places, kept.decode("latin-1"), pickle.dumps(lm).decode("latin-1")):
        assert SECRET not in text
        assert SECRET[:16] not in text


def key() -> str:
    return SECRET


def test_a_model_can_be_pickled_after_it_was_used() -> None:
    async def use(found: Any) -> Any:
        lm = openai_compatible(found.url, "m", limit=RateLimit(100))
        await ask(lm)
        return (await ask(pickle.loads(pickle.dumps(lm)))).value.text

    assert talk(right, use) == "right"


def test_a_model_serves_one_event_loop_after_the_other() -> None:
    lm = openai_compatible("http://127.0.0.1:9/v1", "m", retries=0)
    for _ in range(2):

        async def use(found: Any) -> Any:
            lm.source.base_url = found.url  # type: ignore[attr-defined]
            return (await ask(lm)).value.text

        assert talk(right, use) == "right"


def test_an_output_that_never_fits_is_a_visible_error() -> None:
    async def use(found: Any) -> None:
        with pytest.raises(OutputInvalid, match="no Pair came back in 3 attempts"):
            await ask(openai_compatible(found.url, "m"), Pair)

    talk(right, use)


