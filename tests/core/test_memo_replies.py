"""Equal requests to a model are sent once, across steps that differ, runs and processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator

import seekgraph as sg
from seekgraph.core.language.lm import LM, Message, Settings, Unavailable
from seekgraph.core.record.step import Step
from seekgraph.demo import CORPUS
from seekgraph.lms import Price, Scripted
from seekgraph.nodes import Answer, Retrieve
from seekgraph.tools import BM25

QUESTION = "Who discovered Uranus?"


class Said(BaseModel):
    text: str


class Out(sg.Writes):
    heard: str


class Ask(sg.Node):
    """Asks `times` times; `suffix` is added to the reply, so that it changes the step and not the request."""

    suffix: str = ""
    times: int = 1
    temperature: float = 0.0
    refuses: str = ""

    async def run(self, question: str, lm: LM) -> Out:
        messages, settings = [Message(role="user", content=question)], Settings(temperature=self.temperature)
        said = [(await lm.complete(messages, Said, settings)).value.text for _ in range(self.times)]
        if self.refuses in said:
            raise ValueError(f"{self.refuses} is no reply")
        return Out(heard=" ".join(said) + self.suffix)


def counting(**options: Any) -> Scripted:
    """A model that never says the same twice."""
    lm = Scripted(lambda asked: {"text": str(len(lm.asked))}, identity="counting", price=Price(1.0, 1.0), **options)
    return lm


def bound(lm: Scripted, memo: sg.Memo, **settings: Any) -> sg.Bound:
    return sg.Flow(Ask(**settings), output="heard", name="asking").bind(lm=lm, memo=memo)


def asking(trace: sg.Trace) -> Step:
    return next(step for step in trace if step.kind == "node" and step.usage)


def test_a_setting_that_only_changes_what_is_made_of_a_reply_asks_nothing() -> None:
    lm, memo = counting(), sg.Memo()
    first = bound(lm, memo)(question=QUESTION)
    second = bound(lm, memo, suffix="!")(question=QUESTION)
    assert (first["heard"], second["heard"]) == ("1", "1!")
    assert len(lm.asked) == 1
    assert asking(second.trace).memo == "miss: params changed"
    assert second.trace.usage() == first.trace.usage()
    assert second.trace.usage(paid=True).spent() == {}
    assert first.trace.usage(paid=True) == first.trace.usage()
    assert first.trace.usage().usd > 0


def test_a_threshold_of_an_answer_is_such_a_setting() -> None:
    lm = Scripted(lambda asked: {"text": "William Herschel", "citations": ["d154"], "refused": False}, identity="knows")
    flow = sg.Flow(Retrieve("corpus", k=3) >> Answer(refuse_below=sg.Float(0.02, 0.0, 1.0)), name="one")
    ask = flow.bind(lm=lm, corpus=BM25.from_jsonl(CORPUS), memo=sg.Memo())
    for value in (0.02, 0.1, 0.5, 0.9):
        ask.with_params({"answer.refuse_below": value})(question=QUESTION)
    assert len(lm.asked) == 1


@pytest.mark.parametrize("other", [{"temperature": 0.5}, {"times": 2}])
def test_what_changes_the_request_asks_again(other: dict[str, Any]) -> None:
    lm, memo = counting(), sg.Memo()
    bound(lm, memo)(question=QUESTION)
    bound(lm, memo, **other)(question=QUESTION)
    assert len(lm.asked) == 2


def test_another_question_another_model_and_another_type_ask_again() -> None:
    lm, memo = counting(), sg.Memo()
    bound(lm, memo)(question=QUESTION)
    bound(lm, memo)(question="Who discovered Neptune?")
    bound(lm.with_settings(top_p=0.5), memo)(question=QUESTION)
    assert len(lm.asked) == 3


def test_a_step_that_asks_the_same_twice_gets_two_replies_and_so_does_the_next() -> None:
    lm, memo = counting(), sg.Memo()
    assert bound(lm, memo, times=2)(question=QUESTION)["heard"] == "1 2"
    again = bound(lm, memo, times=3)(question=QUESTION)
    assert again["heard"] == "1 2 3"
    assert (again.trace.usage().calls, again.trace.usage(paid=True).calls) == (3, 1)


def test_a_second_attempt_of_a_step_asks_again() -> None:
    lm, memo = counting(), sg.Memo()
    flow = sg.Flow(Ask(refuses="1").limits(retries=1, wait=0.0), output="heard", name="twice")
    assert flow.bind(lm=lm, memo=memo)(question=QUESTION)["heard"] == "2"


def test_errors_are_not_kept() -> None:
    lm = Scripted([Unavailable("the host is down"), {"text": "up"}], identity="mends", reasks=0)
    memo = sg.Memo()
    assert bound(lm, memo)(question=QUESTION).errors
    assert bound(lm, memo)(question=QUESTION)["heard"] == "up"


def test_a_reply_that_is_known_costs_nothing_of_a_budget() -> None:
    lm, memo = counting(), sg.Memo()
    bound(lm, memo)(question=QUESTION)
    ask = bound(lm, memo, suffix="!").with_options(budget=sg.Budget(calls=0))
    assert ask(question=QUESTION).status == "ok"
    assert ask(question="Who discovered Neptune?").status == "partial"


def test_without_a_memo_and_for_a_model_without_an_identity_each_request_is_sent() -> None:
    lm = counting()
    ask = sg.Flow(Ask(), output="heard", name="plain").bind(lm=lm)
    assert [ask(question=QUESTION)["heard"] for _ in range(2)] == ["1", "2"]
    nameless = Scripted(lambda asked: {"text": "same"})
    ask = bound(nameless, sg.Memo())
    for _ in range(2):
        ask(question=QUESTION)
    assert len(nameless.asked) == 2


class Join(sg.Node):
    async def run(self, heard_a: str, heard_b: str, heard_c: str) -> Out:
        return Out(heard=" ".join((heard_a, heard_b, heard_c)))


def test_equal_requests_at_the_same_time_are_one() -> None:
    lm = counting(delay=0.05)
    parts = [Ask(suffix=suffix).named(f"ask_{suffix}").into(heard=f"heard_{suffix}") for suffix in "abc"]
    result = sg.Flow(sg.fan(*parts) >> Join(), output="heard", name="three").bind(lm=lm, memo=sg.Memo())(question=QUESTION)
    assert result["heard"] == "1a 1b 1c"
    assert (result.trace.usage().calls, result.trace.usage(paid=True).calls) == (3, 1)


def test_replies_are_kept_in_the_file(tmp_path: Path) -> None:
    with sg.Memo(tmp_path / "steps.memo") as memo:
        bound(counting(), memo)(question=QUESTION)
    lm = counting()
    with sg.Memo(tmp_path / "steps.memo") as memo:
        assert bound(lm, memo, suffix="!")(question=QUESTION)["heard"] == "1!"
        assert memo.stats().nodes["seekgraph:reply"].entries == 1
    assert lm.asked == []


def test_a_saved_trace_knows_what_was_not_paid(tmp_path: Path) -> None:
    lm, memo = counting(), sg.Memo()
    bound(lm, memo)(question=QUESTION)
    trace = bound(lm, memo, times=2)(question=QUESTION).trace
    trace.save(tmp_path / "run.jsonl")
    loaded = sg.Trace.load(tmp_path / "run.jsonl")
    assert asking(loaded).reused == asking(trace).reused != {}
    assert loaded.usage(paid=True) == trace.usage(paid=True)


class Picky(BaseModel):
    """A type whose check is not in its schema, and has become stricter since a reply was kept."""

    text: str

    @field_validator("text")
    @classmethod
    def _not_old(cls, text: str) -> str:
        if text in STALE:
            raise ValueError("not any more")
        return text


STALE: set[str] = set()


class AskPicky(Ask):
    async def run(self, question: str, lm: LM) -> Out:
        done = await lm.complete([Message(role="user", content=question)], Picky)
        return Out(heard=done.value.text + self.suffix)


def test_a_kept_reply_that_fits_its_type_no_more_is_asked_for_again() -> None:
    lm, memo = counting(), sg.Memo()

    def heard(suffix: str) -> Any:
        return sg.Flow(AskPicky(suffix=suffix), output="heard", name="picky").bind(lm=lm, memo=memo)(question=QUESTION)["heard"]

    STALE.clear()
    assert heard("") == "1"
    STALE.add("1")
    assert heard("!") == "2!"
    assert heard("?") == "2?"  # what came then was kept


class Opaque:
    """What pydantic knows nothing of."""


class Free(BaseModel):
    """A type that has no JSON schema."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    text: str
    made: Opaque = Opaque()


class Unwritten(BaseModel):
    """A type that has a schema, and a value that has no JSON form."""

    text: str
    made: Any = Field(default_factory=Opaque)


class AskFree(Ask):
    wants: str = "Free"

    async def run(self, question: str, lm: LM) -> Out:
        wanted: type[Free | Unwritten] = {"Free": Free, "Unwritten": Unwritten}[self.wants]
        return Out(heard=(await lm.complete([Message(role="user", content=question)], wanted)).value.text + self.suffix)


@pytest.mark.parametrize("wants", ["Free", "Unwritten"])
def test_what_has_no_json_form_is_asked_for_each_time(wants: str) -> None:
    lm, memo = counting(), sg.Memo()
    for suffix in "ab":
        flow = sg.Flow(AskFree(suffix=suffix, wants=wants), output="heard", name="free")
        assert not flow.bind(lm=lm, memo=memo)(question=QUESTION).errors
    assert len(lm.asked) == 2
