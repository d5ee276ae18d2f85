"""Calls: only what is given goes in, only a digest comes out, and a call has a budget of its own."""

from __future__ import annotations

from typing import Any

from kit import (
    FOREVER,
    Aim,
    Ask,
    AskedTell,
    AskGoal,
    Cite,
    Echo,
    Find,
    Jot,
    JotRound,
    Look,
    Mark,
    Metered,
    Notes,
    Quote,
    Said,
    Sum,
    Tell,
    bound,
    errors,
    goals,
    only,
    paths,
    ran,
)  # fmt: skip

import seekgraph as sg
from seekgraph import S
from seekgraph.types import Answer, Digest


class Peek(sg.Node):
    """Answers with everything it can see."""

    async def run(self, question: str = "-", notes: tuple[str, ...] = (), mark: str = "-") -> Said:
        return Said(answer=Answer(text=f"{question}|{','.join(notes)}|{mark}"))


def conclusions(result: Any) -> list[str]:
    return [digest.conclusion for digest in result["digests"]]


# --- what goes in -------------------------------------------------------------------------------------------------


def test_a_call_is_given_what_its_body_reads_before_writing_it() -> None:
    result = ran(Jot("n") >> sg.call(Peek()) >> Sum())
    assert conclusions(result) == ["why?|n|-"]
    assert result.trace.step("call.give").writes == {"question": "why?", "notes": ("n",)}


def test_a_call_is_not_given_what_its_body_writes_itself() -> None:
    result = ran(Mark("outside") >> Echo().using(question=S.mark) >> sg.call(Mark("inside") >> Peek()) >> Sum())
    assert conclusions(result) == ["why?|outside|inside"]


def test_where_it_is_said_a_call_is_given_that_and_nothing_else() -> None:
    result = ran(Jot("n") >> sg.call(Peek(), give={"question": S.notes[0] + "!"}) >> Sum())
    assert conclusions(result) == ["n!||-"]


def test_a_call_can_be_given_nothing() -> None:
    result = ran(sg.call(Peek(), give={}) >> Sum())
    assert conclusions(result) == ["-||-"]


def test_what_a_call_may_do_without_may_be_missing() -> None:
    result = ran(sg.call(Peek()) >> Sum())
    assert result.trace.step("call.give").writes == {"question": "why?"}


def test_a_call_in_a_loop_does_not_see_the_round_around_it_unless_it_is_given() -> None:
    class AtRound(sg.Node):
        async def run(self, visit: sg.Visit, round: int = 0) -> Notes:
            return Notes(notes=(f"{visit.round} {round}",))

    body = sg.call(AtRound() >> Tell(), name="blind") >> sg.call(AtRound() >> Tell(), give={"round": S.round}, name="told")
    flow = bound(sg.loop(body, S.round >= 2, 2) >> Sum())
    result = flow(question="q")
    assert conclusions(result) == ["0 0", "0 1", "0 0", "0 2"]
    given = [flow.program.arguments(result.trace, step) for step in result.trace if step.path.endswith("/atround")]
    assert given == [{}, {"round": 1}, {}, {"round": 2}]


def test_a_call_has_rounds_of_its_own() -> None:
    result = ran(sg.loop(sg.call(sg.loop(JotRound(), S.round >= 2, 2) >> Tell()), S.round >= 2, 2) >> Sum())
    assert conclusions(result) == ["round 1 round 2"] * 2


# --- what comes out -----------------------------------------------------------------------------------------------


def test_only_a_digest_comes_out() -> None:
    result = ran(sg.call(Find("a") >> Quote() >> Cite()) >> Sum())
    assert sorted(result.values) == ["answer", "digests", "question"]
    digest = only(result["digests"])
    assert (digest.conclusion, [fact.passage_id for fact in digest.facts], [each.id for each in digest.resources]) == (
        "a",
        ["a"],
        ["a"],
    )


def test_digests_come_in_the_order_of_the_items_with_their_goals() -> None:
    result = ran(Aim(goals(a="", b="", c="")) >> sg.each(S.goals, sg.call(Find() >> Cite())) >> Sum())
    assert [(digest.goal_id, digest.conclusion) for digest in result["digests"]] == [("a", "a"), ("b", "b"), ("c", "c")]


def test_the_steps_of_a_call_stand_between_what_it_was_given_and_its_digest() -> None:
    result = ran(sg.call(Find("a") >> Cite(), name="search") >> Sum())
    assert paths(result.trace) == ["search.give", "search/find", "search/cite", "search", "sum"]
    assert result.trace.step("search").parents == {"answer": ("search/cite",), "passages": ("search/find",)}
    assert result.trace.step("sum").parents == {"digests": ("search",)}


def test_a_call_inside_a_call_hands_its_passages_on() -> None:
    inner = sg.call(Find("a") >> Cite(), name="inner")
    result = ran(sg.call(inner >> Sum(), name="outer") >> Sum())
    assert paths(result.trace) == [
        "outer.give", "outer/inner.give", "outer/inner/find", "outer/inner/cite", "outer/inner", "outer/sum", "outer", "sum",
    ]  # fmt: skip
    assert [each.id for each in result.passages] == ["a"]


def test_where_a_step_inside_fails_the_call_comes_to_nothing_and_says_so() -> None:
    result = ran(sg.fan(sg.call(Jot(error="inside") >> Tell(), name="bad"), sg.call(Tell(), name="good")) >> Sum())
    assert errors(result) == {"bad/jot": "raised", "bad": "inside"}
    assert result.trace.step("bad").error.message == "bad: bad/jot failed inside this call"
    assert (result.status, len(result["digests"])) == ("ok", 1)


# --- its own budget -----------------------------------------------------------------------------------------------


def test_a_call_that_spends_its_own_budget_answers_with_what_it_has_and_the_run_goes_on() -> None:
    service = Metered()
    search = sg.call(Ask("a") >> Ask("b") >> Ask("c") >> Tell(), budget=sg.Budget(calls=2), name="search")
    result = ran(search >> Sum(), service=service)
    assert (result.status, conclusions(result), service.asked) == ("ok", ["A B"], ["a", "b"])
    assert errors(result) == {"search/ask_3": "budget"}


def test_every_visit_of_a_call_has_the_whole_budget() -> None:
    service = Metered()
    body = sg.each(S.goals, sg.call(AskGoal() >> AskGoal() >> Tell(), budget=sg.Budget(calls=1)))
    result = ran(Aim(goals(a="", b="", c="")) >> body >> Sum(), service=service)
    assert (conclusions(result), sorted(service.asked)) == (["A", "B", "C"], ["a", "b", "c"])


def test_the_answer_of_a_call_whose_budget_is_spent_makes_no_call_past_it_and_is_tried_once() -> None:
    service = Metered()
    result = ran(sg.call(Ask() >> AskedTell(), budget=sg.Budget(calls=1), name="search") >> Sum(), service=service)
    assert (result.status, conclusions(result), len(service.asked)) == ("ok", [""], 1)
    assert errors(result) == {"search/askedtell": "budget"}


def test_the_budget_of_the_run_counts_for_its_calls_too() -> None:
    service = Metered()
    body = sg.call(Ask("a") >> Ask("b") >> Tell(), budget=sg.Budget(calls=5)) >> Sum()
    result = ran(body, service=service, budget=sg.Budget(calls=1))
    assert (result.status, conclusions(result), service.asked) == ("partial", ["A"], ["a"])


def test_the_tightest_of_nested_budgets_decides() -> None:
    class All(sg.Node):
        async def run(self, digests: tuple[Digest, ...] = (), notes: tuple[str, ...] = ()) -> Said:
            return Said(answer=Answer(text=" ".join((*(digest.conclusion for digest in digests), *notes))))

    service = Metered()
    inner = sg.call(Look("i") >> Look("i") >> Look("i") >> Tell(), budget=sg.Budget(searches=2), name="inner")
    outer = sg.call(inner >> Look("o") >> Look("o") >> All(), budget=sg.Budget(searches=3), name="outer")
    result = ran(outer >> Sum(), service=service)
    assert (result.status, service.asked, conclusions(result)) == ("ok", ["i", "i", "o"], ["I I O"])
    assert errors(result) == {"outer/inner/look_3": "budget", "outer/look_2": "budget"}


def test_what_a_call_spends_is_in_the_usage_of_the_run() -> None:
    result = ran(sg.call(Ask() >> Tell()) >> Sum(), service=Metered(tokens=7))
    assert (result.trace.usage().calls, result.trace.usage().tokens) == (1, 7)


def test_a_call_whose_time_is_over_answers_with_what_it_has_and_the_run_goes_on() -> None:
    result = ran(sg.call(Jot("quick") >> Jot("slow", delay=FOREVER) >> Tell(), budget=sg.Budget(seconds=0.5)) >> Sum())
    assert (result.status, conclusions(result), errors(result)) == ("ok", ["quick"], {"jot_2": "cancelled"})
