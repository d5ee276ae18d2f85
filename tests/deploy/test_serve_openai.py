"""OpenAI's routes, asked by its official client: whole and streamed, with citations, conversations and errors."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from serving_kit import PASSAGES, Echo, Said, Served, echo, events, served

import seekgraph as sg
from seekgraph.core.record.step import Piece
from seekgraph.deploy.http import Settings
from seekgraph.deploy.http.openai import _Text
from seekgraph.types import Answer, Turn


@pytest.fixture(scope="module")
def here() -> Iterator[Served]:
    with served(echo()) as running:
        yield running


@pytest.fixture
def client(here: Served) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{here.address}/v1", api_key="none", max_retries=0) as made:
        yield made


ASKED: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Where?"}]


def test_the_flow_is_the_model(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["echo"]


def test_a_chat_answers_with_citations_that_point_into_the_text(client: openai.OpenAI, here: Served) -> None:
    said = client.chat.completions.create(model="echo", messages=ASKED)
    message = said.choices[0].message
    assert message.content == "Where?: Bonn [rivers.md#rhine]"
    first, second = [each.url_citation for each in message.annotations or ()]
    assert message.content[first.start_index : first.end_index] == "[rivers.md#rhine]"
    assert first.url == f"{here.address}/v1/passages/rivers.md%23rhine"
    assert second.url == "https://example.org/elbe"
    assert said.choices[0].finish_reason == "stop"
    assert said.model_extra is not None
    assert said.model_extra["seekgraph"]["citations"] == [passage.id for passage in PASSAGES]


def test_a_streamed_chat_comes_to_the_same(client: openai.OpenAI) -> None:
    options: Any = {"stream": True, "stream_options": {"include_usage": True}}
    chunks = list(client.chat.completions.create(model="echo", messages=ASKED, **options))
    assert "".join(each.choices[0].delta.content or "" for each in chunks if each.choices) == "Where?: Bonn [rivers.md#rhine]"
    assert [each.choices[0].finish_reason for each in chunks if each.choices][-1] == "stop"
    assert chunks[-1].usage is not None


def test_a_response_whole_and_streamed(client: openai.OpenAI) -> None:
    said: Any = client.responses.create(model="echo", input="Where?")
    assert (said.output_text, said.status) == ("Where?: Bonn [rivers.md#rhine]", "completed")
    assert [each.type for each in said.output[0].content[0].annotations] == ["file_citation", "url_citation"]
    found: Any = list(client.responses.create(model="echo", input=[{"role": "user", "content": "Where?"}], stream=True))
    assert [each.sequence_number for each in found] == list(range(len(found)))
    assert found[-1].type == "response.completed"
    assert found[-1].response.output_text == said.output_text
    assert "".join(each.delta for each in found if each.type == "response.output_text.delta") == said.output_text


class Remembers(sg.Node):
    memo = False

    async def run(self, question: str, history: tuple[Turn, ...] | None = None) -> Said:
        said = " / ".join(f"{turn.role}: {turn.text}" for turn in history or ())
        return Said(passages=PASSAGES, answer=Answer(text=f"{said} / {question}"))


def test_a_conversation_is_handed_on() -> None:
    messages: Any = [
        {"role": "user", "content": [{"type": "text", "text": "Who?"}]},
        {"role": "assistant", "content": "Beethoven"},
        {"role": "user", "content": "And his father?"},
    ]
    with (
        served(sg.Flow(Remembers(), name="remembers").bind()) as here,
        openai.OpenAI(base_url=f"{here.address}/v1", api_key="none") as client,
    ):
        said = client.chat.completions.create(model="seekgraph", messages=messages)
        assert said.choices[0].message.content.startswith("user: Who? / assistant: Beethoven / ")


def test_a_flow_without_a_history_gets_questions_that_stand_by_themselves(client: openai.OpenAI) -> None:
    messages: Any = [
        {"role": "user", "content": "Who was Ludwig van Beethoven?"},
        {"role": "assistant", "content": "Ludwig van Beethoven was a composer."},
        {"role": "user", "content": "And when did he die?"},
    ]
    said = client.chat.completions.create(model="echo", messages=messages)
    assert "Beethoven" in (said.choices[0].message.content or "")


def test_a_refusal_is_said(client: openai.OpenAI) -> None:
    said = client.chat.completions.create(model="echo", messages=[{"role": "user", "content": "refuse"}])
    assert said.choices[0].message.content == "The documents do not answer this."
    assert (said.model_extra or {})["seekgraph"]["refused"] is True


def test_what_cannot_be_answered_is_an_error_of_the_client(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="the model here is 'echo'"):
        client.chat.completions.create(model="gpt-5", messages=ASKED)
    with pytest.raises(openai.BadRequestError, match="the user's question"):
        client.chat.completions.create(model="echo", messages=[{"role": "assistant", "content": "x"}])
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="echo", messages=[])
    with pytest.raises(openai.InternalServerError, match="run failed at echo: raised") as failed:
        client.chat.completions.create(model="echo", messages=[{"role": "user", "content": "explode"}])
    assert "secret" not in str(failed.value)


def test_a_stream_that_fails_says_so(here: Served) -> None:
    body = {"model": "echo", "stream": True, "messages": [{"role": "user", "content": "explode"}]}
    found = events(here.post("/v1/chat/completions", body).text)
    assert found[-2][1]["error"]["code"] == "run_failed"
    assert found[-1] == ("", "[DONE]")
    kinds = [name for name, _ in events(here.post("/v1/responses", {"model": "echo", "input": "explode", "stream": True}).text)]
    assert kinds[-1] == "error"


def test_text_that_was_changed_after_it_was_sent_follows_after_a_line() -> None:
    text = _Text()
    assert text.piece(Piece("answer", (), "It is ")) + text.piece(Piece("answer", (), "Bonn.")) == "It is Bonn."
    assert text.rest("It is Bonn. [a]") == " [a]"
    other = _Text()
    other.piece(Piece("answer", (), "It is Rome."))
    assert other.piece(Piece("answer", (), "It is Bonn.", 2)).endswith("It is Bonn.")
    assert other.rest("Bonn") == "\n\n---\n\nBonn"


@pytest.mark.slow
def test_a_thousand_clients_at_once_are_all_answered() -> None:
    async def ask_all(address: str) -> list[str]:
        async with openai.AsyncOpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0, timeout=300) as client:

            async def ask(number: int) -> str:
                said = await client.chat.completions.create(model="echo", messages=[{"role": "user", "content": f"n{number}"}])
                return said.choices[0].message.content or ""

            return await asyncio.gather(*(ask(number) for number in range(1000)))

    with served(sg.Flow(Echo(wait=0.01), name="echo").bind(), Settings(queue=1000)) as here:
        assert asyncio.run(ask_all(here.address)) == [f"n{number}: Bonn [rivers.md#rhine]" for number in range(1000)]
