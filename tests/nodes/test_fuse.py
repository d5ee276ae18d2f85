"""Fuse: several rankings into one order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_corpus import BY_ID, PASSAGES, QUESTION, ids, ranking, visit

from seekgraph.nodes.fuse import Fuse, own_query, standing
from seekgraph.types import Goal, Ranking

orders = st.lists(st.permutations(sorted(BY_ID)).flatmap(lambda each: st.integers(0, 9).map(lambda n: each[:n])), max_size=5)


def test_a_passage_that_two_rankings_have_goes_before_one_that_each_has() -> None:
    rankings = (ranking("town", "walls"), ranking("island", "walls", source="dense"))
    assert ids(visit(Fuse(), question=QUESTION, passages=PASSAGES, rankings=rankings)["context"])[0] == "walls"


def test_rankings_of_other_queries_weigh_what_they_are_told_to() -> None:
    rankings = (ranking("town"), ranking("walls", query="another"))
    first = {
        weight: visit(Fuse("rrf", followed=weight), question=QUESTION, passages=PASSAGES, rankings=rankings)["context"][0].id
        for weight in (0.5, 2.0)
    }
    assert first == {0.5: "town", 2.0: "walls"}


def test_scores_count_in_weighted_fusion_and_ranks_in_the_other() -> None:
    close = Ranking(source="corpus", query=QUESTION, ids=("town", "walls", "gate"), scores=(1.0, 0.99, 0.0))
    far = Ranking(source="dense", query=QUESTION, ids=("walls", "town", "gate"), scores=(1.0, 0.1, 0.0))
    state = {"question": QUESTION, "passages": PASSAGES, "rankings": (close, far)}
    assert ids(visit(Fuse("weighted"), **state)["context"])[0] == "walls"
    scores = {each.id: each.score for each in visit(Fuse("rrf"), **state)["context"]}
    assert scores["walls"] == scores["town"]


@given(orders, st.integers(1, 9), st.sampled_from(["rrf", "weighted"]))
def test_the_context_is_part_of_the_pool_best_first_each_once(lists: list[list[str]], keep: int, method: str) -> None:
    rankings = tuple(ranking(*each, query=f"query {number}") for number, each in enumerate(lists))
    pool = PASSAGES[:6]
    context = visit(Fuse(method, keep=keep), question=QUESTION, passages=pool, rankings=rankings)["context"]
    scores = [each.score for each in context]
    assert len(context) <= keep
    assert len(set(ids(context))) == len(context)
    assert set(ids(context)) <= set(ids(pool))
    assert scores == sorted(scores, reverse=True)


def test_what_was_first_searched_for_stands_for_the_question_where_that_was_not() -> None:
    assert own_query("asked", (ranking("a", query="rewritten"), ranking("b", query="more"))) == "rewritten"
    assert own_query("asked", (ranking("a", query="rewritten"), ranking("b", query="asked"))) == "asked"
    assert own_query("asked", (ranking("a", query="x", source="links"),)) == "asked"


def test_inside_a_call_the_goal_is_the_question() -> None:
    rankings = (ranking("town", query="other"), ranking("walls", query="the goal"))
    state = {"passages": PASSAGES, "rankings": rankings, "goal": Goal(id="1", text="the goal")}
    assert ids(visit(Fuse(), question="other", **state)["context"])[0] == "walls"


def test_standing_adds_up_retrievers_and_the_title() -> None:
    rankings = (ranking("film", "gate"), ranking("film", "town", source="dense"), ranking("film", source="titles"))
    assert standing(QUESTION, rankings) == pytest.approx({"film": 1 + 1 + 0.6, "gate": 0.0, "town": 0.0})


def test_standing_takes_what_is_passed_on_and_half_of_its_own() -> None:
    links = Ranking(source="links", query=QUESTION, ids=("director", "film"), scores=(0.7, 0.1))
    strength = standing(QUESTION, (ranking("film", "director", "gate"), links))
    assert strength == pytest.approx({"film": 1.0, "director": 0.5 / 2 + 0.7, "gate": 0.0})
