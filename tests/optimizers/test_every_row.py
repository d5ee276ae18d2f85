"""Every row judges what was found without it, in this pass and in those before; the artifact comes from all rows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import pytest
import rivers
from pydantic import BaseModel
from rich.console import Console

import seekgraph as sg
from seekgraph.core.base.budget import Budget
from seekgraph.core.language.fitting import FitRow
from seekgraph.optimizers.compile import compile_flow
from seekgraph.optimizers.compiled import Compiled
from seekgraph.optimizers.errors import CompileError
from seekgraph.optimizers.fit import Fit
from seekgraph.optimizers.tune import Tune
from seekgraph.types import Passage

ROWS = tuple(row for row in rivers.examples(0, 21) if row.id != "q09")  # whose river nothing finds


def compiled(flow: sg.Flow, **options: Any) -> Compiled:
    options = {"metric": "support_recall", "passes": [Fit(), Tune(trials=4)], **options}
    return asyncio.run(compile_flow(rivers.bind(flow), ROWS, **options))


class Known(BaseModel):
    """Questions."""

    questions: tuple[str, ...] = ()


class Remembering(sg.Node):
    """Learns the questions that it was fitted on, and finds the gold of these alone: perfect on them, useless on others."""

    known: Known = sg.Fitted(Known, Known())
    fit_needs = frozenset({"supporting_ids"})

    async def run(self, question: str) -> rivers.Found:
        names = rivers.GOLD[question] if question in self.known.questions else ()
        return rivers.Found(passages=tuple(Passage(id=name, title=name, text=name) for name in names))

    def fit(self, rows: Sequence[FitRow], seed: int) -> Mapping[str, BaseModel]:
        return {"known": Known(questions=tuple(sorted(row.example.question for row in rows)))}


def test_what_is_learned_by_heart_gains_nothing_on_any_row() -> None:
    result = compiled(sg.Flow(Remembering(), output="passages"), passes=[Fit()])
    assert (result.after.mean, result.after.n) == (0.0, len(ROWS))
    assert not any(change.accepted for change in result.changes)


def test_the_artifact_is_made_from_all_rows_and_what_is_reported_from_the_others_of_each_row() -> None:
    result = compiled(rivers.ranking)
    assert result.flow.params()["rank.follow"].value == rivers.Follow(weight=10.0 + len(ROWS) / 3)
    assert (result.before.n, result.after.n, result.after.mean) == (len(ROWS), len(ROWS), 1.0)
    assert result.proven
    assert result.changes[0].comparison is not None
    assert result.changes[0].comparison.n == len(ROWS)
    assert "proven" in result.sentence()


def test_the_same_rows_and_seed_give_the_same_and_a_finished_compile_goes_on_to_the_same(tmp_path: Any) -> None:
    first = compiled(rivers.ranking, journal=tmp_path / "a")
    again = compiled(rivers.ranking, journal=tmp_path / "a", resume=True)
    assert again.spent["rollouts"] == first.spent["rollouts"]
    assert (again.changes, again.flow) == (first.changes, first.flow)


@pytest.mark.parametrize("moment", range(1, 13))
def test_interrupted_at_any_moment_and_resumed_it_comes_to_the_same(moment: int, tmp_path: Any) -> None:
    events = 0

    def stop(event: str, facts: Any) -> None:
        nonlocal events
        events += 1
        if events == moment:
            raise KeyboardInterrupt

    expected, options = whole(), {"passes": None, "journal": tmp_path / "a"}
    with pytest.raises(KeyboardInterrupt):
        compiled(rivers.ranking, **options, say=stop)
    resumed = compiled(rivers.ranking, **options, resume=True)
    assert (resumed.changes, resumed.flow) == (expected.changes, expected.flow)


@cache
def whole() -> Compiled:
    return compiled(rivers.ranking, passes=None)


@pytest.mark.parametrize("searches", [3, 20, 25, 60, 120, 400])
def test_whatever_the_budget_cuts_it_is_not_passed_and_nothing_is_taken_that_was_not_judged(searches: int) -> None:
    result = compiled(rivers.ranking, budget=Budget(searches=searches))
    assert result.spent.get("searches", 0) <= searches
    assert all(change.comparison is not None for change in result.changes if change.accepted)
    Console(record=True).print(result)
    assert result.sentence()


def test_where_nothing_could_be_tried_that_is_said_with_what_would_be_needed() -> None:
    said = compiled(rivers.searching, budget=Budget(searches=6)).sentence()
    assert said.startswith("nothing was tried, and the flow is as it came")
    assert "searches" in said


def test_where_nothing_is_better_that_is_said_with_what_the_rows_could_prove() -> None:
    flow = sg.Flow(rivers.Search(k=sg.Int(24, 23, 24)), output="passages")
    said = compiled(flow, passes=[Tune(trials=2)]).sentence()
    assert said.startswith("nothing better was found")
    assert "questions judge, which can prove" in said


def test_what_is_likely_is_taken_unless_only_proven_changes_are_wanted() -> None:
    rows = rivers.examples(0, 10)
    run = {"metric": "support_recall", "passes": [Tune(trials=2)]}
    flow = sg.Flow(Sometimes(), output="passages")
    likely, proven = (
        asyncio.run(compile_flow(rivers.bind(flow), rows, **run, accept=accept))  # type: ignore[arg-type]
        for accept in ("likely", "proven")
    )
    assert [(change.accepted, change.proven) for change in likely.changes] == [(True, False)]
    assert not likely.proven
    assert "likely, but not proven" in likely.sentence()
    assert not any(change.accepted for change in proven.changes)
    assert "likely better, but not proven" in proven.sentence()


class Sometimes(sg.Node):
    """Finds the gold of two questions only if `on`."""

    on: bool = sg.Switch(False)

    async def run(self, question: str) -> rivers.Found:
        names = rivers.GOLD[question] if self.on and int(rivers.GOLD[question][0][1:]) in (1, 2, 3) else ()
        return rivers.Found(passages=tuple(Passage(id=name, title=name, text=name) for name in names))


@pytest.mark.parametrize("options", [{"accept": "maybe"}, {"folds": 0}])
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(CompileError):
        compiled(rivers.searching, **options)


def test_what_is_expected_of_a_gain_is_less_than_the_rows_say_and_the_more_so_the_less_is_proven() -> None:
    from seekgraph.evaluation.comparisons import paired
    from seekgraph.optimizers.expected import expected_gain

    sure = paired([1.0] * 12 + [0.0] * 8, [0.0] * 20, bounds=(0, 1))  # p = 2^-11, z = 3.49
    less = paired([1.0] * 5 + [0.0] * 15, [0.0] * 20, bounds=(0, 1))  # p = 2^-4, z = 1.86
    assert expected_gain(sure) == pytest.approx(0.6 * (1 - 1 / 3.49**2), abs=0.001)
    assert expected_gain(less) == pytest.approx(0.25 * (1 - 1 / 1.86**2), abs=0.001)
    assert expected_gain(less, crossed=True) < expected_gain(less)
    assert expected_gain(paired([0.0, 0.0], [0.0, 0.0], bounds=(0, 1))) == 0.0
    assert expected_gain(paired([0.0, 0.0], [1.0, 0.0], bounds=(0, 1))) == -0.5
