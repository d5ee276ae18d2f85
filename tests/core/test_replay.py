"""Replay: a finished run once more, from its trace, with something different in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
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
    JotGoal,
    JotRound,
    Look,
    Mark,
    Metered,
    Notes,
    Quote,
    Sum,
    Tell,
    goals,
)

import seekgraph as sg
from seekgraph import S, count
from seekgraph.core.base.errors import BindError, ParamError
from seekgraph.core.machine.replay import ReplayError
from seekgraph.flow import Bound
from seekgraph.types import Digest, Passage


def bound(body: Any, *, memo: Any = None, budget: Any = None, **resources: Any) -> Bound:
    """A body as a flow that is bound, whether the checker would let it pass or not."""
    return Bound(sg.Flow(body, inputs={"question": str}), resources, memo=memo, budget=budget, checked=True)


def memos(result: sg.Result) -> dict[str, str]:
    """How each node's visit came about, by id."""
    return {step.id: step.memo for step in result.trace if step.kind == "node"}


LOOP = sg.loop(JotRound() >> Echo(), until=count(S.notes) >= 4, max_rounds=3, name="search") >> Tell()


# --- what is replaced, and what runs again -------------------------------------------------------------------------


def test_only_what_depends_on_a_change_runs_again() -> None:
    flow = bound(sg.fan(Mark("a") >> Jot("b"), Find("p") >> Quote()) >> Tell())
    first = flow(question="q")
    again = flow.replay(first.trace, at="jot", write={"notes": ("other",)})
    assert again.answer.text == "other"
    assert memos(again) == {"mark": "replay", "jot": "replaced", "find": "replay", "quote": "replay", "tell": ""}


def test_what_comes_to_the_same_as_before_changes_nothing_after_it() -> None:
    flow = bound(Find("p") >> Quote() >> Tell())
    first = flow(question="q")
    found = first.trace.step("find").writes["passages"]
    again = flow.replay(first.trace, at="find", write={"passages": [found[0].model_dump()]})
    assert memos(again) == {"find": "replaced", "quote": "replay", "tell": "replay"}


def test_one_visit_of_a_loop_is_replaced_by_its_id_or_its_number() -> None:
    flow = bound(LOOP)
    first = flow(question="q")
    for name in ("jotround@2", "search/jotround@2", "search/jotround#2"):
        if name == "jotround@2":
            with pytest.raises(ReplayError, match=r"no step 'jotround@2' in this trace.*search/jotround"):
                flow.replay(first.trace, at=name, write={"notes": ("x",)})
            continue
        assert flow.replay(first.trace, at=name, write={"notes": ("x",)}).answer.text == "round 1 q x q"


def test_a_path_stands_for_all_visits_also_for_new_ones() -> None:
    flow = bound(LOOP)
    again = flow.replay(flow(question="q").trace, at="search/jotround", write={"notes": ()})
    assert again.answer.text == "q q q"
    assert [step.decision for step in again.trace if step.kind == "until"] == [False, False, False]


def test_a_decision_is_replaced_by_the_channel_decision() -> None:
    flow = bound(LOOP)
    first = flow(question="q")
    assert flow.replay(first.trace, at="search@1", write={"decision": True}).answer.text == "round 1 q"
    assert flow.replay(first.trace, at="search", write={"decision": False}).answer.text == "round 1 q round 2 q round 3 q"
    routed = bound(sg.route(S.question, {"q": Jot("left"), "r": Jot("right")}, name="way") >> Tell())
    assert routed.replay(routed(question="q").trace, at="way", write={"decision": "r"}).answer.text == "right"


def test_items_digests_and_inputs_are_replaced_too() -> None:
    body = Aim(goals(a="", b="a")) >> sg.each(S.goals, sg.call(JotGoal() >> Tell(), name="work")) >> Sum()
    flow = bound(body)
    first = flow(question="q")
    assert first.answer.text == "a() b()"
    assert flow.replay(first.trace, at="each@1", write={"goal": goals(z="")[0]}).answer.text == "a() z()"
    assert flow.replay(first.trace, at="work#1", write={"digests": (Digest(conclusion="D"),)}).answer.text == "D b()"
    given = flow.replay(first.trace, at="work.give#2", write={"goal": goals(y="")[0]})
    assert given.answer.text == "a() y()"
    said = bound(Echo() >> Tell())
    assert said.replay(said(question="q").trace, at="input", write={"question": "r"}).answer.text == "r"


def test_a_function_sees_the_step_and_what_it_reads_and_may_leave_it_alone() -> None:
    flow = bound(LOOP)
    seen: list[Any] = []

    def change(step: Any, inputs: dict[str, Any]) -> dict[str, Any] | None:
        seen.append((step.id, inputs))
        return {"notes": (inputs["question"].upper(),)} if step.round == 2 else None

    again = flow.replay(flow(question="q").trace, at="search/echo", write=change)
    assert again.answer.text == "round 1 q round 2 Q"
    assert seen == [("search/echo@1", {"question": "q"}), ("search/echo@2", {"question": "q"})]


def test_several_changes_at_once() -> None:
    flow = bound(sg.fan(Mark("a"), Jot("b"), Jot("c")) >> Tell())
    changes = {"jot": {"notes": ("1",)}, "jot_2": {"notes": ("2",)}}
    assert flow.replay(flow(question="q").trace, changes=changes).answer.text == "1 2"


def test_channels_that_are_not_replaced_keep_what_they_had_or_get_what_the_node_writes_now() -> None:
    class Both(sg.Writes):
        one: str
        two: str

    class Split(sg.Node):
        async def run(self, mark: str) -> Both:
            return Both(one=mark, two=mark.upper())

    class Join(sg.Node):
        async def run(self, one: str, two: str) -> Notes:
            return Notes(notes=(one, two))

    flow = bound(Mark("m") >> Split() >> Join() >> Tell())
    first = flow(question="q")
    assert flow.replay(first.trace, at="split", write={"one": "x"}).answer.text == "x M"
    changed = flow.replay(first.trace, changes={"split": {"one": "x"}, "mark": {"mark": "n"}})
    assert changed.answer.text == "x N"


# --- params and resources ------------------------------------------------------------------------------------------


def test_nodes_with_other_params_run_again_and_others_do_not() -> None:
    flow = bound(sg.fan(Mark(sg.Choice("a", "b")), Find("p") >> Quote()) >> Cite(most=sg.Int(1, 0, 3)))
    first = flow(question="q")
    again = flow.replay(first.trace, params={"cite.most": 0})
    assert memos(again) == {"mark": "replay", "find": "replay", "quote": "replay", "cite": ""}
    assert again.answer.citations == ()
    assert again.trace.params["cite.most"] == 0


def test_the_params_of_the_trace_hold_whatever_those_of_the_bound_flow_are() -> None:
    flow = bound(Find("p") >> Cite(most=sg.Int(1, 0, 3)))
    first = flow.with_params({"cite.most": 0})(question="q")
    assert flow.replay(first.trace).trace.identity == first.trace.identity


def test_nodes_with_another_resource_run_again_through_the_memo() -> None:
    service, other = Metered(), Metered(identity="service-2")
    memo = sg.Memo()
    flow = bound(Jot("n") >> Ask("x") >> AskedTell(), service=service, memo=memo)
    first = flow(question="q")
    for _ in range(2):
        again = flow.replay(first.trace, resources={"service": other})
    assert (service.asked, other.asked) == (["x", "tell"], ["x", "tell"])
    assert memos(again) == {"jot": "replay", "ask": "hit", "askedtell": "hit"}
    assert again.trace.usage(paid=True).calls == 0


def test_what_is_replayed_is_not_paid_again() -> None:
    service = Metered()
    flow = bound(Ask("x") >> Mark("m") >> AskedTell(), service=service)
    first = flow(question="q")
    again = flow.replay(first.trace, at="ask", write={"notes": ("y",)})
    assert again.answer.text == "y TELL"
    assert (again.trace.usage().calls, again.trace.usage(paid=True).calls, len(service.asked)) == (1, 1, 3)


# --- errors and budgets --------------------------------------------------------------------------------------------


def test_errors_are_replayed_as_they_were_and_mended_by_a_write() -> None:
    flow = bound(sg.fan(Jot("a", error="broken"), Jot("b")) >> Jot("c", error="worse") >> Tell())
    first = flow(question="q")
    again = flow.replay(first.trace)
    assert (again.status, again.cause.id, again.trace.identity) == ("failed", "jot_3", first.trace.identity)
    mended = flow.replay(first.trace, at="jot_3", write={"notes": ("c",)})
    assert (mended.status, mended.answer.text, [step.id for step in mended.errors]) == ("ok", "b c", ["jot"])


CALL = sg.call(Ask("a") >> Look("b") >> AskedTell(), budget=sg.Budget(calls=1), name="inner")
SLOW = sg.fan(Jot("late", delay=FOREVER), Jot("quick")) >> Jot("never") >> Tell()
EACH = Aim(goals(a="", b="", c="b")) >> sg.each(S.goals, AskGoal() >> sg.call(Ask("i") >> Tell())) >> Sum()
CUT: dict[str, tuple[Any, sg.Budget]] = {
    "in a step": (Ask(times=3) >> Tell(), sg.Budget(calls=2)),
    "between steps": (Ask() >> Jot() >> Tell(), sg.Budget(tokens=1)),
    "in the last step": (Ask() >> sg.call(AskedTell()), sg.Budget(calls=1)),
    "in a call, by its own": (CALL >> Sum(), sg.Budget()),
    "in a call, by the run's": (sg.call(Ask("a") >> Ask("b") >> Tell(), budget=sg.Budget(calls=5)) >> Sum(), sg.Budget(calls=1)),
    "in a loop": (sg.loop(Ask() >> Jot(), until=count(S.notes) >= 9, max_rounds=5) >> Tell(), sg.Budget(calls=2)),
    "in branches": (EACH, sg.Budget(calls=3)),
    "by time": (SLOW, sg.Budget(seconds=0.5)),
    "by a call's time": (sg.call(SLOW, budget=sg.Budget(seconds=0.5)) >> Sum(), sg.Budget()),
    "by time, in a call": (sg.each(S.goals, sg.call(SLOW)) >> Sum(), sg.Budget(seconds=0.5)),
}


@pytest.mark.parametrize("where", CUT)
def test_a_run_that_a_budget_cut_short_is_replayed_as_it_was(where: str) -> None:
    body, budget = CUT[where]
    service = Metered()
    aimed = Aim(goals(a="", b="")) >> body if where == "by time, in a call" else body
    named = {"service": service} if "service" in sg.Flow(aimed).resources else {}
    first = bound(aimed, budget=budget, **named)(question="q")
    asked = len(service.asked)
    again = bound(aimed, **named).replay(first.trace)
    assert [step.id for step in again.trace] == [step.id for step in first.trace]
    assert (again.status, again.trace.identity) == (first.status, first.trace.identity)
    assert (again.values, len(service.asked)) == (first.values, asked)


@pytest.mark.parametrize("calls", range(9))
def test_wherever_a_budget_of_calls_ends_a_run_the_replay_ends_there(calls: int) -> None:
    body = Ask("0") >> EACH.parts[0] >> EACH.parts[1] >> sg.loop(Ask(times=2), until=S.round >= 2, max_rounds=2) >> Sum()  # type: ignore[attr-defined]
    first = bound(body, service=Metered(), budget=sg.Budget(calls=calls))(question="q")
    again = bound(body, service=Metered()).replay(first.trace)
    assert (again.status, again.trace.identity) == (first.status, first.trace.identity)


def test_after_a_change_a_run_that_was_cut_short_goes_on() -> None:
    body = Ask("a") >> Ask("b") >> Tell()
    first = bound(body, service=Metered(), budget=sg.Budget(calls=1))(question="q")
    assert (first.status, first.answer.text) == ("partial", "A")
    flow = bound(body, service=Metered())
    again = flow.replay(first.trace, at="ask", write={"notes": ("x",)})
    assert (again.status, again.answer.text) == ("ok", "x B")


def test_a_loop_that_may_go_on_longer_does() -> None:
    body = sg.loop(JotRound(), until=count(S.notes) >= 9, max_rounds=sg.Int(2, 1, 4)) >> Tell()
    flow = bound(body)
    again = flow.replay(flow(question="q").trace, params={"loop.max_rounds": 3})
    assert (again.status, again.answer.text) == ("ok", "round 1 round 2 round 3")
    assert list(memos(again).values()) == ["replay", "replay", "", ""]


# --- refusals ------------------------------------------------------------------------------------------------------


def test_a_trace_of_another_flow_is_refused_with_words() -> None:
    trace = bound(Jot() >> Tell())(question="q").trace
    with pytest.raises(ReplayError, match=r"it visits jot, tell, which this flow does not have.*the version of it"):
        bound(Find("p") >> Cite()).replay(trace)
    with pytest.raises(ReplayError, match="their structures differ"):
        bound(Jot() >> Tell() >> Tell()).replay(trace)


@pytest.mark.parametrize(
    ("at", "write", "told"),
    [
        ("nowhere", {"notes": ()}, "no step 'nowhere' in this trace.*it visits"),
        ("search/echo#9", {"notes": ()}, "has 2 visits in this trace"),
        ("search/echo#x", {"notes": ()}, "counted from 1"),
        ("search/echo", {"mark": "x"}, "search/echo does not write mark: it writes notes"),
        ("search/echo", {"notes": 3}, "search/echo: notes: Input should be a valid tuple"),
        ("search", {"decision": "perhaps"}, "search: decision: Input should be a valid boolean"),
        ("search", {"notes": ()}, "search does not write notes: it writes decision"),
        ("search/echo", None, "takes `at`, a step, together with `write`"),
        (None, {"notes": ()}, "takes `at`, a step, together with `write`"),
        ("search/echo", lambda step, inputs: {"notes": 3}, "search/echo: notes: Input should be a valid tuple"),
        ("search/echo", lambda step, inputs: 1 / 0, "the change for search/echo@1 raised ZeroDivisionError"),
    ],
)
def test_a_change_that_does_not_fit_is_refused_with_words(at: Any, write: Any, told: str) -> None:
    flow = bound(sg.fan(LOOP, Mark()))
    with pytest.raises(ReplayError, match=told):
        flow.replay(flow(question="q").trace, at=at, write=write)


def test_unknown_params_and_resources_are_refused() -> None:
    flow = bound(Jot() >> Tell())
    trace = flow(question="q").trace
    with pytest.raises(ParamError, match="no params"):
        flow.replay(trace, params={"jot.k": 1})
    with pytest.raises(BindError, match="not for"):
        flow.replay(trace, resources={"corpus": Metered()})


# --- files ---------------------------------------------------------------------------------------------------------


def test_a_trace_is_replayed_from_its_file(tmp_path: Path) -> None:
    flow = bound(Find("p") >> Quote() >> Cite())
    path = flow(question="q").trace.save(tmp_path / "t.jsonl")
    again = sg.replay(path, flow, at="find", write={"passages": (Passage(id="z", text="other"),)})
    assert again.answer.text == "z"
    saved = again.trace.save(tmp_path / "u.jsonl")
    assert sg.Trace.load(saved, flow.flow.channels).identity == again.trace.identity
