"""How evaluating ends: errors apart from wrong answers, budgets that run out, cancelling."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any

import pytest
from cities import EXAMPLES, Corpus, Said, Say, Search, bind, example, run

import seekgraph as sg
from seekgraph.core.base.meter import Meter
from seekgraph.core.machine.bound import Bound
from seekgraph.evaluation.evaluate import evaluate
from seekgraph.evaluation.intervals import interval
from seekgraph.evaluation.metrics import Metric
from seekgraph.evaluation.report import Row
from seekgraph.rewards import Score, reward, support_gain
from seekgraph.types import Answer, Example, Passage, Query

# --- errors are not wrong answers ----------------------------------------------------------------------------------


def test_a_failed_run_is_an_error_and_a_wrong_answer_is_not() -> None:
    report = run(bind(), [example("Paris"), example("London", gold="Rome"), example("broken")])
    assert (report.n, report.errors, report.partial, report.skipped) == (3, 1, 0, 0)
    assert [row.status for row in report.rows] == ["ok", "ok", "failed"]
    assert [row.metrics["answer_em"] for row in report.rows] == [1, 0, None]
    assert set(report.rows[2].metrics.values()) == {None}
    assert report.metrics["answer_em"].mean == 0.5
    assert report.metrics["answer_em"].n == 2
    error = report.rows[2].error
    assert error is not None
    assert (error.code, error.step, error.message) == ("raised", "search", "search: the index is away")
    assert report.step_errors == {"raised": 1}


def test_what_a_failed_run_did_is_still_told() -> None:
    [row] = run(bind(), [example("broken")]).rows
    assert row.usage == {"searches": 1}
    assert row.visits["search"] == 1


def test_a_step_that_fails_in_a_run_that_goes_on_is_counted_and_no_error() -> None:
    class Half(Corpus):
        async def search(self, query: Query, k: int) -> Sequence[Passage]:
            if len(self.asked) == 1:
                self.asked.append("")
                raise ConnectionError("away")
            return await super().search(query, k)

    flow = sg.Flow(sg.fan(Search().named("a"), Search().named("b")) >> Say())
    report = run(flow.bind(corpus=Half()), [EXAMPLES[0]])
    assert (report.errors, report.step_errors) == (0, {"raised": 1})
    assert report.rows[0].metrics["answer_em"] == 1


def failing_metric(example: Example, outcome: object) -> float | None:
    if example.id == "Rome":
        raise KeyError("population")
    return 1.0


def infinite_metric(example: Example, outcome: object) -> float | None:
    return float("nan") if example.id == "Rome" else 1.0


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (failing_metric, r"metric 'mine' raised KeyError: 'population' \(test_evaluate_ends.py, line \d+\)"),
        (infinite_metric, "metric 'mine' raised ValueError: nan is not a finite number"),
    ],
)
def test_a_metric_that_raises_loses_its_example_and_no_other(function: Any, message: str) -> None:
    report = run(bind(), metrics=[Metric("mine", function), "answer_em"])
    assert (report.errors, report.metrics["mine"].n, report.metrics["answer_em"].n) == (1, 5, 5)
    [failed] = [row for row in report.rows if row.failed]
    assert failed.id == "Rome"
    assert failed.metrics == {"mine": None, "answer_em": None}
    assert failed.error is not None
    assert failed.error.code == "metric"
    assert re.match(message, failed.error.message)


def test_a_reward_that_raises_loses_its_example_and_no_other() -> None:
    @reward(on="answer")
    def fragile(step: Any, trace: Any, example: Example) -> Score:
        return Score(1 / (example.id != "Rome"))

    report = run(bind(), rewards=[support_gain, fragile])
    assert report.errors == 1
    error = report.rows[2].error
    assert error is not None
    assert (error.code, error.message) == ("reward", "reward 'fragile' raised ZeroDivisionError at step say: division by zero")
    assert report.rewards["say"]["fragile"].n == 5


def test_an_input_that_the_flow_refuses_is_the_error_of_its_example() -> None:
    flow = sg.Flow(Search() >> Say(), inputs={"question": str, "city": str})
    report = run(flow.bind(corpus=Corpus()))
    assert report.errors == 6
    assert report.rows[0].error is not None
    assert "needs 'city'" in report.rows[0].error.message


def test_a_flow_whose_channels_are_of_other_types_is_scored_as_far_as_it_can_be() -> None:
    class Plain(sg.Writes):
        answer: str
        passages: tuple[str, ...] = ()
        verdict: str = "fine"

    class SayPlainly(sg.Node):
        async def run(self, question: str) -> Plain:
            return Plain(answer=question.removeprefix("Where is ").rstrip("?"), passages=("text",))

    report = run(Bound(sg.Flow(SayPlainly()), {}, checked=True))
    assert (report.errors, report.metrics["answer_em"].mean, report.rows[0].passages) == (0, 1, ())
    assert report.rewards == {"sayplainly": {"support_gain": interval([0.0] * 6)}}


def test_a_tool_that_cancels_itself_is_an_error_and_the_others_go_on() -> None:
    class Cancelling(Corpus):
        async def search(self, query: Query, k: int) -> Sequence[Passage]:
            if "Rome" in query.text:
                raise asyncio.CancelledError
            return await super().search(query, k)

    report = run(bind(Cancelling()), parallel=1)
    assert [row.status for row in report.rows] == ["ok", "ok", "failed", "ok", "ok", "ok"]
    assert report.rows[2].error is not None
    assert report.rows[2].error.code == "cancelled"


# --- budgets -------------------------------------------------------------------------------------------------------


def test_when_the_budget_is_spent_what_has_not_begun_is_skipped_and_counted() -> None:
    corpus = Corpus()
    report = run(bind(corpus), budget=sg.Budget(searches=4), parallel=1)
    assert [row.status for row in report.rows] == ["ok"] * 4 + ["skipped"] * 2
    assert (report.n, report.errors, report.skipped, len(corpus.asked)) == (6, 0, 2, 4)
    assert report.rows[5].metrics == {}
    assert report.metrics["answer_em"].n == 4


def test_what_had_begun_when_the_budget_was_spent_ends_with_what_it_has() -> None:
    corpus = Corpus(wait=0.01)
    twice = sg.Flow(Search().named("first") >> Search().named("second") >> Say()).bind(corpus=corpus)
    report = run(twice, budget=sg.Budget(searches=4), parallel=3)
    assert [row.status for row in report.rows] == ["ok", "partial", "partial", "skipped", "skipped", "skipped"]
    assert [row.metrics.get("answer_em") for row in report.rows] == [1, 1, 1, None, None, None]
    assert (len(corpus.asked), report.errors) == (4, 0)


def test_time_is_a_budget_too() -> None:
    report = run(bind(Corpus(wait=0.3)), budget=sg.Budget(seconds=0.7), parallel=1)
    assert report.skipped >= 2
    assert report.statuses["ok"] + report.partial + report.skipped == 6


def test_a_budget_of_none_of_a_kind_skips_nothing_that_needs_none() -> None:
    assert run(bind(), budget=sg.Budget(calls=0)).statuses == {"ok": 6}


def test_an_outer_meter_counts_and_limits_as_well() -> None:
    outer = Meter(sg.Budget(searches=2))
    report = run(bind(), meter=outer, budget=sg.Budget(searches=5), parallel=1)
    assert (report.skipped, outer.used.searches) == (4, 2)


# --- ending early --------------------------------------------------------------------------------------------------


def test_cancelling_leaves_nothing_running() -> None:
    corpus = Corpus(wait=10)

    async def main() -> None:
        task = asyncio.create_task(evaluate(bind(corpus), EXAMPLES))
        while corpus.running < 6:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert corpus.running == 0
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_a_flow_that_never_waits_can_be_cancelled() -> None:
    class Instant(sg.Node):
        async def run(self, question: str) -> Said:
            return Said(answer=Answer(text=question))

    seen: list[Row] = []

    async def main() -> None:
        many = [Example(id=str(number), question="?", answers=("a",)) for number in range(20_000)]
        task = asyncio.create_task(evaluate(sg.Flow(Instant()).bind(), many, on_row=seen.append))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert 0 < len(seen) < 20_000


def test_what_a_listener_raises_ends_the_evaluation_as_it_is() -> None:
    corpus = Corpus(wait=0.01)

    def full(row: Row) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        run(bind(corpus), on_row=full)
    assert corpus.running == 0
