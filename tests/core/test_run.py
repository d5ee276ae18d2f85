"""The runner: order and merging, rounds, branches, visits that are shared through a memo, and what a step costs."""

from __future__ import annotations

import asyncio
import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from kit import (
    Aim,
    Ask,
    Cite,
    Echo,
    Find,
    Jot,
    JotGoal,
    JotRound,
    Mark,
    Metered,
    Notes,
    Sum,
    Tell,
    bound,
    errors,
    goals,
    meets,
    only,
    paths,
    ran,
)

import seekgraph as sg
from seekgraph import S, count, when
from seekgraph.core.base import imports
from seekgraph.core.base.errors import BindError
from seekgraph.core.base.versions import code_version, sources_behind
from seekgraph.core.record.ledger import Passages
from seekgraph.types import Passage

# --- parallel parts -----------------------------------------------------------------------------------------------


def test_parts_of_a_fan_are_merged_in_the_order_of_writing_whatever_finishes_first() -> None:
    result = ran(sg.fan(Jot("a", delay=0.03), Jot("b", delay=0.01), Jot("c")) >> Tell())
    assert result["notes"] == ("a", "b", "c")
    assert paths(result.trace) == ["jot", "jot_2", "jot_3", "tell"]


def test_parts_of_a_fan_run_side_by_side() -> None:
    meeting = meets(8)
    assert ran(sg.fan(*(meeting() for _ in range(8))) >> Tell()).status == "ok"


def test_parts_of_a_fan_start_from_the_same_state() -> None:
    class Before(sg.Node):
        async def run(self, notes: tuple[str, ...]) -> Notes:
            return Notes(notes=(str(len(notes)),))

    assert ran(Jot() >> sg.fan(Before(), Before()) >> Tell())["notes"] == ("x", "1", "1")


def test_where_two_parts_replace_a_channel_the_later_in_writing_stays() -> None:
    class Show(sg.Node):
        async def run(self, mark: str) -> Notes:
            return Notes(notes=(mark,))

    assert ran(sg.fan(Mark("first", delay=0.02), Mark("second")) >> Show() >> Tell()).answer.text == "second"


def test_a_union_of_parts_keeps_the_first_place_and_the_last_value_of_an_id() -> None:
    class Score(sg.Writes):
        passages: Passages

    class Scored(sg.Node):
        scores: tuple[tuple[str, float], ...]

        async def run(self) -> Score:
            return Score(passages=tuple(Passage(id=id, text="", score=score) for id, score in self.scores))

    result = ran(sg.fan(Scored((("a", 1), ("b", 1))), Scored((("c", 2), ("a", 2)))) >> Cite())
    assert [(each.id, each.score) for each in result["passages"]] == [("a", 2), ("b", 1), ("c", 2)]


def test_no_more_visits_run_at_a_time_than_the_flow_is_bound_for() -> None:
    running = most = 0

    class Busy(sg.Node):
        async def run(self) -> Notes:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.002)
            running -= 1
            return Notes(notes=("x",))

    ran(sg.fan(*(Busy() for _ in range(10))) >> Tell(), concurrency=3)
    assert most == 3


# --- items --------------------------------------------------------------------------------------------------------


def test_items_run_side_by_side_and_are_merged_in_their_order() -> None:
    result = ran(Aim(goals(a="", b="", c="")) >> sg.each(S.goals, JotGoal(slow=("a", "b"))) >> Tell())
    assert result["notes"] == ("a()", "b()", "c()")
    assert paths(result.trace)[1:] == [f"{name}@{item}" for item in range(3) for name in ("each", "jotgoal")] + ["tell"]


def test_over_no_items_the_collections_of_the_body_exist_and_are_empty() -> None:
    class Needs(sg.Node):
        async def run(self, notes: tuple[str, ...], digests: tuple[Any, ...], passages: tuple[Passage, ...]) -> Notes:
            return Notes(notes=(f"{notes} {digests} {passages}",))

    body = sg.each(S.goals, JotGoal() >> sg.call(Find() >> Cite()) >> sg.route(S.goal.id, {"a": Find()}, default="a"))
    assert ran(Aim() >> body >> Needs() >> Tell()).answer.text == "() () ()"


def test_over_no_items_what_was_collected_before_stays() -> None:
    assert ran(Aim() >> Jot("before") >> sg.each(S.goals, Jot()) >> Tell()).answer.text == "before"


def test_the_item_is_known_inside_only() -> None:
    result = ran(Aim(goals(a="")) >> sg.each(S.goals, JotGoal()) >> Tell())
    assert "goal" not in result.values


def test_items_without_ids_are_taken_as_they_come() -> None:
    class Say(sg.Node):
        async def run(self, word: str) -> Notes:
            return Notes(notes=(word,))

    flow = bound(sg.each(S.words, Say(), item="word") >> Tell(), inputs={"words": tuple[str, ...]})
    assert flow(words=("a", "b", "a")).answer.text == "a b a"


# --- rounds -------------------------------------------------------------------------------------------------------


def test_a_loop_ends_when_its_condition_holds_after_a_round() -> None:
    result = ran(sg.loop(Jot(), until=count(S.notes) >= 2, max_rounds=5) >> Tell())
    assert [step.decision for step in result.trace.visits("loop")] == [False, True]
    assert paths(result.trace) == ["jot@1", "loop@1", "jot@2", "loop@2", "tell"]


def test_a_loop_runs_once_even_if_its_condition_holds_before() -> None:
    assert ran(Jot() >> sg.loop(Jot(), until=count(S.notes) >= 1, max_rounds=5) >> Tell())["notes"] == ("x", "x")


def test_a_loop_never_runs_more_than_its_rounds() -> None:
    assert len(ran(sg.loop(Jot(), until=count(S.notes) > 99, max_rounds=3) >> Tell())["notes"]) == 3


def test_the_round_is_a_channel_inside_the_innermost_loop_only() -> None:
    inner = sg.loop(JotRound(), until=S.round >= 2, max_rounds=2)
    result = ran(JotRound() >> sg.loop(inner >> JotRound(), until=S.round >= 2, max_rounds=3) >> JotRound() >> Tell())
    assert [int(note.split()[1]) for note in result["notes"]] == [0, 1, 2, 1, 1, 2, 2, 0]
    assert "round" not in result.values


def test_a_step_knows_its_round_and_which_visit_of_its_node_it_is() -> None:
    result = ran(sg.loop(Jot(), until=S.round >= 3, max_rounds=3) >> Tell())
    assert [(step.round, step.visit) for step in result.trace.visits("jot")] == [(1, 1), (2, 2), (3, 3)]


def test_a_loop_inside_an_each_inside_a_loop_has_a_place_of_its_own_for_each_step() -> None:
    body = sg.loop(sg.each(S.goals, sg.loop(JotGoal(), S.round >= 2, 2)), S.round >= 2, 2)
    result = ran(Aim(goals(a="", b="")) >> body >> Tell())
    ids = [step.id for step in result.trace.visits("jotgoal")]
    assert ids == [f"jotgoal@{outer}.{item}.{inner}" for outer in (1, 2) for item in (0, 1) for inner in (1, 2)]


# --- branches -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("question", "took"), [("a", "left"), ("b", "right"), ("c", "right")])
def test_a_route_takes_the_branch_of_its_label_or_else_the_default(question: str, took: str) -> None:
    flow = bound(sg.route(S.question, {"a": Jot("left"), "b": Jot("right")}, default="b") >> Tell())
    result = flow(question=question)
    assert result.answer.text == took
    assert only(result.trace.visits("route")).decision == ("a" if question == "a" else "b")


def test_a_condition_takes_the_branch_under_true_or_false() -> None:
    flow = bound(sg.route(S.question == "yes", {True: Jot("is so"), False: Jot("is not")}) >> Tell())
    assert [flow(question=question).answer.text for question in ("yes", "no")] == ["is so", "is not"]


def test_labels_may_be_numbers() -> None:
    flow = bound(Jot() >> sg.route(count(S.notes), {1: Jot("one"), 2: Jot("two")}, default=2) >> Tell())
    assert flow(question="q").answer.text == "x one"


def test_a_label_without_branch_and_default_is_an_error_step_that_says_what_there_is() -> None:
    result = bound(sg.route(S.question, {"a": Jot(), "b": sg.skip}) >> Tell())(question="c")
    failed = only(result.errors)
    assert (failed.id, failed.decision, failed.error.code) == ("route", "c", "invalid")
    assert "the policy gave 'c', the branches are ['a', 'b'], there is no default" in failed.error.message
    assert result.status == "failed"


def test_only_the_branch_that_is_taken_runs() -> None:
    result = ran(sg.route(when(S.question == "why?", "a", "b"), {"a": Jot(), "b": Jot(error="not here")}) >> Tell())
    assert errors(result) == {}


# --- a memo -------------------------------------------------------------------------------------------------------


def visits_of(result: Any, path: str) -> list[str]:
    return [step.memo for step in result.trace.visits(path)]


def test_equal_steps_run_once_across_runs() -> None:
    service = Metered()
    flow = bound(Ask() >> Tell(), memo=sg.Memo(), service=service)
    first, second = flow(question="q"), flow(question="other")
    assert (visits_of(first, "ask"), visits_of(second, "ask")) == (["miss: first visit of this node"], ["hit"])
    assert len(service.asked) == 1


def test_equal_steps_run_once_within_a_run_also_side_by_side() -> None:
    service = Metered(delay=0.01)
    result = ran(sg.fan(*(Ask() for _ in range(5))) >> Tell(), memo=sg.Memo(), service=service)
    assert (len(service.asked), len(result["notes"])) == (1, 5)


def test_candidates_share_the_steps_that_they_have_in_common() -> None:
    service = Metered()
    flow = bound(Ask("same") >> Ask(text=sg.Text("a")) >> Tell(), memo=sg.Memo(), service=service)
    flow(question="q")
    result = flow.with_params({"ask_2.text": "b"})(question="q")
    assert (visits_of(result, "ask"), visits_of(result, "ask_2")) == (["hit"], ["miss: params changed"])
    assert service.asked == ["same", "a", "b"]


def test_candidates_that_run_at_the_same_time_wait_for_one_another() -> None:
    service = Metered(delay=0.02)
    flow = bound(Ask("same") >> Jot(text=sg.Text("a")) >> Tell(), memo=sg.Memo(), service=service)
    others = [flow.with_params({"jot.text": text}) for text in "bcd"]

    async def together() -> list[Any]:
        return await asyncio.gather(*(each.arun(question="q") for each in (flow, *others)))

    assert [result["notes"][1] for result in asyncio.run(together())] == ["a", "b", "c", "d"]
    assert len(service.asked) == 1


def test_equal_steps_run_once_across_restarts(tmp_path: Path) -> None:
    first, second = Metered(), Metered()
    with sg.Memo(tmp_path / "memo.db") as memo:
        before = ran(Ask() >> Tell(), memo=memo, service=first)
    with sg.Memo(tmp_path / "memo.db") as memo:
        after = ran(Ask() >> Tell(), memo=memo, service=second)
    assert (len(first.asked), len(second.asked)) == (1, 0)
    assert after.trace.identity == before.trace.identity


def test_a_path_is_enough_for_a_memo(tmp_path: Path) -> None:
    service = Metered()
    for _ in range(2):
        flow = bound(Ask() >> Tell(), memo=tmp_path / "memo.db", service=service)
        flow(question="q")
        flow.memo.close()
    assert len(service.asked) == 1


def test_a_resource_without_identity_turns_the_memo_off_and_says_so() -> None:
    service = Metered(identity=None)
    flow = bound(Ask() >> Tell(), memo=sg.Memo(), service=service)
    results = [flow(question="q") for _ in range(2)]
    assert [visits_of(result, "ask") for result in results] == [["off: resource 'service' has no identity"]] * 2
    assert len(service.asked) == 2


def test_another_identity_of_a_resource_is_another_step() -> None:
    memo = sg.Memo()
    ran(Ask() >> Tell(), memo=memo, service=Metered(identity="one"))
    assert visits_of(ran(Ask() >> Tell(), memo=memo, service=Metered(identity="two")), "ask") == ["miss: resource changed"]


def test_a_node_may_switch_the_memo_off() -> None:
    class Clock(Jot):
        memo = False

    assert visits_of(ran(Clock() >> Tell(), memo=sg.Memo()), "clock") == ["off: clock is not to be kept"]


def test_without_a_memo_steps_say_nothing_about_it() -> None:
    assert visits_of(ran(Jot() >> Tell()), "jot") == [""]


def test_a_node_that_reads_what_has_no_json_form_runs_and_says_why_it_is_not_kept() -> None:
    class Made(sg.Writes):
        thing: object

    class Make(sg.Node):
        async def run(self) -> Made:
            return Made(thing=object())

    class Take(sg.Node):
        async def run(self, thing: object) -> Notes:
            return Notes(notes=("taken",))

    result = ran(Make() >> Take() >> Tell(), memo=sg.Memo())
    assert (result.answer.text, errors(result)) == ("taken", {})
    assert visits_of(result, "take")[0].startswith("off: what it reads has no JSON form")


def test_what_a_hit_cost_once_is_in_the_trace_and_not_counted_as_paid() -> None:
    flow = bound(Ask() >> Tell(), memo=sg.Memo(), service=Metered(tokens=10, usd=0.5))
    first, second = flow(question="q").trace, flow(question="q").trace
    assert (first.usage().usd, first.usage(paid=True).usd) == (0.5, 0.5)
    assert (second.usage().usd, second.usage(paid=True).usd) == (0.5, 0.0)


def test_hits_do_not_count_against_the_budget() -> None:
    service = Metered()
    flow = bound(Ask("a") >> Ask("b") >> Tell(), memo=sg.Memo(), service=service)
    flow(question="q")
    assert flow.with_options(budget=sg.Budget(calls=0))(question="q").status == "ok"


def test_a_node_that_raised_is_not_kept() -> None:
    tried = []

    class Once(sg.Node):
        async def run(self) -> Notes:
            tried.append(1)
            if len(tried) == 1:
                raise RuntimeError("the first time")
            return Notes(notes=("well",))

    flow = bound(Once() >> Tell(), memo=sg.Memo())
    assert [flow(question="q").status for _ in range(3)] == ["failed", "ok", "ok"]
    assert len(tried) == 2


def test_of_equal_steps_side_by_side_another_one_tries_where_the_first_raised() -> None:
    tried = []

    class Once(sg.Node):
        async def run(self) -> Notes:
            tried.append(1)
            await asyncio.sleep(0.01)
            if len(tried) == 1:
                raise RuntimeError("the first time")
            return Notes(notes=("well",))

    result = ran(sg.fan(Once(), Once(), Once()) >> Tell(), memo=sg.Memo())
    assert (len(tried), result["notes"], errors(result)) == (2, ("well", "well"), {"once": "raised"})


def test_who_stops_waiting_for_an_equal_step_does_not_stop_the_others() -> None:
    flow = bound(Jot(delay=0.05) >> Tell(), memo=sg.Memo())

    async def main() -> list[Any]:
        runs = [asyncio.create_task(flow.arun(question="q")) for _ in range(3)]
        await asyncio.sleep(0.01)
        runs[1].cancel()
        return await asyncio.gather(*runs, return_exceptions=True)

    first, stopped, third = asyncio.run(main())
    assert isinstance(stopped, asyncio.CancelledError)
    assert (first.status, third.status) == ("ok", "ok")


def test_where_the_step_that_others_wait_for_is_cancelled_another_one_runs_it() -> None:
    flow = bound(Jot(delay=0.05) >> Tell(), memo=sg.Memo())

    async def main() -> list[Any]:
        runs = [asyncio.create_task(flow.arun(question="q")) for _ in range(3)]
        await asyncio.sleep(0.01)
        runs[0].cancel()
        return await asyncio.gather(*runs, return_exceptions=True)

    assert [getattr(result, "status", None) for result in asyncio.run(main())] == [None, "ok", "ok"]


def test_a_visit_with_a_seed_is_kept_for_its_seed() -> None:
    class Roll(sg.Node):
        async def run(self, visit: sg.Visit) -> Notes:
            return Notes(notes=(str(visit.rng.random()),))

    flow = bound(Roll() >> Tell(), memo=sg.Memo())
    memos = [visits_of(flow(question="q", seed=seed), "roll")[0] for seed in (1, 1, 2)]
    assert memos == ["miss: first visit of this node", "hit", "miss: seed differs"]


@pytest.mark.parametrize(
    ("files", "changed"),
    [
        ({"derived_here": "from base_there import Base\nclass Derived(Base): ...\n"}, "base_there"),
        ({"derived_here": "from helper_there import Base\nclass Derived: ...\n"}, "helper_there"),
        (
            {"derived_here": "import middle_there\nclass Derived: ...\n", "middle_there": "from far_there import Base"},
            "far_there",
        ),
        ({"derived_here": "class Derived:\n  def run(self):\n    import late_there\n"}, "late_there"),
        ({"kit_here/__init__": "", "kit_here/node": "from . import help\nclass Derived: ...\n"}, "kit_here/help"),
        ({"kit_here/__init__": "", "kit_here/node": "from .deep.help import Base\nclass Derived: ...\n"}, "kit_here/deep/help"),
    ],
)
def test_a_change_in_a_module_that_a_node_imports_is_a_change_of_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], changed: str
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for name, text in files.items():
        (tmp_path / name).with_suffix(".py").parent.mkdir(exist_ok=True)
        (tmp_path / name).with_suffix(".py").write_text(text)
    (tmp_path / changed).parent.mkdir(exist_ok=True)
    main = "kit_here.node" if "kit_here/node" in files else "derived_here"
    versions = []
    for body in ("one = 1", "one = 2 # changed", "one = 1"):
        (tmp_path / changed).with_suffix(".py").write_text(f"class Base:\n    {body}\n")
        for name in [name for name in sys.modules if name.endswith("_there") or name.startswith(("derived_here", "kit_here"))]:
            del sys.modules[name]
        importlib.invalidate_caches()
        imports.source_of.cache_clear()
        imports.imports_of.cache_clear()
        versions.append(code_version(importlib.import_module(main).Derived))
    assert versions[0] == versions[2] != versions[1]


def test_the_code_of_libraries_and_of_the_machine_is_not_followed() -> None:
    names = set(sources_behind(("seekgraph.nodes.rerank_features",)))
    assert {"seekgraph.nodes.fuse", "seekgraph.text.titles"} <= names
    assert not any(
        name == "numpy" or name.startswith(("seekgraph.core", "seekgraph.cli", "seekgraph.optimizers")) for name in names
    )


@pytest.mark.parametrize(
    ("node", "met"),
    [
        ("import kit_seen\n", {"early", "late"}),
        ("from kit_seen import Late\n", {"early", "late"}),
        ("from kit_seen import Other\n", {"early"}),
        ("from kit_seen import *\n", {"early", "late"}),
        ("import kit_seen.other\n", {"early", "other"}),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n  from kit_seen import Late\n", set()),
    ],
)
def test_what_a_package_loads_late_counts_where_it_may_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, node: str, met: set[str]
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "kit_seen").mkdir()
    late = "if TYPE_CHECKING:\n  from kit_seen.late import Late as Late\n"
    facade = f"from typing import TYPE_CHECKING\nfrom kit_seen import early\n{late}def __getattr__(name): ...\n"
    files = {"kit_seen/__init__": facade, "kit_seen/early": "", "kit_seen/late": "", "kit_seen/other": "", "node_seeing": node}
    for name, text in files.items():
        (tmp_path / name).with_suffix(".py").write_text(text)
    imports.source_of.cache_clear()
    imports.imports_of.cache_clear()
    names = {name.removeprefix("kit_seen.") for name in sources_behind(("node_seeing",))}
    assert names - {"node_seeing", "kit_seen"} == met


# --- what comes back ----------------------------------------------------------------------------------------------


def test_a_result_gives_channels_answer_and_passages() -> None:
    result = ran(Find("a") >> Find("b") >> Cite())
    assert (result["answer"].text, [each.id for each in result.passages]) == ("a b", ["a", "b"])
    assert repr(result) == "Result(ok: 'a b', cites ['a', 'b']; 4 steps, 0 errors)"


def test_the_passages_of_a_flow_of_calls_are_those_that_they_came_back_with() -> None:
    result = ran(sg.call(Find("a") >> Cite()) >> Sum())
    assert [each.id for each in result.passages] == ["a"]


def test_a_run_says_what_it_is_called_and_what_its_params_were() -> None:
    flow = sg.Flow(Jot(text=sg.Text("t")) >> Tell(), name="mine").bind()
    trace = flow(question="q", seed=7).trace
    assert (trace.flow, trace.seed, trace.params, trace.fingerprint) == ("mine", 7, {"jot.text": "t"}, flow.flow.fingerprint)


def test_an_input_that_is_wrong_raises_also_from_async_code() -> None:
    with pytest.raises(BindError):
        asyncio.run(bound(Echo() >> Tell()).arun(question=None))
