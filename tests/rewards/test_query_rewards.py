"""Rewards of what a query found, on traces of small flows, with numbers worked by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_flows import (
    Judge,
    JudgeAnswer,
    JudgeBlindly,
    Keep,
    Note,
    Say,
    example,
    feedback,
    run,
    values,
)
from small_queries import Ask, AskMany, AskWith, Search, searched, under

import seekgraph as sg
from seekgraph import S
from seekgraph.core.language.element import Element
from seekgraph.core.record.trace import Trace
from seekgraph.nodes import Retrieve
from seekgraph.rewards import (
    RewardError,
    adoption,
    document_margin,
    judged_query,
    novel_query,
    query_ap,
    query_redundancy,
    ranker_score,
    smart_search,
    useful_query,
)
from seekgraph.tools import BM25
from seekgraph.types import Example, Passage, Query, SubQuestion

THERE = under(a="p1 x y", b="x p1 p2", c="z p2", none="")


def looped(*texts: str, then: Element | None = None) -> Trace:
    """A round for each of these queries, and `then` in each round."""
    body: Element = Ask(texts) >> Retrieve("corpus")
    body = body >> then if then is not None else body
    return searched(sg.loop(body, until=S.round >= len(texts), max_rounds=len(texts)) >> Say("Paris"), THERE)


# --- novelty -------------------------------------------------------------------------------------------------------


def test_a_query_is_redundant_where_more_than_k_of_its_passages_had_been_found() -> None:
    trace = looped("a", "b", "c", "none")
    # found again: none of 3; x and p1 of 3; p2 of 2; nothing was found
    assert values(novel_query(0), trace, None) == values(novel_query(0), trace, example()) == [1, 0, 0, 0]  # type: ignore[arg-type]
    assert values(novel_query(1), trace, example()) == [1, 0, 1, 0]
    assert values(novel_query(2), trace, example()) == [1, 1, 1, 0]
    assert feedback(novel_query(1), trace, example()) == [
        "the query is new: so is all that it found",
        "the query is redundant: 2 of 3 passages had been found before (x, p1): ask for something else",
        "the query is new: 1 of 2 passages had been found before",
        "the query found nothing: ask in other words",
    ]
    assert novel_query().needs == frozenset()
    with pytest.raises(RewardError, match="0 or more"):
        novel_query(-1)


def test_what_two_searches_of_one_step_find_was_not_found_before() -> None:
    trace = run(AskMany(("a", "b")) >> sg.each(S.queries, Search(THERE), item="query") >> Say("Paris"))
    assert values(novel_query(0), trace, example()) == [1]
    assert values(query_redundancy, trace, example()) == [0]


def test_a_query_that_nothing_searched_for_is_neither_new_nor_good() -> None:
    trace = run(Ask(("a",)) >> Say("Paris"))
    for reward in (novel_query(), query_redundancy, query_ap(), ranker_score(), useful_query(), judged_query, adoption()):
        assert values(reward, trace, example("p1")) == []


queries = st.lists(st.sampled_from(sorted(THERE)), min_size=1, max_size=4)


@settings(max_examples=40, deadline=None)
@given(queries, st.integers(0, 3))
def test_a_larger_k_forgives_more_and_no_redundancy_is_always_new(texts: list[str], k: int) -> None:
    trace = looped(*texts)
    strict, lenient = (values(novel_query(number), trace, example()) for number in (k, k + 1))
    assert all(a <= b for a, b in zip(strict, lenient, strict=True) if a is not None and b is not None)
    for step in trace:
        if query_redundancy(step, trace).value == 0:
            assert novel_query(0)(step, trace).value == 1


# --- average precision ---------------------------------------------------------------------------------------------


def test_average_precision_of_a_hop_is_against_all_gold_or_against_what_was_left() -> None:
    trace = looped("a", "b", "c")
    row = example("p1", "p2")
    # p1 at 1 of 3: (1/1) / 2; p1 at 2 and p2 at 3: (1/2 + 2/3) / 2; p2 at 2: (1/2) / 2
    assert values(query_ap(), trace, row) == pytest.approx([1 / 2, (1 / 2 + 2 / 3) / 2, 1 / 4])
    # the second hop had p2 left, at 3: 1/3; the third nothing
    assert values(query_ap("left"), trace, row) == pytest.approx([1 / 2, 1 / 3])
    # at 2: the first as above, the second has p1 at 2: (1/2) / 2
    assert values(query_ap(k=2), trace, row) == pytest.approx([1 / 2, 1 / 4, 1 / 4])
    assert feedback(query_ap(), trace, row)[0] == "gold at 1 of 3; not found: p2"
    assert (query_ap(k=2).name, query_ap("left").name) == ("query_ap@2", "query_ap_of_left")
    with pytest.raises(RewardError, match="'all' or 'left'"):
        query_ap("rest")  # type: ignore[arg-type]


def test_what_several_searches_of_a_step_find_is_one_list_taken_in_turns() -> None:
    trace = run(AskMany(("a", "c")) >> sg.each(S.queries, Search(THERE), item="query") >> Say("Paris"))
    # p1, z, x, p2, y: p1 at 1, p2 at 4
    assert values(query_ap(), trace, example("p1", "p2")) == pytest.approx([(1 / 1 + 2 / 4) / 2])


# --- a ranker ------------------------------------------------------------------------------------------------------


def longer(text: str, passage: Passage) -> float:
    return min(1.0, len(passage.text) / 10)


def too_much(text: str, passage: Passage) -> float:
    return 2.0


RIVERS = {"Seine in Paris": {"one": "Seine", "two": "Seine and Paris", "three": "Berlin"}, "none": {}}


def test_a_ranker_scores_the_first_of_what_the_query_found() -> None:
    trace = run(Ask(("Seine in Paris",)) >> Search(RIVERS) >> Say("Paris"))
    # 5, 15 and 6 letters
    assert values(ranker_score(longer), trace, example()) == pytest.approx([(0.5 + 1 + 0.6) / 3])
    assert values(ranker_score(longer, top=1), trace, example()) == pytest.approx([0.5])
    assert values(ranker_score(longer, by="best"), trace, example()) == [1]
    assert ranker_score().needs == frozenset()
    with pytest.raises(RewardError, match="score lies in"):
        values(ranker_score(too_much), trace, example())
    with pytest.raises(RewardError, match="top is at least 1"):
        ranker_score(top=0)


def test_without_a_ranker_the_words_of_the_query_are_looked_for_the_rare_ones_before_all() -> None:
    trace = run(Ask(("Seine in Paris",)) >> Search(RIVERS) >> Say("Paris"))
    # of 3 passages 2 have "seine", 1 has "paris": weights log(1 + 3/2) = .916 and log(1 + 3/1) = 1.386
    one = 0.916291 / (0.916291 + 1.386294)
    assert values(ranker_score(against="query"), trace, example()) == pytest.approx([(one + 1 + 0) / 3], abs=1e-5)
    assert values(ranker_score(against="query", top=1), trace, example()) == pytest.approx([one], abs=1e-5)
    assert feedback(ranker_score(against="query", top=1), trace, example()) == [
        "a ranker gives 0.40 to what it found (mean of 1); none of it has Paris"
    ]
    assert values(ranker_score(), trace, example()) == []  # the question is "?"


def test_what_a_query_found_is_ranked_for_the_question() -> None:
    trace = searched(Ask(("Seine in Paris",)) >> Retrieve("corpus") >> Say("Paris"), RIVERS, "Where is Berlin?")
    assert values(ranker_score(by="best"), trace, example()) == [1]
    assert values(ranker_score(top=2), trace, example()) == [0]


def test_a_query_that_finds_nothing_gets_nothing_from_a_ranker() -> None:
    assert values(ranker_score(longer), searched(Ask(("none",)) >> Retrieve("corpus") >> Say("Paris"), RIVERS), example()) == [0]


@settings(max_examples=40, deadline=None)
@given(queries, st.integers(1, 4))
def test_the_best_is_no_less_than_the_mean_and_no_less_with_more_to_choose_from(texts: list[str], top: int) -> None:
    trace = looped(*texts)
    for step in trace:
        mean, best, more = (
            ranker_score(longer, number, by)(step, trace).value  # type: ignore[arg-type]
            for number, by in ((top, "mean"), (top, "best"), (top + 1, "best"))
        )
        assert mean is None or best is None or more is None or mean <= best + 1e-12 <= more + 2e-12


# --- usefulness ----------------------------------------------------------------------------------------------------


def test_a_query_is_useful_that_was_needed_and_found_what_was_missing() -> None:
    trace = looped("a", "b", "c", "none")
    assert values(useful_query(), trace, example("p1", "p2")) == [1, 1, 0, 0]
    assert feedback(useful_query(), trace, example("p1", "p2", "p3"))[1:] == [
        "the query found p2, which was missing",
        "the query was needed and did not find p3",
        "the query was needed and did not find p3",
    ]
    assert feedback(useful_query(), trace, example("p1", "p2"))[2] == "the query was not needed: all gold passages had been found"


def test_usefulness_by_answers_looks_for_those_of_the_hops_too() -> None:
    there = {"a": {"1": "Jaws is by Spielberg."}, "b": {"2": "Spielberg is from Ohio."}, "c": {"3": "Ohio, by Spielberg."}}
    body = sg.loop(Ask(("a", "b", "c")) >> Search(there), until=S.round >= 3, max_rounds=3) >> Say("Ohio")
    hops = (SubQuestion(question="who?", answer="Spielberg"), SubQuestion(question="where?", answer="Ohio"))
    row = Example(id="e", question="?", answers=("Ohio",), decomposition=hops)
    assert values(useful_query("answer"), run(body), row) == [1, 1, 0]
    assert values(useful_query("answer"), run(body), example(answers=("Ohio",))) == [0, 1, 0]
    assert values(useful_query("answer"), run(body), example(answers=("Cincinnati, Ohio", "Ohio"))) == [0, 1, 0]  # wordings
    assert values(useful_query("answer"), run(body), example(answers=("yes",))) == []
    with pytest.raises(RewardError, match="'support' or 'answer'"):
        useful_query("gold")  # type: ignore[arg-type]


def test_a_judge_that_read_what_came_of_the_query_says_how_useful_it_was() -> None:
    trace = looped("a", "b", then=Keep(("x",)) >> Judge(0.3))
    assert values(judged_query, trace, example()) == [0.3, 0.3]
    rounds = run(Ask(("a",)) >> Search(THERE) >> Keep(("x",)) >> Judge(0.2) >> Judge(0.9).named("late") >> Say("Paris"))
    assert values(judged_query, rounds, example()) == [0.2]  # the first verdict
    for judge in (JudgeBlindly(0.2), Say("Rome") >> JudgeAnswer(0.2)):
        assert values(judged_query, run(Ask(("a",)) >> Search(THERE) >> judge), example()) == []


def test_smart_search_wants_a_query_new_and_useful() -> None:
    trace = looped("a", "b", "c", "none")
    row = example("p1", "p2")
    # novel_query(1): 1, 0, 1, 0; useful: 1, 1, 0, 0
    assert values(smart_search(), trace, row) == [1, 0, 0, 0]
    assert values(smart_search(combine="mean"), trace, row) == [1, 0.5, 0.5, 0]
    assert "redundant" in feedback(smart_search(), trace, row)[1]
    assert "p2, which was missing" in feedback(smart_search(), trace, row)[1]
    judged = looped("a", "b", then=Keep(("x",)) >> Judge(0.4))
    live = smart_search(2, judged_query)
    assert live.needs == frozenset()
    assert values(live, judged, example()) == [0.4, 0.4]
    for combine in ("both", "mean"):
        assert values(smart_search(1, judged_query, combine), trace, row) == []  # type: ignore[arg-type]
    with pytest.raises(RewardError, match="'both' or 'mean'"):
        smart_search(combine="max")  # type: ignore[arg-type]


# --- adoption ------------------------------------------------------------------------------------------------------


def test_adoption_is_the_share_of_what_a_query_found_that_was_used_later() -> None:
    trace = run(Ask(("a",)) >> Search(THERE) >> Keep(("p1", "x")) >> Note(("p1",)) >> Say("Paris", ("p1",)))
    assert values(adoption(), trace, example()) == pytest.approx([2 / 3])
    assert values(adoption("context"), trace, example()) == pytest.approx([2 / 3])
    assert values(adoption("evidence"), trace, example()) == values(adoption("citations"), trace, example()) == [1 / 3]
    assert feedback(adoption(), trace, example()) == ["2 of 3 passages were used later: p1, x"]


def test_what_was_used_before_a_query_is_not_adopted_from_it() -> None:
    late = Ask(("b",)).named("late") >> Search(THERE).named("again")
    trace = run(Ask(("a",)) >> Search(THERE) >> Keep(("x",)) >> late >> Say("Paris", ("p2",)))
    # of the first p1, x, y: x is in the context; of the second x, p1, p2: p2 is cited
    assert values(adoption(), trace, example()) == pytest.approx([1 / 3, 1 / 3])
    assert values(adoption("context"), trace, example()) == pytest.approx([1 / 3])
    with pytest.raises(RewardError, match="what adopts a passage"):
        adoption("answer")  # type: ignore[arg-type]


def test_a_query_of_an_attempt_that_was_dropped_is_not_blamed_for_not_being_used() -> None:
    body = sg.redo(Ask(("none", "a")) >> Retrieve("corpus"), novel_query(), below=1.0, at_most=2)
    trace = searched(body >> Keep(("p1",)) >> Say("Paris"), THERE)
    assert values(adoption(), trace, example()) == pytest.approx([1 / 3])


def test_a_query_with_weights_alone_is_scored_too() -> None:
    trace = run(AskWith(Query(text="a", weights={"river": 0.5})) >> Search(THERE) >> Say("Paris", ("p1",)))
    assert values(adoption(), trace, example()) == pytest.approx([1 / 3])


# --- constants that no paper tells ---------------------------------------------------------------------------------


def test_constants_that_no_paper_tells_are_params() -> None:
    trace = looped("a", "b", "c", "none")
    assert list(novel_query().params()) == ["novel_query.k"]
    assert values(novel_query().with_params({"novel_query.k": 2}), trace, example()) == values(novel_query(2), trace, example())
    assert list(smart_search().params()) == ["smart_search.k"]
    assert list(ranker_score().params()) == ["ranker_score.top"]
    assert list(document_margin(BM25([Passage(id="a", text="a")])).params()) == ["document_margin.low", "document_margin.high"]
