"""What only a discarded attempt has found counts for no reward of what is kept."""

from __future__ import annotations

import pytest

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards import cites_found, frugal, inforage, judged, judged_query, search_r1, search_sufficient
from seekgraph.rewards.outcome import lasting_searches, passages_of, searches
from seekgraph.rewards.runs import recall_by_search
from seekgraph.rewards.whole import of_run
from seekgraph.types import Answer, Example, Passage, Verdict

ROW = Example(id="e", question="?", answers=("Paris",), supporting_ids=("gold",))


def found(id: str) -> tuple[Passage, ...]:
    return (Passage(id=id, title=id, text="It is Paris."),)


def steps() -> list[Step]:
    """A redo of two attempts: the first, which found the gold, was discarded; the answer cites the gold all the same."""
    return [
        Step("input", (), "input", writes={"question": "?"}),
        Step("redo", (1,), "attempt", writes={}),
        Step("redo/find", (1,), "node", writes={"passages": found("gold")}),
        Step("redo", (2,), "attempt", writes={}),
        Step("redo/find", (2,), "node", writes={"passages": (Passage(id="other", title="o", text="Rome."),)}),
        Step("redo", (), "selected", decision="2"),
        Step("say", (), "node", writes={"answer": Answer(text="Rome", citations=("gold",))}),
    ]


def test_a_passage_of_a_discarded_attempt_was_not_found() -> None:
    trace = Trace(steps=steps())
    answer = trace.steps[-1]
    assert cites_found(answer, trace).value == 0
    assert passages_of(trace, {"gold"}) == passages_of(trace, {"gold"}, answer) == {}
    assert of_run(search_sufficient, trace, ROW).value == 0
    assert of_run(search_r1(), trace, ROW).value == pytest.approx(0.2)  # the gold answer is in nothing that lasts
    assert of_run(inforage(), trace, ROW).value == 0
    assert of_run(frugal(), trace, ROW).value is not None


def test_its_search_was_made_and_still_costs() -> None:
    trace = Trace(steps=steps())
    assert (len(searches(trace)), len(lasting_searches(trace))) == (2, 1)
    assert recall_by_search(trace, ROW) == [0, 0, 0]


def test_a_verdict_of_a_discarded_attempt_judges_nothing_of_the_rest() -> None:
    of_answer, of_query = {"answer": ("say",)}, {"passages": ("find",)}
    trace = Trace(
        steps=[
            Step("input", (), "input", writes={"question": "?"}),
            Step("find", (), "node", {"question": ("input",)}, {"passages": found("gold")}, usage={"searches": 1}),
            Step("say", (), "node", writes={"answer": Answer(text="Rome")}),
            *(
                step
                for number, score in ((1, 0.1), (2, 0.9))
                for step in (
                    Step("redo", (number,), "attempt"),
                    Step("redo/judge", (number,), "node", of_answer, {"verdict": Verdict(score=score)}),
                    Step("redo/reflect", (number,), "node", of_query, {"verdict": Verdict(score=score)}),
                )
            ),
            Step("redo", (), "selected", decision="2"),
        ]
    )
    assert judged(trace.step("say"), trace).value == 0.9
    assert judged_query(trace.step("find"), trace).value == 0.9
