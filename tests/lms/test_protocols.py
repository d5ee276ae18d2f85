"""What a host may answer: whatever JSON it is, it is read or it is an error that may pass; nothing else is raised."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seekgraph.lms.anthropic_messages import AnthropicMessages
from seekgraph.lms.bodies import object_in
from seekgraph.lms.complaints import complaint
from seekgraph.lms.failures import Transient, retry_after
from seekgraph.lms.host import _wait
from seekgraph.lms.openai_chat import OpenAIChat
from seekgraph.lms.protocols import HostProtocol

NAMES = """choices message content tool_calls function arguments finish_reason usage prompt_tokens completion_tokens
refusal type text input stop_reason input_tokens output_tokens delta index content_block partial_json logprobs
token logprob prompt_tokens_details cached_tokens cache_read_input_tokens tool_use message_start
content_block_start content_block_delta message_delta message_stop stop name id error""".split()
PROTOCOLS: dict[str, HostProtocol] = {"openai": OpenAIChat(exact=True), "anthropic": AnthropicMessages()}

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(NAMES)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)
tables = st.dictionaries(st.sampled_from(NAMES), anything, max_size=5)
chats = st.builds(
    lambda message, rest: {"choices": [{"message": message, **rest}], **rest}, tables | anything, tables
)  # near to what is right


def usable(read: Any) -> bool:
    counted = (read.tokens_in, read.tokens_out)
    return isinstance(read.reply.text, str) and all(each is None or (isinstance(each, int) and each >= 0) for each in counted)


@pytest.mark.parametrize("name", sorted(PROTOCOLS))
@given(raw=tables | chats)
@settings(max_examples=120, deadline=None)
def test_an_answer_of_any_shape_is_read_or_may_be_asked_for_again(name: str, raw: dict[str, Any]) -> None:
    try:
        read = PROTOCOLS[name].read(raw)
    except Transient:
        return
    assert usable(read)


@pytest.mark.parametrize("name", sorted(PROTOCOLS))
@given(events=st.lists(tables | chats, max_size=5))
@settings(max_examples=120, deadline=None)
def test_a_stream_of_any_events_is_put_together_or_may_be_asked_for_again(name: str, events: list[dict[str, Any]]) -> None:
    heard: list[str] = []
    try:
        read = PROTOCOLS[name].read(asyncio.run(PROTOCOLS[name].gather(stream(events), heard.append)))
    except Transient:
        return
    assert usable(read)
    assert all(isinstance(piece, str) for piece in heard)


async def stream(events: list[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    for event in events:
        yield event


def test_what_a_host_counts_wrongly_is_counted_here() -> None:
    for count in (-5, "many", True, math.nan, None, [3]):
        raw = {"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": count, "completion_tokens": 2}}
        read = PROTOCOLS["openai"].read(raw)
        assert (read.tokens_in, read.tokens_out) == (None, 2)


def test_logprobs_are_kept_in_a_stream() -> None:
    given = [("Rh", -0.1), ("ine", -0.2)]
    events: list[Any] = [
        {"choices": [{"delta": {"content": token}, "logprobs": {"content": [{"token": token, "logprob": value}]}}]}
        for token, value in given
    ]
    events.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    read = PROTOCOLS["openai"].read(asyncio.run(PROTOCOLS["openai"].gather(stream(events), lambda piece: None)))
    assert (read.reply.text, read.reply.logprobs) == ("Rhine", tuple(given))


def test_half_of_a_surrogate_pair_is_no_text() -> None:
    found = object_in(b'{"choices": [{"message": {"content": "a\\ud800b \\ud83d\\ude00"}}]}')
    assert found["choices"][0]["message"]["content"] == "a?b \U0001f600"
    assert complaint(b'{"error": {"message": "no \\udfff"}}').message == "no ?"


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"", b"\xff\xfe", b"null", b"[1]", b'"text"'])
def test_a_body_that_is_no_object_may_be_asked_for_again(body: bytes) -> None:
    with pytest.raises(Transient, match="no JSON"):
        object_in(body)


# --- when to ask again ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("milliseconds", "seconds", "wait"),
    [
        (None, "3", 3.0),
        ("250", "3", 0.25),
        ("x", "2", 2.0),
        (None, "-3", 0.0),
        (None, "nan", 0.0),
        (None, None, None),
        (None, "soon", None),
        (None, "Wed, 99 Foo 2026", None),
        (None, "Wed, 21 Oct 99999999999999 07:28:00 GMT", None),
        (None, "Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
    ],
)
def test_retry_after_is_seconds_milliseconds_or_a_date(milliseconds: Any, seconds: Any, wait: float | None) -> None:
    assert retry_after(milliseconds, seconds) == wait


def test_retry_after_may_be_a_date_to_come() -> None:
    assert retry_after(None, formatdate(time.time() + 20, usegmt=True)) == pytest.approx(20.0, abs=2.0)


@pytest.mark.parametrize("number", [1, 3, 9])
def test_waits_are_never_shorter_than_asked_for_and_never_all_alike(number: int) -> None:
    def waits(error: Exception) -> list[float]:
        outcome = SimpleNamespace(exception=lambda: error)
        return [_wait(SimpleNamespace(outcome=outcome, attempt_number=number)) for _ in range(50)]

    told = waits(Transient("slow down", after=2.0, status=429))
    assert min(told) >= 2.0
    assert max(told) <= 2.6
    assert len(set(told)) > 40
    longest = min(20.0, 0.5 * 2 ** (number - 1))
    own = waits(Transient("broken", status=500))
    assert longest / 2 <= min(own) < max(own) <= longest
