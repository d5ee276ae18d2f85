"""Hosted models over real HTTP on loopback: what is sent and read, and that keys are told nowhere. Needs the extra `lm`."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import time
import traceback
from pathlib import Path
from typing import Any

import pytest
from lm_kit import Pair, Reply, Sent, ask, chat, prompt, right, talk

import seekgraph as sg
from seekgraph.core.language.lm import LM, LMError, OutputInvalid, Settings
from seekgraph.lms import Price, RateLimit, anthropic, openai, openai_compatible
from seekgraph.types import Answer

for package in ("aiohttp", "tenacity"):
    pytest.importorskip(package, reason='the extra "lm" is not installed: pip install "seekgraph[lm]"')

pytestmark = pytest.mark.lm
SECRET = "sk-sentinel-7f3a9c51e20b48d6a1"


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


def test_a_reply_of_a_paid_host_without_a_known_price_counts_as_unpriced() -> None:
    async def use(found: Any) -> Any:
        unknown = await ask(openai("gpt-unheard-of", base_url=found.url, key=lambda: "k"))
        near = await ask(openai_compatible(found.url, "m"))
        return unknown.usage, near.usage

    unknown, near = talk(right, use)
    assert (unknown.usd, unknown.unpriced, near.unpriced) == (0.0, 1, 0)


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


def test_calls_at_once_all_learn_what_a_model_does_not_take() -> None:
    def answer(sent: Sent, number: int) -> Any:
        if "temperature" in sent.body:
            return 400, {}, {"error": {"message": "Unsupported parameter: 'temperature'"}}
        return right(sent, number)

    async def use(found: Any) -> Any:
        async with openai_compatible(found.url, "m") as lm:
            return await asyncio.gather(*(lm.complete(prompt("q"), Reply) for _ in range(6)))

    assert [done.value.text for done in talk(answer, use, delay=0.02)] == ["right"] * 6


def test_requests_are_kept_to_the_rate() -> None:
    async def use(found: Any) -> float:
        lm = openai_compatible(found.url, "m", limit=RateLimit(2, window=0.3))
        began = time.monotonic()
        async with lm:
            await asyncio.gather(*(lm.complete(prompt("q"), Reply) for _ in range(4)))
        return time.monotonic() - began

    assert talk(right, use) >= 0.29


def test_an_output_that_never_fits_is_a_visible_error() -> None:
    async def use(found: Any) -> None:
        with pytest.raises(OutputInvalid, match="no Pair came back in 3 attempts"):
            await ask(openai_compatible(found.url, "m"), Pair)

    talk(right, use)


class Said(sg.Writes):
    answer: Answer


class Ask(sg.Node):
    async def run(self, question: str, lm: LM) -> Said:
        done = await lm.complete(prompt(question), Reply)
        return Said(answer=Answer(text=done.value.text))


FLOW = sg.Flow(Ask(), name="ask")


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
