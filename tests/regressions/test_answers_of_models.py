"""Right answers of models that were refused or replaced, each in its smallest case, through a whole flow."""

from __future__ import annotations

from typing import Any

import pytest

import seekgraph as sg
from seekgraph.lms import Scripted
from seekgraph.nodes import Answer, Refine

CAFE = sg.Passage(
    id="cafe", title="Coffee houses", text="The **Cafe\u0301 Central** opened in 1876 in a palace of _Heinrich von Ferstel_."
)
OTHER = sg.Passage(id="other", title="Palaces", text="A palace opened in 1860.")
STATE = {"question": str, "context": tuple[sg.Passage, ...]}
QUESTION = "Which coffee house opened in a palace?"


def answered(*replies: Any, node: Answer | None = None) -> tuple[sg.Answer, sg.Result]:
    lm = Scripted(list(replies))
    result = sg.Flow(node or Answer(), inputs=STATE).bind(lm=lm)(question=QUESTION, context=(OTHER, CAFE))
    assert result.status == "ok", result.errors
    assert result.answer is not None
    return result.answer, result


@pytest.mark.parametrize(
    "text",
    [
        "Caf\u00e9 Central",
        "**Caf\u00e9 Central**",
        "\u201cCafe\u0301 Central\u201d",
        "It was the Caf\u00e9 Central in Ferstel's palace.",
    ],
)
def test_a_right_answer_is_not_refused_for_its_marks_its_form_or_its_being_a_sentence(text: str) -> None:
    answer, _ = answered({"text": text})
    assert not answer.refused
    assert answer.citations == ("cafe",)


def test_a_wrong_one_still_is() -> None:
    answer, _ = answered({"text": "It was the Caf\u00e9 Sacher in Ferstel's palace."})
    assert answer.refused


def test_an_id_that_was_never_shown_is_not_silently_replaced() -> None:
    answer, result = answered({"text": "It opened in Ferstel's palace", "citations": ["p9"]})
    assert answer.refused  # nothing has these very words
    answer, result = answered({"text": "Heinrich von Ferstel", "citations": ["p9"]})
    assert (answer.citations, answer.confidence) == (("cafe",), 0.5)
    assert result.trace.usage().fallbacks == 1


@pytest.mark.parametrize(
    "reply",
    [
        '{"answer": "Caf\u00e9 Central", "source": "cafe"}',
        '<think>{"text": "it may be"}',
        "<think>The Caf\u00e9",
        '{"citations": []}',
    ],
)
def test_neither_raw_json_nor_reasoning_is_ever_an_answer_or_a_query(reply: str) -> None:
    answer, _ = answered(*[reply] * 5)
    assert "{" not in answer.text
    assert "<think>" not in answer.text
    lm = Scripted(lambda asked: reply)
    query = sg.Flow(Refine(), inputs={"question": str}, output="query").bind(lm=lm)(question=QUESTION)["query"]
    assert query.text == QUESTION


def test_a_model_of_ones_own_that_reads_nothing_away_is_held_to_the_same() -> None:
    class Plain:
        """A port of one's own: whatever was written is the text."""

        identity = "plain"

        async def complete(self, messages: Any, output: Any, settings: Any = None, **_: Any) -> Any:
            from seekgraph.core.language.lm import Completion

            return Completion(output(text='<think>hm</think>{"text": "x"}'), "")

    result = sg.Flow(Answer(), inputs=STATE).bind(lm=Plain())(question=QUESTION, context=(CAFE,))
    assert result.answer is not None
    assert "{" not in result.answer.text
    assert result.trace.usage().fallbacks == 1
