"""Judge: an answer against the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from visiting import BRIDGE, DIRECTOR, FILM, visit

from seekgraph.core.language.params import Choice
from seekgraph.flow import Flow
from seekgraph.lms import Scripted
from seekgraph.nodes import Judge
from seekgraph.prompts.parsing import PromptError
from seekgraph.prompts.rubric import RUBRICS, rubric_text
from seekgraph.types import Answer, Digest, Evidence, Passage, Verdict

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
        (Answer(text="The Silver Gate", citations=("film",)), BRIDGE, {"informative"}),
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
    assert judged(wrong, node=Judge(cited=0.0, known=0.0, typed=0.0, informative=0.0)).score == 0.0
    assert judged(GOOD, node=Judge(cited=0.0, known=0.0, supported=0.0, typed=0.0, informative=0.0)).score == 0.0


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


# --- with a model ---------------------------------------------------------------------------------------------------------


def run(answer: Answer, lm: Scripted, node: Judge | None = None) -> Any:
    inputs = {"question": str, "answer": Answer, "context": tuple[Passage, ...]}
    flow = Flow(node or Judge(), inputs=inputs, output="verdict")
    return flow.bind(lm=lm)(question=BRIDGE, answer=answer, context=(FILM, DIRECTOR))


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (Answer(text="Visby"), "cited"),
        (Answer(text="Visby", citations=("director", "elsewhere")), "known"),
    ],
)
def test_where_a_rule_decides_no_model_is_asked(answer: Answer, failed: str) -> None:
    lm = Scripted([{"reason": "perfect", "score": 10}])
    verdict = run(answer, lm)["verdict"]
    assert (verdict.score, verdict.label, lm.asked) == (0.0, "fail", [])
    assert failed in verdict.reason


def test_a_rule_that_weighs_nothing_decides_nothing() -> None:
    verdict = run(Answer(text="Visby"), Scripted([{"reason": "fine", "score": 10}]), Judge(cited=0.0))["verdict"]
    assert (verdict.score, verdict.label) == (1.0, "pass")


def test_what_rules_can_only_guess_is_left_to_the_model() -> None:
    paraphrase = Answer(text="a town on Gotland", citations=("director",))
    result = run(paraphrase, Scripted([{"reason": "Visby is on Gotland", "score": 8}]))
    assert (result["verdict"].label, result["raw_verdict"].score) == ("pass", 0.8)


def test_from_where_on_a_verdict_passes_can_be_set() -> None:
    for passes, label in ((0.6, "pass"), (0.7, "fail")):
        assert run(GOOD, Scripted([{"reason": "", "score": 6}]), Judge(passes=passes))["verdict"].label == label


def test_a_refusal_is_judged_by_the_model() -> None:
    verdict = run(Answer(text="not found", refused=True), Scripted([{"reason": "it is there", "score": 1}]))["verdict"]
    assert (verdict.score, verdict.label) == (0.1, "refused")


@pytest.mark.parametrize("name", RUBRICS)
def test_written_rubrics_are_shown_by_name(name: str) -> None:
    lm = Scripted([{"reason": "", "score": 9}])
    run(GOOD, lm, Judge(rubric=name))
    assert rubric_text(name).splitlines()[0] in lm.asked[0].prompt
    assert rubric_text(name) != name


def test_a_rubric_may_be_a_file_and_is_part_of_the_flow(tmp_path: Path) -> None:
    file = tmp_path / "mine.md"
    file.write_text("Does it rhyme?\n\n- 10: yes\n- 0: no\n", encoding="utf-8")
    node = Judge(rubric=file)
    assert node.rubric == "Does it rhyme?\n\n- 10: yes\n- 0: no"
    lm = Scripted([{"reason": "", "score": 9}])
    run(GOOD, lm, node)
    assert "Does it rhyme?" in lm.asked[0].prompt
    before = Flow(node).fingerprint
    file.write_text("Does it scan?", encoding="utf-8")
    assert Flow(Judge(rubric=file)).fingerprint != before
    file.write_text(" \n", encoding="utf-8")
    for path, message in ((file, "the rubric is empty"), (tmp_path / "none.md", "cannot be read")):
        with pytest.raises(PromptError, match=message):
            Judge(rubric=path)


def test_rubrics_can_be_a_choice() -> None:
    node = Judge(rubric=Choice("groundedness", "completeness"))
    lm = Scripted([{"reason": "", "score": 9}])
    run(GOOD, lm, node)
    assert "supported by the passages that it cites" in lm.asked[0].prompt
