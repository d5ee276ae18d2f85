"""Nothing starts past the budget of a compile, on any line."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import rivers
from hypothesis import given, settings
from hypothesis import strategies as st

import seekgraph as sg
from seekgraph.core.base.budget import Budget, Usage
from seekgraph.core.language.ports import Port
from seekgraph.optimizers.compile import compile_flow
from seekgraph.optimizers.compiled import Compiled
from seekgraph.optimizers.fit import Fit
from seekgraph.optimizers.tune import Tune


def compiled(flow: sg.Flow, retriever: Any, budget: Budget, **options: Any) -> Compiled:
    bound = flow.bind({"corpus": retriever, "lm": Model()})
    options = {"metric": "support_recall", "passes": [Fit(), Tune(trials=6)], **options}
    return asyncio.run(compile_flow(bound, rivers.TRAIN, rivers.VAL, budget=budget, **options))


class Asks(Port):
    charges = {"ask": "calls"}

    async def ask(self, text: str) -> Any: ...


class Model:
    identity = "model"

    async def ask(self, text: str) -> Any:
        from types import SimpleNamespace

        return SimpleNamespace(usage=Usage(tokens_in=7, tokens_out=3, usd=0.01))


class Think(sg.Node):
    """Makes `calls` calls before it searches."""

    calls: int = sg.Int(1, 1, 3)
    k: int = sg.Int(2, 1, 24)

    async def run(self, question: str, corpus: sg.Retriever, lm: Asks) -> rivers.Found:
        for number in range(self.calls):
            await lm.ask(f"{question} {number}")
        return rivers.Found(passages=tuple(await corpus.search(rivers.Query(text=question), self.k)))


thinking = sg.Flow(Think(), name="thinking", output="passages")


@pytest.mark.parametrize("limit", [0, 1, 7, 30, 90])
def test_searches_and_calls_never_go_past_their_limit(limit: int) -> None:
    paid = rivers.Paid()
    result = compiled(rivers.deepening, paid, Budget(searches=limit))
    assert paid.asked == result.spent.get("searches", 0) <= limit
    assert result.status == "budget"
    assert compiled(thinking, rivers.Paid(), Budget(calls=limit)).spent.get("calls", 0) <= limit


@pytest.mark.parametrize("limit", [10, 95, 500])
def test_no_call_starts_once_tokens_or_money_are_spent(limit: int) -> None:
    """What a call takes is learned from the first, which is made alone; then as much is reserved before each."""
    for budget in (Budget(tokens=limit), Budget(usd=limit / 1000)):
        result = compiled(rivers.deepening, rivers.Paid(usd=0.01, tokens=10), budget)
        assert result.status == "budget"
        assert result.spent.get("tokens_in", 0) <= limit
        assert result.spent.get("usd", 0) <= limit / 1000 + 1e-9


def test_seconds_end_what_is_running() -> None:
    class Slow(rivers.Paid):
        async def search(self, query: Any, k: int) -> Any:
            await asyncio.sleep(0.05)
            return await super().search(query, k)

    result = compiled(rivers.deepening, Slow(), Budget(seconds=0.5))
    assert result.status == "budget"


def test_no_fit_starts_past_the_deadline() -> None:
    class Late(rivers.Rank):
        async def run(self, question: str, passages: tuple[Any, ...]) -> rivers.Kept:
            await asyncio.sleep(0.05)
            return await super().run(question, passages)

        def fit(self, rows: Any, seed: int) -> Any:
            raise AssertionError("fitted past the deadline")

    flow = sg.Flow(rivers.Search(k=24) >> Late(), output="context")
    result = compiled(flow, rivers.corpus(), Budget(seconds=0.12))
    assert result.status == "budget"
    assert not any("fitted past" in change.note for change in result.changes)


lines = st.fixed_dictionaries(
    {},
    optional={
        "calls": st.integers(0, 150),
        "searches": st.integers(0, 150),
        "tokens": st.integers(0, 2500),
        "usd": st.floats(0.001, 2.5),
    },
)


@settings(max_examples=30, deadline=None)
@given(limits=lines, fitted=st.booleans(), seed=st.integers(0, 3))
def test_with_any_limits_nothing_starts_past_them_and_what_was_accepted_was_judged(
    limits: dict[str, Any], fitted: bool, seed: int
) -> None:
    paid = rivers.Paid()
    flow = sg.Flow(Think() >> rivers.Rank(), output="context") if fitted else thinking
    result = compiled(flow, paid, Budget(**limits), seed=seed)
    spent = {name: result.spent.get(name, 0) for name in ("calls", "searches", "tokens_in", "tokens_out", "usd")}
    assert paid.asked == spent["searches"]
    assert spent["calls"] <= limits.get("calls", 10**9)
    assert spent["searches"] <= limits.get("searches", 10**9)
    # Neither resource says beforehand what it takes: the first call of each is made alone, with what is left.
    assert spent["tokens_in"] + spent["tokens_out"] < max(limits.get("tokens", 10**9), 1) + 10
    assert spent["usd"] < limits.get("usd", 10**9) + 0.01 + 1e-9
    for change in result.changes:
        assert change.note != "not judged: the budget ended"
    if any(change.accepted for change in result.changes):
        assert result.after.n == len(rivers.VAL)


def test_what_was_accepted_before_the_budget_ended_stands() -> None:
    result = compiled(rivers.ranking, rivers.corpus(), Budget(searches=45))
    assert result.status == "budget"
    assert (result.changes[0].name, result.changes[0].accepted) == ("fit", True)
    assert result.flow.params()["rank.follow"].value.weight > 0
    assert result.after.mean == 1.0
