"""Files as they are on real disks: each is read, or named with its reason (issue 10, section 4)."""

from __future__ import annotations

import os
import socket
import tracemalloc
import unicodedata
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from seekgraph.tools import CorpusError, Documents, open_corpus, read_documents, read_folder, read_jsonl
from seekgraph.tools.split import split_text

posix = pytest.mark.skipif(os.name == "nt", reason="names and files of POSIX systems")


def reasons(documents: Documents) -> dict[str, str]:
    return {each.path: each.reason for each in documents.skipped}


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.md").write_text("# A\n\nText.", encoding="utf-8")
    return folder


@posix
def test_a_named_pipe_and_a_socket_are_named_and_not_waited_for(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(docs / "pipe.md")
    monkeypatch.chdir(docs)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.txt")
        assert reasons(read_folder(docs)) == {"pipe.md": "a named pipe", "socket.txt": "a socket"}
    with pytest.raises(CorpusError, match="a named pipe"):
        read_documents(docs / "pipe.md")


@posix
def test_a_corpus_that_is_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "corpus.jsonl")
    with pytest.raises(CorpusError, match="a named pipe"):
        read_jsonl(tmp_path / "corpus.jsonl")


@posix
@pytest.mark.skipif(os.uname().sysname == "Darwin", reason="macOS refuses such names")
def test_a_name_that_is_not_utf8_is_read_under_a_name_that_is(docs: Path) -> None:
    (Path(os.fsdecode(os.fsencode(docs) + b"/caf\xe9.md"))).write_text("Coffee.", encoding="utf-8")
    passages = {passage.id: passage for passage in read_folder(docs).passages}
    assert set(passages) == {"a.md#a", "caf\\xe9.md#top"}
    assert passages["caf\\xe9.md#top"].title == "caf\\xe9"
    assert open_corpus(docs)["corpus"].find("coffee", 1)[0].id == "caf\\xe9.md#top"  # type: ignore[attr-defined]


def test_ids_and_titles_of_files_are_in_one_unicode_form(docs: Path) -> None:
    (docs / unicodedata.normalize("NFD", "Café.txt")).write_text("Coffee.", encoding="utf-8")
    passage = read_folder(docs).passages[0]
    assert (passage.id, passage.title, passage.meta["path"]) == ("Café.txt#top", "Café", "Café.txt")
    (docs / unicodedata.normalize("NFC", "Café.txt")).write_text("Tea.", encoding="utf-8")
    assert len({passage.id for passage in read_folder(docs).passages}) >= 2


def test_a_folder_that_cannot_be_listed_is_named(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (docs / "closed").mkdir()
    scandir = os.scandir

    def refusing(path: str) -> object:
        if os.path.basename(path) == "closed":
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)  # a test that runs as root is refused nothing
    documents = read_folder(docs)
    assert reasons(documents) == {"closed": "not readable (Permission denied)"}
    assert [each.path for each in documents.failed] == ["closed"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "utf-8-sig"])
def test_a_byte_order_mark_says_the_encoding(docs: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    (docs / "b.txt").write_bytes(f"{mark}Zürich liegt am See.".encode(encoding))
    assert [passage.text for passage in read_folder(docs).passages] == ["Text.", "Zürich liegt am See."]


def test_a_file_cut_in_the_middle_of_a_character_is_named(docs: Path) -> None:
    (docs / "b.txt").write_bytes("text".encode("utf-16")[:-1])
    assert reasons(read_folder(docs)) == {"b.txt": "not UTF-16-LE, as its first bytes say"}


def test_only_files_that_should_have_been_read_are_warned_about(docs: Path) -> None:
    for number in range(183):
        (docs / f"{number}.png").write_bytes(b"\x89PNG")
    with capture_logs() as logged:
        open_corpus(docs)
    assert not logged
    (docs / "broken.md").write_bytes(b"\xff\xfe\xff")
    with capture_logs() as logged:
        open_corpus(docs)
    assert [(each["event"], each["files"]) for each in logged] == [
        ("files not read", ["broken.md: not UTF-16-LE, as its first bytes say"])
    ]
    assert len(read_folder(docs).skipped) == 184


# --- headings (section 1) --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "block",
    [
        "````md\n```sh\n# no heading\n```\n# nor this\n````",  # a fence longer than three characters
        "```sh\n# no heading\n```sh\n# still code: a closing fence has no info string\n```",
        "<!--\n# no heading\n\n# nor after a blank line\n-->",
        "    # indented code",
        "~~~\n# no heading\n```\n# nor this\n~~~",
        "<pre>\n# no heading\n</pre>",
        "> # a heading inside of a quotation",
    ],
)
def test_code_and_comments_hold_no_headings(block: str) -> None:
    title, pieces = split_text(f"# Real\n\nBefore.\n\n{block}\n\n## Part\n\nAfter.", ".md")
    assert title == "Real"
    assert [piece.headings for piece in pieces] == [("Real",), ("Real", "Part")]


def test_a_title_in_front_matter_is_taken_without_its_quotes() -> None:
    for written in ('"Far East"', "'Far East'", "Far East", '  "Far East"  '):
        assert split_text(f"---\ntitle: {written}\n---\n\nBody.", ".md") == ("Far East", [((), "Body.", "top")])


# --- a corpus that is no corpus (section 5) --------------------------------------------------------------------------------


def test_a_line_as_long_as_a_corpus_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seekgraph.tools.corpus.MAX_LINE", 1_000_000)
    path = tmp_path / "corpus.jsonl"
    with path.open("wb") as file:
        file.write(b'{"id": "a", "text": "x"}\n{"id": "b", "text": "')
        file.truncate(300_000_000)  # a hole: it takes no room on the disk
    tracemalloc.start()
    with pytest.raises(CorpusError, match="line 2 is over 1 MB"):
        read_jsonl(path)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("depth", [65, 400, 900, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_json_nested_too_deep_is_named_by_file_and_line(tmp_path: Path, depth: int, opening: str, closing: str) -> None:
    path = tmp_path / "corpus.jsonl"
    nested = opening * depth + "1" + closing * depth
    path.write_text('{"id": "a", "text": "x"}\n{"id": "b", "text": "y", "extra": ' + nested + "}\n")
    with pytest.raises(CorpusError, match=r"corpus\.jsonl, line 2: (nested over 64|malformed JSON)"):
        read_jsonl(path)


def test_json_nested_as_deep_as_allowed_is_read(tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_text('{"id": "b", "text": "y", "extra": ' + "[" * 60 + "]" * 60 + "}\n")
    assert len(open_corpus(path, ranker=False)["corpus"].find("y", 1)) == 1  # type: ignore[attr-defined]
