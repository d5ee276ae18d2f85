"""A typed value is asked for, corrected, made do with, or refused; and every attempt is counted before it starts."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lm_kit import Pair, Reply, metered, prompt

import seekgraph as sg
from seekgraph.core.base.budget import Budget
from seekgraph.core.base.errors import BudgetExceeded
from seekgraph.core.language.lm import LM, LMError, OutputInvalid, Settings, Unavailable
from seekgraph.lms import Price, Scripted
from seekgraph.lms.structured import Reply as Written
from seekgraph.types import Answer


def ask(lm: Any, output: Any = Reply, **options: Any) -> Any:
    return asyncio.run(lm.complete(prompt("Which river?"), output, **options))


def test_a_reply_that_fits_is_the_value() -> None:
    done = ask(Scripted([Reply(text="Rhine")]))
    assert (done.value, done.attempts, done.fallback, done.ended) == (Reply(text="Rhine"), 1, False, "stop")


def test_a_fence_around_the_json_is_no_mistake() -> None:
    assert ask(Scripted(['```json\n{"text": "Rhine"}\n```'])).value.text == "Rhine"


def test_a_reply_that_does_not_fit_goes_back_with_what_is_wrong() -> None:
    lm = Scripted(['{"text": "Rhine", "confidence": 7}', Reply(text="Rhine", confidence=0.7)])
    done = ask(lm)
    assert (done.value.confidence, done.attempts, done.fallback) == (0.7, 2, False)
    told = lm.asked[1].messages[-1].content
    assert "confidence" in told
    assert "less than or equal to 1" in told
    assert "http" not in told


def test_asking_again_is_bounded() -> None:
    lm = Scripted(lambda asked: "{}", reasks=3)
    with pytest.raises(OutputInvalid, match="no Pair came back in 4 attempts: name: Field required"):
        ask(lm, Pair)
    assert len(lm.asked) == 4


def test_prose_fills_the_text_without_another_call() -> None:
    done = ask(Scripted(["The Rhine."] * 3))
    assert (done.value, done.fallback, done.attempts) == (Reply(text="The Rhine."), True, 3)


def test_where_json_never_fits_plain_text_is_asked_for_once() -> None:
    lm = Scripted(lambda asked: '{"word": 1}' if asked.output else "The Rhine.")
    done = ask(lm)
    assert (done.value.text, done.fallback, done.attempts) == ("The Rhine.", True, 4)
    assert lm.asked[-1].output is None


def test_what_one_text_cannot_fill_is_not_asked_for_in_plain_text() -> None:
    lm = Scripted(["prose"] * 9)
    with pytest.raises(OutputInvalid):
        ask(lm, Pair)
    assert len(lm.asked) == 3


def test_the_fallback_can_be_switched_off() -> None:
    with pytest.raises(OutputInvalid, match="no Reply came back"):
        ask(Scripted(["The Rhine."] * 3, fallback=False))


def test_a_reply_that_was_cut_off_is_closed() -> None:
    done = ask(Scripted([Written('{"text": "The Rhi', ended="length")]))
    assert (done.value.text, done.ended, done.fallback, done.attempts) == ("The Rhi", "length", True, 1)


def test_usage_counts_the_failed_attempts_too() -> None:
    done = ask(Scripted(["{}", Reply(text="a b c")], price=Price(1e6, 0.0)))
    assert done.usage.calls == 2
    assert done.usage.tokens_in > 2 * len("Which river?".split())
    assert done.usage.usd == pytest.approx(done.usage.tokens_in)


def test_an_error_says_what_it_cost() -> None:
    with pytest.raises(OutputInvalid) as caught:
        ask(Scripted(["{}"] * 9), Pair)
    assert (caught.value.attempts, caught.value.usage.calls, caught.value.text) == (3, 3, "{}")
    assert pickle.loads(pickle.dumps(caught.value)).usage == caught.value.usage


def test_the_runner_counts_each_attempt() -> None:
    lm, meter, usage = metered(Scripted(["{}", Reply(text="Rhine")]))
    done = ask(lm)
    assert meter.used == usage == done.usage


def test_attempts_that_failed_are_counted_by_the_runner() -> None:
    lm, meter, usage = metered(Scripted(["{}"] * 9))
    with pytest.raises(OutputInvalid):
        ask(lm, Pair)
    assert meter.used.calls == usage.calls == 3
    assert meter.used.tokens == usage.tokens > 0


def test_no_attempt_starts_past_the_budget() -> None:
    script = Scripted(lambda asked: "{}")
    lm, meter, _ = metered(script, Budget(calls=2))
    with pytest.raises(BudgetExceeded):
        ask(lm, Pair)
    assert len(script.asked) == meter.used.calls == 2


def test_tokens_of_a_failed_attempt_stop_the_next() -> None:
    first = 3  # two words of the prompt, one of the reply
    for limit, attempts in ((first - 1, 0), (first, 1), (first + 1, 1)):
        script = Scripted(lambda asked: "{}")
        lm, meter, _ = metered(script, Budget(tokens=limit))
        with pytest.raises(BudgetExceeded):
            ask(lm, Pair)
        assert (len(script.asked), meter.used.tokens) == (attempts, attempts * first)


def test_the_text_comes_as_it_is_written_and_says_of_which_attempt() -> None:
    heard: dict[int, str] = {}

    def hear(piece: str, attempt: int) -> None:
        heard[attempt] = heard.get(attempt, "") + piece

    lm = Scripted(['{"text": "A long story", "confidence": 3}', '{"confidence": 1, "text": "Another \\"long\\" story"}'])
    ask(lm, on_text=hear)
    assert heard == {1: "A long story", 2: 'Another "long" story'}


def test_settings_of_a_call_go_before_the_models_own() -> None:
    lm = Scripted(lambda asked: {"text": str(asked.settings.temperature)}).with_settings(temperature=0.5)
    assert ask(lm).value.text == "0.5"
    assert ask(lm, settings=Settings(temperature=0.25)).value.text == "0.25"


def test_a_setting_that_there_is_not_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"no setting \['heat'\].*temperature"):
        Scripted([]).with_settings(heat=1.0)
    with pytest.raises(ValueError, match="less than or equal to 2"):
        Scripted([]).with_settings(temperature=3.0)


def test_the_identity_changes_with_settings_and_policy_and_not_with_the_object() -> None:
    base = Scripted([], identity="s")
    assert base.identity == Scripted([], identity="s").identity
    others = [base.with_settings(sample=1), base.with_settings(temperature=0.1), Scripted([], identity="s", reasks=1)]
    assert len({base.identity, *(each.identity for each in others)}) == 4
    assert Scripted([]).identity is None


def test_an_lm_is_the_port_that_it_says() -> None:
    assert isinstance(Scripted([]), LM)


# --- in a flow -------------------------------------------------------------------------------------------------------


class Said(sg.Writes):
    answer: Answer


class Ask(sg.Node):
    async def run(self, question: str, lm: LM) -> Said:
        done = await lm.complete(prompt(question), Reply)
        return Said(answer=Answer(text=done.value.text, confidence=done.value.confidence))


FLOW = sg.Flow(Ask(), name="ask")


def test_a_step_has_the_usage_of_its_attempts() -> None:
    result = FLOW.bind(lm=Scripted(["{}", Reply(text="Rhine")]))(question="Which river?")
    assert result.answer is not None
    assert result.answer.text == "Rhine"
    assert result.trace.usage().calls == 2


def test_a_failed_call_is_an_error_of_its_step_with_its_usage() -> None:
    result = FLOW.bind(lm=Scripted([Unavailable("the host is down")]))(question="Which river?")
    (step,) = result.errors
    assert step.error is not None
    assert (result.status, step.error.type, step.usage) == ("failed", "Unavailable", {"calls": 1})


def test_a_run_whose_calls_are_spent_is_partial() -> None:
    result = FLOW.bind(lm=Scripted(["{}"] * 9, fallback=False), budget=Budget(calls=2))(question="Which river?")
    assert result.status == "partial"
    assert result.trace.usage().calls == 2


@given(
    st.lists(
        st.one_of(
            st.text(max_size=60),
            st.builds(lambda v: str(v).replace("'", '"'), st.dictionaries(st.text(max_size=5), st.integers())),
        ),
        min_size=4,
        max_size=4,
    )
)
def test_whatever_a_model_returns_a_step_writes_what_fits_or_is_an_error(lines: list[str]) -> None:
    result = FLOW.bind(lm=Scripted(lines))(question="Which river?")
    if result.status == "ok":
        assert isinstance(result.answer, Answer)
        assert 0.0 <= result.answer.confidence <= 1.0
    else:
        assert [step.error.type for step in result.errors if step.error] == ["OutputInvalid"]


def test_a_fault_of_the_script_is_the_testers() -> None:
    with pytest.raises(LMError, match="the script has 1 lines"):
        ask(Scripted(["{}"]), Pair)
