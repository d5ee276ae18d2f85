"""`seekgraph passages`, and which files of a folder are read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shell import SINGLE, seekgraph


def test_passages_are_listed_with_their_ids(notes: Path) -> None:
    ran = seekgraph("passages", "--docs", notes)
    assert ran.code == 0
    assert "rivers.md#danube  Rivers > Danube: The Danube flows through Vienna." in ran.out.splitlines()


def test_passages_are_found_by_words(notes: Path) -> None:
    found = seekgraph("passages", "Basel", "--docs", notes, "-k", "1", "--json").json["passages"]
    assert [(each["id"], each["text"]) for each in found] == [("rivers.md#rhine", "The Rhine flows through Basel.")]
    assert "no passage has a word of 'zebra'" in seekgraph("passages", "zebra", "--docs", notes).out


def test_every_file_that_was_not_read_is_listed_with_its_reason(notes: Path) -> None:
    (notes / "old.md").write_bytes(b"\xff\xfe\xff")
    (notes / "photo.png").write_bytes(b"PNG")
    assert {
        "old.md: not UTF-16-LE, as its first bytes say",
        "photo.png: no loader for .png",
        "rivers.md: excluded",
    } <= set(seekgraph("passages", "--docs", notes, "--skipped", "--exclude", "rivers.md").out.splitlines())
    rows = seekgraph("passages", "--docs", notes, "--skipped", "--json").json["skipped"]
    assert {"path": "photo.png", "reason": "no loader for .png", "expected": True} in rows


def test_patterns_of_the_command_line_go_before_those_of_the_configuration_file(folder: Path, notes: Path) -> None:
    (notes / "draft.md").write_text("# Draft\n\nThe Inn flows through Innsbruck.\n")
    (folder / "pyproject.toml").write_text(f'[tool.seekgraph]\ndocs = "{notes.name}"\nexclude = "draft.md"\n')
    assert "draft.md" not in seekgraph("passages").out
    assert "draft.md#draft" in seekgraph("passages", "--exclude", "rivers.md").out
    assert "Innsbruck" not in seekgraph("run", SINGLE, "Which river flows through Innsbruck?").out
    ran = seekgraph(
        "run", SINGLE, "Which river flows through Innsbruck?", "--docs", notes, "--include", "draft.md", "--exclude", "x"
    )
    assert "draft.md#draft" in ran.out


def test_without_documents_passages_says_how_to_give_them(folder: Path) -> None:
    ran = seekgraph("passages")
    assert ran.code == 2
    assert "--docs FOLDER" in ran.err


def test_gold_whose_text_changed_since_it_was_recorded_is_refused(folder: Path, notes: Path) -> None:
    (found,) = seekgraph("passages", "Basel", "--docs", notes, "-k", "1", "--json").json["passages"]
    row = {"id": "q", "question": "Which river flows through Basel?", "answers": ["Rhine"], "supporting_ids": [found["id"]]}
    (folder / "dev.jsonl").write_text(json.dumps({**row, "supporting_hashes": {found["id"]: found["hash"]}}) + "\n")
    assert seekgraph("evaluate", SINGLE, "--docs", notes, "--questions", "dev.jsonl").code == 0
    (notes / "rivers.md").write_text("# Rivers\n\n## Rhine\n\nThe Rhine is long.\n\n## New\n\nThe Rhine flows through Basel.\n")
    ran = seekgraph("evaluate", SINGLE, "--docs", notes, "--questions", "dev.jsonl")
    assert ran.code == 1
    assert "'rivers.md#rhine' is now 'rivers.md#new'" in " ".join(ran.err.split())


def test_what_was_read_is_kept_in_the_cache_unless_none_is_wanted(
    folder: Path, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEKGRAPH_CACHE", str(folder / "mine"))
    seekgraph("passages", "--docs", notes, "--no-cache")
    assert not (folder / "mine").exists()
    seekgraph("passages", "--docs", notes)
    assert len(list((folder / "mine").iterdir())) == 1
    seekgraph("passages", "--docs", notes, "--cache", "other")
    assert len(list((folder / "other").iterdir())) == 1
    seekgraph("passages", "--docs", notes, "--cache", "other", "--no-cache").refused(2, "give one")


def test_files_that_were_not_read_are_said_once_and_listed_each_time(notes: Path) -> None:
    (notes / "old.md").write_bytes(b"\xff\xfe\xff")
    assert "old.md" in seekgraph("passages", "--docs", notes).err
    assert "old.md" not in seekgraph("passages", "--docs", notes).err
    assert "old.md: not UTF-16-LE, as its first bytes say" in seekgraph("passages", "--docs", notes, "--skipped").out


OWN = """
def adoc(file):
    return file.text.replace("= ", "# ", 1)

def shout(file):
    return file.text.upper()

number = 3
"""


def test_loaders_of_ones_own_from_the_command_line_and_the_configuration_file(folder: Path, notes: Path) -> None:
    (folder / "mine.py").write_text(OWN)
    (notes / "pump.adoc").write_text("= Pump\n\nTurn the key.\n")
    ran = seekgraph("passages", "--docs", notes, "--loader", ".adoc=mine:adoc")
    assert "pump.adoc#pump  Pump: Turn the key." in ran.out.splitlines()
    (folder / "pyproject.toml").write_text('[tool.seekgraph]\nloaders = { ".adoc" = "mine:adoc", ".txt" = "mine:shout" }\n')
    ran = seekgraph("passages", "--docs", notes)
    assert {"pump.adoc#pump  Pump: Turn the key.", "music.txt#top  music: BEETHOVEN COMPOSED FIDELIO. HE DIED IN VIENNA."} <= set(
        ran.out.splitlines()
    )
    assert "TURN THE KEY" in seekgraph("passages", "--docs", notes, "--loader", ".adoc=mine:shout").out
    assert ".adoc=mine:adoc" in seekgraph("config").out


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (".adoc", "--loader takes .SUFFIX=package.module:attribute"),
        ("adoc=mine:adoc", "a suffix begins with a dot"),
        (".adoc=mine:nothing", "has no loader 'nothing'; its loaders are mine:adoc, mine:shout"),
        (".adoc=mine:number", "is an int, and no function of a file"),
        (".adoc=nowhere:adoc", "no module 'nowhere'"),
    ],
)
def test_what_is_no_loader_is_refused(folder: Path, notes: Path, written: str, said: str) -> None:
    (folder / "mine.py").write_text(OWN)
    seekgraph("passages", "--docs", notes, "--loader", written).refused(2, said)


def test_loaders_in_the_configuration_file_are_a_table(folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[tool.seekgraph]\nloaders = ["mine:adoc"]\n')
    seekgraph("passages").refused(2, 'loaders is a table such as { ".adoc" = "package.module:function" }')
