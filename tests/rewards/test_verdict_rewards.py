"""A judge's verdict as a reward: what it is read from, and that it works while a flow runs."""

from __future__ import annotations

import seekgraph as sg
from seekgraph.nodes import Judge
from seekgraph.rewards import judged
from seekgraph.types import Answer, Passage, Verdict

PASSAGE = Passage(id="p", text="Ada Holm was born in Visby.")


class Said(sg.Writes):
    answer: Answer
    context: tuple[Passage, ...]


class Say(sg.Node):
    """Says the first of its answers, and another one where it is told that that was no good."""

    answers: tuple[str, ...] = ()

    async def run(self, question: str, critique: str = "") -> Said:
        return Said(answer=Answer(text=self.answers[bool(critique)], citations=("p",)), context=(PASSAGE,))


class Graded(sg.Writes):
    verdict: Verdict


class Grade(sg.Node):
    """A verdict that is not about an answer."""

    for_trace = True

    async def run(self, question: str) -> Graded:
        return Graded(verdict=Verdict(score=0.9))


def run(body: object) -> sg.Result:
    return sg.Flow(body).bind()(question="Where was Ada Holm born?")


def test_an_answer_scores_what_its_judge_says() -> None:
    trace = run(Grade() >> Say(("Oslo",)) >> Judge()).trace
    [answer], [verdict] = trace.visits("say"), trace.visits("judge")
    assert judged(answer, trace).value == verdict.writes["verdict"].score < 1
    assert "supported" in judged(answer, trace).feedback
    assert judged(verdict, trace).value is None
    assert judged.needs == frozenset()


def test_what_nobody_judged_has_no_score() -> None:
    for body in (Grade() >> Say(("Oslo",)), Say(("Oslo",)) >> Grade()):
        trace = run(body).trace
        assert [judged(step, trace).value for step in trace] == [None] * len(trace)


def test_each_answer_has_the_verdict_on_itself() -> None:
    trace = run(Say(("Oslo",)) >> Judge() >> Say(("Visby",)).named("then") >> Judge().named("again")).trace
    assert [judged(*(trace.visits(path)), trace).value for path in ("say", "then")] == [5 / 7, 1.0]


def test_an_answer_that_its_judge_rejects_is_given_again() -> None:
    result = run(sg.redo(Say(("Oslo", "Visby")) >> Judge(), judged, below=0.9))
    assert result.answer is not None
    assert result.answer.text == "Visby"
    told = next(step.writes["critique"] for step in result.trace if step.kind == "attempt" and step.writes)
    assert told == "supported: what it cites does not say it"
