"""Refine and FollowUp: what to search for next, by what was found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_corpus import BY_ID, PASSAGES, QUESTION, corpus, found, ids, ranking, visit

from seekgraph.core.language.combinators import each, loop
from seekgraph.core.language.expr import S
from seekgraph.flow import Flow
from seekgraph.nodes.refine import FollowUp, Refine
from seekgraph.nodes.retrieve import Retrieve
from seekgraph.types import Digest, Evidence, Goal, Passage, Query

FOUND = {"passages": PASSAGES, "rankings": (ranking("film", "director"),)}


def test_before_anything_is_found_the_query_is_the_question() -> None:
    assert visit(Refine(), question=QUESTION)["query"] == Query(text=QUESTION)


def test_feedback_adds_the_words_of_the_best_passages() -> None:
    query = visit(Refine(feedback=1, terms=30), question=QUESTION, **FOUND)["query"]
    assert query.text == QUESTION
    assert {"marta", "lindqvist", "malmoe"} <= set(query.weights)
    assert "visby" not in query.weights


def test_the_likeliest_terms_weigh_most() -> None:
    weights = visit(Refine(feedback=1, terms=30), question=QUESTION, **FOUND)["query"].weights
    assert weights["silver"] > weights["marta"] > 0  # the title and the text have "silver"


def test_the_share_of_the_question_is_what_it_was_told_to_be() -> None:
    for original in (0.5, 0.8):
        query = visit(Refine(original=original), question="silver gate director", **FOUND)["query"]
        mass = sum(query.weights.values())
        assert 3 / (3 + mass) == pytest.approx(original)


@pytest.mark.parametrize("off", [Refine(original=1.0), Refine(terms=0)])
def test_expansion_can_be_switched_off(off: Refine) -> None:
    assert visit(off, question=QUESTION, **FOUND)["query"].weights == {}


def test_names_from_the_evidence_are_searched_for() -> None:
    quoted = Evidence(claim="c", passage_id="film", quote="It was directed by Marta Lindqvist, who made The Silver Gate.")
    query = visit(Refine(terms=0, names=0.4), question=QUESTION, evidence=(quoted,))["query"]
    assert query.weights == {"marta": 0.4, "lindqvist": 0.4}


def test_the_context_goes_before_the_rankings() -> None:
    query = visit(Refine(feedback=1), question=QUESTION, context=(BY_ID["director"],), **FOUND)["query"]
    assert "visby" in query.weights


def test_a_refined_query_finds_what_the_question_does_not() -> None:
    assert "town" not in ids(found(k=6)["passages"])
    state = {"context": (BY_ID["film"], BY_ID["director"]), "rankings": (ranking("film", "director", "gate"),)}
    query = visit(Refine(terms=30, original=0.3), question=QUESTION, **state)["query"]
    assert "town" in ids(visit(Retrieve("corpus", k=6), corpus(), question=QUESTION, query=query)["passages"])


def test_inside_a_call_the_goal_is_refined_with_what_it_builds_on() -> None:
    goal, known = Goal(id="2", text="Where was #1 born?", needs=("1",)), Digest(conclusion="Marta Lindqvist", goal_id="1")
    query = visit(Refine(), question=QUESTION, goal=goal, digests=(known,))["query"]
    assert query.text == "Where was Marta Lindqvist born?"


def test_it_can_stand_first_in_a_loop() -> None:
    search = loop(Refine() >> Retrieve("corpus", k=3), until=S.round >= 2, max_rounds=2)
    result = Flow(search, output="passages").bind(corpus())(question=QUESTION)
    first, second = (step.writes["query"] for step in result.trace.visits("refine"))
    assert first.weights == {}
    assert second.weights


def test_a_follow_up_asks_for_what_its_source_leaves_open_about_what_it_names() -> None:
    (query,) = visit(FollowUp(sources=1, known=0.25, name_weight=0.5), question=QUESTION, **FOUND)["queries"]
    assert query.text == "town born"
    assert query.weights == {"director": 0.25, "silver": 0.25, "gate": 0.25, "marta": 0.5, "lindqvist": 0.5, "malmoe": 0.5}


def test_there_is_one_follow_up_for_each_of_the_best_sources() -> None:
    assert len(visit(FollowUp(sources=2), question=QUESTION, **FOUND)["queries"]) == 2
    assert visit(FollowUp(), question=QUESTION)["queries"] == ()


def test_a_follow_up_is_not_asked_again_in_the_next_round() -> None:
    first = visit(FollowUp(sources=1), question=QUESTION, **FOUND)["queries"]
    again = visit(FollowUp(sources=2), question=QUESTION, queries=first, **FOUND)["queries"]
    assert len(again) == 1
    assert again[0] not in first


def test_follow_ups_lead_to_the_next_hop() -> None:
    body = Retrieve("corpus", k=1) >> FollowUp() >> each(S.queries, Retrieve("corpus", k=2), item="query")
    result = Flow(body, output="passages").bind(corpus())(question=QUESTION)
    assert "director" in ids(result["passages"])
    assert {each.query for each in result["rankings"]} == {QUESTION, "town born"}


@given(st.permutations(PASSAGES))
def test_the_order_of_what_was_found_changes_nothing(shuffled: list[Passage]) -> None:
    for node in (Refine(), FollowUp()):
        state = {"rankings": (ranking("film", "director", "town"),)}
        written = [visit(node, question=QUESTION, passages=tuple(passages), **state) for passages in (PASSAGES, shuffled)]
        assert written[0].trace.steps[-1].writes == written[1].trace.steps[-1].writes
