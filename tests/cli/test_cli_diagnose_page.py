"""`seekgraph diagnose --html` writes the page, and says no to what it cannot write before any work is done."""

from __future__ import annotations

from pathlib import Path

from shell import CORPUS, SINGLE, seekgraph

from seekgraph.demo import questions

ASKED = ("--corpus", CORPUS, "--questions", questions("test"), "--limit", 4)


def test_diagnose_writes_a_page_beside_its_table(tmp_path: Path) -> None:
    page = tmp_path / "new" / "page.html"
    ran = seekgraph("diagnose", SINGLE, *ASKED, "--html", page)
    assert ran.code == 0
    assert f"wrote {page}" in " ".join(ran.err.split())
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "<!doctype" not in ran.out


def test_a_page_cannot_be_written_over_a_folder(tmp_path: Path) -> None:
    seekgraph("diagnose", SINGLE, *ASKED, "--html", tmp_path).refused(2, "--html", "is a folder")
