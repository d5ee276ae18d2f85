"""The pass that fits components."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import pytest
import rivers
from amounts import examples
from pydantic import BaseModel

import seekgraph as sg
from seekgraph.core.base.budget import Budget
from seekgraph.core.language.fitting import FitRow
from seekgraph.lms.scripted import Scripted
from seekgraph.nodes import Answer
from seekgraph.optimizers.compile import compile_flow
from seekgraph.optimizers.compiled import Compiled
from seekgraph.optimizers.fit import Fit, fittable
from seekgraph.types import Example, Passage

seen: dict[str, Sequence[FitRow]] = {}


def compiled(flow: sg.Flow, train: Sequence[Example] = rivers.TRAIN, budget: Budget | None = None) -> Compiled:
    bound = rivers.bind(flow)
    return asyncio.run(compile_flow(bound, train, rivers.VAL, metric="support_recall", passes=[Fit()], budget=budget))


class Watching(rivers.Rank):
    async def run(self, question: str, passages: tuple[Passage, ...]) -> rivers.Kept:
        return await super().run(question, passages)

    def fit(self, rows: Sequence[FitRow], seed: int) -> Mapping[str, BaseModel]:
        name = self.label or ""
        seen[name] = max(seen.get(name, ()), rows, key=len)  # parts of the rows are fitted on, too, to judge by
        return super().fit(rows, seed)


class Raising(rivers.Rank):
    async def run(self, question: str, passages: tuple[Passage, ...]) -> rivers.Kept:
        return rivers.Kept(context=passages)

    def fit(self, rows: Sequence[FitRow], seed: int) -> Mapping[str, BaseModel]:
        raise ZeroDivisionError("odd rows")


def test_a_component_is_fitted_on_the_training_rows_and_accepted_for_what_the_flow_gains() -> None:
    result = compiled(rivers.ranking)
    assert result.flow.params()["rank.follow"].value == rivers.Follow(weight=14.0)
    assert (result.before.mean, result.after.mean) == (0.5, 1.0)
    assert [(change.name, change.accepted) for change in result.changes] == [("fit", True)]


def test_it_learns_from_what_run_was_given_one_visit_an_example() -> None:
    compiled(sg.Flow(rivers.Search(k=4) >> Watching().named("a"), output="context"))
    rows = seen["a"]
    assert {row.example.id for row in rows} == {each.id for each in rivers.TRAIN}
    assert all(row.arguments["question"] == row.example.question for row in rows)
    assert all(len(row.arguments["passages"]) == 4 for row in rows)


def test_each_visit_of_a_loop_is_one_to_learn_from_with_its_round() -> None:
    loop = sg.loop(rivers.Search(k=4) >> Watching().named("b"), until=sg.S.round >= 2, max_rounds=3)
    compiled(sg.Flow(loop, output="context"))
    assert sorted({row.round for row in seen["b"]}) == [1, 2]
    assert len(seen["b"]) == 2 * len(rivers.TRAIN)


def test_a_later_component_sees_what_the_earlier_ones_learned() -> None:
    kept = Watching().named("first") >> Watching().using(passages="context").named("second")
    result = compiled(sg.Flow(rivers.Search(k=24) >> kept, output="context"))
    assert set(result.changes[0].values) == {"first.follow", "second.follow"}
    rivers_first = [row for row in seen["second"] if row.arguments["passages"][0].id.startswith("r")]
    assert len(rivers_first) > len(rivers.TRAIN) / 2  # before fitting, towns come first


def test_examples_without_the_gold_that_a_component_needs_are_left_out() -> None:
    train = [each.model_copy(update={"supporting_ids": ()}) if n < 5 else each for n, each in enumerate(rivers.TRAIN)]
    flow = sg.Flow(rivers.Search(k=24) >> Watching().named("c") >> rivers.Last().using(passages="context"))
    asyncio.run(compile_flow(rivers.bind(flow), train, rivers.VAL, metric="answer_f1", passes=[Fit()]))
    assert len(seen["c"]) == 7


def test_too_little_to_learn_from_changes_nothing() -> None:
    result = compiled(sg.Flow(rivers.Search(k=1) >> rivers.Rank(), output="context"))
    assert result.changes[0].note == "found nothing better"
    assert result.flow == result.bound.flow == sg.Flow(rivers.Search(k=1) >> rivers.Rank(), output="context")


def test_a_component_that_raises_stays_as_it_is_and_is_named_and_the_others_are_fitted() -> None:
    kept = Raising().named("bad") >> rivers.Rank().using(passages="context").named("good")
    result = compiled(sg.Flow(rivers.Search(k=24) >> kept, output="context"))
    assert "bad is not fitted: ZeroDivisionError: odd rows" in result.changes[0].note
    assert set(result.changes[0].values) == {"good.follow"}


def test_a_setting_that_the_user_fixed_is_not_fitted() -> None:
    flow = sg.Flow(rivers.Search(k=24) >> rivers.Rank(follow=rivers.Follow(weight=1.0)), output="context")
    assert fittable(rivers.bind(flow)) == {}
    assert Fit().work(rivers.bind(flow), 12, 12).most == 0


def test_a_component_in_an_option_that_is_not_taken_is_left_alone() -> None:
    options = sg.Choice(rivers.Rank().named("one"), rivers.Rank().named("two"))
    result = compiled(sg.Flow(rivers.Search(k=24) >> options, output="context"))
    assert set(result.changes[0].values) == {"one.follow"}


@pytest.mark.parametrize("searches", [24, 30, 35])
def test_where_the_budget_does_not_reach_judging_is_never_what_is_cut(searches: int) -> None:
    result = compiled(rivers.ranking, budget=Budget(searches=searches))
    assert result.spent["searches"] <= searches
    assert result.status == "budget"
    assert all(change.note != "not judged: the budget ended" for change in result.changes)


def test_fitting_runs_no_rollout_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIVERS_LOG", str(tmp_path / "log"))
    compiled(rivers.ranking)
    runs = [line for line in (tmp_path / "log").read_text().splitlines() if not line.startswith("fit")]
    assert len(runs) == len(set(runs))


class Coin(sg.Node):
    """Fits a number that decides, by a coin for each question, whether the gold is found: nothing can be learned."""

    world: int
    follow: rivers.Follow = sg.Fitted(rivers.Follow, default=rivers.Follow(weight=0.0))
    fit_needs: ClassVar[frozenset[str]] = frozenset({"supporting_ids"})

    async def run(self, question: str) -> rivers.Found:
        heads = hashlib.sha256(f"{self.world} {self.follow.weight} {question}".encode()).digest()[0] % 2
        names = rivers.GOLD[question] if heads else ()
        return rivers.Found(passages=tuple(Passage(id=name, title=name, text=name) for name in names))

    def fit(self, rows: Sequence[FitRow], seed: int) -> Mapping[str, BaseModel]:
        return {"follow": rivers.Follow(weight=float(len(rows) + 1))}


def test_cross_fitting_calls_a_fit_that_gains_nothing_proven_no_oftener_than_it_may() -> None:
    """Each row's coin is tossed anew by every fit, so many worlds say how often chance alone is taken for a gain."""
    taken, worlds = 0, examples(100, 40)
    for world in range(worlds):
        flow = sg.Flow(Coin(world), output="passages")
        taken += flow.bind().compile(rivers.TRAIN, rivers.VAL, metric="support_recall", passes=[Fit()]).changes[0].proven
    assert taken / worlds <= 0.05 + 2 * (0.0475 / worlds) ** 0.5


def test_training_rows_help_to_judge_where_rollouts_cost_only_time() -> None:
    (change,) = compiled(rivers.ranking).changes
    assert change.comparison is not None
    assert change.comparison.n == len(rivers.TRAIN) + len(rivers.VAL)


def test_where_a_rollout_asks_a_model_only_held_back_rows_judge() -> None:
    flow = sg.Flow(rivers.Search(k=24) >> rivers.Rank() >> Answer())
    bound = flow.bind(corpus=rivers.corpus(), lm=Scripted(lambda _: {"text": "Amber", "citations": [], "refused": False}))
    result = asyncio.run(compile_flow(bound, rivers.TRAIN, rivers.VAL, metric="support_recall", passes=[Fit()], hold=()))
    assert result.changes[0].accepted
    assert result.changes[0].comparison is not None
    assert result.changes[0].comparison.n == len(rivers.VAL)


class Misled(rivers.Rank):
    """Learns to avoid what it should follow."""

    async def run(self, question: str, passages: tuple[Passage, ...]) -> rivers.Kept:
        return await super().run(question, passages)

    def fit(self, rows: Sequence[FitRow], seed: int) -> Mapping[str, BaseModel]:
        return {"follow": rivers.Follow(weight=-10.0)}


def test_a_component_that_gains_nothing_on_rows_it_was_not_fitted_on_is_left_as_it_is() -> None:
    flow = sg.Flow(rivers.Search(k=4) >> Misled().named("b"), output="context")
    rows = rivers.examples()
    result = asyncio.run(compile_flow(rivers.bind(flow), rows[:-1], rows[-1:], metric="support_recall", passes=[Fit()]))
    assert result.flow.params()["b.follow"].value == rivers.Follow(weight=0.0)
    assert [(change.accepted, change.comparison) for change in result.changes] == [(False, None)]
