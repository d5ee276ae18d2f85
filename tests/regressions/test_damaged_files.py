"""Files damaged in any place: each reader speaks in its own error, or reads what is still whole. No traceback, no hang."""

from __future__ import annotations

import json
import random
import resource
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import seekgraph as sg
from seekgraph.core.artifact import load, save
from seekgraph.core.base.errors import ArtifactError, SeekgraphError, TraceError
from seekgraph.core.base.reading import MOST_LEVELS, json_in, levels
from seekgraph.core.record.trace import Trace
from seekgraph.evaluation.examples import ExampleError, read_examples, write_examples
from seekgraph.evaluation.row import Row
from seekgraph.nodes import Answer, Retrieve
from seekgraph.optimizers.journal import Journal, JournalError
from seekgraph.tools import BM25
from seekgraph.tools.corpus import read_jsonl
from seekgraph.types import Example, Passage, SubQuestion

CORPUS = [Passage(id=f"p{n}", title=f"River {n}", text=f"The river {n} flows through town {n}.") for n in range(6)]
FLOW = sg.Flow(sg.loop(Retrieve(k=sg.Int(3, 1, 5)), sg.S.round > 1, 3) >> Answer(), name="damaged")
SPENT = {"calls": 2, "usd": 0.25, "seconds": 1.5}


def bound(memo: Path | None = None) -> Any:
    return FLOW.bind(corpus=BM25(CORPUS), memo=memo)


# --- whole files, and what reads them --------------------------------------------------------------------------------


def write_questions(path: Path) -> None:
    hop = SubQuestion(question="which town?", answer="town 1", supporting_id="p1")
    rows = [Example(id=f"e{n}", question=f"Where is river {n}?", answers=("a",), decomposition=(hop,)) for n in range(3)]
    write_examples(path, rows)


def write_trace(path: Path) -> None:
    bound()(question="Which town has river 1?").trace.save(path)


def use_trace(path: Path) -> None:
    trace = Trace.load(path, FLOW.channels)
    for step in trace:
        trace.inputs(step)
    trace.usage()
    trace.draw()
    bound().replay(trace)


def write_journal(path: Path) -> None:
    journal = Journal(path, {"flow": "f"})
    journal.put_row("a:1", Row(id="1", metrics={"f1": 0.5}, rewards={"say": ((1, "r", 0.5),)}, usage={"calls": 1}), SPENT)
    journal.put_fact("fit", {"weights": [1.0, 2.0]}, SPENT)
    journal.close(SPENT)


def use_journal(path: Path) -> None:
    Journal(path, {"flow": "f"}, resume=True).close()


def write_memo(path: Path) -> None:
    with sg.Memo(path) as memo:
        bound(memo)(question="Which town has river 1?")


def use_memo(path: Path) -> None:
    with sg.Memo(path) as memo:
        result = bound(memo)(question="Which town has river 1?")
        assert result.status == "ok", [step.error for step in result.errors]
        result.trace.usage()
        memo.stats()
    for aside in path.parent.glob(f"{path.name}*"):
        if aside != path:
            aside.unlink()


def write_artifact(path: Path) -> None:
    save(FLOW, path, location="", scores={"val": {"f1": 0.5}})


def write_corpus(path: Path) -> None:
    path.write_text("".join(each.model_dump_json() + "\n" for each in CORPUS))


READERS: dict[str, tuple[Callable[[Path], Any], Callable[[Path], Any]]] = {
    "questions": (write_questions, read_examples),
    "trace": (write_trace, use_trace),
    "journal": (write_journal, use_journal),
    "memo": (write_memo, use_memo),
    "artifact": (write_artifact, lambda path: load(path, FLOW)),
    "corpus": (write_corpus, read_jsonl),
}

# --- mutations -------------------------------------------------------------------------------------------------------

STRANGE: list[Any] = [
    *(None, True, -1, 0, 1e308, 10**400, float("nan"), float("inf"), "", "x", "0-60000", "\ud800", [], {}, [[]], [None]),
    *({"": {}}, {"a": float("-inf")}, [1, "x"], {"calls": "x"}, "input", [-1], ["0-3000"] * 50),
]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The same with one thing changed: bytes, lines, or a value in the JSON of a line."""
    kind = chance.randrange(6)
    at = chance.randrange(len(data))
    if kind == 0:
        return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]
    if kind == 1:
        return data[:at] + data[at + chance.randrange(1, 40) :]
    if kind == 2:
        return data[:at] + bytes(chance.randrange(256) for _ in range(chance.randrange(1, 9))) + data[at:]
    lines = data.split(b"\n")
    number = chance.randrange(len(lines))
    if kind == 3:
        other = chance.choice([[], [lines[number]] * 2, [b""], [chance.choice(lines)]])
        return b"\n".join([*lines[:number], *other, *lines[number + 1 :]])
    try:
        value = json.loads(data if data.startswith(b"{\n") else lines[number])
    except ValueError:
        return data[:at]
    if kind == 4:
        deep = chance.choice([50, 101, 300, 2000, 100_000])
        changed = json.dumps(placed(value, "DEEP", chance)).replace('"DEEP"', "[" * deep + "]" * deep)
    else:
        changed = json.dumps(placed(value, chance.choice(STRANGE), chance))
    if data.startswith(b"{\n"):
        return changed.encode()
    return b"\n".join([*lines[:number], changed.encode(), *lines[number + 1 :]])


def placed(value: Any, strange: Any, chance: random.Random) -> Any:
    """The value with something strange in one place of it, or with a key less or more."""
    if isinstance(value, dict) and value:
        key = chance.choice(list(value))
        if chance.random() < 0.5:
            return {**value, key: placed(value[key], strange, chance)}
        return {name: each for name, each in value.items() if name != key} | ({"new": strange} if chance.random() < 0.5 else {})
    if isinstance(value, list) and value and chance.random() < 0.7:
        index = chance.randrange(len(value))
        return [*value[:index], placed(value[index], strange, chance), *value[index + 1 :]]
    return strange


def mutate_memo(path: Path, chance: random.Random) -> None:
    """Bytes of the file, or cells of another type."""
    if chance.random() < 0.4:
        data = bytearray(path.read_bytes())
        for _ in range(chance.choice([1, 1, 1, 50])):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(bytes(data))
        return
    cells = [("step", name) for name in ("node", "usage", "seconds", "bytes", "used", "hits", "params")] + [("body", "data")]
    table, column = chance.choice([*cells, ("total", "bytes")])
    strange: list[Any] = [float("inf"), -1, "text", b"\xff\xfe", b"", '{"calls": "x"}', '{"odd": 1}', "[" * 3000, 1e300, 2**62]
    with sqlite3.connect(path) as database:
        database.execute(f"UPDATE {table} SET {column} = ?", (chance.choice(strange),))
    database.close()


def damage(tmp_path: Path, count: int, seed: int) -> dict[str, int]:
    """Mutate each kind of file in turn and read it; how many of each kind were refused."""
    chance, refused = random.Random(seed), dict.fromkeys(READERS, 0)
    whole = {}
    for name, (write, use) in READERS.items():
        path = tmp_path / f"{name}.jsonl"
        write(path)
        use(path)
        if name == "journal":
            write(path)
        whole[name] = path.read_bytes()
    for number in range(count):
        name = list(READERS)[number % len(READERS)]
        path = tmp_path / f"{name}.jsonl"
        for old in tmp_path.glob(f"{name}.jsonl*"):
            old.unlink()
        path.write_bytes(whole[name] if name == "memo" else mutated(whole[name], chance))
        if name == "memo":
            mutate_memo(path, chance)
        try:
            READERS[name][1](path)
        except SeekgraphError as error:
            refused[name] += bool(str(error))
        except Exception as error:
            kept = tmp_path / f"failing.{name}"
            kept.write_bytes(path.read_bytes())
            raise AssertionError(f"mutation {number} of a {name}, seed {seed}: {type(error).__name__}: {error}") from error
    return refused


def test_a_hundred_mutations_of_every_kind_of_file_end_in_an_error_of_its_own_or_are_read(tmp_path: Path) -> None:
    refused = damage(tmp_path, 102, seed=1)
    assert all(refused[name] > 0 for name in READERS if name != "memo")
    assert refused["memo"] == 0  # a memo never refuses: what it cannot read is run again


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_five_thousand_mutations_end_in_errors_of_their_own_under_a_gigabyte(tmp_path: Path) -> None:
    for seed in range(10):
        folder = tmp_path / str(seed)
        folder.mkdir()
        damage(folder, 500, seed=100 + seed)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1_000_000  # kB


# --- the smallest cases ----------------------------------------------------------------------------------------------

DEEP = "[" * 300 + "]" * 300


@pytest.mark.parametrize("name", ["questions", "trace", "journal", "artifact"])
def test_json_nested_some_hundred_levels_deep_is_refused_with_file_and_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    READERS[name][0](path)
    lines = path.read_text().splitlines()
    if name == "artifact":
        path.write_text("".join(lines).replace('"scores": {', f'"scores": {{"deep": {DEEP}, ', 1))
    else:
        path.write_text("\n".join([lines[0], f'{{"id": "x", "question": "q", "fact": {DEEP}}}', *lines[1:]]) + "\n")
    kinds: dict[str, type[Exception]] = {
        "questions": ExampleError,
        "trace": TraceError,
        "journal": JournalError,
        "artifact": ArtifactError,
    }
    with pytest.raises(kinds[name], match=r"nested (more than 100 levels deep|too deep)") as refused:
        READERS[name][1](path)
    assert str(path) in str(refused.value)
    assert name == "artifact" or "line 2" in str(refused.value)


def changed_trace(tmp_path: Path, change: Callable[[list[Any]], Any]) -> str:
    path = tmp_path / "trace.jsonl"
    write_trace(path)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    change(rows)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(TraceError) as refused:
        Trace.load(path)
    return str(refused.value).removeprefix(f"{path}, ")


def test_a_trace_without_its_input_or_with_a_channel_missing_is_refused(tmp_path: Path) -> None:
    assert changed_trace(tmp_path, lambda rows: rows.pop(1)).startswith("line 2: the first step of a trace is its input")
    told = changed_trace(tmp_path, lambda rows: rows[1]["writes"].pop("question"))
    assert "'input' did not write 'question'" in told


def test_ranges_of_parents_that_a_trace_does_not_have_are_refused_before_they_are_counted_out(tmp_path: Path) -> None:
    told = changed_trace(tmp_path, lambda rows: rows[2].update(parents={"question": ["0-60000"] * 3000}))
    assert "its parents are not steps of this trace: '0-60000' is no range of its" in told


def test_how_deep_a_json_text_is_nested_is_counted_without_reading_it() -> None:
    text = json.dumps({"a": "[" * 500, 'b"[{': [[["\\[", {}]]]}).encode()
    assert levels(text) == 0 or levels(text) == 5
    assert levels(b"[" * 200 + b'"]]]]\\"]"' + b"]" * 200) == 200
    with pytest.raises(ValueError, match=f"here: nested more than {MOST_LEVELS} levels deep"):
        json_in("[" * 10**6, "here", ValueError)
