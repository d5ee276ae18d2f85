"""Traces: what they tell about a run, and their files."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import Aim, Ask, Cite, Find, Jot, JotGoal, Metered, Notes, Quote, Sum, Tell, bound, goals

import seekgraph as sg
from seekgraph import S, count
from seekgraph.core.base.errors import TraceError
from seekgraph.core.record.ledger import Merge
from seekgraph.core.record.step import Step, StepError
from seekgraph.core.record.trace import Trace, number_visits
from seekgraph.types import Passage


def researched(**options: Any) -> sg.Bound:
    """A flow with every kind of step."""
    search = sg.loop(Find() >> Ask(), until=count(S.passages) >= sg.Int(1, 0, 9), max_rounds=2)
    body = (
        Aim(goals(a="", b="a"))
        >> sg.each(S.goals, sg.call(search >> Quote() >> Cite(), name="search"))
        >> sg.route(count(S.digests) > 1, {True: Jot("many"), False: Jot(error="few")})
        >> sg.fan(Jot(error="lost"), JotGoal().using(goal=S.goals[0]))
        >> Sum()
    )
    flow = sg.Flow(body, name="researched", inputs={"question": str})
    return sg.flow.Bound(flow, {"service": options.pop("service", None) or Metered()}, checked=True, **options)


# --- what a trace tells -------------------------------------------------------------------------------------------


def test_the_first_step_is_what_the_run_was_given() -> None:
    first = bound(Jot() >> Tell())(question="q").trace.steps[0]
    assert (first.id, first.kind, first.writes, first.parents) == ("input", "input", {"question": "q"}, {})


def test_every_kind_of_step_is_there_in_the_order_of_the_way_taken() -> None:
    trace = researched()(question="q").trace
    assert [f"{step.kind} {step.id}" for step in trace][:12] == [
        "input input",
        "node aim",
        "item each@0",
        "input search.give@0",
        "node search/find@0.1",
        "node search/ask@0.1",
        "until search/loop@0.1",
        "node search/quote@0",
        "node search/cite@0",
        "digest search@0",
        "item each@1",
        "input search.give@1",
    ]


def test_parents_name_the_steps_that_wrote_what_was_read_in_the_order_of_merging() -> None:
    result = bound(sg.fan(Find("a"), Find("b")) >> Find("c") >> Cite())(question="q")
    step = result.trace.step("cite")
    assert step.parents == {"passages": ("find", "find_2", "find_3")}
    assert [each.id for each in result.trace.inputs(step)["passages"]] == ["a", "b", "c"]


def test_a_decision_names_what_it_was_made_from() -> None:
    trace = researched()(question="q").trace
    until, route = trace.step("search/loop@0.1"), trace.step("route")
    assert (until.decision, until.parents) == (True, {"passages": ("search/find@0.1",)})
    assert (route.decision, route.parents) == ("true", {"digests": ("search@0", "search@1")})


def test_an_empty_collection_that_no_step_wrote_is_among_what_was_read() -> None:
    flow = bound(Aim() >> sg.each(S.goals, Jot()) >> Tell())
    trace = flow(question="q").trace
    assert trace.inputs(trace.step("tell")) == {"notes": ()}
    assert flow.program.arguments(trace, trace.step("tell")) == {"notes": ()}


def test_the_arguments_of_a_visit_are_what_run_was_given() -> None:
    given = []

    class Watches(sg.Node):
        async def run(
            self, question: sg.Query, notes: list[str], round: int, first: str, visit: sg.Visit, hint: str = "none"
        ) -> Notes:
            given.append({"question": question, "notes": notes, "round": round, "first": first})
            return Notes(notes=(f"seen {round}",))

    body = Jot() >> sg.loop(Watches().using(first=S.notes[0]), S.round >= 2, 2) >> Tell()
    flow = bound(body)
    trace = flow(question="q").trace
    assert [flow.program.arguments(trace, step) for step in trace.visits("watches")] == given
    assert [each["round"] for each in given] == [1, 2]


def test_settings_of_a_step_are_the_values_of_its_params() -> None:
    flow = bound(Jot(text=sg.Text("a")) >> Jot(text=sg.Text("b"), delay=sg.Float(0.0, 0, 1)) >> Tell())
    trace = flow(question="q").trace
    assert trace.settings(trace.step("jot_2")) == {"text": "b", "delay": 0.0}


def test_steps_are_found_by_id_and_visits_by_path() -> None:
    trace = researched()(question="q").trace
    assert trace.step("search/find@1.1").writes["passages"][0].id == "b"
    assert [step.id for step in trace.visits("search/find")] == ["search/find@0.1", "search/find@1.1"]
    with pytest.raises(KeyError):
        trace.step("search/find")


def test_visits_of_a_path_are_counted_in_the_order_of_the_trace() -> None:
    steps = [Step(path, (), "node") for path in "aba"]
    number_visits(steps)
    assert [step.visit for step in steps] == [1, 1, 2]


def test_the_identity_does_not_depend_on_times_attempts_or_hits() -> None:
    flow = researched(memo=sg.Memo())
    first, second = flow(question="q").trace, flow(question="q").trace
    assert first.identity == second.identity
    assert [step.memo for step in first] != [step.memo for step in second]


@pytest.mark.parametrize("change", ["question", "params", "seed of a node", "error"])
def test_the_identity_depends_on_what_was_done(change: str) -> None:
    class Roll(sg.Node):
        text: str = "x"

        async def run(self, visit: sg.Visit, question: str) -> Notes:
            if question == "error":
                raise RuntimeError("bad")
            return Notes(notes=(f"{question} {visit.rng.random()}",))

    flow = bound(Roll(text=sg.Text("x")) >> Tell())
    other = {
        "question": lambda: flow(question="other"),
        "params": lambda: flow.with_params({"roll.text": "y"})(question="q"),
        "seed of a node": lambda: flow(question="q", seed=1),
        "error": lambda: flow(question="error"),
    }[change]()
    assert other.trace.identity != flow(question="q").trace.identity


# --- files --------------------------------------------------------------------------------------------------------


def test_a_trace_with_every_kind_of_step_survives_the_trip_to_disk(tmp_path: Path) -> None:
    flow = researched()
    trace = flow(question="q").trace
    again = Trace.load(trace.save(tmp_path / "t.jsonl"), flow.flow.channels)
    assert again == trace
    assert again.identity == trace.identity
    assert [flow.program.arguments(again, step) for step in again if step.kind == "node"] == [
        flow.program.arguments(trace, step) for step in trace if step.kind == "node"
    ]


def test_without_types_a_trace_comes_back_as_plain_data(tmp_path: Path) -> None:
    trace = researched()(question="q").trace
    again = Trace.load(trace.save(tmp_path / "t.jsonl"))
    assert again.step("search/find@0.1").writes == {"passages": [Passage(id="a", text="text of a").model_dump()]}
    assert [step.id for step in again] == [step.id for step in trace]


def test_a_name_that_holds_different_things_inside_and_outside_of_a_call_comes_back_right(tmp_path: Path) -> None:
    class Search(sg.Node):
        async def run(self, query: sg.Query) -> Notes:
            return Notes(notes=(query.text,))

    class Made(sg.Writes):
        query: sg.Query

    class Make(sg.Node):
        async def run(self, question: str) -> Made:
            return Made(query=sg.Query(text=question, must=("m",)))

    inside = sg.call(Search() >> Tell(), give={"query": S.query.text})
    body = Make() >> inside >> sg.each(S.words, Search(), item="query") >> Sum()
    flow = sg.flow.Bound(sg.Flow(body, inputs={"question": str, "words": tuple[str, ...]}), {}, checked=True)
    trace = flow(question="q", words=("a",)).trace
    assert Trace.load(trace.save(tmp_path / "t.jsonl"), flow.flow.channels) == trace


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from(["a", "b/c", "search/find_2", "\u2028"])


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """Any trace that begins with its input and whose steps read what others wrote, also such as no flow leaves behind."""
    steps = [Step("input", (), "input", writes=draw(st.dictionaries(texts, plain, max_size=3)))]
    for number in range(draw(st.integers(0, 6))):
        written = sorted({channel for step in steps for channel in step.writes})
        parents = {}
        for channel in draw(st.sets(st.sampled_from(written), max_size=2)) if written else ():
            writers = [step.id for step in steps if channel in step.writes]
            parents[channel] = tuple(draw(st.lists(st.sampled_from(writers), max_size=6)))
        steps.append(
            Step(
                draw(names),
                (number, *draw(st.lists(st.integers(0, 99), max_size=2))),
                draw(st.sampled_from(["input", "node", "item", "until", "route", "digest"])),
                parents=parents,
                writes=draw(st.dictionaries(texts, plain, max_size=3)),
                round=draw(st.integers(0, 9)),
                visit=draw(st.integers(1, 9)),
                started=draw(st.floats(0, 1e6)),
                seconds=draw(st.floats(0, 1e6)),
                usage=draw(st.dictionaries(st.sampled_from(["calls", "usd"]), st.floats(0.01, 99), max_size=2)),
                memo=draw(st.sampled_from(["", "hit", "miss: new inputs"])),
                attempts=draw(st.integers(1, 3)),
                decision=draw(st.none() | st.booleans() | texts),
                error=draw(st.none() | st.builds(StepError, texts, texts, texts)),
            )
        )
    status = draw(st.sampled_from(["ok", "partial", "failed"]))
    merges = draw(st.dictionaries(texts, st.sampled_from(Merge), max_size=2))
    params = draw(st.dictionaries(texts, plain, max_size=2))
    return Trace(draw(texts), draw(texts), draw(st.integers(0, 2**63)), status, params, merges, steps)


@settings(deadline=None)
@given(trace=traces())
def test_any_trace_survives_the_trip_to_disk(trace: Trace, tmp_path_factory: pytest.TempPathFactory) -> None:
    again = Trace.load(trace.save(tmp_path_factory.mktemp("traces") / "t.jsonl"))
    assert again == trace
    assert again.identity == trace.identity


def test_a_file_has_one_line_for_each_step_between_its_header_and_its_end(tmp_path: Path) -> None:
    trace = bound(Jot("two\nlines \u2028 and \x85") >> Tell())(question="q").trace
    lines = trace.save(tmp_path / "t.jsonl").read_text("utf-8").split("\n")
    assert len(lines) == 1 + len(trace) + 1 + 1
    assert json.loads(lines[0])["trace"] == 1
    assert json.loads(lines[-2]) == {"end": "ok"}


def test_parents_are_kept_as_ranges_of_lines(tmp_path: Path) -> None:
    trace = bound(sg.fan(*(Jot() for _ in range(5))) >> Tell())(question="q").trace
    assert json.loads(trace.to_jsonl().splitlines()[7])["parents"] == {"notes": ["1-5"]}


def test_a_file_takes_at_most_a_fifth_more_than_what_it_holds() -> None:
    payload = "x" * 1024
    body: Any = sg.skip
    for number in range(50):
        body = body >> Jot(f"{number:02}{payload}")
    trace = bound(body >> Tell())(question="q").trace
    assert sum(len(line) for line in trace.to_jsonl().splitlines()[2:-2]) <= 1.2 * 50 * 1026


def test_a_trace_of_steps_that_read_all_before_them_grows_with_the_steps_only() -> None:
    class Reads(sg.Node):
        async def run(self, notes: tuple[str, ...] = ()) -> Notes:
            return Notes(notes=("x" * 1024,))

    body: Any = sg.skip
    for _ in range(50):
        body = body >> Reads()
    trace = bound(body >> Tell())(question="q").trace
    assert sum(len(line) for line in trace.to_jsonl().splitlines()[2:-2]) <= 1.2 * 50 * 1024


def test_an_interrupted_save_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    target = tmp_path / "t.jsonl"
    bound(Jot() >> Tell())(question="q").trace.save(target)
    before = target.read_bytes()
    broken = Trace(steps=[Step("a", (), "node", writes={"thing": object()})])
    with pytest.raises(Exception, match="object"):
        broken.save(target)
    assert target.read_bytes() == before


# --- damage -------------------------------------------------------------------------------------------------------


def damaged(tmp_path: Path, line: int, change: Any) -> Path:
    """A file of which one line is changed, counted from 1; from the end where it is negative."""
    target = bound(Jot() >> Tell())(question="q").trace.save(tmp_path / "t.jsonl")
    lines: list[Any] = target.read_text("utf-8").splitlines()
    index = line - 1 if line > 0 else line
    lines[index] = change(lines[index]) if callable(change) else change
    target.write_text("\n".join(each for each in lines if each is not None) + "\n", "utf-8")
    return target


def with_field(**fields: Any) -> Any:
    return lambda line: json.dumps({**json.loads(line), **fields})


def without_field(name: str) -> Any:
    return lambda line: json.dumps({key: value for key, value in json.loads(line).items() if key != name})


@pytest.mark.parametrize(
    ("line", "change", "message"),
    [
        (1, "{}", "line 1: not the header of a trace of version 1"),
        (1, with_field(trace=99), "line 1: not the header of a trace of version 1"),
        (1, "[1]", "line 1: not the header"),
        (1, without_field("merges"), "line 1: not a whole header: KeyError: 'merges'"),
        (1, with_field(merges={"notes": "shuffle"}), "line 1: not a whole header: ValueError: 'shuffle'"),
        (1, with_field(merges=3), "line 1: not a whole header"),
        (2, "{cut", "line 2: not JSON"),
        (3, lambda line: line[: len(line) // 2], "line 3: not JSON"),
        (3, "7", "line 3: not a step"),
        (3, "[]", "line 3: not a step"),
        (3, "null", "line 3: not a step"),
        (3, without_field("path"), "line 3: not a step"),
        (3, without_field("writes"), "line 3: not a step"),
        (3, with_field(writes=None), "line 3: not a step"),
        (3, with_field(writes={"notes": 3}), "line 3: not a step"),
        (3, with_field(error="bad"), "line 3: not a step"),
        (3, with_field(at=3), "line 3: not a step"),
        (3, with_field(colour="red"), "line 3: not a step: unknown fields ['colour']"),
        (4, with_field(parents={"notes": 99}), "line 4: its parents are not steps of this trace"),
        (4, with_field(parents={"notes": [-1]}), "line 4: its parents are not steps of this trace"),
        (4, with_field(parents={"notes": ["1-x"]}), "line 4: its parents are not steps of this trace"),
        (4, with_field(parents={"notes": None}), "line 4: its parents are not steps of this trace"),
        (4, with_field(parents=[1]), "line 4: its parents are not steps of this trace"),
        (-1, None, "line 4: the trace is cut off: its last line is not its end"),
        (-1, "3", "line 5: the trace is cut off"),
        (-1, '["end"]', "line 5: the trace is cut off"),
    ],
)
def test_a_damaged_file_is_refused_with_the_line(tmp_path: Path, line: int, change: Any, message: str) -> None:
    with pytest.raises(TraceError) as refused:
        Trace.load(damaged(tmp_path, line, change), {"notes": tuple[str, ...]})
    assert f"t.jsonl, {message}" in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"not json\n"])
def test_what_is_no_trace_at_all_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.jsonl").write_bytes(content)
    with pytest.raises(TraceError, match=r"t\.jsonl"):
        Trace.load(tmp_path / "t.jsonl")


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"missing\.jsonl: cannot be read as a trace"):
        Trace.load(tmp_path / "missing.jsonl")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_is_cut_out_or_written_over_a_trace_is_read_or_refused_with_a_trace_error(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    flow = researched()
    trace = flow(question="q").trace
    for step in trace:
        step.started = step.seconds = 0.0
    whole = trace.to_jsonl()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 50)))
    target = tmp_path_factory.mktemp("damaged") / "t.jsonl"
    target.write_bytes(whole[:start] + data.draw(st.binary(max_size=8)) + whole[end:])
    with contextlib.suppress(TraceError):
        Trace.load(target, flow.flow.channels)
