"""`seekgraph prompt show`: exactly what a node sends."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import seekgraph as sg
from seekgraph.cli.common import Misuse
from seekgraph.cli.prompt import show_command
from seekgraph.core.language.lm import LM, Message
from seekgraph.core.language.params import Demos, Text
from seekgraph.nodes import Retrieve
from seekgraph.prompts.answers import to_answer
from seekgraph.prompts.outputs import AnswerOut
from seekgraph.prompts.prompt import load, text_param
from seekgraph.prompts.prompted import Prompted
from seekgraph.prompts.render import render
from seekgraph.tools import BM25
from seekgraph.types import Answer, Passage


class Said(sg.Writes):
    answer: Answer


class Ask(sg.Node):
    """Answers by a model, as a node with a prompt does."""

    instruction: str = text_param("answer_short")
    demos: tuple[Mapping[str, Any], ...] = Demos()

    def messages(self, inputs: Mapping[str, Any]) -> tuple[Message, ...]:
        given = {"question": inputs["question"], "context": inputs["passages"]}
        return render(load("answer_short"), given, instruction=self.instruction, demos=self.demos, output=AnswerOut)

    async def run(self, question: str, passages: tuple[Passage, ...], lm: LM) -> Said:
        done = await lm.complete(self.messages({"question": question, "passages": passages}), AnswerOut)
        return Said(answer=to_answer(done.value, passages).value)


class Echo(sg.Node):
    """Answers without a model; says what it would send, so that a run needs none."""

    prompt: str = Text("Say it.")

    def messages(self, inputs: Mapping[str, Any]) -> tuple[Message, ...]:
        return (
            Message(role="system", content=self.prompt),
            Message(role="user", content=f"{inputs['question']} {inputs['passages']}"),
        )

    async def run(self, question: str, passages: tuple[Passage, ...]) -> Said:
        return Said(answer=Answer(text=question, citations=tuple(passage.id for passage in passages)))


@pytest.fixture
def module() -> Iterator[types.ModuleType]:
    made = types.ModuleType("prompted_flows")
    made.asking = sg.Flow(Retrieve("corpus") >> Ask())  # type: ignore[attr-defined]
    made.echoing = sg.Flow(Retrieve("corpus") >> Echo()).with_params({"echo.prompt": "Say it again."})  # type: ignore[attr-defined]
    sys.modules["prompted_flows"] = made
    yield made
    del sys.modules["prompted_flows"]


@pytest.mark.usefixtures("module")
def test_the_messages_are_printed_with_samples_for_what_is_not_given(capsys: pytest.CaptureFixture[str]) -> None:
    show_command("prompted_flows:asking", "ask", "Who made it?", None, False)
    shown = capsys.readouterr()
    assert "Answer the question from what was found" in shown.out
    assert shown.out.endswith('[p2]\n"""\nAnother title\nThe text of the second passage.\n"""\n\nQuestion: Who made it?\n')
    assert "samples stand for passages" in shown.err


@pytest.mark.usefixtures("module")
def test_as_json_they_are_what_is_sent(capsys: pytest.CaptureFixture[str]) -> None:
    show_command("prompted_flows:echoing", "echo", "Who?", None, True)
    system, user = json.loads(capsys.readouterr().out)
    assert system == {"role": "system", "content": "Say it again."}
    assert user["content"].startswith("Who? (Passage(id='p1'")


def test_a_trace_gives_what_the_node_was_given(
    module: types.ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = BM25([Passage(id="visby", text="Visby is a town."), Passage(id="oslo", text="Oslo is a city.")])
    module.echoing.bind(corpus=corpus)(question="Which town?").trace.save(tmp_path / "trace.jsonl")
    show_command("prompted_flows:echoing", "echo", None, tmp_path / "trace.jsonl", True)
    user = json.loads(capsys.readouterr().out)[1]["content"]
    assert user.startswith("Which town? (Passage(id='visby'")
    assert "p1" not in user


@pytest.mark.usefixtures("module")
def test_a_node_without_a_prompt_is_told_with_those_that_have_one() -> None:
    with pytest.raises(Misuse, match=r"'retrieve' prompts no model; the nodes that do are \['ask'\]"):
        show_command("prompted_flows:asking", "retrieve", None, None, False)
    with pytest.raises(Misuse, match=r"the flow has no node 'asks'; the ones that prompt a model are \['ask'\]"):
        show_command("prompted_flows:asking", "asks", None, None, False)


def test_a_trace_without_the_node_is_told(module: types.ModuleType, tmp_path: Path) -> None:
    corpus = BM25([Passage(id="visby", text="Visby is a town.")])
    module.echoing.bind(corpus=corpus)(question="Which town?").trace.save(tmp_path / "trace.jsonl")
    with pytest.raises(Misuse, match="has no visit of 'ask'"):
        show_command("prompted_flows:asking", "ask", None, tmp_path / "trace.jsonl", False)


def test_a_node_with_messages_has_the_capability() -> None:
    assert isinstance(Ask(), Prompted)
    assert not isinstance(Retrieve("corpus"), Prompted)
