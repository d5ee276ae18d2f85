"""Combinators from outside of the package: what they say about themselves is all that anything needs to know."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kit import Jot, Notes, Tell, goals

import seekgraph as sg
from seekgraph import S
from seekgraph.core.artifact import save
from seekgraph.core.check import check
from seekgraph.core.frame.frame import Frame
from seekgraph.core.frame.operation import Operation, Question, at_once
from seekgraph.core.language.contract import Build, Walk, WriteSpec
from seekgraph.core.language.contract import S as State
from seekgraph.core.language.element import Combinator, Element
from seekgraph.core.language.expr import Expr
from seekgraph.core.machine.recorded import ReplayError
from seekgraph.core.record.ledger import ChannelSpec, Ledger, Merge
from seekgraph.core.record.scoring import Scoring, score_attempt
from seekgraph.core.record.step import DECISION
from seekgraph.core.record.trace import Trace
from seekgraph.types import Answer, Goal

PACKAGE = Path(sg.__file__).parent

# --- a table that is filled in parallel -----------------------------------------------------------------------------


class Rows(Combinator):
    """The body once for each row, on a ledger of its own that begins with the row; what each answers stands in `table`."""

    own_ledger = True
    rows: Expr
    body: Element

    def writes(self) -> tuple[WriteSpec, ...]:
        return (WriteSpec(ChannelSpec("table", tuple[str, ...], Merge.APPEND), always=True),)

    def paths(self, walk: Walk[State], state: State) -> State:
        walk.read(state)
        walk.own_ledger(state, {"row": self.rows[0]})
        return walk.visit(state)

    def operation(self, build: Build) -> Operation:
        return RowsOp(build.path, build.question("rows", "item"), build.part())

    def records(self) -> dict[str, dict[str, Any] | None]:
        return {"": {"row": Any, "table": tuple[str, ...]}}


@dataclass(slots=True)
class RowsOp:
    path: str
    rows: Question
    body: Operation

    async def run(self, frame: Frame) -> None:
        rows = tuple(self.rows.ask(frame))
        sources = frame.sources(self.rows.channels)
        inner = [Frame(frame.run, Ledger(), frame.meter, (*frame.at, number), around=frame) for number in range(len(rows))]

        async def fill(number: int) -> None:
            step = inner[number].note("item", self.path, sources, writes={"row": rows[number]})
            inner[number].ledger.write("row", Merge.REPLACE, step.writes["row"], step.id)
            await self.body.run(inner[number])

        await at_once(len(rows), fill)
        for each in inner:
            frame.take_steps(each)
        answers = [each.ledger.entries.get("answer") for each in inner]
        table = tuple("" if answer is None else answer.value.text for answer in answers)
        step = frame.note("digest", self.path, {}, writes={"table": table})
        frame.write("table", Merge.APPEND, step.writes["table"], step.id)


class RowGoal(sg.Node):
    """Makes a row's text a note, in a row's own ledger; `fails` is the id of a row that it cannot do."""

    fails: str = ""

    async def run(self, row: Goal) -> Notes:
        if row.id == self.fails:
            raise RuntimeError("no such row")
        return Notes(notes=(row.text,))


class TellTable(sg.Node):
    async def run(self, table: tuple[str, ...]) -> Said:
        return Said(answer=Answer(text=" | ".join(table)))


class Said(sg.Writes):
    answer: Answer


# --- a search over trajectories -------------------------------------------------------------------------------------


class Tree(Combinator):
    """`depth` times: the body `width` times side by side from the best state so far; the one with the best reward stays."""

    repeats = True
    scored = True
    body: Element
    reward: Scoring
    width: int = sg.Int(2, 1, 8)
    depth: int = sg.Int(2, 1, 4)

    def paths(self, walk: Walk[State], state: State) -> State:
        walk.read(state)
        return walk.again(0, walk.step(state, "level 1"))

    def operation(self, build: Build) -> Operation:
        return TreeOp(build.path, build.part(), self.reward, build.setting("width"), build.setting("depth"))

    def records(self) -> dict[str, dict[str, Any] | None]:
        return {"": {DECISION: str}}


@dataclass(slots=True)
class TreeOp:
    path: str
    body: Operation
    reward: Scoring
    width: int
    depth: int

    async def run(self, frame: Frame) -> None:
        if frame.run.recorded is not None:
            frame.run.recorded.enter(frame, self.path)
        around = frame.at
        for level in range(1, self.depth + 1):
            frame.at = (*around, level)
            tries = [frame.fork(number) for number in range(1, self.width + 1)]
            await at_once(self.width, lambda index, tries=tries: self.body.run(tries[index]))
            values = [score_attempt(self.reward, each.steps, each.trace()).value or 0.0 for each in tries]
            best = max(range(self.width), key=values.__getitem__)
            for each in tries:
                frame.take_steps(each)
            step = frame.note("decision", self.path, {}, decision=str(best + 1))
            chosen = tries[int(str(step.decision)) - 1]
            frame.log += chosen.log
            frame.catch_up(chosen.log)
        frame.at = around


class Guess(sg.Node):
    """A letter that depends on the seed of its visit."""

    async def run(self, visit: sg.Visit, notes: tuple[str, ...] = ()) -> Notes:
        return Notes(notes=(f"{len(notes)}:{visit.rng.choice('abcdefgh')}",))


class Score:
    def __init__(self, value: float | None) -> None:
        self.value, self.feedback = value, ""


def early(step: sg.Step, trace: Trace, example: Any = None) -> Score:
    """Letters are the better the earlier they stand in the alphabet."""
    notes = step.writes.get("notes")
    return Score(None if not notes else 1 - (ord(notes[0][-1]) - ord("a")) / 8)


ROWS = sg.Flow(Rows(S.goals, RowGoal() >> Tell()) >> TellTable(), name="table", inputs={"goals": tuple[Goal, ...]})
TREE = sg.Flow(Tree(Guess(), early).named("search") >> Tell(), name="tree", inputs={})
TEXTS = goals(a="", b="", c="")

# --- the checker ----------------------------------------------------------------------------------------------------


def test_flows_of_own_combinators_that_are_well_are_found_to_be_so() -> None:
    assert [str(finding) for finding in check(ROWS)] == []
    assert [str(finding) for finding in check(TREE)] == []


def test_what_is_outside_is_not_there_in_a_ledger_of_its_own_nor_the_other_way_round() -> None:
    inputs = {"goals": tuple[Goal, ...]}
    for body in (
        Jot() >> Rows(S.goals, NeedsNotes() >> Tell()) >> TellTable(),
        Rows(S.goals, RowGoal() >> Tell()) >> NeedsNotes() >> TellTable(),
    ):
        (found,) = [each for each in check(sg.Flow(body, inputs=inputs)) if each.code == "unwritten-read"]
        assert (found.path, found.channel) == ("needsnotes", "notes")


class NeedsNotes(sg.Node):
    async def run(self, notes: tuple[str, ...]) -> Notes:
        return Notes(notes=notes)


def test_a_row_has_the_type_of_an_item() -> None:
    (found,) = check(sg.Flow(Rows(S.names, RowGoal() >> Tell()) >> TellTable(), inputs={"names": tuple[str, ...]}))
    assert (found.code, found.path, found.channel) == ("wrong-type", "rowgoal", "row")


def test_settings_of_an_own_combinator_are_checked_as_ours_are() -> None:
    (found,) = check(sg.Flow(Tree(Guess(), early, width=0) >> Tell(), inputs={}))
    assert (found.code, found.path, found.hint) == ("wrong-setting", "tree", "its default is width=2")


class Sometimes(Combinator):
    """Says nothing about its paths."""

    body: Element


def test_without_a_word_about_its_paths_a_part_may_run_or_not() -> None:
    (found,) = check(sg.Flow(Sometimes(Jot()) >> NeedsNotes() >> Tell(), inputs={}))
    assert (found.code, found.channel, found.steps) == ("unwritten-read", "notes", ("sometimes[none]", "needsnotes"))


def test_without_an_operation_it_says_so_when_it_is_bound() -> None:
    with pytest.raises(TypeError, match="sometimes: a Sometimes cannot run: it needs a method 'operation'"):
        sg.Flow(Sometimes(Jot()) >> Tell(), inputs={}).bind().program


# --- running, tracing, replaying ------------------------------------------------------------------------------------


def test_rows_fill_a_table_and_a_failed_row_is_empty() -> None:
    result = ROWS.bind()(goals=TEXTS)
    assert result.answer is not None
    assert result.answer.text == "text of a | text of b | text of c"
    assert [step.id for step in result.trace.visits("rowgoal")] == ["rowgoal@0", "rowgoal@1", "rowgoal@2"]
    failing = sg.Flow(Rows(S.goals, RowGoal(fails="b") >> Tell()) >> TellTable(), inputs={"goals": tuple[Goal, ...]}).bind()
    failed = failing(goals=TEXTS)
    assert (failed.answer.text, [step.id for step in failed.errors]) == ("text of a |  | text of c", ["rowgoal@1"])


def test_a_tree_keeps_the_best_of_each_level_and_its_numbers_are_params() -> None:
    assert sorted(TREE.params()) == ["search.depth", "search.width"]
    result = TREE.with_params({"search.width": 4, "search.depth": 3}).bind()()
    notes = result["notes"]
    assert [note.partition(":")[0] for note in notes] == ["0", "1", "2"]
    for level in (1, 2, 3):
        letters = [step.writes["notes"][0][-1] for step in result.trace.visits("search/guess") if step.at[0] == level]
        assert (len(letters), notes[level - 1][-1]) == (4, min(letters))


@pytest.mark.parametrize(("flow", "given"), [(ROWS, {"goals": TEXTS}), (TREE, {})], ids=["rows", "tree"])
def test_a_run_is_replayed_and_its_trace_read_back(flow: sg.Flow, given: dict[str, Any], tmp_path: Path) -> None:
    bound = flow.bind()
    trace = bound(**given).trace
    loaded = Trace.load(trace.save(tmp_path / "t.jsonl"), flow.channels)
    again = bound.replay(loaded).trace
    assert again.identity == trace.identity == bound(**given).trace.identity
    assert {step.memo for step in again if step.kind == "node"} == {"replay"}


def test_what_its_steps_record_can_be_replaced_and_nothing_else() -> None:
    bound = ROWS.bind()
    trace = bound(goals=TEXTS).trace
    other = bound.replay(trace, at="rows", write={"table": ("x",)})
    assert other.answer.text == "x"
    with pytest.raises(ReplayError, match="rows does not write answer: it writes row, table"):
        bound.replay(trace, at="rows", write={"answer": "x"})
    tree = TREE.bind()
    run = tree()
    picks = {step.id: step.decision for step in run.trace.visits("search")}
    turned = tree.replay(run.trace, changes={id: {DECISION: "2" if pick == "1" else "1"} for id, pick in picks.items()})
    assert turned["notes"] != run["notes"]


# --- identity and drawing -------------------------------------------------------------------------------------------


def test_the_fingerprint_sees_parts_settings_expressions_and_rewards() -> None:
    def late(step: sg.Step, trace: Trace, example: Any = None) -> Score:
        return Score(1.0)

    flows = [
        Tree(Guess(), early),
        Tree(Guess(), late),
        Tree(Jot(), early),
        Tree(Guess(), early, width=3),
        Rows(S.goals, Guess()),
        Rows(S.others, Guess()),
    ]
    assert len({sg.Flow(flow).fingerprint for flow in flows}) == len(flows)
    assert sg.Flow(Tree(Guess(), early)) == sg.Flow(Tree(Guess(), early))


def test_an_artifact_keeps_its_params(tmp_path: Path) -> None:
    file = save(TREE.with_params({"search.width": 5}), tmp_path / "tree.flow.json")
    assert sg.load(file, TREE).params()["search.width"].value == 5


def test_it_is_drawn_as_a_box_with_its_parts_until_it_has_a_drawing_of_its_own() -> None:
    text = TREE.draw()
    assert 'subgraph b0["tree search"]' in text
    assert "search/guess" in text
    assert "<svg" in TREE.draw("svg")
    assert "rowgoal" in ROWS.draw()


# --- nobody else knows the list -------------------------------------------------------------------------------------

OURS = {"Seq", "Fan", "Each", "Loop", "Route", "Call", "Redo", "BestOf", "Pick"}
MAY_KNOW = ("core/language/element.py", "core/language/combinators/", "core/draw/combinators.py")


def branching(source: str) -> Iterator[str]:
    """The combinators that some code asks an element about: in `isinstance` or `type(...) is`."""
    for node in ast.walk(ast.parse(source)):
        asks = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("isinstance", "issubclass")
        asks = asks or (isinstance(node, ast.Compare) and any(isinstance(each, ast.Is | ast.IsNot) for each in node.ops))
        if asks:
            yield from (each.id for each in ast.walk(node) if isinstance(each, ast.Name) and each.id in OURS)


def test_no_other_file_branches_on_the_combinators() -> None:
    files = {path.relative_to(PACKAGE).as_posix(): path for path in PACKAGE.rglob("*.py")}
    found = {name: sorted(set(branching(path.read_text(encoding="utf-8")))) for name, path in files.items()}
    assert {name: kinds for name, kinds in found.items() if kinds and not name.startswith(MAY_KNOW)} == {}
    assert list(branching("if isinstance(x, Seq | Loop) or type(x) is Fan: pass")) == ["Seq", "Loop", "Fan"]
