"""Hosts as they are: what one refuses is asked for otherwise, once, and nothing else is lost by it. Needs the extra `lm`."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lm_kit import Reply, Sent, ask, chat, metered, prompt, right, talk

import seekgraph as sg
from seekgraph.core.base.errors import BudgetExceeded
from seekgraph.core.language.lm import LM, LMError, Rejected, Settings
from seekgraph.lms import openai, openai_compatible, resolve
from seekgraph.lms.complaints import complaint
from seekgraph.lms.guessing import names_nothing
from seekgraph.lms.refusals import Aspect, Terms
from seekgraph.types import Answer

for package in ("aiohttp", "tenacity"):
    pytest.importorskip(package, reason='the extra "lm" is not installed: pip install "seekgraph[lm]"')

pytestmark = pytest.mark.lm

SAMPLING = Settings(temperature=0.3, top_p=0.9, max_tokens=50, stop=("END",), seed=7, logprobs=True)

WORDINGS = (
    lambda name: {"error": {"message": f"Unsupported parameter: '{name}' is not supported with this model.", "param": name}},
    lambda name: {"error": {"message": "Invalid request", "param": name, "code": "unsupported_parameter"}},
    lambda name: {"detail": [{"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted"}]},
    lambda name: {"error": f"{name} is not supported by this server"},
    lambda name: {"object": "error", "message": f"This model does not support {name}", "code": 400},
    lambda name: f"unknown field `{name}`",
)


def refuses(sent: Sent, refused: frozenset[str]) -> str | None:
    """What of a request this host refuses, as it calls it."""
    body = sent.body
    form = (body.get("response_format") or {}).get("type")
    present = {
        **{name: name for name in ("temperature", "top_p", "max_tokens", "max_completion_tokens", "seed", "stop", "logprobs")},
        "stream_options": "stream_options",
        "stream": "stream",
        "tools": "tools",
    }
    for name, word in present.items():
        if name in refused and name in body:
            return word
    if form in refused:
        return "response_format"
    if "system" in refused and any(each["role"] == "system" for each in body["messages"]):
        return "system role"
    return None


def particular(refused: frozenset[str], status: int, wording: int) -> Any:
    """A host that refuses these things, by this status and in these words, and answers else as it was asked."""

    def answer(sent: Sent, number: int) -> Any:
        if (name := refuses(sent, refused)) is not None:
            said = WORDINGS[wording](name)
            return status, {}, said.encode() if isinstance(said, str) else said
        text = '{"text": "Rhine"}'
        if "tools" in sent.body:
            call = {"id": "t1", "type": "function", "function": {"name": "Reply", "arguments": text}}
            found = chat("", "tool_calls", tool_calls=[call])
        else:
            found = chat(text)
        if sent.body.get("stream"):
            delta = {"content": text} if "tools" not in sent.body else {"tool_calls": [{"index": 0, **call}]}
            events = [{"choices": [{"index": 0, "delta": delta}]}, {"choices": [{"delta": {}, "finish_reason": "stop"}]}]
            return 200, {}, "".join(f"data: {json.dumps(each)}\n\n" for each in events).encode()
        return 200, {}, found

    return answer


things = st.frozensets(
    st.sampled_from(
        "temperature top_p max_tokens max_completion_tokens seed stop logprobs stream_options stream system"
        " json_schema json_object tools".split()
    )
)


@given(
    refused=things,
    status=st.sampled_from([400, 422, 404, 501]),
    wording=st.integers(0, len(WORDINGS) - 1),
    mode=st.sampled_from(["json_schema", "tools"]),
    aloud=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_whatever_a_host_refuses_the_answer_comes_and_the_second_call_is_right_at_once(
    refused: frozenset[str], status: int, wording: int, mode: str, aloud: bool
) -> None:
    async def use(found: Any) -> Any:
        async with openai_compatible(found.url, "m", mode=mode, settings=SAMPLING, retries=0) as lm:
            heard: list[str] = []
            listening = {"on_text": lambda piece, attempt: heard.append(piece)} if aloud else {}
            first = await lm.complete(prompt("q", "Be brief."), Reply, **listening)
            second = await lm.complete(prompt("q", "Be brief."), Reply, **listening)
        return first, second, heard, found.sent

    first, second, heard, sent = talk(particular(refused, status, wording), use)
    assert (first.value.text, second.value.text, second.attempts) == ("Rhine", "Rhine", 1)
    assert len(sent) == first.attempts + 1
    assert "".join(heard) == "RhineRhine" * aloud
    last = sent[-1].body
    kept = {"temperature": 0.3, "top_p": 0.9, "stop": ["END"], "seed": 7, "logprobs": True}
    assert {name: last[name] for name in kept if name not in refused} == {n: v for n, v in kept.items() if n not in refused}
    assert "Be brief." in str(last["messages"])
    if not {"max_tokens", "max_completion_tokens"} <= refused:
        assert 50 in (last.get("max_tokens"), last.get("max_completion_tokens"))
    assert all(any(name in note for note in second.notes) for name in kept if name in refused)


def test_a_refused_value_is_kept_for_this_value_alone() -> None:
    def answer(sent: Sent, number: int) -> Any:
        if sent.body.get("temperature") == 0.3:
            said = "Unsupported value: 'temperature' does not support 0.3. Only the default (1) value is supported."
            return 400, {}, {"error": {"message": said, "param": "temperature", "code": "unsupported_value"}}
        return right(sent, number)

    async def use(found: Any) -> Any:
        async with openai_compatible(found.url, "m") as lm:
            for each in (0.3, 1.0, 0.3):
                done = await lm.with_settings(temperature=each).complete(prompt("q"), Reply)
        return done, [each.body.get("temperature") for each in found.sent]

    done, temperatures = talk(answer, use)
    assert temperatures == [0.3, None, 1.0, None]
    assert done.notes == ("temperature=0.3 was not sent",)


class Said(sg.Writes):
    answer: Answer


class Ask(sg.Node):
    async def run(self, question: str, lm: LM) -> Said:
        done = await lm.complete(prompt(question), Reply)
        return Said(answer=Answer(text=done.value.text))


def test_what_was_not_sent_stands_in_the_step_also_out_of_the_memo(tmp_path: Path) -> None:
    async def use(found: Any) -> Any:
        async with openai_compatible(found.url, "m", settings=Settings(temperature=0.3)) as lm:
            bound = sg.Flow(Ask(), name="ask").bind(lm=lm, memo=tmp_path / "memo.db")
            result = await bound.arun(question="Which river?")
            bound.memo.close()
        return result.trace

    trace = talk(particular(frozenset({"temperature"}), 400, 0), use)
    trace.save(tmp_path / "trace.jsonl")
    for each in (trace, sg.Trace.load(tmp_path / "trace.jsonl")):
        assert [step.notes for step in each.steps if step.kind == "node"] == [("temperature=0.3 was not sent",)]


def test_what_one_model_refuses_is_sent_to_another_of_the_same_host() -> None:
    def answer(sent: Sent, number: int) -> Any:
        if sent.body["model"] == "a" and "temperature" in sent.body:
            return 400, {}, {"error": {"message": "temperature is not supported"}}
        return right(sent, number)

    async def use(found: Any) -> Any:
        for model in "ab":
            async with openai_compatible(found.url, model) as lm:
                await lm.complete(prompt("q"), Reply)
        return found.sent[-1].body

    assert talk(answer, use)["temperature"] == 0.0


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ("The request was stopped since the seed of doubt is streaming", {"stop", "seed", "stream"}),
        ("This model's maximum context length is 8192 tokens; you requested 9000 (in the messages, max_tokens)", {"max_tokens"}),
        ("max_total_tokens is unknown", {"max_tokens"}),
    ],
)
def test_a_message_about_something_else_refuses_nothing(message: str, names: set[str]) -> None:
    said = complaint(json.dumps({"error": {"message": message}}).encode())
    assert Terms().learn([Aspect(name, 1) for name in names], 400, said) is None


def test_a_refusal_is_said_once(caplog: Any, capsys: Any) -> None:
    import structlog

    lines: list[str] = []

    def keep(logger: Any, level: str, event: Any) -> str:
        lines.append(f"{event['event']} {event['what']}")
        raise structlog.DropEvent

    async def use(found: Any) -> None:
        async with openai_compatible(found.url, "m") as lm:
            await asyncio.gather(*(lm.complete(prompt("q"), Reply) for _ in range(4)))
            await lm.complete(prompt("q"), Reply)

    before = structlog.get_config()
    structlog.configure(processors=[keep])
    try:
        talk(particular(frozenset({"temperature"}), 400, 0), use, delay=0.01)
    finally:
        structlog.configure(**before)
    assert lines == ["host_refuses temperature"]


def test_a_host_that_answers_whole_in_place_of_streaming_is_fine() -> None:
    heard: list[str] = []

    async def use(found: Any) -> Any:
        async with openai_compatible(found.url, "m") as lm:
            return await lm.complete(prompt("q"), Reply, on_text=lambda piece, attempt: heard.append(piece))

    done = talk(right, use)
    assert (done.value.text, done.attempts, "".join(heard)) == ("right", 1, "right")


def test_a_server_error_is_no_refusal() -> None:
    def answer(sent: Sent, number: int) -> Any:
        return (500, {"retry-after": "0"}, oops) if number == 1 else right(sent, number)

    async def use(found: Any) -> Any:
        async with openai_compatible(found.url, "m") as lm:
            await lm.complete(prompt("q"), Reply)
        return found.sent[-1].body

    oops = {"error": {"message": "the temperature of the processor is high"}}
    assert talk(answer, use)["temperature"] == 0.0


# --- what a user adds ------------------------------------------------------------------------------------------------


def test_effort_headers_body_and_query_are_given_by_name_and_behind_the_model(monkeypatch: Any) -> None:
    monkeypatch.setenv("TEAM_TOKEN", "tok-0123456789abcdef")

    async def use(found: Any) -> Any:
        options = {"headers": {"X-Team": "$TEAM_TOKEN"}, "body": {"top_k": 20, "a": {"b": [1]}}, "query": {"api-version": "7"}}
        named = openai("gpt-5", base_url=found.url, key=None, effort="low", **options)
        written = ",effort=low,header.X-Team=$TEAM_TOKEN,body.top_k=20,body.a.b=[1],query.api-version=7,temperature=0.5"
        for lm in (named, resolve(f"{found.url}#gpt-5{written}")):
            async with lm:
                await lm.complete(prompt("q"), Reply)
        return found.sent

    for sent in talk(right, use):
        assert sent.path == "/v1/chat/completions?api-version=7"
        assert sent.headers["x-team"] == "tok-0123456789abcdef"
        assert (sent.body["reasoning_effort"], sent.body["top_k"], sent.body["a"]) == ("low", 20, {"b": [1]})
    assert sent.body["temperature"] == 0.5


def test_what_is_added_is_part_of_the_identity_but_for_secrets() -> None:
    def identity(**options: Any) -> str | None:
        return openai_compatible("http://127.0.0.1:9/v1", "m", **options).identity

    assert len({identity(), identity(effort="low"), identity(body={"top_k": 1}), identity(query={"v": "1"})}) == 4
    assert identity(headers={"X-Variant": "b"}) != identity()
    assert identity(headers={"api-key": "one"}) == identity(headers={"api-key": "two"})


@pytest.mark.parametrize(
    "name",
    [
        "http://h/v1#m,heat=1",
        "openai/m,retries=many",
        "openai/m,temperature=9",
        "openai/m,body.model=x",
        "openai/m,header.Host=x",
    ],
)
def test_an_addition_that_there_is_not_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"heat|retries|temperature|model|Host"):
        resolve(name)


def test_a_header_whose_variable_is_not_set_is_an_error_of_the_call(monkeypatch: Any) -> None:
    monkeypatch.delenv("NO_SUCH", raising=False)
    lm = openai_compatible("http://127.0.0.1:9/v1", "m", headers={"api-key": "$NO_SUCH"})
    with pytest.raises(Rejected, match="NO_SUCH"):
        asyncio.run(lm.complete(prompt("q"), Reply))


# --- codes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ((429, {}, {"error": "slow"}), "rate_limited"),
        ((401, {}, {"error": "who are you"}), "unauthorised"),
        ((418, {}, {"error": "no"}), "refused"),
        ((503, {}, {"error": "busy"}), "unavailable"),
        ("reset", "connection"),
        ("stall", "timeout"),
        ((200, {}, chat("{}")), "invalid"),
    ],
)
def test_errors_of_a_model_have_codes(fault: Any, code: str) -> None:
    async def use(found: Any) -> None:
        async with openai_compatible(found.url, "m", retries=0, timeout=0.3, reasks=0, fallback=False) as lm:
            with pytest.raises(LMError) as caught:
                await lm.complete(prompt("q"), Reply)
        assert caught.value.code == code

    talk(lambda *_: fault, use)


def test_nobody_there_is_a_connection_error() -> None:
    with pytest.raises(LMError) as caught:
        asyncio.run(ask(openai_compatible("http://127.0.0.1:9/v1", "m", retries=0)))
    assert caught.value.code == "connection"


# --- refusals that name nothing ------------------------------------------------------------------------------------------

BARE: tuple[Any, ...] = (
    {"error": {"message": "Invalid request", "type": "invalid_request_error", "param": None, "code": 400}},
    {"detail": "Bad Request"},
    {"error": "unprocessable entity"},
    b"",
)


def curt(refused: frozenset[str], status: int, wording: int) -> Any:
    """A host that refuses these things and says nothing of what it was."""

    def answer(sent: Sent, number: int) -> Any:
        return (status, {}, BARE[wording]) if refuses(sent, refused) else right(sent, number)

    return answer


@given(
    refused=st.frozensets(st.sampled_from("temperature max_tokens seed json_schema json_object tools system".split())),
    status=st.sampled_from([400, 422]),
    wording=st.integers(0, len(BARE) - 1),
)
@settings(max_examples=30, deadline=None)
def test_a_host_that_names_nothing_is_asked_in_plainer_forms_and_the_second_call_is_right_at_once(
    refused: frozenset[str], status: int, wording: int
) -> None:
    async def use(found: Any) -> Any:
        own = Settings(temperature=0.3, max_tokens=50, seed=7)
        async with openai_compatible(found.url, "m", settings=own, retries=0) as lm:
            done = [await lm.complete(prompt("q", "Be brief."), Reply) for _ in range(2)]
        return done, found.sent[-1].body

    (first, second), last = talk(curt(refused, status, wording), use)
    assert (first.value.text, second.value.text, second.attempts) == ("right", "right", 1)
    assert first.attempts <= 8
    assert second.notes == first.notes
    assert "Be brief." in str(last["messages"])
    if len(refused) == 1 and refused <= {"temperature", "seed", "system"}:  # what was not to blame is sent as it was
        assert last["response_format"]["type"] == "json_schema"
        assert last["max_tokens"] == 50


def test_max_tokens_is_sent_under_its_other_name_to_a_host_that_names_nothing() -> None:
    async def use(found: Any) -> Any:
        async with openai_compatible(found.url, "m", settings=Settings(max_tokens=50)) as lm:
            await lm.complete(prompt("q"), Reply)
        return found.sent[-1].body

    assert talk(curt(frozenset({"max_tokens"}), 400, 0), use)["max_completion_tokens"] == 50


def test_what_is_refused_in_every_form_is_an_error_and_the_next_time_at_once() -> None:
    async def use(found: Any) -> Any:
        async with openai_compatible(found.url, "m") as lm:
            requests = []
            for _ in range(2):
                with pytest.raises(Rejected, match="status 400: Invalid request"):
                    await lm.complete(prompt("q"), Reply)
                requests.append(len(found.sent))
        return requests

    first, both = talk(lambda sent, number: (400, {}, BARE[0]), use)
    assert 1 < first <= 6
    assert both == first + 1


def test_a_request_like_those_that_the_host_took_is_not_asked_otherwise() -> None:
    async def use(found: Any) -> Any:
        async with openai_compatible(found.url, "m") as lm:
            await lm.complete(prompt("q"), Reply)
            with pytest.raises(Rejected):
                await lm.complete(prompt("too much"), Reply)
        return len(found.sent)

    assert talk(lambda sent, number: (400, {}, BARE[0]) if "too much" in str(sent.body) else right(sent, number), use) == 2


@pytest.mark.parametrize("message", ["Your balance is too low", "invalid model", "It was flagged", "temperature: invalid"])
def test_a_refusal_that_says_something_is_no_reason_to_guess(message: str) -> None:
    assert not names_nothing(400, complaint(json.dumps({"error": {"message": message}}).encode()))


def test_a_limit_that_the_host_does_not_take_is_no_bound_of_what_a_call_costs() -> None:
    async def use(found: Any) -> Any:
        async with openai_compatible(found.url, "m", settings=Settings(max_tokens=5)) as lm:
            counted, meter, _ = metered(lm, sg.Budget(tokens=2000))
            with pytest.raises(Rejected, match="how long a reply may get is not known"):
                await counted.complete(prompt("q"), Reply)
        return meter.used.tokens

    assert talk(particular(frozenset({"max_tokens", "max_completion_tokens"}), 400, 0), use) == 0


def test_a_field_of_the_body_that_changes_the_limit_changes_what_is_reserved() -> None:
    async def use(found: Any) -> Any:
        own = Settings(max_tokens=5)
        async with openai_compatible(found.url, "m", settings=own, body={"max_tokens": 5000}) as lm:
            counted, meter, _ = metered(lm, sg.Budget(tokens=2000))
            with pytest.raises(BudgetExceeded):
                await counted.complete(prompt("q"), Reply)
        return len(found.sent), meter.used.tokens

    assert talk(right, use) == (0, 0)
