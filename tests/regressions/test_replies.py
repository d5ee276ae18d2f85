"""A reply means the same whether a model sends bare JSON or what real models send."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from seekgraph.core.language.lm import Completion, Message, OutputInvalid
from seekgraph.lms import Scripted
from seekgraph.lms.reading import DoesNotFit, filled, value_in
from seekgraph.lms.streaming import listener
from seekgraph.text.replies import has_reasoning, taken_apart, without_reasoning


class Said(BaseModel):
    text: str
    citations: tuple[str, ...] = ()


class Loose(BaseModel):
    """Every field has a default, as in an answer that may be a refusal."""

    text: str = ""
    citations: tuple[str, ...] = ()
    refused: bool = False


class Inner(BaseModel):
    id: str
    needs: tuple[str, ...] = ()


class Outer(BaseModel):
    goals: tuple[Inner, ...]


RIGHT = '{"text": "Rhine", "citations": ["p1"]}'


def asked(*lines: str, output: type[BaseModel] = Said) -> tuple[Completion[Any], int]:
    lm = Scripted(list(lines))
    done = asyncio.run(lm.complete([Message(role="user", content="Which river?")], output))
    return done, len(lm.asked)


@pytest.mark.parametrize(
    "reply",
    [
        RIGHT,
        f"<think>It may be {{'text': 'Main'}}, or so.</think>{RIGHT}",
        f"Let me see, {{x}}.</think>\n\n{RIGHT}",
        f"<think>The user wants a river.\n{RIGHT}",
        f"<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>{RIGHT}<|return|>",
        f"[THINK]hm[/THINK]{RIGHT}",
        f"Here is the answer: {RIGHT} I hope that it helps.",
        f"Not {{this}}, and not {{'text': 'Main'}}, but\n{RIGHT}",
        f"```json\n{RIGHT}\n```",
        f"````JSON5\n{RIGHT}\n````\nDone.",
        f"~~~\n{RIGHT}\n~~~",
        '{"text": "Rhine", "citations": ["p1",],}',
        "{'text': 'Rhine', 'citations': ['p1']}",
        "{“text”: “Rhine”, “citations”: [“p1”]}",
        '{text: "Rhine", citations: ["p1"]}',
        '{"text": "Rhine", // the river\n "citations": ["p1"]}',
        '{"text": "Rhine", "citations": ["p1"]',
        '{"text": "Rhine", "citations": "p1"}',
        json.dumps({"name": "Said", "arguments": json.loads(RIGHT)}),
        json.dumps({"text": RIGHT}),
        '{"text": "<think>It is the Rhine?</think>Rhine", "citations": ["p1"]}',
    ],
)
def test_what_real_models_send_is_read_in_one_call(reply: str) -> None:
    done, calls = asked(reply)
    assert done.value == Said(text="Rhine", citations=("p1",))
    assert (calls, done.fallback) == (1, False)


def test_null_stands_for_an_empty_list_also_inside() -> None:
    assert asked('{"text": "Rhine", "citations": null}')[0].value == Said(text="Rhine")
    done, calls = asked('{"goals": [{"id": "g1", "needs": null}]}', output=Outer)
    assert (done.value, calls) == (Outer(goals=(Inner(id="g1"),)), 1)


def test_a_number_may_stand_for_a_text() -> None:
    assert asked('{"text": 1781}')[0].value == Said(text="1781")


def test_quotes_and_line_breaks_inside_a_text_are_kept() -> None:
    assert value_in("{'text': 'the river's } end, it\\'s a \"big\" one'}", Said).text == "the river's } end, it's a \"big\" one"
    assert value_in('{"text": "they say "no" here", "citations": []}', Said).text == 'they say "no" here'
    assert value_in('{"text": "two\nlines"}', Said).text == "two\nlines"
    assert value_in('{"text": "the <think> tag"}', Said).text == "the <think> tag"


@pytest.mark.parametrize("output", [Said, Loose])
@pytest.mark.parametrize("reply", ["{}", '{"answer": "Herschel"}', '{"error": {"message": "overloaded"}}', "[]", "null", ""])
def test_an_object_without_the_fields_is_asked_for_again(reply: str, output: type[BaseModel]) -> None:
    done, calls = asked(reply, RIGHT, output=output)
    assert (done.value.text, calls) == ("Rhine", 2)


@pytest.mark.parametrize(
    "reply", ["<think>The Main? No,", '<think>It is {"a": 1}</think>', '{"answer": "Herschel"}', '{"text": {"a": [1]}}']
)
def test_neither_reasoning_nor_raw_json_becomes_an_answer(reply: str) -> None:
    with pytest.raises(OutputInvalid):
        asked(*[reply] * 9)


def test_prose_after_reasoning_is_the_prose_alone() -> None:
    done, _ = asked(*["<think>{hm}</think>\n<answer>The Rhine.</answer>"] * 3)
    assert (done.value.text, done.fallback) == ("The Rhine.", True)


words = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="{}<>[]|`~\u25c1\u25b7"), max_size=30)
around = st.lists(
    st.one_of(
        words,
        words.map(lambda text: f"<think>{text} {{'text': 'no'}}</think>"),
        words.map(lambda text: f"<reasoning>{text}</reasoning>\n"),
        st.sampled_from(["```\n", "```json\n", "\n~~~~\n", "<answer>", "</answer>", "{curly}", "f(x) = {x}", "**Answer:**\n"]),
    ),
    max_size=4,
).map("".join)


@given(before=around, after=around, text=st.text(min_size=1, max_size=40), citations=st.lists(st.text(max_size=8), max_size=3))
@settings(max_examples=150, deadline=None)
def test_a_valid_object_in_any_wrapping_is_read_in_one_call(before: str, after: str, text: str, citations: list[str]) -> None:
    value = Said(text=text, citations=tuple(citations))
    after = after.replace("</", "<")  # an end of reasoning after the object would make reasoning of it
    reply = before + value.model_dump_json() + after.partition("<think>")[0]
    if not has_reasoning(text + "".join(citations)) and not text.lstrip().startswith("{"):
        done, calls = asked(reply)
        assert (done.value, calls) == (value, 1)


@given(
    before=around, after=around, found=st.dictionaries(st.sampled_from(["answer", "error", "river", "id"]), st.text(max_size=9))
)
@settings(max_examples=80, deadline=None)
def test_an_object_without_required_fields_in_any_wrapping_is_asked_for_again(before: str, after: str, found: Any) -> None:
    done, calls = asked(before.replace("'text'", "'word'") + json.dumps(found) + after.replace("'text'", "'word'"), RIGHT)
    assert (done.value.text, calls) == ("Rhine", 2)


@given(st.text(max_size=80) | around)
@settings(max_examples=150, deadline=None)
def test_whatever_is_written_is_a_value_or_does_not_fit(text: str) -> None:
    with suppress(DoesNotFit):
        assert isinstance(value_in(text, Said), Said)
    found = filled(text, Said)
    assert found is None or not has_reasoning(found.text)


@given(st.lists(st.integers(1, 90), max_size=8))
@settings(max_examples=60, deadline=None)
def test_what_is_shown_as_it_comes_is_the_text_alone(cuts: list[int]) -> None:
    thought = '<think>It is {"text": "Main"}?</think>'
    reply = thought + 'Sure: {"citations": ["text"], "text": "The \\"Rhine\\" \\ud83d\\ude00\\n", "x": {"text": 1}}'
    prose = thought + "\n\nThe Rhine <b>flows</b>."
    for written, name, right in ((reply, "text", 'The "Rhine" \U0001f600\n'), (prose, None, "The Rhine <b>flows</b>.")):
        heard: list[str] = []
        show = listener(lambda piece, attempt, heard=heard: heard.append(piece), 1, name)
        assert show is not None
        for start, end in pairwise([0, *sorted(cuts), len(written)]):
            show(written[start:end])
        assert "".join(heard) == right


@pytest.mark.parametrize(
    "part", ["{", '{"a":', "{'a':'", "[", '"', "'", "\\", " ", ",", "<think>", "</think>", '{"a" 1}', "a{", "```\n"]
)
@pytest.mark.parametrize("read", [taken_apart, without_reasoning])
def test_reading_takes_time_in_proportion_to_the_length(read: Any, part: str) -> None:
    def seconds(count: int) -> float:
        text = '{"x":' + part * count
        took = []
        for _ in range(3):
            began = time.process_time()
            read(text)
            took.append(time.process_time() - began)
        return min(took)

    assert seconds(16_000) < 40 * (seconds(2_000) + 0.002)  # eight times as long; the square would be 64 times
