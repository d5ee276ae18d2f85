"""The one door to rollouts: what is run, reserved, refused, and judged."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import rivers

from seekgraph.core.base.budget import Budget
from seekgraph.core.memo import Memo
from seekgraph.evaluation.evaluate import evaluate
from seekgraph.flow import Bound
from seekgraph.optimizers.acceptance import Acceptance
from seekgraph.optimizers.allowance import BudgetSpent, meter_from
from seekgraph.optimizers.errors import CompileError
from seekgraph.optimizers.journal import Journal
from seekgraph.optimizers.objective import objective_for
from seekgraph.optimizers.search import Search
from seekgraph.optimizers.space import active, tunable

K1, K24 = {"search.k": 1}, {"search.k": 24}


def search_in(bound: Bound, budget: Budget | None = None, **options: Any) -> Search:
    objective = objective_for(bound.flow, rivers.TRAIN, options.pop("metric", "support_recall"))
    journal = options.pop("journal", None) or Journal(None, {})
    meter = meter_from(budget, journal.spent)
    return Search(bound, objective, rivers.TRAIN, rivers.VAL, meter, journal, Acceptance(0.1, options.pop("tests", 1)), **options)


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RIVERS_LOG", str(tmp_path / "log"))
    (tmp_path / "log").touch()
    return tmp_path / "log"


def test_rows_come_in_the_order_of_the_examples_and_are_those_of_an_evaluation() -> None:
    search = search_in(rivers.bind(rivers.searching))
    rows = run(search.rows(K24, rivers.TRAIN))
    report = run(evaluate(rivers.bind(rivers.searching).with_params(K24), rivers.TRAIN, metrics=["support_recall"]))
    assert [row.id for row in rows] == [each.id for each in rivers.TRAIN]
    assert [row.metrics for row in rows] == [row.metrics for row in report.rows]
    assert [row.rewards for row in rows] == [row.rewards for row in report.rows]


def test_a_row_is_run_once(log: Path) -> None:
    search = search_in(rivers.bind(rivers.searching))
    first = run(search.rows(K24, rivers.TRAIN[:8]))
    both = run(search.rows(K24, rivers.TRAIN))
    assert both[:8] == first
    assert len(log.read_text().splitlines()) == len(rivers.TRAIN)
    assert search.rollouts == len(rivers.TRAIN)


def test_values_are_of_all_params_so_that_equal_candidates_have_equal_keys(log: Path) -> None:
    search = search_in(rivers.bind(rivers.searching))
    assert search.values == K1
    run(search.rows(search.values, rivers.TRAIN))
    run(search.rows({**search.values, **K1}, rivers.TRAIN))
    assert len(log.read_text().splitlines()) == len(rivers.TRAIN)


def test_examples_without_gold_for_any_metric_of_their_batch_are_no_error() -> None:
    search = search_in(rivers.bind(rivers.answering), metric={"answer_f1": 1.0, "support_recall": 1.0})
    bare = [each.model_copy(update={"answers": ()}) for each in rivers.TRAIN[:3]]
    assert all(set(row.metrics) == {"support_recall"} for row in run(search.rows(search.values, bare)))


def test_rows_that_the_budget_skipped_or_bent_are_never_results() -> None:
    """With 5 searches for 12 rows: what was not started, and what was answered from less, is left out."""
    search = search_in(rivers.bind(rivers.deepening), Budget(searches=5))
    with pytest.raises(BudgetSpent):
        run(search.rows({"deep.rounds": 2}, rivers.TRAIN))
    assert search.meter.used.searches == 5
    for row in search.journal.rows.values():
        assert row.status == "ok"
        assert row.usage["searches"] == 2


def test_a_run_that_swallowed_the_refusal_is_not_a_result() -> None:
    class Swallow(rivers.sg.Node):
        async def run(self, question: str, corpus: rivers.sg.Retriever) -> rivers.Found:
            try:
                return rivers.Found(passages=tuple(await corpus.search(rivers.Query(text=question), 3)))
            except Exception:
                return rivers.Found(passages=())

    flow = rivers.sg.Flow(Swallow(), output="passages")
    search = search_in(rivers.bind(flow), Budget(searches=3))
    with pytest.raises(BudgetSpent):
        run(search.rows({}, rivers.TRAIN))
    assert all(row.passages for row in search.journal.rows.values())


def test_a_row_cut_off_by_the_compiles_deadline_is_not_a_result() -> None:
    class Slow(rivers.sg.Node):
        async def run(self, question: str) -> rivers.Found:
            await asyncio.sleep(0.3)
            return rivers.Found(passages=())

    search = search_in(rivers.bind(rivers.sg.Flow(Slow(), output="passages"), memo=None), Budget(seconds=0.1))
    with pytest.raises(BudgetSpent):
        run(search.rows({}, rivers.TRAIN))
    assert search.journal.rows == {}


def test_a_row_that_the_flows_own_budget_ended_is_a_result() -> None:
    search = search_in(rivers.bind(rivers.deepening, budget=Budget(searches=1)))
    assert {row.status for row in run(search.rows({"deep.rounds": 3}, rivers.TRAIN))} == {"partial"}
    assert len(search.journal.rows) == len(rivers.TRAIN)


def test_what_is_kept_back_is_not_touched() -> None:
    search = search_in(rivers.bind(rivers.searching), Budget(searches=20))
    with pytest.raises(BudgetSpent):
        run(search.rows(K24, rivers.TRAIN, reserved={"searches": 15}))
    assert search.meter.used.searches == 5
    assert len(run(search.rows(K1, rivers.VAL))) == 12


def test_a_budget_of_zero_calls_does_not_stop_a_flow_that_makes_none() -> None:
    search = search_in(rivers.bind(rivers.searching), Budget(calls=0, usd=0))
    assert len(run(search.rows(K1, rivers.TRAIN))) == 12


def test_traces_are_those_of_the_rows_and_the_rows_are_kept() -> None:
    search = search_in(rivers.bind(rivers.ranking).with_options(memo=Memo()))
    pairs = run(search.traces(search.values, rivers.TRAIN))
    assert [example.id for example, _ in pairs] == [each.id for each in rivers.TRAIN]
    assert all(trace.visits("rank") for _, trace in pairs)
    assert search.journaled(search.values, rivers.TRAIN) is not None


def test_traces_that_the_budget_cut_off_are_not_learned_from_even_if_their_rows_were_there() -> None:
    search = search_in(rivers.bind(rivers.ranking), Budget(searches=18))
    run(search.rows(search.values, rivers.TRAIN))
    with pytest.raises(BudgetSpent):  # without a memo the searches are made again, and six are left
        run(search.traces(search.values, rivers.TRAIN))


def test_a_change_is_accepted_on_held_back_rows_only() -> None:
    asked: list[str] = []

    class Listening(rivers.Paid):
        async def search(self, query: Any, k: int) -> Any:
            asked.append(query.text)
            return await super().search(query, k)

    search = search_in(rivers.bind(rivers.searching, Listening()))
    assert run(search.accept("mine", K24))
    assert search.values == K24
    assert set(asked) == {each.question for each in rivers.VAL}


def test_a_change_that_loses_is_recorded_and_not_taken() -> None:
    search = search_in(rivers.bind(rivers.searching).with_params(K24))
    assert not run(search.accept("mine", K1))
    assert search.values == K24
    (change,) = search.changes
    assert (change.name, dict(change.values), change.accepted) == ("mine", K1, False)
    assert change.comparison is not None
    assert change.comparison.losses > 0


def test_the_same_values_are_no_change_and_cost_nothing() -> None:
    search = search_in(rivers.bind(rivers.searching))
    assert not run(search.accept("mine", dict(search.values)))
    assert search.changes[0].note == "found nothing better"
    assert search.rollouts == 0


def test_more_changes_than_were_announced_are_refused_since_the_test_would_be_void() -> None:
    search = search_in(rivers.bind(rivers.searching), tests=1)
    run(search.accept("mine", {"search.k": 2}))
    with pytest.raises(CompileError, match="'mine' has more changes judged than its `work` said"):
        run(search.accept("mine", {"search.k": 3}))


def test_a_change_that_cannot_be_judged_is_recorded_as_such() -> None:
    search = search_in(rivers.bind(rivers.searching), Budget(searches=15))
    with pytest.raises(BudgetSpent):
        run(search.accept("mine", K24))
    assert search.changes[0].note == "not judged: the budget ended"
    assert search.values == K1


def test_values_for_unknown_params_are_named() -> None:
    with pytest.raises(CompileError, match=r"values for \['search.kk'\]; the flow has the params \['search.k'\]"):
        search_in(rivers.bind(rivers.searching)).with_values({"search.kk": 3})


def test_choices_and_fitted_models_are_plain_data_both_ways() -> None:
    a, b = rivers.searching.body.named("plain"), rivers.Deep().named("deep")
    flow = rivers.sg.Flow(rivers.sg.Choice(a, b) >> rivers.Rank(), output="context")
    search = search_in(rivers.bind(flow))
    plain: Mapping[str, Any] = {**search.values, "choice.choice": "deep", "rank.follow": {"weight": 2.5}}
    changed = search.with_values(plain).flow
    assert {name: param.to_json() for name, param in changed.params().items()} == plain
    assert changed.params()["rank.follow"].value == rivers.Follow(weight=2.5)
    assert [site.path for site in active(changed) if site.path in ("plain", "deep")] == ["deep"]


def test_params_with_a_single_value_are_not_searched_over() -> None:
    flow = rivers.sg.Flow(rivers.Search(k=rivers.sg.Int(3, 3, 3)), output="passages")
    assert tunable(flow) == {}
