"""Hop: from the question and the best passages to the passages that they name."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_corpus import BY_ID, PASSAGES, QUESTION, corpus, found, ids, ranking, visit

from seekgraph.flow import Flow
from seekgraph.nodes.fuse import standing
from seekgraph.nodes.retrieve import Hop, Retrieve
from seekgraph.types import Goal, Passage


def by_source(result: object) -> dict[str, tuple[str, ...]]:
    return {each.source: each.ids for each in result["rankings"]}  # type: ignore[index]


def test_titles_named_in_the_question_are_found_and_ranked_apart() -> None:
    result = visit(Hop(), corpus(), question=QUESTION)
    assert by_source(result)["titles"] == ("film",)
    assert "film" in ids(result["passages"])


def test_what_a_found_passage_names_is_found() -> None:
    result = visit(Hop(), corpus(), question=QUESTION, **found(k=1))
    assert by_source(result)["links"] == ("director",)


def test_a_second_hop_goes_on_from_the_first() -> None:
    flow = Flow(Retrieve("corpus", k=1) >> Hop() >> Hop(), output="passages")
    result = flow.bind(corpus())(question=QUESTION)
    assert set(ids(result["passages"])) == {"film", "director", "town", "other"}
    assert [each.source for each in result["rankings"]] == ["corpus", "titles", "links", "links"]


def test_a_passage_inherits_the_most_that_a_source_passes_on() -> None:
    state = {"passages": (BY_ID["director"], BY_ID["island"]), "rankings": (ranking("director", "island", "walls"),)}
    links = visit(Hop(decay=0.5), corpus(), question="?", **state)["rankings"][-1]
    strength = standing("?", state["rankings"])
    inherited = dict(zip(links.ids, links.scores, strict=True))
    assert inherited["town"] == pytest.approx(0.5 * max(strength["director"], strength["island"]))
    assert inherited["town"] == inherited["other"]


def test_only_the_best_sources_are_followed() -> None:
    state = {"passages": (BY_ID["director"], BY_ID["film"]), "rankings": (ranking("film", "director"),)}
    result = visit(Hop(sources=1), corpus(), question="?", **state)
    assert by_source(result)["links"] == ("director",)


def test_what_was_ranked_into_the_context_goes_before_the_rankings() -> None:
    state = {"passages": PASSAGES, "rankings": (ranking("film", "director"),), "context": (BY_ID["town"],)}
    result = visit(Hop(sources=1), corpus(), question="?", **state)
    assert by_source(result)["links"] == ("island",)


def test_reverse_links_find_what_names_a_source() -> None:
    state = {"passages": (BY_ID["director"],), "rankings": (ranking("director"),)}
    assert "film" not in by_source(visit(Hop(reverse=False), corpus(), question="?", **state))["links"]
    assert "film" in by_source(visit(Hop(reverse=True), corpus(), question="?", **state))["links"]


def test_inside_a_call_the_goal_is_the_question() -> None:
    result = visit(Hop(), corpus(), question=QUESTION, goal=Goal(id="1", text="Where is Gotland?"))
    assert by_source(result) == {"titles": ("island",), "links": ("town",)}


def test_nothing_named_writes_nothing() -> None:
    result = visit(Hop(), corpus(), question="who?")
    assert result["passages"] == ()
    assert result["rankings"] == ()


@settings(deadline=None, max_examples=25)
@given(st.permutations(PASSAGES))
def test_the_order_of_the_corpus_changes_nothing(shuffled: list[Passage]) -> None:
    flow = Flow(Retrieve("corpus", k=4) >> Hop(reverse=True) >> Hop(), output="passages")
    result, same = (flow.bind(corpus(passages))(question=QUESTION) for passages in (PASSAGES, shuffled))
    assert result["rankings"] == same["rankings"]
