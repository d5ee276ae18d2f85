"""Rewards of steps that find and rank passages, on traces of small flows, with numbers worked by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_flows import Find, JudgeBlindly, Keep, Say, example, feedback, run, values

import seekgraph as sg
from seekgraph import S
from seekgraph.rewards import (
    RewardError,
    ndcg_at,
    novelty,
    ranking_ndcg,
    redundancy,
    support_gain,
)

# --- retrieving ----------------------------------------------------------------------------------------------------

ROUNDS = Find((("p1", "x"), ("p1", "p2", "y"), ("x", "p1")))
LOOPED = sg.loop(ROUNDS >> JudgeBlindly(0.0), until=S.verdict.score >= 0.5, max_rounds=3) >> Say("Paris")


def test_a_gold_passage_is_credited_once_to_the_step_that_found_it_first() -> None:
    trace = run(LOOPED)
    assert values(support_gain, trace, example("p1", "p2", "p3")) == [1 / 3, 1 / 3, 0]
    assert feedback(support_gain, trace, example("p1", "p2", "p3")) == [
        "found 1 (p1) of 3 gold passages first, 2 (p2, p3) missing",
        "found 1 (p2) of 3 gold passages first, 1 (p3) missing",
        "found no new gold passage, 1 (p3) missing",
    ]


def test_redundancy_is_the_share_that_was_found_before() -> None:
    trace = run(LOOPED)
    assert values(redundancy, trace, example()) == [0, 1 / 3, 1]
    assert values(novelty, trace, example()) == pytest.approx([1, 2 / 3, 0])
    assert novelty.needs == frozenset()


def test_a_step_that_found_nothing_is_neither_redundant_nor_new_and_gains_nothing() -> None:
    trace = run(Find(((),)) >> Say("Paris"))
    assert values(redundancy, trace, example("p1")) == values(novelty, trace, example("p1")) == []
    assert values(support_gain, trace, example("p1")) == [0]


def test_parallel_branches_share_credit_in_the_order_of_writing() -> None:
    trace = run(sg.fan(Find((("p1", "p2"),)), Find((("p2", "p3"),))) >> Say("Paris"))
    assert values(support_gain, trace, example("p1", "p2", "p3", "p4")) == [2 / 4, 1 / 4]
    assert values(redundancy, trace, example()) == [0, 1 / 2]


def test_what_an_executor_found_counts_as_found() -> None:
    executor = sg.call(Find((("p1",),)) >> Say("a"), name="search")
    trace = run(executor >> Find((("p1", "p2"),)) >> Say("Paris"))
    assert values(support_gain, trace, example("p1", "p2")) == [1 / 2, 1 / 2]
    assert values(redundancy, trace, example()) == [0, 1 / 2]


letters = st.sampled_from("abcdefg")


@given(st.lists(st.lists(letters, max_size=4), min_size=1, max_size=4), st.sets(letters, min_size=1))
def test_the_gains_of_a_run_add_up_to_the_recall_of_all_that_was_found(lists: list[list[str]], gold: set[str]) -> None:
    rounds = tuple(tuple(dict.fromkeys(ids)) for ids in lists)
    trace = run(sg.loop(Find(rounds) >> JudgeBlindly(0.0), until=S.verdict.score >= 0.5, max_rounds=len(rounds)) >> Say("Paris"))
    found = {id for ids in rounds for id in ids}
    gains = values(support_gain, trace, example(*sorted(gold)))
    assert sum(gain for gain in gains if gain is not None) == pytest.approx(len(found & gold) / len(gold))


# --- ranking -------------------------------------------------------------------------------------------------------


def test_a_ranking_is_judged_by_its_ndcg_over_the_gold_that_it_had_to_rank() -> None:
    trace = run(Find((("x", "p1", "y", "p2"),)) >> Keep(("x", "p1", "p2")) >> Say("Paris"))
    ideal = 1 + 1 / math.log2(3)
    reached = 1 / math.log2(3) + 1 / 2
    assert values(ranking_ndcg, trace, example("p1", "p2", "never found")) == pytest.approx([reached / ideal])
    with_three = ideal + 1 / 2
    assert values(ndcg_at(of="all"), trace, example("p1", "p2", "never found")) == pytest.approx([reached / with_three])


def test_a_cutoff_looks_at_the_top_alone() -> None:
    trace = run(Find((("x", "p1", "p2"),)) >> Keep(("p1", "x", "p2")) >> Say("Paris"))
    row = example("p1", "p2")
    assert values(ndcg_at(1), trace, row) == [1]
    assert values(ndcg_at(2), trace, row) == pytest.approx([1 / (1 + 1 / math.log2(3))])
    assert (ndcg_at(2).name, ndcg_at(2, of="all").name) == ("ranking_ndcg@2", "ranking_ndcg@2_of_all")
    with pytest.raises(RewardError, match="at least 1"):
        ndcg_at(0)


def test_a_context_too_short_for_the_gold_loses_points_and_says_what_it_dropped() -> None:
    trace = run(Find((("p1", "p2"),)) >> Keep(("p1",)) >> Say("Paris"))
    assert values(ranking_ndcg, trace, example("p1", "p2")) == pytest.approx([1 / (1 + 1 / math.log2(3))])
    assert feedback(ranking_ndcg, trace, example("p1", "p2")) == ["gold at 1 of 1; not kept: p2"]


def test_where_there_was_no_gold_to_rank_the_ranking_is_not_at_fault() -> None:
    trace = run(Find((("x", "y"),)) >> Keep(("y",)) >> Say("Paris"))
    assert values(ranking_ndcg, trace, example("p1")) == []
    assert values(ndcg_at(of="all"), trace, example("p1")) == [0]
