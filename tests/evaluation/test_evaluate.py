"""Evaluating a bound flow: rows and scores, errors as data, budgets, order, cancelling, what is refused beforehand."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import seekflow as sf
from seekflow.core.budget import Meter
from seekflow.core.errors import BindError
from seekflow.core.ledger import Passages
from seekflow.evaluation.evaluate import evaluate
from seekflow.evaluation.examples import ExampleError, write_examples
from seekflow.evaluation.metrics import Metric, MetricError
from seekflow.evaluation.report import Report, Row
from seekflow.rewards import RewardError, Score, novelty, reward, support_gain
from seekflow.types import Answer, Example, Passage, Query

CITIES = ("Paris", "London", "Rome", "Bern", "Oslo", "Cairo")


class Corpus:
    """Finds the passages whose title is in the query, after a little while."""

    identity = "cities"

    def __init__(self, titles: Sequence[str] = CITIES, wait: float = 0.0) -> None:
        self.passages = {title.lower(): Passage(id=title.lower(), title=title, text=f"{title} is a city.") for title in titles}
        self.wait = wait
        self.asked: list[str] = []
        self.running = self.most = 0

    async def search(self, query: Query, k: int) -> Sequence[Passage]:
        self.asked.append(query.text)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self.wait)
        finally:
            self.running -= 1
        if "broken" in query.text:
            raise ConnectionError("the index is away")
        return tuple(found for found in self.passages.values() if found.title in query.text)[:k]


class KnownCorpus(Corpus):
    @property
    def passage_ids(self) -> set[str]:
        return set(self.passages)


class Found(sf.Writes):
    passages: Passages


class Said(sf.Writes):
    answer: Answer


class Search(sf.Node):
    async def run(self, question: str, corpus: sf.Retriever) -> Found:
        return Found(passages=tuple(await corpus.search(Query(text=question), 5)))


class Say(sf.Node):
    """Says the title of the first passage."""

    async def run(self, passages: tuple[Passage, ...] = ()) -> Said:
        if not passages:
            return Said(answer=Answer(text="nothing found", refused=True))
        return Said(answer=Answer(text=passages[0].title, citations=(passages[0].id,)))


def bind(corpus: Corpus | None = None, **options: Any) -> sf.Bound:
    return sf.Flow(Search() >> Say(), name="cities").bind(corpus=corpus or Corpus(), **options)


def example(city: str, *, gold: str | None = None, **more: Any) -> Example:
    return Example(
        id=city, question=f"Where is {city}?", answers=(gold or city,), supporting_ids=((gold or city).lower(),), **more
    )


EXAMPLES = [example(city) for city in CITIES]


def run(bound: sf.Bound, examples: Any = EXAMPLES, **options: Any) -> Report:
    return asyncio.run(evaluate(bound, examples, **options))


def timeless(report: Report) -> list[dict[str, Any]]:
    """The rows without what the clock says."""
    rows = [row.model_dump(exclude={"seconds"}) for row in report.rows]
    for row in rows:
        row["metrics"].pop("seconds", None)
    return rows


# --- rows ----------------------------------------------------------------------------------------------------------


def test_a_row_has_the_values_the_rewards_the_cost_and_the_answer_of_its_example() -> None:
    [row] = run(bind(), [EXAMPLES[0]]).rows
    assert (row.id, row.status, row.error) == ("Paris", "ok", None)
    assert row.metrics["answer_em"] == row.metrics["support_recall@5"] == row.metrics["searches"] == 1
    assert row.rewards == {
        "search": ((1, "support_gain", 1.0), (1, "novelty", 1.0)),
        "say": ((1, "answer_f1", 1.0), (1, "citation_support", 1.0)),
    }
    assert row.visits == {"search": 1, "say": 1}
    assert row.usage == row.paid == {"searches": 1}
    assert (row.answer, row.citations, row.passages, row.refused) == ("Paris", ("paris",), ("paris",), False)
    assert row.seconds > 0


def test_rows_are_in_the_order_of_the_examples_whichever_ends_first() -> None:
    class Uneven(Corpus):
        async def search(self, query: Query, k: int) -> Sequence[Passage]:
            await asyncio.sleep(0.03 if "Paris" in query.text else 0)
            return await super().search(query, k)

    ended: list[str] = []
    report = run(bind(Uneven()), on_row=lambda row: ended.append(row.id))
    assert [row.id for row in report.rows] == list(CITIES)
    assert ended[-1] == "Paris"


def test_the_report_is_the_same_whatever_runs_beside_it() -> None:
    reports = [run(bind(Corpus(wait=0.001)), [*EXAMPLES, example("broken")], parallel=parallel) for parallel in (1, 2, 32)]
    assert timeless(reports[0]) == timeless(reports[1]) == timeless(reports[2])
    means = [{name: found for name, found in report.metrics.items() if name != "seconds"} for report in reports]
    assert means[0] == means[1] == means[2]
    assert reports[0].rewards == reports[1].rewards == reports[2].rewards


def test_examples_are_read_from_a_file(tmp_path: Path) -> None:
    write_examples(tmp_path / "dev.jsonl", EXAMPLES)
    assert run(bind(), tmp_path / "dev.jsonl").n == len(EXAMPLES)


def test_the_sync_face_gives_the_same() -> None:
    assert timeless(bind().evaluate(EXAMPLES)) == timeless(run(bind()))


def test_no_more_examples_run_at_a_time_than_asked_for() -> None:
    corpus = Corpus(wait=0.005)
    run(bind(corpus), parallel=2)
    assert corpus.most == 2


def test_no_more_visits_run_at_a_time_than_the_bound_flow_allows() -> None:
    corpus = Corpus(wait=0.005)
    run(bind(corpus, concurrency=3), parallel=32)
    assert corpus.most == 3


def test_traces_are_kept_when_asked_for() -> None:
    assert run(bind()).traces == {}
    traces = run(bind(), keep_traces=True).traces
    assert list(traces) == list(CITIES)
    assert traces["Rome"].visits("say")[0].writes["answer"].text == "Rome"


def test_hits_of_the_memo_are_not_paid(tmp_path: Path) -> None:
    corpus = Corpus()
    bound = bind(corpus, memo=tmp_path / "memo.db")
    first, second = run(bound), run(bound)
    assert (first.cost["searches"], second.cost["searches"]) == ((6, 6), (6, 0))
    assert second.cost["searches"].memo == 6
    assert first.metrics["searches"].mean == second.metrics["searches"].mean == 1
    assert len(corpus.asked) == 6
    bound.memo.close()  # type: ignore[union-attr]


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

    flow = sf.Flow(sf.fan(Search().named("a"), Search().named("b")) >> Say())
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
        (failing_metric, r"metric 'mine' raised KeyError: 'population' \(test_evaluate.py, line \d+\)"),
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
    flow = sf.Flow(Search() >> Say(), inputs={"question": str, "city": str})
    report = run(flow.bind(corpus=Corpus()))
    assert report.errors == 6
    assert report.rows[0].error is not None
    assert "needs 'city'" in report.rows[0].error.message


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
    report = run(bind(corpus), budget=sf.Budget(searches=4), parallel=1)
    assert [row.status for row in report.rows] == ["ok"] * 4 + ["skipped"] * 2
    assert (report.n, report.errors, report.skipped, len(corpus.asked)) == (6, 0, 2, 4)
    assert report.rows[5].metrics == {}
    assert report.metrics["answer_em"].n == 4


def test_what_had_begun_when_the_budget_was_spent_ends_with_what_it_has() -> None:
    corpus = Corpus(wait=0.01)
    twice = sf.Flow(Search().named("first") >> Search().named("second") >> Say()).bind(corpus=corpus)
    report = run(twice, budget=sf.Budget(searches=4), parallel=3)
    assert [row.status for row in report.rows] == ["ok", "partial", "partial", "skipped", "skipped", "skipped"]
    assert [row.metrics.get("answer_em") for row in report.rows] == [1, 1, 1, None, None, None]
    assert (len(corpus.asked), report.errors) == (4, 0)


def test_time_is_a_budget_too() -> None:
    began = time.monotonic()
    report = run(bind(Corpus(wait=0.05)), budget=sf.Budget(seconds=0.12), parallel=1)
    assert time.monotonic() - began < 1
    assert report.skipped >= 2
    assert report.statuses["ok"] + report.partial + report.skipped == 6


def test_a_budget_of_none_of_a_kind_skips_nothing_that_needs_none() -> None:
    assert run(bind(), budget=sf.Budget(calls=0)).statuses == {"ok": 6}


def test_an_outer_meter_counts_and_limits_as_well() -> None:
    outer = Meter(sf.Budget(searches=2))
    report = run(bind(), meter=outer, budget=sf.Budget(searches=5), parallel=1)
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
    class Instant(sf.Node):
        async def run(self, question: str) -> Said:
            return Said(answer=Answer(text=question))

    seen: list[Row] = []

    async def main() -> None:
        many = [Example(id=str(number), question="?", answers=("a",)) for number in range(20_000)]
        task = asyncio.create_task(evaluate(sf.Flow(Instant()).bind(), many, on_row=seen.append))
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


# --- what is asked for ---------------------------------------------------------------------------------------------


def without_gold(*names: str) -> list[Example]:
    return [each.model_copy(update=dict.fromkeys(names, ())) for each in EXAMPLES]


def test_default_metrics_and_rewards_without_gold_drop_out() -> None:
    report = run(bind(), without_gold("supporting_ids"))
    assert not [name for name in report.names if name.startswith(("support", "ndcg", "citation"))]
    assert "answer_f1" in report.names
    assert report.rewards.keys() == {"search", "say"}
    assert report.rewards["search"].keys() == {"novelty"}


def test_a_metric_that_some_examples_lack_gold_for_is_not_theirs() -> None:
    report = run(bind(), [EXAMPLES[0], *without_gold("answers")[1:]])
    assert report.metrics["answer_em"].n == 1
    assert "answer_em" not in report.rows[1].metrics


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"metrics": ["support_recall@5"]}, MetricError, "'support_recall@5' needs 'supporting_ids', which 6 lack of 6 examples"),
        ({"metrics": ["answer_f1", "answer_f1"]}, MetricError, "two metrics are called 'answer_f1'"),
        ({"metrics": ["answer_f2"]}, MetricError, "did you mean 'answer_f1'"),
        ({"rewards": [support_gain]}, RewardError, "'support_gain' needs 'supporting_ids', which 6 lack of 6 examples"),
        ({"rewards": [novelty, novelty]}, RewardError, "two rewards are called 'novelty'"),
        ({"parallel": 0}, ValueError, "at least 1; got 0"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_runs(options: Any, error: type[Exception], message: str) -> None:
    corpus = Corpus()
    with pytest.raises(error, match=message):
        run(bind(corpus), without_gold("supporting_ids"), **options)
    assert corpus.asked == []


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ([], "no examples to evaluate"),
        ([EXAMPLES[0], EXAMPLES[0]], "two examples have the id 'Paris'"),
        ([{"id": "1", "question": "?"}], "takes examples, not"),
    ],
)
def test_examples_that_are_none_are_refused(examples: Any, message: str) -> None:
    with pytest.raises(ExampleError, match=message):
        run(bind(), examples)


def test_a_flow_without_a_question_cannot_be_evaluated() -> None:
    flow = sf.Flow(Search().using(question="topic") >> Say(), inputs={"topic": str})
    with pytest.raises(BindError, match=r"takes \['topic'\], and an example gives a 'question'"):
        run(flow.bind(corpus=Corpus()))


def test_gold_that_the_corpus_does_not_have_is_refused_where_the_corpus_is_known() -> None:
    with pytest.raises(ExampleError, match="1 of 6 examples name 1 gold passages that are not among the 5 of the corpus"):
        run(bind(KnownCorpus(CITIES[:5])))
    assert run(bind(KnownCorpus())).errors == 0
    assert run(bind(Corpus(CITIES[:5]))).errors == 0


def test_rewards_of_ones_own_are_reported_by_node() -> None:
    short: Reward = reward(on="answer", name="short")(
        lambda step, trace, example: Score(float(len(step.writes["answer"].text) < 5))
    )
    report = run(bind(), rewards=[short, (0.5 * support_gain + 0.5 * novelty).named("search")])
    assert report.rewards["say"]["short"].mean == pytest.approx(3 / 6)
    assert report.rewards["search"]["search"].mean == 1


# --- progress ------------------------------------------------------------------------------------------------------


def test_progress_goes_to_standard_error_and_only_when_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    run(bind(), [*EXAMPLES, example("broken")])
    assert capfd.readouterr() == ("", "")
    run(bind(), [*EXAMPLES, example("broken")], metrics=["answer_em"], progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert "answer_em 1.000 (1 errors)" in " ".join(err.split())
    assert "7/7" in err


# --- cost ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_row_costs_little_beside_its_run() -> None:
    """The target is 200 us a row on an idle machine; the limit here leaves room for a busy one."""

    class Instant(sf.Node):
        async def run(self, question: str) -> Said:
            return Said(answer=Answer(text=question))

    many = [Example(id=str(number), question="?", answers=("a",), supporting_ids=("p",)) for number in range(1000)]
    bound = sf.Flow(Instant()).bind()
    best = min(_seconds(bound, many) for _ in range(5))
    assert best / len(many) < 400e-6 * (1 + os.getloadavg()[0] / (os.cpu_count() or 1))


def _seconds(bound: sf.Bound, examples: list[Example]) -> float:
    began = time.perf_counter()
    asyncio.run(evaluate(bound, examples))
    return time.perf_counter() - began
