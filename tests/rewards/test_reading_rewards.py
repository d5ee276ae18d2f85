"""Rewards of steps that read, on traces of small flows, with numbers worked by hand."""

from __future__ import annotations

import pytest
from small_flows import Find, Keep, Note, Quote, Say, Tell, example, feedback, run, values

from seekgraph.rewards import RewardError
from seekgraph.rewards.reading import condensation, evidence_precision, evidence_recall, verbatim

FOUND = Find((("p1", "p2", "x", "y"),))


def test_evidence_precision_is_the_share_of_gold_among_the_passages_that_it_is_from() -> None:
    trace = run(FOUND >> Note(("p1", "x", "y")) >> Say("Paris"))
    assert values(evidence_precision, trace, example("p1", "p2")) == pytest.approx([1 / 3])  # p1 of p1, x and y
    assert feedback(evidence_precision, trace, example("p1", "p2")) == ["noted what is not needed, from x, y"]
    assert values(evidence_precision, run(FOUND >> Note(()) >> Say("Paris")), example("p1")) == []


def test_evidence_recall_is_of_the_gold_that_was_there_to_read() -> None:
    trace = run(FOUND >> Note(("p1", "x")) >> Say("Paris"))
    assert values(evidence_recall, trace, example("p1", "p2", "never found")) == [0.5]  # p1 of p1 and p2, which it read
    assert feedback(evidence_recall, trace, example("p1", "p2")) == ["read but did not note p2"]
    assert values(evidence_recall, trace, example("never found")) == []


def test_two_quotes_of_one_passage_count_once() -> None:
    trace = run(Tell({"p1": "A b. C d.", "x": "E f."}) >> Quote((("p1", "A b."), ("p1", "C d."), ("x", "E f."))) >> Say("Paris"))
    assert values(evidence_precision, trace, example("p1")) == [0.5]


def test_a_quote_is_verbatim_if_it_stands_in_its_passage_letter_by_letter() -> None:
    texts = {"p1": "Paris lies on the Seine.", "p2": "Rome lies on the Tiber."}
    quotes = (("p1", "lies on the Seine"), ("p2", "lies on the Seine"), ("p2", "rome lies"), ("p9", "Paris"))
    trace = run(Tell(texts) >> Quote(quotes) >> Say("Paris"))
    assert values(verbatim, trace, example()) == [0.25]  # the first alone: wrong passage, wrong case, no such passage
    assert feedback(verbatim, trace, example()) == ["not in its passage: 'lies on the Seine'"]
    assert verbatim.needs == frozenset()


def test_evidence_without_a_quote_is_not_verbatim_and_no_evidence_is_not_judged() -> None:
    trace = run(FOUND >> Note(("p1",)) >> Say("Paris"))
    assert values(verbatim, trace, example()) == [0]
    assert feedback(verbatim, trace, example()) == ["not in its passage: the claim 'c' has no quote"]
    assert values(verbatim, run(FOUND >> Note(()) >> Say("Paris")), example()) == []


def test_condensation_is_what_was_cut_at_kept_gold() -> None:
    texts = {"p1": "one two three four", "p2": "five six", "x": "seven eight nine ten"}  # 10 words
    all_kept = run(Tell(texts) >> Quote((("p1", "two three"), ("p2", "six"))) >> Say("Paris"))
    assert values(condensation(), all_kept, example("p1", "p2")) == pytest.approx([1 - 3 / 10])
    half_kept = run(Tell(texts) >> Quote((("p1", "two three"),)) >> Say("Paris"))
    assert values(condensation(), half_kept, example("p1", "p2")) == pytest.approx([1 / 2 * (1 - 2 / 10)])
    assert feedback(condensation(), half_kept, example("p1", "p2")) == ["handed on 2 of 10 words with 1 of 2 gold passages"]
    assert values(condensation(), half_kept, example("never found")) == []


def test_a_step_that_keeps_passages_condenses_by_dropping_some() -> None:
    trace = run(Tell({"p1": "one two three", "x": "four five six seven eight nine ten"}) >> Keep(("p1",)) >> Say("Paris"))
    assert values(condensation("context"), trace, example("p1")) == pytest.approx([1 - 3 / 10])
    assert condensation("context").name == "condensation_of_context"
    with pytest.raises(RewardError, match="'evidence' or 'context'"):
        condensation("passages")  # type: ignore[arg-type]
