"""Nodes that raise while compiling: data, counted, never a gain, never the end of the compile unless nothing works."""

from __future__ import annotations

import pytest
import rivers

import seekgraph as sg
from seekgraph.optimizers.compiled import Compiled
from seekgraph.optimizers.errors import CompileError
from seekgraph.optimizers.fit import Fit
from seekgraph.optimizers.tune import Tune


def compiled(flow: sg.Flow) -> Compiled:
    result: Compiled = rivers.bind(flow).compile(
        rivers.TRAIN, rivers.VAL, metric="support_recall", passes=[Fit(), Tune(trials=10)]
    )
    return result


def town(number: int) -> str:
    return rivers.TOWNS[number].title()


def test_rows_that_fail_count_zero_and_the_compile_goes_on() -> None:
    broken = (town(1), town(13), town(14))
    result = compiled(sg.Flow(rivers.Search(k=sg.Int(1, 1, 24), broken=broken), output="passages"))
    assert result.status == "finished"
    assert result.errors == (2, 2)
    assert result.before.mean == pytest.approx(0.5 * 10 / 12)
    assert result.changes[0].accepted


class Greedy(sg.Node):
    """Finds everything with a large `k`, and then fails on every question but one in three."""

    k: int = sg.Int(1, 1, 24)

    async def run(self, question: str, corpus: sg.Retriever) -> rivers.Found:
        if self.k > 4 and sum(map(ord, question)) % 3:
            raise MemoryError("too many")
        return rivers.Found(passages=tuple(await corpus.search(rivers.Query(text=question), self.k)))


def test_no_candidate_gains_by_failing() -> None:
    result = compiled(sg.Flow(Greedy(), output="passages"))
    assert result.flow.params()["greedy.k"].value <= 4
    assert result.errors == (0, 0)


def test_failed_visits_are_not_learned_from_and_the_others_are() -> None:
    flow = sg.Flow(rivers.Search(k=24, broken=(town(0), town(5))) >> rivers.Rank(), output="context")
    result = compiled(flow)
    assert result.flow.params()["rank.follow"].value.weight == pytest.approx(10 + 10 / 3)


def test_where_every_row_fails_it_ends_at_once_with_the_cause_and_the_way_out() -> None:
    flow = sg.Flow(rivers.Search(k=sg.Int(1, 1, 24), broken=("sea",)), output="passages")
    with pytest.raises(CompileError, match=r"all 12 held-back rows fail.*search: the index is away.*Fix that"):
        compiled(flow)


def test_where_only_the_training_rows_fail_nothing_is_accepted() -> None:
    broken = tuple(town(number) for number in range(12))
    result = compiled(sg.Flow(rivers.Search(k=sg.Int(1, 1, 24), broken=broken) >> rivers.Rank(), output="context"))
    assert result.status == "finished"
    assert not any(change.accepted for change in result.changes)
