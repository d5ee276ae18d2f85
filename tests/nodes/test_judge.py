"""Judge: an answer against the rules."""

from __future__ import annotations

import pytest
from visiting import BRIDGE, DIRECTOR, FILM, visit

from seekflow.nodes import Judge
from seekflow.types import Answer, Digest, Evidence, Verdict

GOOD = Answer(text="Visby", citations=("director", "film"))


def judged(answer: Answer, question: str = BRIDGE, node: Judge | None = None) -> Verdict:
    verdict: Verdict = visit(node or Judge(), question=question, answer=answer, context=(FILM, DIRECTOR))
    return verdict


def test_an_answer_that_its_citations_say_passes() -> None:
    verdict = judged(GOOD)
    assert (verdict.score, verdict.label, verdict.reason) == (1.0, "pass", "every check holds")


@pytest.mark.parametrize(
    ("answer", "question", "failed"),
    [
        (Answer(text="Visby"), BRIDGE, {"cited", "supported"}),
        (Answer(text="Visby", citations=("director", "elsewhere")), BRIDGE, {"known"}),
        (Answer(text="Oslo", citations=("director",)), BRIDGE, {"supported"}),
        (Answer(text="Visby", citations=("director",)), "When was Marta Lindqvist born?", {"typed"}),
        (Answer(text="The Silver Gate", citations=("film",)), BRIDGE, {"told"}),
        (Answer(text="Visby", citations=("film",)), "Is Marta Lindqvist Swedish?", {"typed"}),
    ],
)
def test_each_rule_fails_for_its_own_reason(answer: Answer, question: str, failed: set[str]) -> None:
    verdict = judged(answer, question)
    assert {part.split(":")[0] for part in verdict.reason.split("; ")} == failed
    assert verdict.label == "fail"
    assert verdict.score < 1


def test_a_longer_answer_is_supported_by_most_of_its_terms() -> None:
    prose = Answer(text="Marta Lindqvist, the Swedish director, was born in Visby.", citations=("director",))
    invented = Answer(text="Marta Lindqvist won four golden medals for swimming across rivers.", citations=("director",))
    assert judged(prose).label == "pass"
    assert "supported" in judged(invented).reason


def test_the_weights_say_what_a_failed_check_costs() -> None:
    wrong = Answer(text="Oslo", citations=("director",))
    assert judged(wrong).score == pytest.approx(5 / 7)
    assert judged(wrong, node=Judge(supported=0.0)).label == "pass"
    assert judged(wrong, node=Judge(cited=0.0, known=0.0, typed=0.0, told=0.0)).score == 0.0
    assert judged(GOOD, node=Judge(cited=0.0, known=0.0, supported=0.0, typed=0.0, told=0.0)).score == 0.0


def test_a_refusal_is_told_apart_from_a_wrong_answer() -> None:
    verdict = judged(Answer(text="Nothing was found.", refused=True))
    assert (verdict.score, verdict.label, verdict.reason) == (0.0, "refused", "Nothing was found.")


def test_digests_and_evidence_may_be_cited() -> None:
    digest = Digest(conclusion="Visby", resources=(DIRECTOR,))
    assert (
        visit(Judge(), question=BRIDGE, answer=Answer(text="Visby", citations=("director",)), digests=(digest,)).label == "pass"
    )
    quote = Evidence(claim="born in Visby", passage_id="x", quote="She was born in Visby")
    assert visit(Judge(), question=BRIDGE, answer=Answer(text="Visby", citations=("x",)), evidence=(quote,)).label == "pass"
