"""The memo: what is found, why something is not, and what stays. Files, processes and faults: test_memo_file.py."""

from __future__ import annotations

import pickle
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from amounts import PATIENCE
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from seekgraph.core.language.node import Writes
from seekgraph.core.memo import Memo, StepKey
from seekgraph.core.memo.writer import COMPRESS_FROM, decode, encode
from seekgraph.core.record.ledger import Passages
from seekgraph.types import Passage, Query, Value, Verdict


class Found(Writes):
    passages: Passages
    verdict: Verdict | None = None


class Loose(Writes):
    anything: Any


class Number(Writes):
    value: float


BASE = StepKey(node="nodes:Retrieve", code="c1", params="p1", inputs="i1", resources="r1", seed="")


def key(**changed: str) -> StepKey:
    fields = {name: getattr(BASE, name) for name in ("node", "code", "params", "inputs", "resources", "seed")}
    return StepKey(**{**fields, **changed})


def found(text: str = "The Main flows through Frankfurt.", count: int = 1) -> Found:
    return Found(passages=tuple(Passage(id=f"p{n}", title="Main", text=text, score=1.5) for n in range(count)))


def written_by_another(path: Path, *keys: StepKey) -> None:
    with Memo(path) as memo:
        for each in keys:
            memo.put(each, found(), {"calls": 1.0}, 0.25)


@pytest.fixture(params=["memory", "file"])
def memo(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    with Memo(tmp_path / "memo.db" if request.param == "file" else None) as memo:
        yield memo


# --- keys --------------------------------------------------------------------------------------------------------


def test_equal_steps_have_one_key_and_any_field_makes_another() -> None:
    assert key() == key()
    assert key().key == key().key
    names = ("node", "code", "params", "inputs", "resources", "seed")
    assert len({key().key, *(key(**{name: "other"}).key for name in names)}) == 1 + len(names)


def test_a_key_survives_pickling() -> None:
    assert pickle.loads(pickle.dumps(BASE)).key == BASE.key


# --- hits --------------------------------------------------------------------------------------------------------


def test_what_was_put_is_found_with_what_it_cost(memo: Memo) -> None:
    memo.put(BASE, found(), {"calls": 2.0, "usd": 0.01}, 0.75)
    hit, why = memo.get(BASE, Found)
    assert why == "hit"
    assert hit is not None
    assert (hit.value, hit.usage, hit.seconds) == (found(), {"calls": 2.0, "usd": 0.01}, 0.75)


def test_the_object_itself_is_shared_in_one_process(memo: Memo) -> None:
    value = found()
    memo.put(BASE, value, {}, 0.0)
    hit, _ = memo.get(BASE, Found)
    assert hit is not None
    assert hit.value is value


def test_usage_that_the_caller_goes_on_counting_in_is_copied(memo: Memo) -> None:
    usage = {"calls": 1.0}
    memo.put(BASE, found(), usage, 0.0)
    usage["calls"] = 9.0
    hit, _ = memo.get(BASE, Found)
    assert hit is not None
    assert hit.usage == {"calls": 1.0}


def test_a_file_remembers_across_restarts(tmp_path: Path) -> None:
    written_by_another(tmp_path / "memo.db", BASE)
    with Memo(tmp_path / "memo.db") as memo:
        hit, why = memo.get(BASE, Found)
    assert why == "hit"
    assert hit is not None
    assert (hit.value, hit.usage, hit.seconds) == (found(), {"calls": 1.0}, 0.25)


def test_a_step_that_is_not_yet_on_disk_and_no_longer_in_memory_is_found(tmp_path: Path) -> None:
    with Memo(tmp_path / "memo.db", memory_items=0) as memo:
        memo.put(BASE, found(), {}, 0.0)
        assert memo.get(BASE, Found)[1] == "hit"
        memo.flush()
        assert memo.get(BASE, Found)[1] == "hit"


def test_another_memo_of_the_same_file_sees_a_step_within_a_second_and_without_a_flush(tmp_path: Path) -> None:
    with Memo(tmp_path / "memo.db") as writer, Memo(tmp_path / "memo.db") as reader:
        writer.put(BASE, found(), {}, 0.0)
        deadline = time.monotonic() + PATIENCE
        while reader.get(BASE, Found)[0] is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert reader.get(BASE, Found)[1] == "hit"


# --- misses and their reasons ------------------------------------------------------------------------------------


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"node": "nodes:Rerank"}, "first visit of this node"),
        ({"inputs": "i2"}, "new inputs"),
        ({"params": "p2"}, "params changed"),
        ({"code": "c2"}, "code changed"),
        ({"resources": "r2"}, "resource changed"),
        ({"seed": "7"}, "seed differs"),
        ({"params": "p2", "code": "c2"}, "params changed and code changed"),
        ({"params": "p2", "inputs": "i2"}, "new inputs"),
    ],
)
def test_a_miss_says_what_differs(tmp_path: Path, changed: dict[str, str], why: str, restart: bool) -> None:
    memo = Memo(tmp_path / "memo.db")
    memo.put(BASE, found(), {}, 0.0)
    if restart:
        memo.close()
        memo = Memo(tmp_path / "memo.db")
    assert memo.get(key(**changed), Found) == (None, why)
    memo.close()


def test_the_first_step_ever_is_a_first_visit(memo: Memo) -> None:
    assert memo.get(BASE, Found) == (None, "first visit of this node")


def test_the_nearest_earlier_step_gives_the_reason(memo: Memo) -> None:
    memo.put(key(params="p2", code="c2"), found(), {}, 0.0)
    memo.put(key(code="c2"), found(), {}, 0.0)
    assert memo.get(BASE, Found)[1] == "code changed"


def test_a_nearer_step_on_disk_wins_over_one_in_memory(tmp_path: Path) -> None:
    written_by_another(tmp_path / "memo.db", key(seed="1"))
    with Memo(tmp_path / "memo.db") as memo:
        memo.put(key(params="p2", code="c2"), found(), {}, 0.0)
        assert memo.get(BASE, Found)[1] == "seed differs"


def test_a_step_that_memory_had_no_room_for_was_evicted() -> None:
    memo = Memo(memory_items=1)
    memo.put(BASE, found(), {}, 0.0)
    memo.put(key(inputs="i2"), found(), {}, 0.0)
    assert memo.get(BASE, Found) == (None, "evicted")


def test_memory_keeps_what_was_used_last() -> None:
    memo = Memo(memory_items=2)
    memo.put(key(inputs="old"), found(), {}, 0.0)
    memo.put(key(inputs="new"), found(), {}, 0.0)
    memo.get(key(inputs="old"), Found)
    memo.put(key(inputs="newest"), found(), {}, 0.0)
    assert memo.get(key(inputs="old"), Found)[1] == "hit"
    assert memo.get(key(inputs="new"), Found)[1] == "evicted"


# --- values that cannot be read or stored ------------------------------------------------------------------------


def test_a_row_that_no_longer_fits_the_model_is_a_miss_and_makes_room_for_a_new_one(tmp_path: Path) -> None:
    written_by_another(tmp_path / "memo.db", BASE)
    with Memo(tmp_path / "memo.db") as memo:
        missing, why = memo.get(BASE, Number)
        assert missing is None
        assert why.startswith("not readable: value: Field required")
        memo.put(BASE, Number(value=1.0), {}, 0.0)
    with Memo(tmp_path / "memo.db") as memo:
        hit, _ = memo.get(BASE, Number)
        assert hit is not None
        assert hit.value == Number(value=1.0)


def test_a_value_of_a_class_that_was_defined_anew_is_a_miss(memo: Memo) -> None:
    def define() -> type[Writes]:
        class Again(Writes):
            text: str

        return Again

    old, new = define(), define()
    memo.put(BASE, old(text="a"), {}, 0.0)  # type: ignore[call-arg]
    hit, why = memo.get(BASE, new)
    assert why.startswith("not readable") if hit is None else type(hit.value) is new


@pytest.mark.parametrize(
    "value",
    [
        Number(value=float("nan")),
        Number(value=float("-inf")),
        Loose(anything=(1, 2)),
        Loose(anything=Query(text="a river")),
        Loose(anything=object()),
        Loose(anything="\ud800"),
        Found.model_construct(passages=("no passage",)),
    ],
    ids=["nan", "infinite", "loose tuple", "loose model", "no json", "lone surrogate", "never validated"],
)
def test_a_value_without_a_faithful_json_form_stays_in_memory_only(tmp_path: Path, value: Writes) -> None:
    with capture_logs() as logs, Memo(tmp_path / "memo.db") as memo:
        for inputs in ("a", "b"):
            memo.put(key(inputs=inputs), value, {}, 0.0)
        memo.flush()
        hit, why = memo.get(key(inputs="a"), type(value))
        assert why == "hit"
        assert hit is not None
        assert hit.value is value
        assert (memo.stats().entries, memo.stats().unstored) == (0, 2)
    assert [log["event"] for log in logs] == ["memo_value_in_memory_only"], "said once for a node, not for each value"
    with Memo(tmp_path / "memo.db") as memo:
        assert memo.get(key(inputs="a"), type(value))[0] is None


def test_a_field_that_holds_a_subclass_is_not_stored_without_what_the_subclass_adds(tmp_path: Path) -> None:
    class Wide(Writes):
        value: Value

    with capture_logs(), Memo(tmp_path / "memo.db") as memo:
        memo.put(BASE, Wide(value=Query(text="a river")), {}, 0.0)
        assert memo.stats().unstored == 1


texts = st.text(st.characters(codec="utf-8"), max_size=400)
numbers = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
passages = st.builds(
    Passage, id=texts, title=texts, text=texts, score=numbers, source=texts, meta=st.dictionaries(texts, json_values, max_size=3)
)
verdicts = st.none() | st.builds(Verdict, score=st.floats(0, 1), label=texts, reason=texts)
writes = st.builds(Found, passages=st.lists(passages, max_size=6).map(tuple), verdict=verdicts)


@given(writes)
@settings(max_examples=200, deadline=None)
def test_any_writes_read_back_as_they_were(value: Found) -> None:
    assert decode(encode(value), Found) == value


@given(st.lists(writes, min_size=1, max_size=5))
@settings(max_examples=15, deadline=None)
def test_any_writes_survive_a_restart(tmp_path_factory: pytest.TempPathFactory, values: list[Found]) -> None:
    path = tmp_path_factory.mktemp("memo") / "memo.db"
    with Memo(path) as memo:
        for number, value in enumerate(values):
            memo.put(key(inputs=str(number)), value, {"calls": 0.1}, 0.1)
    with Memo(path) as memo:
        hits = [memo.get(key(inputs=str(number)), Found)[0] for number in range(len(values))]
    assert [hit and hit.value for hit in hits] == values


def test_long_values_are_compressed() -> None:
    assert len(encode(found("river " * COMPRESS_FROM))) < COMPRESS_FROM
    assert encode(found("river")).startswith(b"{")


# --- room, stats, clear ------------------------------------------------------------------------------------------


def test_at_its_limit_a_file_keeps_what_was_used_last(tmp_path: Path) -> None:
    limit = 60_000
    with Memo(tmp_path / "memo.db", max_bytes=limit) as memo:
        for number in range(400):
            memo.put(key(inputs=str(number)), found(), {}, 0.0)
            memo.get(key(inputs="0"), Found)  # used all the time, from memory
            if number % 20 == 0:
                memo.flush()
        stats = memo.stats()
        assert limit / 2 < stats.bytes <= limit
    with Memo(tmp_path / "memo.db") as memo:
        held = {number for number in range(400) if memo.get(key(inputs=str(number)), Found)[0]}
    assert len(held) == stats.entries
    assert held == {0, *range(400 - len(held) + 1, 400)}


def test_a_value_larger_than_the_whole_memo_stays_in_memory(tmp_path: Path) -> None:
    with capture_logs() as logs, Memo(tmp_path / "memo.db", max_bytes=5_000) as memo:
        memo.put(key(inputs="small"), found(), {}, 0.0)
        memo.put(key(inputs="huge"), found("".join(map(chr, range(0x4E00, 0x6E00)))), {}, 0.0)
        assert memo.get(key(inputs="huge"), Found)[1] == "hit"
        assert (memo.stats().entries, memo.stats().unstored) == (1, 1)
    assert "more than the whole memo" in logs[0]["error"]


def test_stats_count_by_node(memo: Memo) -> None:
    memo.get(BASE, Found)
    memo.put(BASE, found(), {}, 0.0)
    memo.put(key(inputs="i2"), found(), {}, 0.0)
    memo.put(key(node="nodes:Rerank"), found(), {}, 0.0)
    memo.get(BASE, Found)
    memo.get(BASE, Found)
    stats = memo.stats()
    assert (stats.entries, stats.in_memory, stats.hits, stats.misses) == (3, 3, 2, 1)
    counts = {node: (each.entries, each.hits) for node, each in stats.nodes.items()}
    assert counts == {"nodes:Retrieve": (2, 2), "nodes:Rerank": (1, 0)}
    assert stats.bytes == sum(each.bytes for each in stats.nodes.values())
    assert (stats.bytes > 0) == (stats.path is not None)


def test_hits_are_counted_across_restarts(tmp_path: Path) -> None:
    written_by_another(tmp_path / "memo.db", BASE)
    for _ in range(2):
        with Memo(tmp_path / "memo.db") as memo:
            memo.get(BASE, Found)
            memo.get(BASE, Found)
    with Memo(tmp_path / "memo.db") as memo:
        stats = memo.stats()
    assert stats.nodes["nodes:Retrieve"].hits == 4
    assert stats.hits == 0


def test_clear_forgets_one_node_or_all(memo: Memo) -> None:
    memo.put(BASE, found(), {}, 0.0)
    memo.put(key(node="nodes:Rerank"), found(), {}, 0.0)
    assert memo.clear("nodes:Rerank") == 1
    assert memo.get(key(node="nodes:Rerank"), Found) == (None, "first visit of this node")
    assert memo.get(BASE, Found)[1] == "hit"
    assert memo.clear() == 1
    assert memo.clear() == 0
    assert memo.stats().entries == 0


def test_clear_can_spare_what_was_used_lately(memo: Memo) -> None:
    memo.put(key(inputs="old"), found(), {}, 0.0)
    memo.put(key(inputs="used"), found(), {}, 0.0)
    time.sleep(0.2)
    memo.get(key(inputs="used"), Found)
    assert memo.clear(older_than=0.1) == 1
    assert memo.get(key(inputs="used"), Found)[1] == "hit"
    assert memo.get(key(inputs="old"), Found) == (None, "new inputs")


def test_clear_gives_the_disk_its_room_back(tmp_path: Path) -> None:
    with Memo(tmp_path / "memo.db") as memo:
        for number in range(300):
            memo.put(key(inputs=str(number)), found("".join(map(chr, range(0x4E00 + number, 0x5E00 + number)))), {}, 0.0)
        memo.flush()
        before = sum(file.stat().st_size for file in tmp_path.iterdir())
        memo.clear()
        assert sum(file.stat().st_size for file in tmp_path.iterdir()) < before / 10


# --- copies and threads ------------------------------------------------------------------------------------------


def test_a_pickled_memo_opens_the_same_file(tmp_path: Path) -> None:
    with Memo(tmp_path / "memo.db", max_bytes=10**6, memory_items=7) as memo:
        memo.put(BASE, found(), {}, 0.0)
        with pickle.loads(pickle.dumps(memo)) as copy:
            assert (copy.path, copy.max_bytes, copy.memory_items) == (memo.path, 10**6, 7)
            assert copy.get(BASE, Found)[1] == "hit"


def test_a_pickled_memo_without_a_file_is_empty() -> None:
    memo = Memo()
    memo.put(BASE, found(), {}, 0.0)
    assert pickle.loads(pickle.dumps(memo)).get(BASE, Found)[0] is None


def test_a_closed_memo_opens_again_when_it_is_used(tmp_path: Path) -> None:
    memo = Memo(tmp_path / "memo.db", memory_items=0)
    for inputs in ("a", "b"):
        memo.put(key(inputs=inputs), found(), {}, 0.0)
        memo.close()
    assert memo.get(key(inputs="a"), Found)[1] == memo.get(key(inputs="b"), Found)[1] == "hit"
    memo.close()


def test_a_memo_that_is_let_go_writes_what_waits(tmp_path: Path) -> None:
    memo = Memo(tmp_path / "memo.db")
    memo.put(BASE, found(), {}, 0.0)
    del memo
    with Memo(tmp_path / "memo.db") as memo:
        assert memo.get(BASE, Found)[1] == "hit"


@pytest.mark.parametrize("memory_items", [3, 20_000])
def test_threads_share_a_memo(tmp_path: Path, memory_items: int) -> None:
    wrong: list[object] = []

    def work(memo: Memo, thread: int) -> None:
        for number in range(120):
            memo.put(key(inputs=f"{thread}-{number}"), Number(value=thread * 1000 + number), {}, 0.0)
            for other in range(4):
                hit, why = memo.get(key(inputs=f"{other}-{number}"), Number)
                if (hit is None and why == "hit") or (hit is not None and hit.value != Number(value=other * 1000 + number)):
                    wrong.append((other, number, hit, why))
            if number % 50 == 0:
                memo.flush()

    with Memo(tmp_path / "memo.db", memory_items=memory_items) as memo:
        threads = [threading.Thread(target=work, args=(memo, thread)) for thread in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert memo.stats().entries == 480
    assert wrong == []
