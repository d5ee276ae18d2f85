"""The journal: what survives, what is refused, and with which words."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seekgraph.evaluation.row import Row
from seekgraph.optimizers.journal import Journal, JournalError

HEADER = {"flow": "abc", "seed": 0, "data": {"train": "x"}}
ROW = Row(
    id="q", metrics={"f1": 0.1 + 0.2, "em": None}, rewards={"a": ((1, "gain", 1 / 3),)}, usage={"searches": 2}, passages=("p",)
)
SPENT = {"searches": 2, "usd": 0.25, "seconds": 1.5}


def written(path: Path, rows: int = 2) -> Path:
    journal = Journal(path, HEADER)
    for number in range(rows):
        journal.put_row(f"k{number}", ROW, SPENT)
    journal.put_fact("fit", {"weights": [0.1, 1 / 3]}, SPENT)
    journal.close(SPENT)
    return path


def test_what_was_put_is_read_back_equal(tmp_path: Path) -> None:
    again = Journal(written(tmp_path / "j"), HEADER, resume=True)
    assert again.rows == {"k0": ROW, "k1": ROW}
    assert again.facts == {"fit": {"weights": [0.1, 1 / 3]}}
    assert again.spent == SPENT
    assert again.resumed == 3
    again.close()


def test_what_was_spent_after_the_last_result_is_noted_on_closing(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", HEADER)
    journal.put_row("k", ROW, SPENT)
    journal.close({"searches": 9})
    again = Journal(tmp_path / "j", HEADER, resume=True)
    assert again.spent == {"searches": 9}
    again.close()


def test_facts_are_given_back_as_a_resumed_compile_finds_them(tmp_path: Path) -> None:
    assert Journal(None, HEADER).put_fact("a", {"pair": (1, 2)}, {}) == {"pair": [1, 2]}


def test_a_result_is_in_the_file_as_soon_as_it_was_put(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", HEADER)
    journal.put_row("k", ROW, SPENT)
    assert len((tmp_path / "j").read_bytes().splitlines()) == 2
    journal.close()


def sealed(line: bytes) -> bytes:
    """A line as a journal of other content would have it."""
    return line[:-1] + b',"crc32":%d}' % zlib.crc32(line)


@settings(deadline=None)
@given(st.data())
def test_cut_off_anywhere_it_gives_the_whole_lines_before_and_can_be_gone_on_with(data: st.DataObject) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder) / "j", rows=3)
        raw = path.read_bytes()
        path.write_bytes(raw[: data.draw(st.integers(0, len(raw)))])
        whole = path.read_bytes().count(b"\n")
        journal = Journal(path, HEADER, resume=True)
        assert len(journal.rows) == max(0, min(3, whole - 1))
        journal.put_row("more", ROW, SPENT)
        journal.close()
        again = Journal(path, HEADER, resume=True)
        assert "more" in again.rows
        again.close()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{nonsense", "damaged"),
        (sealed(b'{"row": "k", "result": {"id": 7}, "spent": {}}'), "fields are wrong"),
        (sealed(b'{"row": "k", "result": {}}'), "damaged"),
        (b"[]", "damaged"),
        (sealed(b'{"row": "k", "result": {"id": "a"}, "spent": 3}'), "damaged"),
        (b'{"row": "k", "result": {"id": "a"}, "spent": {}}', "damaged .its checksum is not"),
    ],
)
def test_a_damaged_line_is_named_with_the_way_out(tmp_path: Path, line: bytes, said: str) -> None:
    path = written(tmp_path / "j")
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([*lines[:2], line, *lines[2:]]) + b"\n")
    before = path.read_bytes()
    with pytest.raises(JournalError, match=f"line 3: .*{said}.*compile without resume"):
        Journal(path, HEADER, resume=True)
    assert path.read_bytes() == before


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_no_flipped_bit_is_believed(data: st.DataObject) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder) / "j")
        raw = bytearray(path.read_bytes())
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(raw)
        try:
            journal = Journal(path, HEADER, resume=True)
        except JournalError:
            return
        journal.close()  # the flipped bit was the end of the last line, which then is dropped
        assert journal.rows == {"k0": ROW, "k1": ROW}
        assert journal.facts == {"fit": {"weights": [0.1, 1 / 3]}}


def test_another_compile_is_refused_with_what_differs(tmp_path: Path) -> None:
    path = written(tmp_path / "j")
    with pytest.raises(JournalError, match=r"belongs to another compile: data, seed differ"):
        Journal(path, {**HEADER, "seed": 1, "data": {"train": "y"}}, resume=True)


def test_another_version_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "j")
    header, *rest = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([json.dumps({**json.loads(header), "journal": 99}).encode(), *rest]) + b"\n")
    with pytest.raises(JournalError, match="version 99, this is version 2"):
        Journal(path, HEADER, resume=True)


def test_another_file_is_not_taken_for_a_journal(tmp_path: Path) -> None:
    (tmp_path / "j").write_text('{"trace": 1}\n')
    with pytest.raises(JournalError, match="not the journal of a compile"):
        Journal(tmp_path / "j", HEADER, resume=True)


def test_without_resume_older_journals_are_set_aside_and_none_is_lost(tmp_path: Path) -> None:
    for rows in (1, 2, 3):
        written(tmp_path / "j", rows=rows)
    kept = {path.name: path.read_text().count('"row"') for path in tmp_path.iterdir()}
    assert kept == {"j.old": 1, "j.old2": 2, "j": 3}


def test_resuming_where_there_is_nothing_begins(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "new" / "j", HEADER, resume=True)
    journal.close()
    Journal(tmp_path / "new" / "j", HEADER, resume=True).close()


@pytest.mark.parametrize("resume", [True, False])
def test_two_compiles_cannot_write_one_journal(tmp_path: Path, resume: bool) -> None:
    path = tmp_path / "j"
    first = Journal(path, HEADER)
    first.put_row("k", ROW, SPENT)
    with pytest.raises(JournalError, match="in use"):
        Journal(path, HEADER, resume=resume)
    code = f"from seekgraph.optimizers.journal import Journal; Journal({str(path)!r}, {HEADER!r}, resume={resume})"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "JournalError" in other.stderr
    assert "in use" in other.stderr
    first.put_row("k2", ROW, SPENT)
    first.close()
    again = Journal(path, HEADER, resume=True)
    assert set(again.rows) == {"k", "k2"}
    again.close()


def test_in_memory_nothing_is_written() -> None:
    journal = Journal(None, HEADER)
    journal.put_row("k", ROW, SPENT)
    assert journal.rows == {"k": ROW}
    journal.close(SPENT)
