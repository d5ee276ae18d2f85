"""The memo's file under fire: several processes, kills, forks, damage, other schemas, a full disk, a lock that stays."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from amounts import PATIENCE
from structlog.testing import capture_logs

from seekgraph.core.base.checksum import Damaged
from seekgraph.core.language.node import Writes
from seekgraph.core.memo import Memo, StepKey
from seekgraph.core.memo import file as memo_file
from seekgraph.core.memo import writer as memo_writer
from seekgraph.core.memo.store import Row, Stored, seal, unseal

SCRIPT = """
import os, resource, signal, sys, time
from seekgraph.core.memo import Memo, StepKey
from seekgraph.core.language.node import Writes
class Text(Writes):
    text: str
def key(inputs): return StepKey("nodes:Read", "c", "p", str(inputs), "r", "")
path, who = sys.argv[1], sys.argv[2]
"""


class Text(Writes):
    text: str


def key(inputs: object, node: str = "nodes:Read") -> StepKey:
    return StepKey(node, "c", "p", str(inputs), "r", "")


def text_of(number: object) -> Text:
    return Text(text=f"step {number}: " + "many words of a passage, over and over; " * 60)


def start(body: str, path: Path, who: str = "") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SCRIPT + body, str(path), who]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def ended_well(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, output
    return output


def is_whole(path: Path) -> bool:
    database = sqlite3.connect(path)
    try:
        check = database.execute("PRAGMA integrity_check").fetchall()
        rows, bodies, total, counted = (
            database.execute(query).fetchone()[0]
            for query in (
                "SELECT COUNT(*) FROM step",
                "SELECT COUNT(*) FROM body",
                "SELECT COALESCE(SUM(bytes), 0) FROM step",
                "SELECT bytes FROM total",
            )
        )
    finally:
        database.close()
    return bool(check == [("ok",)] and rows == bodies and total == counted)


def aside(path: Path) -> list[Path]:
    return sorted(path.parent.glob(path.name + ".corrupt-*"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "memo.db"


@pytest.fixture
def filled(path: Path) -> Path:
    with Memo(path) as memo:
        for number in range(200):
            memo.put(key(number), text_of(number), {}, 0.0)
    return path


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memo_file, "BUSY_SECONDS", 0.1)


# --- processes ---------------------------------------------------------------------------------------------------

WRITE_MANY = """
with Memo(path) as memo:
    for number in range(600):
        memo.put(key(f"{who}-{number}"), Text(text=f"{who} {number}" * 200), {"calls": 1.0}, 0.5)
        memo.put(key(f"both-{number}"), Text(text=str(number)), {}, 0.0)
        if number % 100 == 0:
            memo.flush()
"""


def test_processes_that_start_and_write_together_lose_nothing(path: Path) -> None:
    for process in [start(WRITE_MANY, path, who) for who in "abcd"]:
        ended_well(process)
    with Memo(path) as memo:
        assert memo.stats().entries == 600 * 5
        for who in "abcd":
            hit, _ = memo.get(key(f"{who}-599"), Text)
            assert hit is not None
            assert hit.value == Text(text=f"{who} 599" * 200)
    assert is_whole(path)
    assert aside(path) == []


def test_a_program_that_ends_without_closing_has_written_everything(path: Path) -> None:
    ended_well(start("memo = Memo(path)\nfor number in range(10): memo.put(key(number), Text(text='x'), {}, 0.0)", path))
    with Memo(path) as memo:
        assert memo.stats().entries == 10


def test_a_killed_writer_leaves_a_whole_file_and_all_but_the_last_batch(path: Path) -> None:
    body = """
memo, number = Memo(path), 0
while True:
    memo.put(key(number), Text(text=f"{number} " * 500), {}, 0.0)
    number += 1
    if number % 100 == 0:
        memo.flush()
        print(number, flush=True)
"""
    for _ in range(3):
        process = start(body, path)
        assert process.stdout is not None
        flushed = [int(process.stdout.readline()) for _ in range(3)][-1]
        process.kill()
        rest, _ = process.communicate()
        flushed = max([flushed, *(int(line) for line in rest.splitlines(keepends=True) if line.endswith("\n"))])
        with capture_logs() as logs, Memo(path) as memo:
            assert memo.stats().entries >= flushed
            hit, why = memo.get(key(flushed - 1), Text)
            assert (why, hit and hit.value) == ("hit", Text(text=f"{flushed - 1} " * 500))
            assert logs == []
        assert is_whole(path)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_a_fork_in_the_middle_of_work_leaves_both_processes_working(path: Path) -> None:
    body = """
memo = Memo(path)
for number in range(100):
    memo.put(key(f"before-{number}"), Text(text="x"), {}, 0.0)
child = os.fork()
name = "parent" if child else "child"
assert memo.get(key("before-0"), Text)[1] == "hit"
for number in range(300):
    memo.put(key(f"{name}-{number}"), Text(text="x" * 2000), {}, 0.0)
memo.flush()
if child:
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""
    ended_well(start(body, path))
    with Memo(path) as memo:
        assert memo.stats().entries == 700
    assert is_whole(path)


# --- damage ------------------------------------------------------------------------------------------------------


def test_a_file_that_is_no_database_is_set_aside_and_a_fresh_one_started(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database, but somebody may want it back\n" * 50)
    with capture_logs() as logs, Memo(path) as memo:
        assert memo.get(key(1), Text) == (None, "first visit of this node")
        memo.put(key(1), text_of(1), {}, 0.0)
    [kept] = aside(path)
    assert kept.read_bytes().startswith(b"this is no database")
    [log] = logs
    assert (log["log_level"], log["path"], log["moved_to"]) == ("warning", str(path), str(kept))
    with Memo(path) as memo:
        assert memo.get(key(1), Text)[1] == "hit"


def test_damage_inside_the_file_is_found_when_it_is_met_and_loses_nothing_that_waits(filled: Path) -> None:
    size = filled.stat().st_size
    with filled.open("r+b") as file:  # the header stays; every page behind it is lost
        file.seek(4096)
        file.write(os.urandom(size - 4096))
    with capture_logs() as logs, Memo(filled) as memo:
        memo.put(key("new"), text_of("new"), {}, 0.0)
        assert memo.get(key(7), Text)[0] is None
        memo.flush()
        assert memo.get(key(7), Text)[0] is None
    assert [log["event"] for log in logs] == ["memo_set_aside"]
    assert len([each for each in aside(filled) if each.stat().st_size == size]) == 1
    with Memo(filled) as memo:
        assert memo.get(key("new"), Text)[1] == "hit"
        assert memo.stats().entries == 1


def test_a_file_that_was_cut_short_is_set_aside(filled: Path) -> None:
    os.truncate(filled, filled.stat().st_size // 2)
    with capture_logs(), Memo(filled) as memo:
        for number in range(200):
            hit, _ = memo.get(key(number), Text)
            assert hit is None or hit.value == text_of(number)
        memo.put(key("new"), text_of("new"), {}, 0.0)
    assert is_whole(filled)
    with Memo(filled) as memo:
        assert memo.get(key("new"), Text)[1] == "hit"


def test_a_row_whose_bytes_were_changed_is_a_miss_and_the_others_stay(filled: Path) -> None:
    database = sqlite3.connect(filled)
    database.execute("UPDATE body SET data = x'78010203' WHERE id = (SELECT id FROM step WHERE inputs = '7')")
    database.commit()
    database.close()
    with Memo(filled) as memo:
        assert memo.get(key(7), Text)[1] == "not readable: Damaged: its checksum is not that of its content"
        assert memo.get(key(8), Text)[1] == "hit"
    with Memo(filled) as memo:
        assert memo.stats().entries == 199


def test_no_flipped_bit_of_a_row_is_believed() -> None:
    row = Row(b"k" * 16, "n", "i", "p", "c", "r", "", '{"calls": 1}', 0.8, 0.0, memo_writer.encode(Text(text="born in 1871")))
    whole = Stored(seal(row).data, row.usage, row.seconds)
    assert unseal(row.key, whole) == row.data
    changed = [
        *(whole._replace(data=flipped(whole.data, bit)) for bit in range(8 * len(whole.data))),
        *(whole._replace(usage=flipped(whole.usage.encode(), bit).decode("latin-1")) for bit in range(8 * len(whole.usage))),
        whole._replace(seconds=0.4),
        whole._replace(data=b""),
    ]
    for each in changed:
        with pytest.raises(Damaged):
            unseal(row.key, each)
    with pytest.raises(Damaged):
        unseal(b"j" * 16, whole)  # another step's


def flipped(data: bytes, bit: int) -> bytes:
    return data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :]


def test_a_changed_digit_in_a_stored_answer_is_a_miss_that_is_said(path: Path) -> None:
    with Memo(path) as memo:
        memo.put(key(1), Text(text="born in 1871"), {}, 0.0)
    database = sqlite3.connect(path)
    [[data]] = database.execute("SELECT data FROM body").fetchall()
    database.execute("UPDATE body SET data = ?", (data.replace(b"1871", b"1971"),))
    database.commit()
    database.close()
    with Memo(path) as memo:
        assert memo.get(key(1), Text) == (None, "not readable: Damaged: its checksum is not that of its content")


@pytest.mark.parametrize(
    ("change", "which"),
    [
        (f"PRAGMA user_version = {memo_file.VERSION + 1}", f"schema version {memo_file.VERSION + 1}"),
        ("PRAGMA application_id = 7", "another program"),
        ("DROP TABLE body", "no such table"),
    ],
)
def test_a_database_of_another_schema_is_set_aside_whole(filled: Path, change: str, which: str) -> None:
    database = sqlite3.connect(filled)
    database.execute(change)
    database.commit()
    database.close()
    with capture_logs() as logs, Memo(filled) as memo:
        assert memo.get(key(7), Text)[0] is None
        memo.put(key(7), text_of(7), {}, 0.0)
    assert which in logs[0]["error"]
    [kept] = aside(filled)
    database = sqlite3.connect(kept)
    assert database.execute("SELECT COUNT(*) FROM step").fetchone() == (200,)
    database.close()
    with Memo(filled) as memo:
        assert memo.stats().entries == 1


def test_an_empty_file_is_a_fresh_memo(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with capture_logs() as logs, Memo(path) as memo:
        memo.put(key(1), text_of(1), {}, 0.0)
    assert logs == []
    assert is_whole(path)


def test_processes_that_meet_a_damaged_file_together_set_it_aside_once(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database " * 1000)
    for process in [start(WRITE_MANY, path, who) for who in "abcd"]:
        ended_well(process)
    assert len(aside(path)) == 1
    with Memo(path) as memo:
        assert memo.stats().entries == 600 * 5


def test_a_file_that_is_deleted_under_a_running_memo_is_made_again(filled: Path) -> None:
    with Memo(filled) as memo:
        assert memo.get(key(7), Text)[1] == "hit"
        memo.put(key("a"), text_of("a"), {}, 0.0)
        memo.flush()
        for each in filled.parent.iterdir():
            each.unlink()
        memo.put(key("b"), text_of("b"), {}, 0.0)
    with Memo(filled) as memo:
        assert memo.get(key("b"), Text)[1] == "hit"


# --- what the disk does not allow --------------------------------------------------------------------------------


def test_a_path_that_cannot_be_opened_leaves_a_memo_in_memory_with_one_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with capture_logs() as logs, Memo(tmp_path / "file" / "memo.db") as memo:
        for number in range(200):
            assert memo.get(key(number), Text)[0] is None
            memo.put(key(number), text_of(number), {}, 0.0)
        memo.flush()
        assert memo.get(key(7), Text)[1] == "hit"
        assert memo.stats().in_memory == 200
    assert [log["event"] for log in logs] == ["memo_in_memory_only"]


def test_a_folder_in_place_of_the_file_is_left_alone(tmp_path: Path) -> None:
    with capture_logs() as logs, Memo(tmp_path) as memo:
        memo.put(key(1), text_of(1), {}, 0.0)
        assert memo.get(key(1), Text)[1] == "hit"
    assert [log["event"] for log in logs] == ["memo_in_memory_only"]
    assert tmp_path.is_dir()


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
def test_a_full_disk_leaves_what_was_written_and_goes_on_in_memory_with_one_warning(path: Path) -> None:
    body = """
memo = Memo(path)
memo.put(key("early"), Text(text="early"), {}, 0.0)
memo.flush()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
for number in range(300):
    memo.put(key(number), Text(text=os.urandom(1500).hex()), {}, 0.0)
    if number % 64 == 0:
        memo.flush()
assert memo.get(key(299), Text)[1] == "hit"
memo.close()
"""
    assert ended_well(start(body, path)).count("memo_in_memory_only") == 1
    with Memo(path) as memo:
        assert memo.get(key("early"), Text)[1] == "hit"
    assert is_whole(path)


def test_a_database_that_may_grow_no_more_is_still_read(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = memo_file.connect

    def small(path: Path) -> memo_file.Link:
        link = connect(path)
        link.database.execute("PRAGMA max_page_count = 1").fetchall()  # SQLite keeps the pages that there are
        return link

    monkeypatch.setattr(memo_file, "connect", small)
    with capture_logs() as logs, Memo(filled) as memo:
        for number in range(1000, 1300):
            memo.put(key(number), text_of(number), {}, 0.0)
        memo.flush()
        assert memo.get(key(7), Text)[1] == "hit"
        assert memo.get(key(1299), Text)[1] == "hit"
    assert [(log["event"], log["error"]) for log in logs] == [("memo_in_memory_only", "database or disk is full")]


def test_a_read_only_database_is_still_read(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = memo_file.connect

    def read_only(path: Path) -> memo_file.Link:
        link = connect(path)
        link.database.execute("PRAGMA query_only = ON")
        return link

    monkeypatch.setattr(memo_file, "connect", read_only)
    with capture_logs() as logs, Memo(filled) as memo:
        memo.put(key("new"), text_of("new"), {}, 0.0)
        memo.flush()
        assert memo.get(key(7), Text)[1] == memo.get(key("new"), Text)[1] == "hit"
    assert [log["event"] for log in logs] == ["memo_in_memory_only"]


def test_rows_wait_while_another_program_locks_the_file(filled: Path, impatient: None) -> None:
    locker = sqlite3.connect(filled, isolation_level=None)
    with capture_logs() as logs, Memo(filled) as memo:
        locker.execute("BEGIN IMMEDIATE")
        memo.put(key("new"), text_of("new"), {}, 0.0)
        memo.flush()
        memo.flush()
        assert memo.get(key(7), Text)[1] == memo.get(key("new"), Text)[1] == "hit"
        locker.execute("COMMIT")
    locker.close()
    assert [log["event"] for log in logs] == ["memo_busy"]
    with Memo(filled) as memo:
        assert memo.get(key("new"), Text)[1] == "hit"


def test_a_lock_that_stays_costs_no_unbounded_memory(filled: Path, impatient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memo_writer, "MOST_WAITING", 100)
    locker = sqlite3.connect(filled, isolation_level=None)
    with capture_logs() as logs, Memo(filled) as memo:
        locker.execute("BEGIN IMMEDIATE")
        for number in range(1000, 1250):
            memo.put(key(number), text_of(number), {}, 0.0)
        assert memo.get(key(1000), Text)[1] == "hit"
        memo.flush()
        locker.execute("COMMIT")
    locker.close()
    assert {log["event"] for log in logs} == {"memo_busy", "memo_rows_in_memory_only"}


def test_an_interrupted_flush_loses_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Memo(path) as memo:
        memo.put(key(1), text_of(1), {}, 0.0)

        def interrupted(value: Writes) -> bytes:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(memo_writer, "encode", interrupted)
            with pytest.raises(KeyboardInterrupt):
                memo.flush()
    with Memo(path) as memo:
        assert memo.get(key(1), Text)[1] == "hit"


def test_a_signal_in_the_middle_of_writing_ends_the_program_with_everything_written(path: Path) -> None:
    body = """
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
memo, number = Memo(path), 0
print("ready", flush=True)
try:
    while True:
        memo.put(key(number), Text(text="x"), {}, 0.0)
        number += 1
        time.sleep(0.001)
except KeyboardInterrupt:
    print(number, flush=True)
"""
    process = start(body, path)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    number = int(ended_well(process))
    with Memo(path) as memo:
        assert memo.stats().entries in (number, number + 1)
