"""Each kind of file as passages, and loaders of a user's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seekgraph.tools import CorpusError, read_documents, read_folder
from seekgraph.tools.choosing import Choice
from seekgraph.tools.decoding import Unreadable
from seekgraph.tools.loaders import Content, File, Section
from tests.tools import kinds


def read(folder: Path, name: str, data: str | bytes) -> list[tuple[str, str, str]]:
    """(id, title, text) of the passages of one file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return [(each.id, each.title, each.text) for each in read_folder(folder).passages]


def test_html_is_read_under_its_headings_without_what_stands_on_every_page(tmp_path: Path) -> None:
    page = """<html><head><title>The guide</title></head><body><nav>Home</nav><main><h1>Guide</h1><p>Hello <b>you</b>.</p>
    <h2 id="origin">Origin</h2><p>One<br>two.</p><ul><li>a</li><li>b</li></ul><pre><code>x = 1

y = 2</code></pre><table><tr><th>k</th><th>v</th></tr><tr><td>1</td><td>2</td></tr></table>
    </main><footer>(c)</footer></body></html>"""
    assert read(tmp_path, "a.html", page) == [
        ("a.html#guide", "The guide > Guide", "Hello you."),
        (
            "a.html#origin",
            "The guide > Guide > Origin",
            "One\ntwo.\n\n- a\n- b\n\n```\nx = 1\n\ny = 2\n```\n\n| k | v |\n| 1 | 2 |",
        ),
    ]


def test_html_says_its_encoding(tmp_path: Path) -> None:
    page = '<meta charset="iso-8859-1"><p>Zürich</p>'.encode("latin-1")
    assert read(tmp_path, "a.htm", page) == [("a.htm#top", "a", "Zürich")]


def test_pdf_is_read_by_pages_whose_ids_do_not_count_them(tmp_path: Path) -> None:
    first = read(tmp_path, "a.pdf", kinds.pdf("The first page.", "The second page."))
    assert [(title, text.strip()) for _, title, text in first] == [
        ("a > Page 1", "The first page."),
        ("a > Page 2", "The second page."),
    ]
    again = read(tmp_path, "a.pdf", kinds.pdf("A new one.", "The first page.", "The second page."))
    assert [id for id, *_ in again][1:] == [id for id, *_ in first]


def test_word_documents(tmp_path: Path) -> None:
    assert read(tmp_path, "a.docx", kinds.word()) == [
        ("a.docx#manual", "Manual", "What it does."),
        ("a.docx#setup", "Manual > Setup", "\\# Turn the key.\n\n- First\n\n| Part | Price |\n|---|---|\n| Key | 5 |"),
    ]


def test_presentations_by_slides(tmp_path: Path) -> None:
    assert read(tmp_path, "a.pptx", kinds.slides()) == [
        ("a.pptx#plan", "a > Plan", "We build a bridge."),
        ("a.pptx#costs", "a > Costs", "It costs five million.\n\nSay it slowly."),
    ]


def test_spreadsheets_by_rows(tmp_path: Path) -> None:
    found = read(tmp_path, "a.xlsx", kinds.sheet())
    assert [(title, text) for _, title, text in found] == [
        ("a > Rivers", "River: Danube\nLength: 2850"),
        ("a > Rivers", "River: Rhine\nLength: 1230"),
    ]


@pytest.mark.parametrize(("name", "mark"), [("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t")])
def test_tables_by_rows_whose_ids_outlive_other_rows(tmp_path: Path, name: str, mark: str) -> None:
    rows = [["River", "Length"], ["Danube", "2850"], ["Rhine", ""]]
    found = read(tmp_path, name, "\n".join(mark.join(row) for row in rows))
    assert [text for *_, text in found] == ["River: Danube\nLength: 2850", "River: Rhine"]
    again = read(tmp_path, name, "\n".join(mark.join(row) for row in [rows[0], ["Inn", "517"], *rows[1:]]))
    assert [id for id, *_ in found] == [id for id, *_ in again][1:]


def test_json_lines_by_rows_which_may_have_ids(tmp_path: Path) -> None:
    rows = [
        {"id": "Q 1", "title": "Danube", "text": "It flows east.", "length": 2850, "of": ["a", "b"], "x": {"y": True}},
        {"a": 1},
    ]
    assert read(tmp_path, "a.jsonl", "\n".join(map(json.dumps, rows))) == [
        ("a.jsonl#q-1", "a > Danube", 'It flows east.\n\nlength: 2850\nof: a, b\nx: {"y": true}'),
        ("a.jsonl#row", "a", "a: 1"),
    ]


def test_notebooks(tmp_path: Path) -> None:
    cells = [{"cell_type": "markdown", "source": ["# Study\n", "\n", "Why."]}, {"cell_type": "code", "source": "x = 1"}]
    assert read(tmp_path, "a.ipynb", json.dumps({"cells": cells, "nbformat": 4})) == [
        ("a.ipynb#study", "Study", "Why.\n\n```python\nx = 1\n```")
    ]


def test_source_code_by_definitions(tmp_path: Path) -> None:
    code = '"""Engines."""\n\nclass Engine:\n    """Runs."""\n\n    @property\n    def hot(self):\n        return True\n'
    code += "\n\ndef start():\n    pass\n"
    found = read(tmp_path, "a.py", code)
    assert [(id, title) for id, title, _ in found] == [
        ("a.py#module", "a"),
        ("a.py#Engine", "a > Engine"),
        ("a.py#Engine.hot", "a > Engine.hot"),
        ("a.py#start", "a > start"),
    ]
    assert found[2][2] == "```python\n    @property\n    def hot(self):\n        return True\n```"
    assert "does not parse (" in read(tmp_path, "a.py", "does not parse (")[0][2]


def test_mail_of_text_and_of_html(tmp_path: Path) -> None:
    mail = "From: ada@a.example\nTo: bob@a.example\nSubject: =?utf-8?q?Caf=C3=A9?=\nContent-Type: {}; charset=utf-8\n\n{}\n"
    (found,) = read(tmp_path, "a.eml", mail.format("text/plain", "We meet at noon."))
    assert found == ("a.eml#top", "Café", "From: ada@a.example\nTo: bob@a.example\n\nWe meet at noon.")
    assert read(tmp_path, "a.eml", mail.format("text/html", "<p>At <b>noon</b>.</p>"))[1][2] == "At noon."


def test_restructured_text_without_roles_and_targets(tmp_path: Path) -> None:
    text = ".. _origin:\n\nOrigin\n======\n\nSee :meth:`~a.b` and :ref:`the place <place>`.\n"
    assert read(tmp_path, "a.rst", text) == [("a.rst#origin", "Origin", "See a.b and the place.")]


def adoc(file: File) -> str:
    return file.text.replace("== ", "## ").replace("= ", "# ", 1)


def rooms(file: File) -> Content:
    if not file.text.startswith("ROOMS"):
        raise Unreadable("not a list of rooms")
    return Content("Rooms", tuple(Section((line,), f"Room {line}.", line) for line in file.text.split()[1:]))


def test_a_user_adds_loaders_by_the_same_table(tmp_path: Path) -> None:
    (tmp_path / "a.adoc").write_text("= Guide\n\n== Setup\n\nTurn it on.")
    (tmp_path / "b.rooms").write_text("ROOMS red blue")
    (tmp_path / "c.rooms").write_text("none")
    documents = read_documents(tmp_path, loaders={".adoc": adoc, ".rooms": rooms})
    assert [passage.id for passage in documents.passages] == ["a.adoc#setup", "b.rooms#red", "b.rooms#blue"]
    assert [(each.path, each.reason) for each in documents.skipped] == [("c.rooms", "not a list of rooms")]
    with pytest.raises(CorpusError, match=r"no loader for \.adoc"):
        read_documents(tmp_path)


def test_a_loader_of_ones_own_goes_before_the_one_that_there_is(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Guide\n\nText.")
    (passage,) = read_folder(tmp_path, loaders={".md": lambda file: "Mine."}).passages
    assert (passage.id, passage.text) == ("a.md#top", "Mine.")


def test_files_are_chosen_by_patterns(tmp_path: Path) -> None:
    for name in ("a.md", "b.txt", "drafts/c.md", "api/d.md", "api/keep.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("Text.")
    documents = read_folder(tmp_path, choice=Choice(include=["*.md"], exclude=["/drafts/", "api/*", "!api/keep.md"]))
    assert [passage.meta["path"] for passage in documents.passages] == ["a.md", "api/keep.md"]
    assert {(each.path, each.reason) for each in documents.skipped} == {
        ("drafts", "excluded"),
        ("api/d.md", "excluded"),
        ("b.txt", "not included"),
    }
    assert not documents.failed


def test_includes_are_resolved_inside_of_the_folder_alone(tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("password = 1")
    docs = tmp_path / "docs"
    (docs / "code").mkdir(parents=True)
    (docs / "code" / "x.py").write_text("x = 1\n")
    (docs / "code" / "link.py").symlink_to(tmp_path / "secret.py")
    (docs / "a.md").write_text("# A\n\n{* code/x.py *}\n\n{* ../secret.py *}\n\n{* code/link.py *}\n\n{* /etc/passwd *}\n")
    (passage,) = [each for each in read_folder(docs).passages if each.meta["path"] == "a.md"]
    assert passage.text == "```py\nx = 1\n```"
