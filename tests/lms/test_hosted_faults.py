"""Hosts that misbehave: nothing is lost, errors stand apart, no call starts past a cap. Needs the extra `lm`."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from lm_kit import Reply, Sent, ask, chat, faulty, metered, prompt, right, talk

from seekgraph.core.base.budget import Budget
from seekgraph.core.base.errors import BudgetExceeded
from seekgraph.core.language.lm import Completion, Rejected, Unavailable
from seekgraph.evaluation.report import Report
from seekgraph.flows.reader import flow as reader
from seekgraph.lms import Price, openai, openai_compatible
from seekgraph.tools import BM25
from seekgraph.types import Example, Passage

for package in ("aiohttp", "tenacity"):
    pytest.importorskip(package, reason='the extra "lm" is not installed: pip install "seekgraph[lm]"')

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


def streamed(*pieces: str) -> bytes:
    events: list[Any] = [{"choices": [{"index": 0, "delta": {"content": each}}]} for each in pieces]
    events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    events.append({"choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 9}})
    return ("".join(f"data: {json.dumps(each)}\n\n" for each in events) + "data: [DONE]\n\n").encode()


WHOLE = streamed('{"te', 'xt": "The', " Rhine", '"}')


@pytest.mark.parametrize(
    "fault",
    ["busy", "broken", "reset", "stall", (200, {}, WHOLE[:300]), (200, {}, b"data: <html>\n\n"), (200, {}, b"data: {}\n\n")],
    ids=["busy", "broken", "reset", "stall", "half", "no json", "nothing in it"],
)
def test_a_stream_that_breaks_is_begun_again_and_says_so(fault: Any) -> None:
    heard: list[tuple[str, int]] = []

    async def use(found: Any) -> Any:
        lm, meter, _ = metered(openai_compatible(found.url, "m", timeout=0.4, retries=2))
        done = await lm.complete(prompt("q"), Reply, on_text=lambda piece, attempt: heard.append((piece, attempt)))
        await lm.aclose()
        return done, meter.used.calls, len(found.sent)

    done, counted, sent = talk(lambda _, number: fault if number == 1 else (200, {}, WHOLE), use)
    assert (done.value.text, done.attempts, counted, sent) == ("The Rhine", 2, 2, 2)
    assert "".join(piece for piece, attempt in heard if attempt == 2) == "The Rhine"


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


def test_of_many_calls_at_32_at_once_to_a_bad_host_none_is_lost() -> None:
    async def use(found: Any) -> Any:
        lm, meter, _ = metered(openai_compatible(found.url, "m", timeout=0.5))
        return await many(found, lm, 250, 32), meter.used.calls, len(found.sent), found.told

    results, counted, sent, told = talk(faulty(0.3), use, delay=0.01)
    kinds = Counter(type(each).__name__ for each in results)
    assert sum(kinds.values()) == 250
    assert set(kinds) <= {"Completion", "Unavailable", "OutputInvalid"}
    assert kinds["Completion"] >= 240
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


# --- a whole flow on a host that misbehaves in three of ten requests -------------------------------------------------------

RIVERS = tuple(Passage(id=f"p{n}", title=f"River {n}", text=f"River {n} is blue. It is not green.") for n in range(60))
TRANSPORT = ("busy", "broken", "reset", "stall", "half", "no json")
CONTENT = {"wrong type": '{"text": {"a": [1]}, "evidence": 3}', "empty": "", "cut": '{"text": "blu', "prose": "I will not say."}


@dataclass
class Model:
    """What the host says: every fifth answer is well made and wrong, and a share of the replies are faults of all kinds alike."""

    share: float
    rng: random.Random = field(default_factory=lambda: random.Random(0))
    told: Counter[str] = field(default_factory=Counter)
    asked: Counter[int] = field(default_factory=Counter)

    def __call__(self, sent: Sent, number: int) -> Any:
        words = str(sent.body["messages"])
        at = int(re.findall(r"colour of river (\d+)", words)[-1])
        self.asked[at] += 1
        fault = self.rng.choice([*TRANSPORT, *CONTENT]) if self.rng.random() < self.share else "none"
        self.told[fault] += 1
        if fault in TRANSPORT:
            return fault
        form = sent.body.get("response_format")  # without one where plain text will do in the end
        if form is not None and "evidence" in form["json_schema"]["schema"]["properties"]:
            right = {"evidence": []}
        else:
            right = {"text": "green" if at % 5 == 0 else "blue", "citations": [], "refused": False}
        return 200, {}, chat(CONTENT.get(fault, json.dumps(right)))


def rivers(count: int) -> list[Example]:
    return [Example(id=f"e{n}", question=f"What is the colour of river {n}?", answers=("blue",)) for n in range(count)]


def evaluated(model: Model, count: int, budget: Budget | None = None, **options: Any) -> tuple[Report, int]:
    """The report of the flow `reader` on so many questions at 32 at once, and how many requests the host saw."""

    async def use(found: Any) -> tuple[Report, int]:
        async with openai_compatible(found.url, "m", **{"timeout": 0.5, "retries": 1, "reasks": 1, **options}) as lm:
            bound = reader.with_params({"retrieve.k": 2}).bind(corpus=BM25(RIVERS), lm=lm)
            report = await bound.aevaluate(rivers(count), metrics=("answer_em",), rewards=(), parallel=32, budget=budget)
        return report, len(found.sent)

    found: tuple[Report, int] = talk(model, use, delay=0.005)
    return found


def test_of_500_examples_none_is_lost_and_errors_stand_apart_from_wrong_answers() -> None:
    model = Model(0.3)
    report, sent = evaluated(model, 500)
    assert [row.id for row in report.rows] == [f"e{n}" for n in range(500)]
    assert set(model.asked) == set(range(500))
    assert report.cost["calls"].total == sent == model.told.total()
    assert set(model.told) == {"none", *TRANSPORT, *CONTENT}
    assert 0.25 < 1 - model.told["none"] / sent < 0.35
    # An error has no value, and says what happened; a wrong answer has the value 0.
    assert report.statuses["ok"] + report.errors == 500
    assert 0 < report.errors < 125
    assert report.metrics["answer_em"].n == 500 - report.errors
    for number, row in enumerate(report.rows):
        if row.failed:
            assert row.metrics == {"answer_em": None}
            assert row.error is not None
            assert re.search("did not answer in 2 tries", row.error.message)
        elif not row.usage.get("fallbacks"):
            assert row.metrics == {"answer_em": float(number % 5 != 0)}
    assert sum(row.usage.get("fallbacks", 0) for row in report.rows) > 0
    codes = {"connection", "rate_limited", "timeout", "unavailable"}
    assert sum(report.step_errors[code] for code in codes) >= report.errors


def test_no_call_starts_past_a_cap_of_calls() -> None:
    report, sent = evaluated(Model(0.3), 500, Budget(calls=300))
    assert sent == report.cost["calls"].total == 300
    assert report.n == 500
    assert report.skipped > 0
    assert report.statuses.total() == 500


def test_no_call_starts_once_the_money_is_spent() -> None:
    price = Price(10_000.0, 10_000.0)  # 0.15 dollars a call of 15 tokens, some 20 at most by its bytes and the limit of its reply
    report, sent = evaluated(Model(0.0), 300, Budget(usd=45.0), price=price, timeout=30.0)
    assert 45.0 - 40.0 < 0.15 * sent <= 45.0
    assert report.cost["calls"].total == sent
    assert report.skipped > 0


def test_a_budget_of_money_refuses_a_model_whose_price_is_not_known() -> None:
    async def use(found: Any) -> Any:
        lm, meter, _ = metered(openai("gpt-unheard-of", base_url=found.url, key=lambda: SECRET), Budget(usd=1.0))
        with pytest.raises(Rejected, match="a price that Seekgraph does not know"):
            await lm.complete(prompt("q"), Reply)
        await lm.aclose()
        return meter.used.calls, len(found.sent)

    assert talk(right, use) == (0, 0)
