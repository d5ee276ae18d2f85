"""Which step a reward of a query scores, and with which searches."""

from __future__ import annotations

from small_flows import Divide, Fail, Find, Keep, Say, run
from small_queries import Ask, AskForGoal, AskMany, AskWith, DivideAndRefer, Search, under

import seekgraph as sg
from seekgraph import S
from seekgraph.core.machine.bound import Bound
from seekgraph.core.record.trace import Trace
from seekgraph.nodes import Retrieve
from seekgraph.rewards import novel_query, novelty, query_redundancy
from seekgraph.rewards.turns import question_for, said, turn_of, turns
from seekgraph.tools import BM25
from seekgraph.types import Passage, Query

THERE = under(a="p1 p2", b="p2 p3", c="p4")


def shown(trace: Trace) -> dict[str, tuple[list[str], list[str]]]:
    """The queries and the searches of each step that chose queries."""
    return {turn.step.id: ([query.text for query in turn.queries], [step.id for step in turn.searches]) for turn in turns(trace)}


def test_a_query_belongs_to_the_step_that_wrote_it_and_its_search_with_it() -> None:
    body = Ask(("a",)) >> Search(THERE) >> Ask(("b",)).named("again") >> Search(THERE).named("then") >> Say("Paris")
    assert shown(run(body)) == {"ask": (["a"], ["search"]), "again": (["b"], ["then"])}


def test_in_a_loop_each_round_is_a_turn() -> None:
    body = sg.loop(Ask(("a", "b")) >> Search(THERE), until=S.round >= 2, max_rounds=2) >> Say("Paris")
    assert shown(run(body)) == {"ask@1": (["a"], ["search@1"]), "ask@2": (["b"], ["search@2"])}


def test_queries_that_are_searched_for_one_by_one_are_one_turn() -> None:
    body = AskMany(("a", "b", "c")) >> sg.each(S.queries, Search(THERE), item="query") >> Say("Paris")
    trace = run(body)
    assert shown(trace) == {"askmany": (["a", "b", "c"], ["search@0", "search@1", "search@2"])}
    [turn] = turns(trace)
    assert [passage.id for passage in turn.passages] == ["p1", "p2", "p4", "p3"]  # the first of each search, then the second


def test_a_query_that_a_call_was_given_belongs_to_the_step_outside() -> None:
    for given in ({"question": S.question, "query": S.query}, {"question": S.query.text}):
        executor = sg.call(Search(THERE) >> Say("a"), give=given, name="look")
        assert shown(run(Ask(("a",)) >> executor >> Say("Paris"))) == {"ask": (["a"], ["look/search"])}


def test_the_writer_of_one_of_two_queries_that_a_call_was_given_is_found_by_its_text() -> None:
    given = {"question": S.query.text, "other": S.second}
    body = (
        Ask(("a",))
        >> Ask(("b",)).into(query="second").named("other")
        >> sg.call(Search(THERE) >> Say("x"), give=given, name="look")
    )
    assert shown(run(body >> Say("Paris"))) == {"ask": (["a"], ["look/search"]), "other": (["b"], [])}


def test_a_question_that_a_call_was_given_as_its_query_belongs_to_nobody_outside() -> None:
    corpus = BM25([Passage(id="p1", text="where")])
    executor = sg.call(Retrieve("corpus") >> Say("x"), give={"query": S.question, "question": S.query.text}, name="look")
    trace = bound(Ask(("a",)) >> executor >> Say("Paris"), corpus=corpus)
    assert shown(trace) == {"ask": (["a"], []), "look/retrieve": (["Where?"], ["look/retrieve"])}


def bound(body: object, **resources: object) -> Trace:
    return Bound(sg.Flow(body), resources, checked=True)(question="Where?").trace  # type: ignore[arg-type]


def test_a_search_for_the_question_itself_is_its_own_turn() -> None:
    corpus = BM25([Passage(id="p1", text="where"), Passage(id="p2", text="a river")])
    trace = bound(Retrieve("corpus") >> Say("Paris"), corpus=corpus)
    assert shown(trace) == {"retrieve": (["Where?"], ["retrieve"])}
    given = bound(Ask(("a",)) >> Retrieve("corpus") >> Say("Paris"), corpus=corpus)
    assert shown(given) == {"ask": (["a"], ["retrieve"])}


def test_what_finds_passages_and_asks_no_retriever_chose_no_query() -> None:
    assert shown(run(Find((("p1",),)) >> Keep(("p1",)) >> Say("Paris"))) == {}


def test_a_step_that_failed_chose_nothing() -> None:
    trace = run(sg.fan(Fail(), Ask(("a",))) >> Say("Paris"))
    assert [turn_of(step, trace) is None for step in trace if step.path == "fail"] == [True]


def test_a_query_says_its_text_what_it_must_have_and_what_it_adds() -> None:
    query = Query(text="river", must=("Basel",), must_not=("sea",), weights={"Rhine": 0.5, "lake": -1.0, "gone": 0.0})
    assert said(query) == "river Basel Rhine"


def test_searches_of_attempts_that_were_dropped_do_not_count_for_a_step_before_them() -> None:
    again = sg.redo(Search(THERE), novelty, below=1.0, at_most=2)
    trace = run(Find((("p1", "p2"),)) >> Ask(("a",)) >> again >> Say("Paris"))
    assert len(trace.visits("search")) == 2
    assert shown(trace)["ask"] == (["a"], ["search@1"])


def test_a_dropped_attempt_is_scored_as_if_it_were_the_only_one() -> None:
    body = sg.redo(Ask(("a", "b")) >> Search(THERE), novel_query(0), below=1.0, at_most=2)
    trace = run(Find((("p1", "p2"),)) >> body >> Say("Paris"))
    scores = {step.id: query_redundancy(step, trace).value for step in trace if step.path == "ask"}
    assert scores == {"ask@1": 1.0, "ask@2": 0.5}
    assert list(shown(trace)) == ["ask@1"]  # the first of equals is kept


def test_a_step_works_on_the_goal_that_it_read_or_else_on_a_question() -> None:
    trace = run(AskWith(Query(text="a")) >> Search(THERE) >> Say("Paris"))
    assert [question_for(turn, trace) for turn in turns(trace)] == ["?"]
    inside = run(sg.call(Ask(("a",)) >> Search(THERE) >> Say("x"), give={"question": S.question + "!"}) >> Say("Paris"))
    assert [question_for(turn, inside) for turn in turns(inside)] == ["?!"]

    corpus = BM25([Passage(id="p1", text="who was where")])
    body = Divide() >> sg.each(S.plan.goals, Retrieve("corpus").using(query=S.goal.text), item="goal") >> Say("Paris")
    goals = bound(body, corpus=corpus)
    assert [question_for(turn, goals) for turn in turns(goals)] == ["who?", "where?"]
    assert shown(goals) == {"retrieve@0": (["who?"], ["retrieve@0"]), "retrieve@1": (["where?"], ["retrieve@1"])}


def test_in_a_goal_a_reference_stands_for_what_the_other_goal_came_to() -> None:
    executor = sg.call(AskForGoal() >> Search(under()) >> Say("Rome"), name="goal")
    trace = run(DivideAndRefer() >> sg.each(S.plan.goals, executor, item="goal") >> Say("Paris"))
    assert [turn.queries[0].text for turn in turns(trace)] == ["who?", "where is #1?"]
    assert [question_for(turn, trace) for turn in turns(trace)] == ["who?", "where is Rome?"]
