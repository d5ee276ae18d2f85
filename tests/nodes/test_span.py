"""Spans that an answer may be held to."""

from __future__ import annotations

import pytest
from hostile import evidence, hostile_text, passages
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from seekgraph.nodes.span import held_to_spans, span_candidates, span_schema
from seekgraph.prompts.answers import to_answer
from seekgraph.prompts.guard import clean
from seekgraph.prompts.outputs import AnswerOut
from seekgraph.types import Evidence, Passage

JAWS = Passage(
    id="jaws", title="Jaws (film)", text="Jaws is a film of June 20, 1975, directed by Steven Spielberg. It cost 9 million."
)
BORN = Passage(id="a b", title="Steven Spielberg", text="Steven Spielberg was born in Cincinnati, Ohio. He likes old films.")


@pytest.mark.parametrize(
    ("question", "span"),
    [
        ("Who directed Jaws?", "Steven Spielberg"),
        ("Where was Steven Spielberg born?", "Cincinnati, Ohio"),
        ("In which year was Jaws released?", "1975"),
        ("When was Jaws released?", "June 20, 1975"),
        ("What does Steven Spielberg like?", "old films"),
    ],
)
def test_the_answer_is_among_the_first_spans(question: str, span: str) -> None:
    assert span in span_candidates(question, (), (JAWS, BORN))[:12]


def test_names_of_the_question_come_last() -> None:
    found = span_candidates("Where was Steven Spielberg born?", (), (JAWS, BORN))
    assert found.index("Steven Spielberg") > found.index("Cincinnati")


def test_a_title_is_a_span_without_its_bracket() -> None:
    assert "Jaws" in span_candidates("Which film did Steven Spielberg direct?", (), (JAWS,))


def test_yes_and_no_are_all_there_is_for_a_question_that_asks_for_them() -> None:
    assert span_candidates("Is Steven Spielberg American?", (), (JAWS, BORN)) == ("yes", "no")


def test_what_the_question_chooses_between_comes_first() -> None:
    found = span_candidates("Who is older, Steven Spielberg or Ridley Scott?", (), (JAWS, BORN))
    assert set(found[:2]) == {"Steven Spielberg", "Ridley Scott"}


def test_evidence_that_speaks_against_is_not_read_and_other_evidence_comes_first() -> None:
    facts = (
        Evidence(claim="x", passage_id="q", quote="It was made by Ridley Scott."),
        Evidence(claim="x", passage_id="r", quote="It was not made by John Ford.", stance="refutes"),
    )
    found = span_candidates("Who directed it?", facts, (BORN,))
    assert found[0] == "Ridley Scott"
    assert "John Ford" not in found


def test_the_number_of_spans_is_limited() -> None:
    assert len(span_candidates("What is it?", (), (JAWS, BORN), most=3)) == 3


@given(hostile_text, evidence, passages, st.integers(1, 30))
def test_any_material_gives_different_spans_that_stand_in_it(
    question: str, facts: tuple[Evidence, ...], context: tuple[Passage, ...], most: int
) -> None:
    found = span_candidates(question, facts, context, most)
    assert found == span_candidates(question, facts, context, most)
    assert len(set(found)) == len(found) <= most
    whole = "".join(clean(text) for each in context for text in (each.title, each.text))
    whole += "".join(clean(each.quote or each.claim) for each in facts) + question + "yes no"
    assert all("".join(span.split()) in "".join(whole.split()) for span in found)


def test_a_reply_is_held_to_the_spans_and_ids() -> None:
    held = held_to_spans(("Cincinnati", "Ohio"), ("jaws", "a b"))
    reply = held.model_validate_json('{"text": "Ohio", "citations": ["a%20b"], "refused": false}')
    assert to_answer(reply, (JAWS, BORN)).value.citations == ("a b",)
    for bad in ({"text": "Berlin"}, {"text": "Ohio", "citations": ["zz"]}, {}):
        with pytest.raises(ValidationError):
            held.model_validate(bad)
    assert issubclass(held, AnswerOut)


def test_the_schema_has_the_spans_as_an_enum() -> None:
    schema = span_schema(("Cincinnati", "Ohio"), ("jaws",))
    assert schema["properties"]["text"]["enum"] == ["Cincinnati", "Ohio"]
    assert schema["properties"]["citations"]["items"] == {"const": "jaws", "type": "string"}
    assert schema["required"] == ["text", "citations", "refused"]


def test_no_spans_is_an_error() -> None:
    with pytest.raises(ValueError, match="no spans to hold an answer to"):
        held_to_spans(())
