"""The plan: said before anything but its probes has run, and true."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import rivers
from rich.console import Console

import seekgraph as sg
from seekgraph.core.base.budget import Budget
from seekgraph.core.memo import Memo
from seekgraph.evaluation.row import Row
from seekgraph.optimizers.compile import PROBES, compile_flow
from seekgraph.optimizers.compiled import Compiled
from seekgraph.optimizers.estimate import estimate
from seekgraph.optimizers.fit import Fit
from seekgraph.optimizers.passes import Work
from seekgraph.optimizers.tune import Tune

LINES = ("searches", "tokens", "usd")


def compiled(flow: sg.Flow, retriever: Any = None, **options: Any) -> Compiled:
    options = {"metric": "support_recall", "passes": [Fit(), Tune(trials=8)], **options}
    bound = rivers.bind(flow, retriever or rivers.Paid(), memo=options.pop("memo", None))
    return asyncio.run(compile_flow(bound, rivers.TRAIN, rivers.VAL, **options))


def paid(result: Compiled, line: str) -> float:
    spent = result.spent
    return spent.get("tokens_in", 0) + spent.get("tokens_out", 0) if line == "tokens" else spent.get(line, 0)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("flow", [rivers.searching, rivers.ranking, rivers.answering], ids=lambda flow: flow.name)
def test_what_was_spent_lies_in_the_range(flow: sg.Flow, seed: int) -> None:
    result = compiled(flow, seed=seed)
    low, high = result.plan.rollouts
    assert low <= result.spent["rollouts"] <= high
    for line in LINES:
        least, most = result.plan.spend[line]
        assert least <= paid(result, line) <= most + 1e-9, line


def test_the_range_goes_from_the_cheapest_probe_paid_once_to_the_dearest_sharing_nothing() -> None:
    rows = [Row(id=f"{n}", usage={"searches": n}, paid={"searches": n - 1}, seconds=0.1) for n in (2, 3, 5)]
    plan = estimate([Work("tune", 20, 100, 1)], rows, 0.6, Budget(searches=400), train=10, val=6, parallel=6)
    assert plan.rollouts == (3, 106)  # the budget may end it after the probes
    assert plan.spend["searches"] == (16 * 1, 106 * 5)
    assert plan.spend["seconds"] == pytest.approx((16 * 0.1, 106 * 0.2))
    assert plan.capped == ("searches",)


def test_it_is_said_when_only_the_probes_have_run() -> None:
    retriever, asked = rivers.Paid(), []

    def say(event: str, facts: Any) -> None:
        if event == "plan":
            asked.append(retriever.asked)

    compiled(rivers.searching, retriever, say=say)
    assert asked == [PROBES]


def test_probes_are_not_run_again() -> None:
    retriever = rivers.Paid()
    flow = sg.Flow(rivers.Search(k=2), output="passages")
    compiled(flow, retriever)
    assert retriever.asked == len(rivers.VAL)


def test_it_names_the_lines_that_the_budget_stops() -> None:
    plan = compiled(rivers.searching, budget=Budget(searches=60, usd=1000.0)).plan
    assert plan.capped == ("searches",)
    console = Console(record=True, width=120)
    console.print(plan)
    assert "the budget stops it at 60" in console.export_text()


def test_with_a_warm_memo_the_lower_end_is_nothing() -> None:
    memo = Memo()
    compiled(rivers.searching, memo=memo)
    again = compiled(rivers.searching, memo=memo)
    assert again.plan.spend["searches"][0] == 0
    assert again.spent.get("searches", 0) == 0


def test_a_budget_that_ends_in_the_probes_still_gives_a_plan_and_a_result() -> None:
    result = compiled(rivers.searching, budget=Budget(searches=2))
    assert result.status == "budget"
    assert result.plan.probed == 0
    assert result.after.n == 0
    assert result.flow == rivers.searching
    Console(record=True).print(result)


def test_the_plan_says_what_gain_its_rows_can_prove() -> None:
    plan = asyncio.run(compile_flow(rivers.bind(rivers.searching), rivers.TRAIN, rivers.VAL, passes=[Tune(trials=2)])).plan
    assert plan.judging == len(rivers.TRAIN) + len(rivers.VAL)
    assert 0.05 < plan.provable < 1
    assert plan.rows_for(0.05) > plan.judging
    assert plan.to_json()["provable_gain"] == round(plan.provable, 3)
    console = Console(record=True, width=200)
    console.print(plan)
    assert plan.sentence() in " ".join(console.export_text().split())


def test_the_plan_says_that_a_few_rows_can_hardly_prove_anything_before_the_budget_is_spent() -> None:
    retriever, said = rivers.Paid(), []

    def say(event: str, facts: Any) -> None:
        if event == "plan":
            said.append((retriever.asked, facts["plan"].sentence()))

    compiled(rivers.searching, retriever, say=say)
    assert said[0][0] == PROBES
    assert "12 questions judge, which can prove hardly anything" in said[0][1]
