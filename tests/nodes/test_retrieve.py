"""Retrieve: one search of one retriever, which may be one that a flow can do without."""

from __future__ import annotations

import pytest
from small_corpus import BY_ID, PASSAGES, QUESTION, corpus, ids, visit

from seekgraph.core.base.budget import Budget
from seekgraph.core.base.errors import FlowError
from seekgraph.flow import Flow
from seekgraph.nodes.retrieve import Retrieve, RetrieveIfBound
from seekgraph.tools import BM25, from_function
from seekgraph.types import Passage, Query


def test_what_is_found_becomes_passages_and_one_ranking() -> None:
    result = visit(Retrieve("corpus", k=3), corpus(), question=QUESTION)
    (ranking,) = result["rankings"]
    assert ids(result["passages"]) == list(ranking.ids)
    assert len(ranking.ids) == 3
    assert ranking.scores == tuple(passage.score for passage in result["passages"])
    assert (ranking.source, ranking.query) == ("corpus", QUESTION)


def test_the_query_goes_before_the_question() -> None:
    result = visit(Retrieve("corpus", k=1), corpus(), question=QUESTION, query=Query(text="largest island of Sweden"))
    assert ids(result["passages"]) == ["island"]
    assert result["rankings"][0].query == "largest island of Sweden"


def test_the_weights_of_a_query_are_searched_with() -> None:
    query = Query(text="gate", weights={"Visby": 5.0})
    assert ids(visit(Retrieve("corpus", k=1), corpus(), question="", query=query)["passages"]) == ["town"]


def test_nothing_found_is_an_empty_ranking() -> None:
    result = visit(Retrieve("corpus"), corpus(), question="xylophone")
    assert result["passages"] == ()
    assert result["rankings"][0].ids == ()


def test_settings_vary_a_retriever_that_has_them() -> None:
    plain = visit(Retrieve("corpus", k=9), corpus(), question="silver gate")
    varied = visit(Retrieve("corpus", k=9, k1=2.0, b=0.0, title_weight=0.0), corpus(), question="silver gate")
    as_built = BM25(PASSAGES, k1=2.0, b=0.0, title_weight=0.0).find("silver gate", 9)
    assert varied["rankings"][0].scores == tuple(passage.score for passage in as_built)
    assert varied["rankings"] != plain["rankings"]


def test_settings_are_passed_over_by_a_retriever_without_them() -> None:
    fixed = from_function(lambda query, k: [PASSAGES[0].model_copy(update={"score": 1.0})], name="fixed")
    assert ids(visit(Retrieve("corpus", k1=1.2), {"corpus": fixed}, question="any")["passages"]) == ["film"]


def test_a_varied_retriever_is_counted_in_the_budget() -> None:
    flow = Flow(Retrieve("corpus", k1=1.2) >> Retrieve("corpus", b=0.1).named("again"), output="passages")
    result = flow.bind(corpus(), budget=Budget(searches=1))(question=QUESTION)
    assert result.status == "partial"
    assert [step.usage for step in result.trace.visits("retrieve")] == [{"searches": 1}]


def test_a_required_retriever_has_to_be_bound() -> None:
    with pytest.raises(FlowError, match="corpus"):
        Flow(Retrieve("corpus"), output="passages").bind()


def test_a_retriever_that_a_flow_can_do_without_finds_nothing_unbound() -> None:
    result = visit(RetrieveIfBound("dense"), {}, question=QUESTION)
    assert result["passages"] == ()
    assert result["rankings"] == ()


def test_a_retriever_that_a_flow_can_do_without_is_used_when_bound() -> None:
    dense = from_function(lambda query, k: [BY_ID["island"].model_copy(update={"score": 0.7})], name="dense")
    result = visit(RetrieveIfBound("dense"), {"dense": dense}, question=QUESTION)
    assert ids(result["passages"]) == ["island"]
    assert result["rankings"][0].source == "dense"


def test_the_order_of_the_corpus_changes_nothing() -> None:
    def steps(passages: tuple[Passage, ...]) -> object:
        return visit(Retrieve("corpus", k=9), corpus(passages), question=QUESTION)["rankings"]

    assert steps(PASSAGES) == steps(PASSAGES[::-1])
