"""A user's node that asks a model: it has all that ours have."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

import seekgraph as sg
from seekgraph.core.language.fitting import FitRow
from seekgraph.core.language.lm import LM
from seekgraph.core.language.params import DemosParam, TextParam
from seekgraph.lms import Scripted
from seekgraph.nodes import Answer, LLMNode
from seekgraph.optimizers.demonstrate import Demonstrate
from seekgraph.optimizers.models import demonstrable, idle
from seekgraph.optimizers.tune import Tune
from seekgraph.prompts.demonstrations import Demonstrable
from seekgraph.prompts.parsing import PromptError
from seekgraph.prompts.prompted import Prompted

FILE = """---
reads:
  notes: Notes
  question: Question
writes:
  kind: what the question asks for
---

Say what the question asks for.

## Variant: terse

Which kind?
"""


class Note(BaseModel):
    line: str


class Kind(BaseModel):
    kind: Literal["person", "place", "other"] = Field(description="one of three")


class Sorted(sg.Writes):
    kind: str


class Sort(LLMNode):
    prompt = "Say what the question asks for."
    output = Kind

    async def run(self, question: str, notes: tuple[Note, ...] = (), lm: LM | None = None) -> Sorted:
        kind: str | None = await self.ask(lm, {"question": question, "notes": notes}, lambda reply: reply.kind)
        return Sorted(kind=kind or ("person" if question.startswith("Who") else "other"))

    def ideal(self, row: FitRow) -> Kind | None:
        return Kind(kind="place") if "Visby" in row.example.answers else None


def node_with(text: str, folder: Path, **more: Any) -> type[LLMNode]:
    """`Sort` with a prompt file of this text."""
    path = folder / "sort.md"
    path.write_text(text)
    return type("Sort", (Sort,), {"prompt": path, "__module__": __name__, **more})


def asked(node: LLMNode, replies: Any = ({"kind": "place"},), memo: sg.Memo | None = None, **state: Any) -> tuple[Any, Scripted]:
    lm = Scripted(list(replies), identity="1")
    flow = sg.Flow(node, inputs={"question": str, "notes": tuple[Note, ...]}, output="kind", name="kinds")
    return flow.bind(lm=lm, memo=memo)(question="Where was she born?", notes=(Note(line="a note"),), **state), lm


def test_it_asks_where_a_model_is_bound_and_does_without_where_none_is() -> None:
    result, lm = asked(Sort())
    assert (result["kind"], len(lm.asked)) == ("place", 1)
    flow = sg.Flow(Sort(), inputs={"question": str}, output="kind")
    assert flow.bind()(question="Who wrote Emma?")["kind"] == "person"


def test_a_reply_that_cannot_be_used_falls_back_and_is_counted_or_is_an_error() -> None:
    result, _ = asked(Sort(), ["%%%"] * 3)
    assert result["kind"] == "other"
    assert next(step for step in result.trace if step.kind == "node").usage["fallbacks"] == 1
    result, _ = asked(Sort(fallback=False), ["%%%"] * 3)
    assert [step.error.type for step in result.errors][:1] == ["OutputInvalid"]


def test_a_text_is_a_prompt_and_its_headings_are_the_names_of_what_is_read() -> None:
    system, user = asked(Sort())[1].asked[0].messages
    assert system.content.startswith("Say what the question asks for.")
    assert '- kind (one of "person", "place", "other"): one of three' in system.content
    assert user.content == 'Question: Where was she born?\n\nNotes:\n"""\n- {"line": "a note"}\n"""'


def test_a_file_gives_headings_descriptions_and_variants(tmp_path: Path) -> None:
    node = node_with(FILE, tmp_path)()
    system, user = asked(node)[1].asked[0].messages
    assert '- kind (one of "person", "place", "other"): what the question asks for' in system.content
    assert user.content.endswith("Question: Where was she born?")
    params = sg.Flow(node, inputs={"question": str, "notes": tuple[Note, ...]}, output="kind").params()
    instruction, demos = params["sort.instruction"], params["sort.demos"]
    assert isinstance(instruction, TextParam)
    assert instruction.variants == ("Say what the question asks for.", "Which kind?")
    assert isinstance(demos, DemosParam)


def test_a_file_of_the_same_name_takes_the_place_of_its_own(tmp_path: Path) -> None:
    kind = node_with(FILE, tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "sort.md").write_text("Name the kind.")  # headings and descriptions stay as they were
    system, user = asked(kind(prompts=tmp_path / "mine"))[1].asked[0].messages
    assert system.content.startswith("Name the kind.")
    assert user.content.startswith("Notes:")


def test_a_demonstration_is_shown_as_the_inputs_are_and_never_of_what_is_asked() -> None:
    demo = {"inputs": {"question": "Where is Visby?", "notes": [{"line": "a note"}]}, "output": {"kind": "place"}}
    messages = asked(Sort(demos=(demo,)))[1].asked[0].messages
    assert [each.role for each in messages] == ["system", "user", "assistant", "user"]
    assert messages[1].content.partition("\n")[2] == messages[3].content.partition("\n")[2]
    same = {**demo, "inputs": {"question": "Where was she born?"}}
    assert len(asked(Sort(demos=(same,)))[1].asked[0].messages) == 2


def test_what_is_shown_is_cut_to_the_budget_as_for_ours() -> None:
    notes = tuple(Note(line=f"note {number} " + "long " * 30) for number in range(200))
    node = Sort(prompt_tokens=600)
    content = node.messages({"question": "Who?", "notes": notes})[-1].content
    assert "more left out)" in content


def test_steps_share_a_result_only_where_the_whole_prompt_is_the_same(tmp_path: Path) -> None:
    memo = sg.Memo()
    assert asked(node_with(FILE, tmp_path)(), memo=memo)[1].asked
    assert not asked(node_with(FILE, tmp_path)(), memo=memo)[1].asked
    for old, new in (("Question\nwrites", "The question\nwrites"), ("asks for\n---", "wants\n---"), ("Say what", "Tell what")):
        assert asked(node_with(FILE.replace(old, new), tmp_path)(), memo=memo)[1].asked, new


def test_it_has_the_capabilities_that_prompt_show_and_compiling_look_for() -> None:
    assert isinstance(Sort(), Prompted)
    assert isinstance(Sort(), Demonstrable)
    ready = pickle.loads(pickle.dumps(Sort()))._changed(instruction="", demos=())
    assert ready.messages({"question": "Who?"}) == Sort(instruction="", demos=())._changed(instruction="").messages(
        {"question": "Who?"}
    )


def test_writes_with_the_names_of_the_replys_fields_stand_for_a_reply() -> None:
    assert Sort().reply({"kind": "place"}) == Kind(kind="place")
    assert Sort().reply({"kind": "nowhere"}) is None
    assert Sort().reply({}) is None


def test_compiling_leaves_its_settings_alone_where_no_model_is_bound() -> None:
    flow = sg.Flow(Sort(), inputs={"question": str}, output="kind")
    assert idle(flow.bind()) == {"sort.instruction", "sort.demos"}
    bound = flow.bind(lm=Scripted([]))
    assert idle(bound) == set()
    assert {path: name for path, (_, name) in demonstrable(bound).items()} == {"sort": "sort.demos"}


class Reply(BaseModel):
    text: str


class Written(sg.Writes):
    answer: sg.Answer


class Short(LLMNode):
    """Answers with one word."""

    prompt = "Answer in one word.\n\n## Variant: town\n\nName a town."
    output = Reply

    async def run(self, question: str, lm: LM | None = None) -> Written:
        text = await self.ask(lm, {"question": question}, lambda reply: reply.text)
        return Written(answer=sg.Answer(text=text or "unknown"))

    def ideal(self, row: FitRow) -> Reply | None:
        return Reply(text=row.example.answers[0])


def test_compiling_finds_a_variant_or_demonstrations_that_make_it_better() -> None:
    def played(asked: Any) -> Mapping[str, str]:
        better = "Name a town." in asked.prompt or any(each.role == "assistant" for each in asked.messages)
        return {"text": "Visby" if better else "Oslo"}

    rows = [sg.Example(id=str(at), question=f"Where is the wall number {at}?", answers=("Visby",)) for at in range(40)]
    bound = sg.Flow(Short(), name="short").bind(lm=Scripted(lambda asked: dict(played(asked)), identity="1"))
    compiled = bound.compile(rows[:20], rows[20:], metric="answer_em", passes=[Demonstrate(), Tune(trials=6)])
    params = compiled.flow.params()
    assert params["short.instruction"].value == "Name a town." or params["short.demos"].value
    report = bound.with_params({name: param.to_json() for name, param in params.items()}).evaluate(rows, metrics=["answer_em"])
    assert report.metrics["answer_em"].mean == 1.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "sort.md:1: the instruction is empty"),
        (
            "---\nreads:\n  context: Passages\n---\nSort.",
            "has context, which is never shown: what can be shown is question, notes",
        ),
        ("---\nwrites:\n  grade: a number\n---\nSort.", r"\['grade'\] under 'writes:' are no fields of Kind: it has \['kind'\]"),
        ("---\nreads:\n  question: Question\n", "the front matter that began in line 1 has no '---'"),
    ],
)
def test_a_prompt_that_does_not_fit_is_refused_when_the_node_is_made(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(PromptError, match=said):
        node_with(text, tmp_path)()


def test_a_class_that_cannot_ask_is_refused_when_the_node_is_made(tmp_path: Path) -> None:
    class Bare(Sort):
        prompt = ""

    class Typeless(Sort):
        output = dict  # type: ignore[assignment]

    class Alone(Sort):
        async def run(self, question: str) -> Sorted:  # type: ignore[override]
            return Sorted(kind="other")

    class Named(Sort):
        prompt = "sort.md"

    class Gone(Sort):
        prompt = tmp_path / "gone.md"

    for kind, error, said in (
        (Bare, PromptError, "bare has no prompt: give `prompt` a Path"),
        (Typeless, TypeError, "Typeless needs an output type, a pydantic model"),
        (Alone, TypeError, "Alone.run takes the model as 'lm: LM | None = None'"),
        (Named, PromptError, r"is a text, not a file: write Path\(__file__\).with_name\('sort.md'\)"),
        (Gone, PromptError, r"gone.md: the prompt cannot be read: No such file"),
    ):
        with pytest.raises(error, match=said):
            kind()


def test_a_setting_may_decide_which_prompt_it_is() -> None:
    class Long(BaseModel):
        kind: str
        why: str

    class Either(Sort):
        prompt_when = {"why": ("Say what it asks for, and why.", Long)}
        why: bool = sg.Switch(False)

    flow = sg.Flow(Either(), inputs={"question": str}, output="kind")
    lm = Scripted(lambda asked: {"kind": "place", "why": "it says where"})
    for why, opening, fields in (
        (False, "Say what the question asks for.", {"kind"}),
        (True, "Say what it asks for,", {"kind", "why"}),
    ):
        flow.with_params({"either.why": why}).bind(lm=lm)(question="Where?")
        assert lm.asked[-1].messages[0].content.startswith(opening)
        assert set(lm.asked[-1].output.model_fields) == fields  # type: ignore[union-attr]


def test_ours_are_made_in_the_same_way() -> None:
    assert issubclass(Answer, LLMNode)
    assert "messages" not in vars(Answer)
