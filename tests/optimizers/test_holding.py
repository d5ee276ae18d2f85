"""Metrics that no change may make worse."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
import rivers

import seekgraph as sg
from seekgraph.evaluation.metrics import Metric, MetricError, metric
from seekgraph.evaluation.row import Row
from seekgraph.flow import Bound
from seekgraph.optimizers.compiled import Compiled
from seekgraph.optimizers.errors import CompileError
from seekgraph.optimizers.holding import falls, harms, held_for, reported_for
from seekgraph.optimizers.passes import Work
from seekgraph.optimizers.search import Search
from seekgraph.optimizers.tune import Tune
from seekgraph.types import Answer, Example, Passage

EM, REFUSED, F1 = metric("answer_em"), metric("refused"), metric("answer_f1")


def rows(**metrics: Sequence[float | None]) -> list[Row]:
    count = len(next(iter(metrics.values())))
    return [Row(id=str(n), metrics={name: values[n] for name, values in metrics.items()}) for n in range(count)]


def test_a_clear_fall_is_a_harm_in_either_direction_of_better() -> None:
    before = rows(answer_em=[1.0] * 10 + [0.0] * 2, refused=[0.0] * 12)
    after = rows(answer_em=[0.0] * 10 + [0.0] * 2, refused=[1.0] * 9 + [0.0] * 3)
    found = harms(after, before, [EM, REFUSED])
    assert [(each.metric, each.before, each.after) for each in found] == [
        ("answer_em", pytest.approx(10 / 12), 0.0),
        ("refused", 0.0, pytest.approx(9 / 12)),
    ]
    assert str(found[1]).startswith("refused 0.000 -> 0.750 (p = ")
    assert harms(before, after, [EM, REFUSED]) == ()


def test_a_fall_within_noise_is_none_and_more_metrics_ask_for_more_evidence() -> None:
    before, after = rows(answer_em=[1.0] * 4 + [0.0] * 8), rows(answer_em=[0.0] * 12)  # p = 1/16, one-sided
    assert harms(after, before, [EM])
    beside: dict[str, list[float]] = {"refused": [0.0] * 12}
    before, after = rows(answer_em=[1.0] * 4 + [0.0] * 8, **beside), rows(answer_em=[0.0] * 12, **beside)
    assert not harms(after, before, [EM, REFUSED])


def test_rows_without_a_value_on_one_side_are_left_out() -> None:
    before, after = rows(answer_em=[1.0] * 12), rows(answer_em=[None] * 12)
    assert harms(after, before, [EM]) == ()
    failed = [Row(id=row.id, status="failed", metrics={"answer_em": None}) for row in before]
    assert harms(failed, before, [EM]) == ()


def test_a_held_cost_that_is_unknown_after_is_a_harm_and_never_the_best_value() -> None:
    usd = metric("usd")
    priced, unknown = rows(usd=[0.2] * 12), rows(usd=[None] * 12)
    [harm] = harms(unknown, priced, [EM, usd])
    assert (harm.metric, harm.before, harm.after) == ("usd", pytest.approx(0.2), None)
    assert str(harm) == "usd 0.200 -> unknown"
    assert harms(priced, unknown, [usd]) == harms(unknown, unknown, [usd]) == ()
    failed = [Row(id=row.id, status="failed", metrics={"usd": None}) for row in priced]
    assert harms(failed, priced, [usd]) == ()  # the objective counts them 0


def test_a_search_sees_what_falls_and_what_falls_clearly() -> None:
    before = rows(answer_em=[1.0] * 20, refused=[0.0] * 20)
    after = rows(answer_em=[0.0] + [1.0] * 19, refused=[1.0] * 8 + [0.0] * 12)
    found = falls(after, before, [EM, REFUSED])
    assert found.total == pytest.approx(1 / 20 + 8 / 20)
    assert found.clear == ("refused",)
    assert falls(before, after, [EM, REFUSED]).total == 0


def test_all_reported_metrics_but_costs_are_held_unless_told_otherwise() -> None:
    assert [each.name for each in held_for(None, rivers.TRAIN)] == [
        "support_recall@5",
        "full_support@5",
        "ndcg@5",
        "answer_em",
        "answer_f1",
        "answer_contains",
        "citation_precision",
        "citation_recall",
        "refused",
    ]
    assert held_for((), rivers.TRAIN) == ()
    assert held_for(["calls", F1], rivers.TRAIN) == (metric("calls"), F1)
    assert "seconds" not in [each.name for each in reported_for(rivers.TRAIN)]


def test_a_held_metric_that_cannot_be_had_is_refused_before_anything_runs() -> None:
    bare = [each.model_copy(update={"answers": ()}) for each in rivers.TRAIN]
    with pytest.raises(CompileError, match="hold names 'answer_em', which needs examples with 'answers'"):
        held_for(["answer_em"], bare)
    with pytest.raises(MetricError, match="no metric is called 'bleu'"):
        held_for(["bleu"], bare)


class Timid(sg.Node):
    """Finds more with a larger `k`, and answers only where it is small."""

    k: int = sg.Int(1, low=1, high=2)

    async def run(self, question: str) -> rivers.Found:
        ids = rivers.GOLD[question][: self.k]
        return rivers.Found(passages=tuple(Passage(id=name, title=name, text=name) for name in ids))


class Shy(sg.Node):
    async def run(self, passages: tuple[Passage, ...]) -> rivers.Said:
        if len(passages) > 1:
            return rivers.Said(answer=Answer(text="too much", refused=True))
        return rivers.Said(answer=Answer(text="Amber", citations=(passages[0].id,)))


class Blind:
    """A pass that looks at nothing and proposes the larger `k`."""

    name = "blind"

    def work(self, bound: Bound, train: int, val: int) -> Work:
        return Work(self.name, val, val, 1)

    async def run(self, search: Search) -> None:
        await search.accept(self.name, {**search.values, "timid.k": 2})


def timid() -> Bound:
    return sg.Flow(Timid() >> Shy(), name="timid").bind()


def compiled(hold: Sequence[Metric | str] | None, examples: Sequence[Example] = rivers.VAL) -> Compiled:
    return timid().compile(rivers.TRAIN, examples, metric="support_recall", passes=[Tune(trials=6)], hold=hold)


def test_a_gain_that_costs_another_metric_is_not_accepted_unless_the_user_lets_it() -> None:
    """The kind of fault: "0.72 -> 0.91" while refusals rise from .02 to .17."""
    held, free = compiled(None), compiled(())
    assert not any(change.accepted for change in held.changes)
    assert held.worse == ()
    assert free.changes[-1].accepted
    assert set(free.worse) >= {"refused", "citation_recall"}
    assert free.metrics["refused"].difference.mean == 1
    assert free.to_json()["worse"] == list(free.worse)


def test_what_a_pass_proposes_all_the_same_is_refused_with_what_it_makes_worse() -> None:
    result = timid().compile(rivers.TRAIN, rivers.VAL, metric="support_recall", passes=[Blind()], hold=["refused"])
    (change,) = result.changes
    assert not change.accepted
    assert [(each.metric, each.before, each.after) for each in change.harms] == [("refused", 0.0, 1.0)]
    assert change.note.startswith("it makes worse what is held: refused 0.000 -> 1.000")
    assert change.comparison is not None
    assert change.comparison.difference.mean == 0.5


def test_how_many_rows_counted_0_for_want_of_a_value_is_said() -> None:
    result = timid().compile(rivers.TRAIN, rivers.VAL, metric={"citation_precision": 1.0}, passes=[Tune(trials=4)], hold=())
    report = asyncio.run(timid().with_params({"timid.k": 2}).aevaluate(rivers.VAL, metrics=["citation_precision"]))
    assert report.metrics["citation_precision"].n == 0  # a report leaves them out
    assert result.silent == (0, 0)
    assert result.to_json()["counted_as_0"] == [0, 0]
