"""What rewards see of a trace: nothing of a discarded attempt, but what it cost."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
from holds import holds_for
from random_runs import examples, runs
from test_reward_properties import MADE, READY

import seekgraph.rewards
from seekgraph.core.record import attempts
from seekgraph.core.record.step import Step, StepError
from seekgraph.core.record.trace import Trace
from seekgraph.rewards import seen
from seekgraph.rewards.outcome import final_answer, handed_on, handed_on_in_calls
from seekgraph.types import Answer, Evidence, Example, Passage, Query, Verdict

COUNT_SEARCHES = {
    "attenuated_retrieval",
    "cost_aware_f1",
    "frugal",
    "graphrag_r1",
    "inforage",
    "planning_gain",
}
"""What searches cost is about those that were made, also in an attempt that was discarded."""

OTHER = {
    Passage: Passage(id="elsewhere", title="Elsewhere", text="Paris, a yes and 777 km in other words."),
    Answer: Answer(text="Elsewhere", citations=("elsewhere", "p1")),
    Verdict: Verdict(score=0.1, reason="other"),
    Query: Query(text="something else"),
    Evidence: Evidence(claim="other", passage_id="elsewhere", quote="yes"),
}


FIRST = 91
"""The number of the attempt: no round of the random runs has it, so that no two steps have one id."""


def with_a_discarded_attempt(trace: Trace, start: int, end: int) -> Trace:
    """The steps from `start` to `end` as the second attempt of a place whose first made the same steps with other content."""
    inner = trace.steps[start:end]
    renamed = {step.id: Step(step.path, (FIRST, *step.at), "node").id for step in inner}

    def copy(step: Step) -> Step:
        parents = {name: tuple(renamed.get(id, id) for id in ids) for name, ids in step.parents.items()}
        return replace(
            step, at=(FIRST, *step.at), parents=parents, writes={name: other(each) for name, each in step.writes.items()}
        )

    first = Step("around", (FIRST,), "attempt")
    failed = Step("around/node", (FIRST,), "node", error=StepError("raised", "OSError", "down"), usage={"fallbacks": 1})
    steps = [
        first,
        *map(copy, inner),
        failed,
        Step("around", (FIRST + 1,), "attempt"),
        *inner,
        Step("around", (), "selected", decision=str(FIRST + 1)),
    ]
    return replace(trace, steps=[*trace.steps[:start], *steps, *trace.steps[end:]])


def other(value: object) -> object:
    if isinstance(value, tuple | list) and value:
        return (other(value[0]),)
    return OTHER.get(type(value), value)


def places(trace: Trace) -> list[tuple[int, int]]:
    """Where an attempt may begin and end: not in the middle of a call or of another attempt."""
    inside = [(each.first, each.last + 1) for each in attempts.attempts(trace.steps)]
    for number, step in enumerate(trace.steps):
        if step.kind == "input" and number:
            ends = (at for at, each in enumerate(trace.steps) if f"{each.path}.give" == step.path and each.at == step.at)
            inside.append((number, next(ends, len(trace.steps)) + 1))
    free = [at for at in range(1, len(trace.steps) + 1) if not any(begin < at < end for begin, end in inside)]
    return [(start, end) for start in free for end in free if start < end]


@holds_for(runs(), examples, st.data(), few=20, many=150)
def test_a_discarded_attempt_changes_no_score_of_the_rest(trace: Trace, example: Example | None, data: st.DataObject) -> None:
    where = places(trace)
    if not where:
        return
    more = with_a_discarded_attempt(trace, *data.draw(st.sampled_from(where)))
    assert len(seen.lasting(more)) == len(seen.lasting(trace)) + 2
    assert final_answer(more) == final_answer(trace)
    assert handed_on(more) == handed_on(trace)
    assert handed_on_in_calls(more) == handed_on_in_calls(trace)
    for reward in (*READY, *MADE):
        if any(name in reward.name for name in COUNT_SEARCHES):
            continue
        for step in trace.steps:
            assert reward(step, more, example) == reward(step, trace, example), (reward.name, step.id)


def test_only_what_searches_cost_is_about_discarded_attempts() -> None:
    known = {each.name for each in (*READY, *MADE)}
    assert all(any(name in each for each in known) for name in COUNT_SEARCHES)


def test_only_the_view_takes_steps_from_a_trace() -> None:
    home = Path(seekgraph.rewards.__file__).parent
    found = {f"{path.name}:{line}" for path in home.glob("*.py") if path.name != "seen.py" for line in direct(path.read_text())}
    assert not found


def direct(source: str) -> list[int]:
    """The lines that take steps from a trace by themselves: its list, its visits and errors, and going through it."""
    return [node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt | ast.expr) and takes_steps(node)]


def takes_steps(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr="steps" | "visits" | "errors"):
            return True
        case ast.For(iter=ast.Name(id="trace" | "other")):
            return True
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return any(isinstance(each.iter, ast.Name) and each.iter.id in ("trace", "other") for each in node.generators)
        case ast.ImportFrom(module="seekgraph.core.record.attempts"):
            return True
    return False


def test_taking_steps_from_a_trace_is_seen() -> None:
    assert direct("found = trace.steps") == direct("for step in trace: pass") == direct("[each for each in trace]") == [1]
    assert direct("from seekgraph.core.record.attempts import discarded") == [1]
    assert direct("found = lasting(trace)") == []
