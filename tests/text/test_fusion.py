"""Fusing rankings."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.text.fusion import reciprocal_rank_fusion, weighted_fusion

ranking = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(-100, 100), max_size=8).map(
    lambda scores: sorted(scores.items(), key=lambda item: -item[1])
)


def test_reciprocal_ranks_add_up() -> None:
    fused = dict(reciprocal_rank_fusion([[("a", 9.0), ("b", 1.0)], [("b", 0.2)]], k=60))
    assert fused == {"b": pytest.approx(1 / 62 + 1 / 61), "a": pytest.approx(1 / 61)}


def test_the_best_comes_first_and_equal_scores_by_id() -> None:
    assert [id for id, _ in reciprocal_rank_fusion([[("z", 1.0)], [("a", 1.0)]])] == ["a", "z"]


def test_of_an_id_that_comes_twice_the_first_counts() -> None:
    assert reciprocal_rank_fusion([[("a", 2.0), ("a", 1.0), ("b", 0.5)]]) == reciprocal_rank_fusion([[("a", 1.0), ("b", 1.0)]])


def test_weighted_fusion_puts_scores_on_one_scale() -> None:
    fused = dict(weighted_fusion([[("a", 30.0), ("b", 20.0), ("c", 10.0)], [("c", 0.9), ("b", 0.1)]], [1.0, 2.0]))
    assert fused == {"c": 2.0, "a": 1.0, "b": 0.5}


def test_equal_scores_all_count_as_the_highest() -> None:
    assert weighted_fusion([[("a", 3.0), ("b", 3.0)]]) == [("a", 1.0), ("b", 1.0)]


def test_nothing_fuses_to_nothing() -> None:
    assert reciprocal_rank_fusion([]) == weighted_fusion([[], []]) == []


@given(st.lists(ranking, max_size=4))
def test_both_keep_every_id_once_and_do_not_mind_the_order_of_rankings(rankings: list[list[tuple[str, float]]]) -> None:
    for fuse in (reciprocal_rank_fusion, weighted_fusion):
        fused = fuse(rankings)
        assert sorted(id for id, _ in fused) == sorted({id for each in rankings for id, _ in each})
        assert [score for _, score in fused] == sorted((score for _, score in fused), reverse=True)
        assert dict(fuse(rankings[::-1])) == pytest.approx(dict(fused))


@pytest.mark.parametrize("weights", [[1.0], [1.0, math.nan]])
def test_weights_have_to_fit(weights: list[float]) -> None:
    for fuse in (reciprocal_rank_fusion, weighted_fusion):
        with pytest.raises(ValueError, match="2 rankings need 2 finite weights"):
            fuse([[("a", 1.0)], []], weights=weights)


def test_a_score_that_is_no_number_and_a_negative_k_are_refused() -> None:
    with pytest.raises(ValueError, match="the score of 'a' is nan"):
        weighted_fusion([[("a", math.nan)]])
    with pytest.raises(ValueError, match="k >= 0"):
        reciprocal_rank_fusion([], k=-1)
