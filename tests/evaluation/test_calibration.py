"""How a judge's verdicts are compared with gold, and what calibrating makes of them."""

from __future__ import annotations

import io
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

import seekgraph as sg
from seekgraph.core.language.lm import Unavailable
from seekgraph.evaluation import JudgeError, calibrate
from seekgraph.evaluation.agreement import Judgement, agreement, kappa
from seekgraph.lms import Scripted
from seekgraph.nodes import Judge
from seekgraph.types import Answer, Example, Passage

TOWNS = ("Visby", "Uppsala", "Lund", "Kalmar", "Ystad")


class Said(sg.Writes):
    answer: Answer
    context: tuple[Passage, ...]


class Say(sg.Node):
    """Answers with the town that the question ends with, from a passage that says so."""

    async def run(self, question: str) -> Said:
        town = question.split()[-1]
        passage = Passage(id="p", text=f"She was born in {town}.")
        return Said(answer=Answer(text=town, citations=("p",)), context=(passage,))


def examples(count: int, seed: int = 0) -> list[Example]:
    """Half of them are answered rightly."""
    rng = random.Random(seed)
    made = []
    for number in range(count):
        gold, other = rng.sample(TOWNS, 2)
        hint = gold if rng.random() < 0.5 else other
        made.append(
            Example(id=f"e{number}", question=f"{number}: Where was she born, not in {gold}? Hint: {hint}", answers=(gold,))
        )
    return made


def overconfident(asked: Any) -> dict[str, Any]:
    """Scores right answers 9 or 10, and wrong ones 7 to 9: the order is good, the level is not."""
    line = next(line for line in asked.prompt.splitlines() if "Where was she born" in line)
    right = line.split("not in ")[1].split("?")[0] == line.split()[-1]
    rng = random.Random(line)
    return {"reason": "sounds right", "score": rng.choice((8, 9, 10, 10) if right else (7, 8, 8, 9))}


def bound(lm: Any = None, judge: Judge | None = None) -> sg.Bound:
    flow = sg.Flow(Say() >> (judge or Judge()), output="answer")
    return flow.bind(**({"lm": lm} if lm else {}))


def test_calibrating_makes_probabilities_of_scores() -> None:
    rows = examples(120)
    given = bound(Scripted(overconfident, identity="over"))
    found = calibrate(given, rows)
    assert found.before.n == 120
    assert found.before.failed_right == found.before.failed_wrong == 0  # it passes everything
    assert found.before.kappa.mean == pytest.approx(0.0)
    assert found.after is not None
    assert found.after.kappa.low > 0.2
    assert found.after.brier.mean < found.before.brier.mean - 0.1
    assert found.after.accuracy.mean > found.before.accuracy.mean
    assert set(found.params) == {"judge.calibration"}
    trusted = given.with_params(found.params)
    scores = {}
    for row in rows[:40]:
        result = trusted(question=row.question)
        raw, verdict = result["raw_verdict"], result["verdict"]
        scores[raw.score] = verdict.score
        assert verdict.label == ("pass" if verdict.score >= 0.5 else "fail")
    order = sorted(scores)
    assert [scores[each] for each in order] == sorted(scores.values())  # the map is monotone
    again = calibrate(trusted, rows)
    assert again.before.brier.mean < found.before.brier.mean
    assert again.params == found.params  # it is fitted to what the model said, not to what was made of it


def test_the_report_can_be_read() -> None:
    console = Console(record=True, width=100, file=io.StringIO())
    console.print(calibrate(bound(Scripted(overconfident, identity="over")), examples(40)))
    text = console.export_text()
    assert "40 verdicts against gold" in text
    assert "kappa" in text
    assert "held-out" in text


def test_a_judge_without_a_model_is_compared_and_has_nothing_to_fit() -> None:
    found = calibrate(bound(), examples(30))
    assert (found.before.n, found.after, dict(found.params)) == (30, None, {})


def test_too_little_and_a_judge_that_says_the_reverse_are_not_fitted() -> None:
    assert calibrate(bound(Scripted(overconfident)), examples(8)).after is None

    def contrary(asked: Any) -> dict[str, Any]:
        return {"reason": "", "score": 10 - overconfident(asked)["score"]}

    assert dict(calibrate(bound(Scripted(contrary)), examples(80)).params) == {}


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(JudgeError, match="has no Judge at 'critic': they are at"):
        calibrate(bound(), examples(5), judge="critic")
    with pytest.raises(JudgeError, match=r"no verdict on an answer in 5 examples: the first error is: .* is down"):
        calibrate(bound(Scripted(lambda _: Unavailable("the host is down"))), examples(5))
    with pytest.raises(JudgeError, match="none of the examples has answers"):
        calibrate(bound(), [Example(id="a", question="Where? Visby")])


# --- the numbers ---------------------------------------------------------------------------------------------------------


def test_kappa_by_hand() -> None:
    # 20 pass and right, 5 pass and wrong, 10 fail and right, 15 fail and wrong: p_o = .7, p_e = .5 * .6 + .5 * .4 = .5
    assert kappa(20, 5, 10, 15) == pytest.approx(0.4)
    assert kappa(10, 0, 0, 10) == 1
    assert kappa(0, 10, 10, 0) == -1
    assert kappa(10, 0, 0, 0) is None
    assert kappa(0, 0, 0, 0) is None


def test_agreement_by_hand() -> None:
    rows = [Judgement(0.9, True, True)] * 6 + [Judgement(0.8, True, False)] * 2 + [Judgement(0.1, False, False)] * 2
    found = agreement(rows)
    assert (found.passed_right, found.passed_wrong, found.failed_right, found.failed_wrong) == (6, 2, 0, 2)
    assert found.accuracy.mean == pytest.approx(0.8)
    assert found.brier.mean == pytest.approx((6 * 0.01 + 2 * 0.64 + 2 * 0.01) / 10)
    assert found.kappa.mean == pytest.approx((0.8 - (0.8 * 0.6 + 0.2 * 0.4)) / (1 - (0.8 * 0.6 + 0.2 * 0.4)))
    with pytest.raises(JudgeError, match="no verdict"):
        agreement([])


judgements = st.lists(st.builds(Judgement, st.floats(0, 1), st.booleans(), st.booleans()), min_size=1, max_size=40)


@given(judgements)
def test_an_interval_holds_its_mean_and_the_order_of_verdicts_does_not_matter(rows: list[Judgement]) -> None:
    found = agreement(rows, resamples=50)
    for each in (found.accuracy, found.brier, found.kappa):
        assert each.mean is None or each.low <= each.mean <= each.high
    assert agreement(rows[::-1], resamples=50) == found
    assert found.kappa.mean is None or -1 <= found.kappa.mean <= 1
