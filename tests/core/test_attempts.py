"""`redo` and `best_of`: what is tried again, what is selected, what a discarded one leaves behind, what ends one early."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from amounts import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit import (
    FOREVER,
    Aim,
    Ask,
    Cite,
    Find,
    Jot,
    JotGoal,
    Metered,
    Notes,
    Said,
    Tell,
    Texts,
    bound,
    errors,
    goals,
    meets,
    paths,
    ran,
)
from random_flows import Log, flows, inputs
from random_flows import bound as loosely

import seekgraph as sg
from seekgraph import S
from seekgraph.core.artifact import save
from seekgraph.core.check import check
from seekgraph.core.draw import mermaid, mermaid_trace, svg, svg_trace
from seekgraph.core.language.combinators import BestOf, Redo
from seekgraph.core.language.lm import LM
from seekgraph.core.record.attempts import discarded
from seekgraph.core.record.ledger import Passages
from seekgraph.core.record.scoring import score_attempt
from seekgraph.core.record.step import Step
from seekgraph.lms import Scripted
from seekgraph.prompts.outputs import QueryOut
from seekgraph.rewards import novelty, support_gain
from seekgraph.types import Answer, Example


class Mark(NamedTuple):
    value: float | None
    feedback: str = ""


def number(step: Step) -> int:
    return step.at[-1]


class Marks:
    """Marks the notes of the n-th attempt with the n-th of some values."""

    def __init__(self, *values: float | Exception | None) -> None:
        self.values = values
        self.name = f"scores{values}"

    def __call__(self, step: Step, trace: sg.Trace, example: Example | None = None) -> Mark:
        if step.kind != "node" or "notes" not in step.writes:
            return Mark(None)
        value = self.values[number(step) - 1]
        if isinstance(value, Exception):
            raise value
        return Mark(value, f"attempt {number(step)} is weak")


class Try(sg.Node):
    """Notes which attempt it is in, and what it was told; fails in some."""

    fails: tuple[int, ...] = ()

    async def run(self, visit: sg.Visit, critique: str = "-", notes: tuple[str, ...] = ()) -> Notes:
        attempt = int(visit.id.rpartition(".")[2].rpartition("@")[2])
        if attempt in self.fails:
            raise RuntimeError(f"no luck with {attempt}")
        return Notes(notes=(f"{attempt}:{critique}:{len(notes)}",))


def decisions(result: Any) -> dict[str, Any]:
    return {step.id: step.decision for step in result.trace if step.kind in ("score", "selected")}


# --- redo ----------------------------------------------------------------------------------------------------------------


def test_a_body_that_is_good_enough_runs_once() -> None:
    result = ran(sg.redo(Try(), Marks(0.5), below=0.5) >> Tell())
    assert result.answer.text == "1:-:0"
    assert paths(result.trace) == ["redo@1", "try@1", "redo.score@1", "redo", "tell"]
    assert decisions(result) == {"redo.score@1": 0.5, "redo": "1"}


def test_a_weak_attempt_is_followed_by_one_that_is_told_why() -> None:
    result = ran(sg.redo(Try(), Marks(0.2, 0.9, 1.0), below=0.5) >> Tell())
    assert result.answer.text == "2:attempt 1 is weak:0"
    ids = ["redo@1", "try@1", "redo.score@1", "redo@2", "try@2", "redo.score@2", "redo", "tell"]
    assert paths(result.trace) == ids
    assert decisions(result) == {"redo.score@1": 0.2, "redo.score@2": 0.9, "redo": "2"}
    step = result.trace.step
    assert step("redo.score@1").parents == {"notes": ("try@1",)}
    assert step("redo@2").parents == {"critique": ("redo.score@1",)}
    assert step("redo@2").writes == {"critique": "attempt 1 is weak"}
    assert step("try@2").parents["critique"] == ("redo@2",)


def test_the_best_attempt_is_kept_and_ties_go_to_the_first() -> None:
    assert ran(sg.redo(Try(), Marks(0.1, 0.4, 0.4, 0.3), below=0.5, at_most=4) >> Tell()).answer.text.startswith("2:")
    assert ran(sg.redo(Try(), Marks(0.3, 0.3), below=0.5, at_most=2) >> Tell()).answer.text.startswith("1:")


def test_no_attempt_is_made_past_at_most() -> None:
    result = ran(sg.redo(Try(), Marks(0.1, 0.1, 0.1), below=0.5, at_most=2) >> Tell())
    assert len(result.trace.visits("try")) == 2


def test_every_attempt_starts_from_the_same_state_and_only_the_kept_one_writes() -> None:
    result = ran(Jot("before") >> sg.redo(Try() >> Jot("after"), Marks(0.1, 0.4, 0.2), below=0.5) >> Tell())
    assert result["notes"] == ("before", "2:attempt 1 is weak:1", "after")
    assert result.trace.step("tell").parents == {"notes": ("jot", "try@2", "jot_2@2")}


def test_a_critique_is_not_seen_outside() -> None:
    class Critic(sg.Writes):
        critique: str

    class Criticise(sg.Node):
        async def run(self, question: str) -> Critic:
            return Critic(critique="from outside")

    after = Try().named("after").using(notes=S.notes)
    body = Criticise() >> sg.redo(Try(), Marks(0.1, 0.9), below=0.5) >> sg.best_of(1, after, Marks(1.0)) >> Tell()
    assert ran(body)["notes"] == ("2:attempt 1 is weak:0", "1:from outside:1")


def test_a_body_without_a_mark_is_kept_as_it_is() -> None:
    result = ran(sg.redo(Try(), Marks(None), below=0.5) >> Tell())
    assert decisions(result) == {"redo.score@1": "unscored", "redo": "1"}


def test_the_mark_is_the_mean_over_the_steps_that_the_reward_applies_to() -> None:
    class Both(Marks):
        def __call__(self, step: Step, trace: sg.Trace, example: Example | None = None) -> Mark:
            return Mark({"try": 0.2, "jot": 0.6}.get(step.path), f"about {step.path}")

    result = ran(sg.redo(Try() >> Jot() >> Jot(), Both(), below=0.5, at_most=2) >> Tell())
    assert decisions(result)["redo.score@1"] == pytest.approx(0.4)
    assert result.trace.step("redo@2").writes == {"critique": "about try"}  # what is good enough is not told


def test_feedback_without_words_says_what_is_wanted() -> None:
    class Silent(Marks):
        def __call__(self, step: Step, trace: sg.Trace, example: Example | None = None) -> Mark:
            return Mark(super().__call__(step, trace).value)

    told = ran(sg.redo(Try(), Silent(0.25, 1.0), below=0.5) >> Tell()).trace.step("redo@2").writes
    assert told == {"critique": "the attempt before scored 0.25, and 0.5 is wanted"}


# --- errors --------------------------------------------------------------------------------------------------------------


def test_an_attempt_that_fails_is_followed_by_another() -> None:
    result = ran(sg.redo(Jot("part") >> Try(fails=(1,)), Marks(0.1, 0.7), below=0.5) >> Tell())
    assert (result.status, result.answer.text) == ("ok", "part 2:the attempt before failed: try: no luck with 1:1")
    assert decisions(result) == {"redo.score@1": "failed", "redo.score@2": pytest.approx(0.7), "redo": "2"}


def test_a_body_that_always_fails_fails_with_its_first_error() -> None:
    result = ran(sg.redo(Try(fails=(1, 2)), Marks(), below=0.5, at_most=2) >> Tell())
    assert (result.status, result.cause.id) == ("failed", "try@1")
    assert result.trace.step("redo").error.code == "inside"


def test_a_reward_that_raises_is_an_error_in_the_trace_and_costs_its_mark_only() -> None:
    for broken in (RuntimeError("no mark"), 1.5, float("nan"), True):
        reward = Marks(broken)
        result = ran(sg.redo(Try(), reward, below=0.5) >> Tell())
        assert (result.status, result.answer.text) == ("ok", "1:-:0")
        assert list(errors(result)) == ["redo.score@1"]


def test_failed_attempts_do_not_stop_the_others() -> None:
    result = ran(sg.best_of(3, Try(fails=(1, 3)), Marks(0.9, 0.1, 0.9)) >> Tell())
    assert (result.status, result.answer.text) == ("ok", "2:-:0")
    assert ran(sg.best_of(2, Try(fails=(1, 2)), Marks()) >> Tell()).status == "failed"


# --- budgets -------------------------------------------------------------------------------------------------------------


def test_at_the_budget_the_best_so_far_stands() -> None:
    body = sg.redo(Ask("one"), Marks(0.1, 0.9, 0.9), below=0.5) >> Jot("never") >> Tell()
    service = Metered()
    result = bound(body, service=service, budget=sg.Budget(calls=1))(question="why?")
    assert (result.status, result.answer.text, len(service.asked)) == ("partial", "ONE", 1)
    assert decisions(result) == {"redo.score@1": 0.1, "redo": "1"}


def test_at_the_end_of_its_time_the_best_so_far_stands() -> None:
    class Slow(sg.Node):
        async def run(self, visit: sg.Visit) -> Notes:
            await asyncio.sleep(0 if visit.id.endswith("1") else FOREVER)
            return Notes(notes=(visit.id,))

    for body in (sg.redo(Slow(), Marks(0.1, 0.9), below=0.5), sg.best_of(2, Slow(), Marks(0.1, 0.9))):
        result = bound(body >> Tell(), budget=sg.Budget(seconds=0.5))(question="why?")
        assert (result.status, result.answer.text) == ("partial", "slow@1")


def test_a_run_whose_answer_is_in_the_attempts_still_answers_at_the_budget() -> None:
    for wrap in (lambda body: sg.redo(body, Marks(0.1, 0.9), below=0.5), lambda body: sg.best_of(2, body, Marks(0.1, 0.9))):
        result = bound(Ask("a") >> Ask("b") >> wrap(Jot("c") >> Tell()), service=Metered(), budget=sg.Budget(calls=1))(
            question="why?"
        )
        assert (result.status, result.answer.text) == ("partial", "A")


# --- best_of -------------------------------------------------------------------------------------------------------------


def test_the_best_of_several_is_kept() -> None:
    result = ran(sg.best_of(3, Try(), Marks(0.2, 0.8, 0.8)) >> Tell())
    assert result.answer.text == "2:-:0"
    assert decisions(result) == {f"best_of.score@{n}": mark for n, mark in ((1, 0.2), (2, 0.8), (3, 0.8))} | {"best_of": "2"}
    assert result.trace.step("tell").parents == {"notes": ("try@2",)}


def test_attempts_without_a_mark_come_after_those_with_one() -> None:
    assert ran(sg.best_of(3, Try(fails=(1,)), Marks(0.9, None, 0.0)) >> Tell()).answer.text.startswith("3:")
    assert ran(sg.best_of(2, Try(fails=(1,)), Marks(0.9, None)) >> Tell()).answer.text.startswith("2:")


def test_attempts_run_side_by_side() -> None:
    assert ran(sg.best_of(8, meets(8)(), Marks(*[0.5] * 8)) >> Tell()).status == "ok"


class Say(sg.Node):
    async def run(self, question: str, lm: LM) -> Notes:
        done = await lm.complete([], QueryOut)
        return Notes(notes=(done.value.query,))


def test_each_attempt_is_another_sample_of_the_model_and_the_first_is_the_plain_one() -> None:
    lm = Scripted(lambda asked: {"query": f"sample {asked.settings.sample}"}, identity="samples")
    memo = sg.Memo()
    plain = bound(Say() >> Tell(), lm=lm, memo=memo)(question="why?")
    result = bound(sg.best_of(3, Say(), Marks(0.1, 0.2, 0.9)) >> Tell(), lm=lm, memo=memo)(question="why?")
    assert (plain.answer.text, result.answer.text) == ("sample 0", "sample 2")
    assert [step.memo == "hit" for step in result.trace.visits("say")] == [True, False, False]
    again = bound(sg.best_of(3, Say(), Marks(0.1, 0.2, 0.9)) >> Tell(), lm=lm, memo=memo)(question="why?")
    assert len(lm.asked) == 3
    assert again.trace.identity == result.trace.identity


def test_samples_of_nested_attempts_differ() -> None:
    lm = Scripted(lambda asked: {"query": f"{asked.settings.sample}"}, identity="samples")
    same = Marks(0.5, 0.5, 0.5)
    bound(sg.best_of(2, sg.best_of(3, Say(), same).named("inner") >> Say(), same) >> Tell(), lm=lm)(question="why?")
    samples = sorted(asked.settings.sample for asked in lm.asked)
    assert samples == [0, 0, 1, 1, 2, 1000, 1001, 1002]


# --- in other combinators ------------------------------------------------------------------------------------------------


def test_attempts_in_an_each_see_what_their_item_needed() -> None:
    class Seen(Marks):
        def __call__(self, step: Step, trace: sg.Trace, example: Example | None = None) -> Mark:
            if step.path != "jotgoal":
                return Mark(None)
            return Mark(0.1 * len(trace.inputs(step).get("notes", ())), f"saw {len(trace)}")

    body = sg.each(S.goals, sg.redo(JotGoal(), Seen(), below=0.15, at_most=2)) >> Tell()
    result = ran(Aim(goals=goals(a="", b="a", c="b")) >> body)
    assert result.status == "ok", errors(result)
    assert result["notes"] == ("a()", "b(a())", "c(a(),b(a()))")
    scores = {id: value for id, value in decisions(result).items() if "score" in id}
    assert scores == {
        "redo.score@0.1": 0.0,
        "redo.score@0.2": 0.0,
        "redo.score@1.1": 0.1,
        "redo.score@1.2": 0.1,
        "redo.score@2.1": 0.2,
    }


def test_a_call_inside_an_attempt_is_seen_by_the_reward_and_gives_one_digest() -> None:
    def inside(step: Step, trace: sg.Trace, example: Example | None = None) -> Mark:
        return Mark(0.2 if step.kind == "digest" else None, "thin")

    result = ran(sg.redo(sg.call(Try() >> Tell(), name="search"), inside, below=0.5, at_most=2) >> Sum())
    assert result.status == "ok", errors(result)
    assert len(result["digests"]) == 1
    assert [step.writes["notes"] for step in result.trace.visits("search/try")] == [("1:-:0",), ("2:thin:0",)]


class Sum(sg.Node):
    async def run(self, digests: tuple[Any, ...] = ()) -> Said:
        return Said(answer=Answer(text=" ".join(digest.conclusion for digest in digests)))


# --- what the checker says -----------------------------------------------------------------------------------------------


def codes(body: Any) -> dict[str, str]:
    return {finding.code: str(finding) for finding in check(sg.Flow(body))}


def test_a_reward_that_needs_gold_is_refused() -> None:
    found = codes(sg.redo(Try(), support_gain, below=0.5) >> Tell())
    assert "'support_gain' needs supporting_ids" in found["needs-gold"]
    assert "needs-gold" not in codes(sg.best_of(2, Try(), novelty) >> Tell())
    assert "needs-gold" in codes(sg.best_of(2, Try(), novelty + support_gain) >> Tell())


def test_attempts_that_cannot_differ_are_warned_of() -> None:
    assert "reads 'critique', asks a model" in codes(sg.redo(Jot(), Marks(), below=0.5) >> Tell())["same-attempts"]
    assert "same-attempts" in codes(sg.best_of(2, Jot(), Marks()) >> Tell())
    assert "same-attempts" not in codes(sg.redo(Try(), Marks(), below=0.5) >> Tell())


def test_a_body_that_requires_a_critique_is_refused_since_the_first_attempt_has_none() -> None:
    class Strict(sg.Node):
        async def run(self, critique: str) -> Notes:
            return Notes(notes=(critique,))

    assert "unwritten-read" in codes(sg.redo(Strict(), Marks(), below=0.5) >> Tell())


def test_a_critique_of_another_type_is_refused() -> None:
    class Odd(sg.Writes):
        critique: Texts

    class Write(sg.Node):
        async def run(self, question: str) -> Odd:
            return Odd(critique=("x",))

    assert "two-declarations" in codes(Write() >> sg.redo(Try(), Marks(), below=0.5) >> Tell())


@pytest.mark.parametrize("below", [-0.1, 1.1, "0.5", None, True, sg.Float(0.5, 0, 2), sg.Int(1, 0, 1)])
def test_what_is_no_threshold_is_refused(below: Any) -> None:
    with pytest.raises(ValueError, match="redo runs again below a score in"):
        sg.redo(Try(), Marks(), below=below)


@pytest.mark.parametrize("times", [0, True, 1.5, sg.Int(1, 0, 3), "2"])
def test_what_is_no_number_of_attempts_is_refused(times: Any) -> None:
    with pytest.raises(ValueError, match="at_most is a whole number of 1 or more"):
        sg.redo(Try(), Marks(), below=0.5, at_most=times)
    with pytest.raises(ValueError, match="n is a whole number of 1 or more"):
        sg.best_of(times, Try(), Marks())


def test_what_is_no_reward_is_refused() -> None:
    class Nameless:
        def __call__(self, *_: Any) -> Mark:
            return Mark(1.0)

    with pytest.raises(TypeError, match="takes a reward, a function"):
        sg.redo(Try(), 0.5, below=0.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"give .* a `name`"):
        sg.best_of(2, Try(), Nameless())
    with pytest.raises(ValueError, match="a name such as 'critique'"):
        sg.redo(Try(), Marks(), below=0.5, channel="two words")


# --- as declarations -----------------------------------------------------------------------------------------------------


def good(step: Step, trace: sg.Trace, example: Example | None = None) -> Mark:
    return Mark(0.5 if "notes" in step.writes else None, "good")


def other(step: Step, trace: sg.Trace, example: Example | None = None) -> Mark:
    return Mark(None)


def tuned(reward: Any = good) -> sg.Flow:
    inner = sg.best_of(sg.Int(2, 1, 4), Try() >> Tell(), reward)
    return sg.Flow(sg.redo(inner, reward, sg.Float(0.4, 0.1, 1.0), sg.Int(2, 1, 3)), name="tuned")


def test_numbers_are_params_and_artifacts_hold_them(tmp_path: Path) -> None:
    flow = tuned()
    assert set(flow.params()) == {"redo.below", "redo.at_most", "best_of.n"}
    changed = flow.with_params({"redo.below": 0.9, "redo.at_most": 3, "best_of.n": 1})
    file = save(changed, tmp_path / "tuned.flow.json", location="")
    loaded = sg.load(file, flow=flow)
    assert loaded == changed
    result = loaded.bind()(question="why?")
    assert len(result.trace.visits("try")) == 3
    assert sg.Flow(changed).params()["tuned.below"].value == 0.9


def test_the_fingerprint_holds_the_reward_and_the_channel() -> None:
    prints = {
        tuned().fingerprint,
        tuned(other).fingerprint,
        sg.Flow(sg.redo(Try() >> Tell(), good, 0.4)).fingerprint,
        sg.Flow(sg.redo(Try() >> Tell(), good, 0.4, channel="told")).fingerprint,
        sg.Flow(sg.best_of(3, Try() >> Tell(), good)).fingerprint,
    }
    assert len(prints) == 5
    assert tuned().fingerprint == tuned().fingerprint


def test_an_artifact_of_another_reward_says_so(tmp_path: Path) -> None:
    file = save(tuned(), tmp_path / "tuned.flow.json", location="")
    with pytest.raises(sg.SeekgraphError, match="'reward' of 'redo' is"):
        sg.load(file, flow=tuned(other))


def test_a_drawing_shows_attempts() -> None:
    flow = sg.Flow(sg.redo(Try(), Marks(0.1, 0.9), below=sg.Float(0.5, 0, 1)) >> sg.best_of(3, Tell(), good))
    text = mermaid(flow)
    assert "redo: at most 3 attempts" in text
    assert "best_of: 3 attempts, scored by" in text
    assert "again · critique" in text
    assert "at least 0.5" in svg(flow)
    trace = flow.bind()(question="why?").trace
    assert "attempt 2" in svg_trace(trace)
    assert "→ 0.10" in mermaid_trace(trace)


# --- what holds of every run ---------------------------------------------------------------------------------------------

many = settings(max_examples=examples(100, 30), deadline=None, suppress_health_check=list(HealthCheck))


def random_run(flow: sg.Flow, given: dict[str, Any]) -> Any:
    Log.begin(0.0)
    return loosely(flow)(**given)


@many
@given(flows(), inputs)
def test_nothing_that_a_discarded_attempt_wrote_is_read_outside_of_it(flow: sg.Flow, given: dict[str, Any]) -> None:
    result = random_run(flow, given)
    gone = discarded(result.trace.steps)
    for step in result.trace:
        if step.kind == "attempt":  # what is said of the attempt before is all that it leaves
            assert all(result.trace.step(source).kind == "score" for sources in step.parents.values() for source in sources)
        elif step.id not in gone:
            assert not gone.intersection(source for sources in step.parents.values() for source in sources)


@many
@given(flows(), inputs)
def test_the_kept_attempt_has_the_best_mark_and_is_the_first_of_equals(flow: sg.Flow, given: dict[str, Any]) -> None:
    trace = random_run(flow, given).trace
    for selected in (step for step in trace if step.kind == "selected"):
        made = [step for step in trace if step.kind == "attempt" and step.path == selected.path and step.at[:-1] == selected.at]
        scores = {
            step.at[-1]: step.decision for step in trace if step.path == f"{selected.path}.score" and step.at[:-1] == selected.at
        }
        assert [number(step) for step in made] == list(range(1, len(made) + 1))

        def rank(attempt: int, scores: dict[int, Any] = scores) -> tuple[int, float]:
            mark = scores.get(attempt, "failed")
            return (2, mark) if isinstance(mark, float) else (int(mark == "unscored"), 0.0)

        assert int(str(selected.decision)) == max(range(1, len(made) + 1), key=rank)
        element = flow.sites[selected.path].element
        assert isinstance(element, Redo | BestOf)


lone = st.lists(st.lists(st.sampled_from("pqrst"), min_size=1, max_size=3), min_size=1, max_size=4)


@many
@given(lone, lone, st.floats(0, 1))
def test_a_mark_taken_while_the_flow_runs_is_the_score_that_the_trace_gives_afterwards(
    first: list[list[str]], second: list[list[str]], below: float
) -> None:
    one = sg.redo(Finds(ids=tuple(map(tuple, first))), novelty, below=below, at_most=len(first))
    two = sg.best_of(len(second), Finds(ids=tuple(map(tuple, second))), novelty)
    trace = ran(one >> two >> Cite()).trace
    for mark in (step for step in trace if step.kind == "score"):
        [scored] = [trace.step(id) for id in mark.parents["passages"]]
        assert score_attempt(novelty, [scored], trace).value == pytest.approx(mark.decision)


class Found(sg.Writes):
    passages: Passages


class Finds(sg.Node):
    """Finds in the n-th attempt the n-th of some lists of ids."""

    ids: tuple[tuple[str, ...], ...]

    async def run(self, visit: sg.Visit) -> Found:
        ids = self.ids[int(visit.id.rpartition("@")[2]) - 1]
        return Found(passages=tuple(sg.Passage(id=id, text=id) for id in ids))


@many
@given(st.integers(0, 3), st.booleans())
def test_one_attempt_gives_what_the_body_gives(seed: int, fails: bool) -> None:
    body = Jot("a") >> sg.fan(Jot("b"), Jot("c", error="no" if fails else "")) >> Jot("d", error="no" if fails else "")
    plain = ran(body >> Tell())
    for wrapped in (sg.redo(body, good, below=1.0, at_most=1), sg.best_of(1, body, good)):
        result = ran(wrapped >> Tell())
        assert (result.status, result.values) == (plain.status, plain.values)


def test_what_a_reward_may_read_is_not_unread() -> None:
    aside = Find(id="p")  # nothing reads its passages
    assert "unread-write" in codes(Jot() >> aside >> Tell())
    assert "unread-write" not in codes(sg.best_of(2, Jot() >> aside, novelty) >> Tell())


def test_a_node_for_the_trace_may_end_a_flow() -> None:
    class Watch(Find):
        for_trace = True

    assert "unread-write" in codes(Tell() >> Find())
    assert "unread-write" not in codes(Tell() >> Watch())
