"""Evaluating a bound flow: rows and their order, what is asked for, progress, cost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cities import CITIES, EXAMPLES, Corpus, KnownCorpus, Say, Search, bind, example, run, timeless

import seekgraph as sg
from seekgraph.core.base.errors import BindError
from seekgraph.evaluation.examples import ExampleError, write_examples
from seekgraph.evaluation.metrics import MetricError
from seekgraph.rewards import RewardError, Score, novelty, reward, support_gain
from seekgraph.types import Example, Passage, Query

# --- rows ----------------------------------------------------------------------------------------------------------


def test_a_row_has_the_values_the_rewards_the_cost_and_the_answer_of_its_example() -> None:
    [row] = run(bind(), [EXAMPLES[0]]).rows
    assert (row.id, row.status, row.error) == ("Paris", "ok", None)
    assert row.metrics["answer_em"] == row.metrics["support_recall@5"] == row.metrics["searches"] == 1
    assert row.rewards == {
        "search": ((1, "support_gain", 1.0), (1, "novelty", 1.0)),
        "say": ((1, "answer_f1", 1.0), (1, "citation_support", 1.0), (1, "citation_recall", 1.0)),
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
    flow = sg.Flow(Search().using(question="topic") >> Say(), inputs={"topic": str})
    with pytest.raises(BindError, match=r"takes \['topic'\], and an example gives a 'question'"):
        run(flow.bind(corpus=Corpus()))


def test_gold_that_the_corpus_does_not_have_is_refused_where_the_corpus_is_known() -> None:
    with pytest.raises(ExampleError, match="1 of 6 examples name 1 gold passages that are not among the 5 of the corpus"):
        run(bind(KnownCorpus(CITIES[:5])))
    assert run(bind(KnownCorpus())).errors == 0
    assert run(bind(Corpus(CITIES[:5]))).errors == 0


def test_rewards_of_ones_own_are_reported_by_node() -> None:
    @reward(on="answer")
    def short(step: Any, trace: Any, example: Example) -> Score:
        return Score(float(len(step.writes["answer"].text) < 5))

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
