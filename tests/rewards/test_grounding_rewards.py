"""Rewards of answers: exact match, citations, faithfulness, calibration, refusal and gates, with numbers worked by hand."""

from __future__ import annotations

import pytest
from small_flows import Find, Keep, Say, Tell, example, feedback, run, values

from seekgraph.rewards import RewardError, answer_f1
from seekgraph.rewards.answering import answer_em, citation_recall, confidence_calibrated, refused_rightly
from seekgraph.rewards.grounding import bottom_lines, cites_found, faithful, supports

SEINE = Tell({"p1": "The Seine is 777 km long and flows through Paris.", "p2": "Paris is the capital of France."})
FOUND = Find((("p1", "p2"),))


@pytest.mark.parametrize(("say", "value"), [(Say("the Paris!"), 1), (Say("Paris, France"), 0), (Say("", refused=True), 0)])
def test_exact_match_is_all_or_nothing(say: Say, value: int) -> None:
    assert values(answer_em, run(say), example()) == [value]


def test_citation_recall_is_the_share_of_gold_that_is_cited() -> None:
    assert values(citation_recall, run(Say("Paris", ("p1", "x"))), example("p1", "p2", "p3")) == pytest.approx([1 / 3])
    assert feedback(citation_recall, run(Say("Paris", ("p1",))), example("p1", "p2")) == ["does not cite p2"]
    assert values(citation_recall, run(Say("Paris")), example("p1")) == [0]
    assert values(citation_recall, run(Say("", refused=True)), example("p1")) == []


def test_confidence_is_calibrated_if_it_is_high_in_what_is_right_and_low_in_what_is_wrong() -> None:
    # 1 - (0.7 - 1)^2 and 1 - (0.7 - 0)^2
    assert values(confidence_calibrated, run(Say("Paris", confidence=0.7)), example()) == pytest.approx([0.91])
    assert values(confidence_calibrated, run(Say("Rome", confidence=0.7)), example()) == pytest.approx([0.51])


@pytest.mark.parametrize(
    ("kept", "say", "value", "words"),
    [
        (("p1",), Say("", refused=True), 1, "right to refuse: 1 of 2 gold passages missing (p2)"),
        (("p1", "p2"), Say("", refused=True), 0, "refused although all gold passages were there"),
        (("p1", "p2"), Say("Rome"), 1, "right to answer: all gold passages were there"),
        (("p1",), Say("Rome"), 0, "answered without p2: refuse, or search on"),
        (("p1",), Say("Paris"), 1, "answered without p2, and was right"),
    ],
)
def test_refusing_is_right_where_something_needed_is_missing(kept: tuple[str, ...], say: Say, value: int, words: str) -> None:
    trace = run(FOUND >> Keep(kept) >> say)
    assert values(refused_rightly, trace, example("p1", "p2")) == [value]
    assert feedback(refused_rightly, trace, example("p1", "p2")) == [words]


def test_a_citation_is_of_a_passage_that_was_found() -> None:
    assert values(cites_found, run(SEINE >> Say("Paris", ("p1", "p7", "p8"))), example()) == pytest.approx([1 / 3])
    assert feedback(cites_found, run(SEINE >> Say("Paris", ("p1", "p7"))), example()) == ["cites p7, which nothing has found"]
    assert values(cites_found, run(SEINE >> Say("Paris")), example()) == [0]
    assert values(cites_found, run(SEINE >> Say("", refused=True)), example()) == []


@pytest.mark.parametrize(
    ("say", "value"),
    [
        (Say("Paris", ("p1",)), 1),
        (Say("London", ("p1",)), 0),
        (Say("France", ("p1",)), 0),  # p2 says it, and is not cited
        (Say("The Seine is 777 km long [p1]. Paris is the capital of France [p2].", ("p1", "p2")), 1),
        (Say("The Seine is 777 km long [p2]. Paris is the capital of France [p2].", ("p1", "p2")), 0.5),
        (Say("The Seine is 900 km long.", ("p1",)), 0),  # all terms but the number
        (Say("The Seine is 777 km long [no source].", ("p1",)), 0),
        (Say("Paris"), 0),
    ],
)
def test_an_answer_is_faithful_if_what_it_cites_says_its_claims(say: Say, value: float) -> None:
    assert values(faithful, run(SEINE >> say), example()) == [value]


def test_a_yes_or_no_and_a_refusal_stand_in_no_text() -> None:
    for say in (Say("yes", ("p1",)), Say("No.", ("p1",)), Say("not known", refused=True)):
        assert values(faithful, run(SEINE >> say), example()) == []


def test_a_claim_is_supported_by_texts_together() -> None:
    assert supports("Paris France Seine long km", ["Paris, on the Seine", "long", "km of France"])
    assert not supports("Paris France Seine long km", ["Paris, on the Seine", "long"])  # 3 of 5 terms
    assert not supports("", ["Paris"])


def test_behaviour_counts_only_above_the_bottom_lines() -> None:
    gated = bottom_lines(cites_found, faithful, behaviour=answer_f1)
    assert gated.name == "bottom_lines(cites_found, faithful: answer_f1)"
    assert gated.needs == {"answers"}
    row = example(answers=("Paris France",))
    # F1 of "Paris" against "Paris France": 2 * 1 / (1 + 2)
    assert values(gated, run(SEINE >> Say("Paris", ("p1",))), row) == pytest.approx([2 / 3])
    for say, why in ((Say("Paris", ("p9",)), "cites p9, which nothing has found"), (Say("London", ("p1",)), "does not say")):
        assert values(gated, run(SEINE >> say), row) == [0]
        assert why in feedback(gated, run(SEINE >> say), row)[0]
    with pytest.raises(RewardError, match="at least one"):
        bottom_lines(behaviour=answer_f1)
