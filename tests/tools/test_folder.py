"""Reading and splitting a folder of text and Markdown files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.tools import CorpusError, Documents, read_folder
from seekgraph.tools.split import split_text


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def reasons(documents: Documents) -> dict[str, str]:
    return {each.path: each.reason for each in documents.skipped}


def test_titles_are_the_documents_title_with_the_headings_above(tmp_path: Path) -> None:
    write(tmp_path, {"guide.md": "# Guide\n\nIntro.\n\n## Setup\n\n### Linux\n\nUse apt.\n\n## Use\n\nRun it.\n"})
    passages = read_folder(tmp_path).passages
    assert [(passage.id, passage.title, passage.text) for passage in passages] == [
        ("guide.md#guide", "Guide", "Intro."),
        ("guide.md#setup/linux", "Guide > Setup > Linux", "Use apt."),
        ("guide.md#use", "Guide > Use", "Run it."),
    ]
    assert passages[1].meta == {"path": "guide.md", "heading": "Setup > Linux"}
    assert passages[0].meta == {"path": "guide.md"}


def test_files_come_in_sorted_order_and_ids_do_not_depend_on_other_files(tmp_path: Path) -> None:
    write(tmp_path, {"b.txt": "B.", "a/z.rst": "Z.", "a/y.markdown": "Y."})
    before = [passage.id for passage in read_folder(tmp_path).passages]
    write(tmp_path, {"a/a.txt": "New.\n\n" * 3, "b.txt": "B."})
    assert before == ["b.txt#top", "a/y.markdown#top", "a/z.rst#top"]
    assert set(before) < {passage.id for passage in read_folder(tmp_path).passages}


def test_a_file_without_a_heading_is_titled_by_its_name(tmp_path: Path) -> None:
    write(tmp_path, {"notes.txt": "# not a heading here\n\nText."})
    assert read_folder(tmp_path).passages[0].title == "notes"


def test_front_matter_gives_the_title_and_is_not_text(tmp_path: Path) -> None:
    write(tmp_path, {"page.md": '---\ntitle: "Far East"\ntags: [x]\n---\n\nBody.\n'})
    (passage,) = read_folder(tmp_path).passages
    assert (passage.title, passage.text) == ("Far East", "Body.")


def test_underlined_headings_are_found_in_markdown_and_restructured_text() -> None:
    markdown = "Title\n=====\n\nOne.\n\nPart\n----\n\nTwo.\n"
    assert split_text(markdown, ".md") == ("Title", [(("Title",), "One.", "title"), (("Title", "Part"), "Two.", "part")])
    rst = "=====\nTitle\n=====\n\nOne.\n\nPart\n^^^^\n\nTwo.\n\nOther\n^^^^^\n\nThree.\n"
    assert split_text(rst, ".rst")[1] == [
        (("Title",), "One.", "title"),
        (("Title", "Part"), "Two.", "part"),
        (("Title", "Other"), "Three.", "other"),
    ]


def test_a_hash_in_a_fenced_block_is_no_heading() -> None:
    text = "# Real\n\n```sh\n# a comment\n\nrun\n```\n\nAfter."
    assert [piece.headings for piece in split_text(text, ".md")[1]] == [("Real",)]


def test_paragraphs_stay_whole_while_they_fit() -> None:
    text = "one two three\n\nfour five six\n\nseven eight nine"
    assert [piece.text for piece in split_text(text, ".txt", words=6)[1]] == [
        "one two three\n\nfour five six",
        "seven eight nine",
    ]


def test_a_long_paragraph_is_split_at_sentences_and_a_long_sentence_between_words() -> None:
    text = 'He said "stop." Then he went. ' + " ".join("abcdefghij")
    pieces = [piece.text for piece in split_text(text, ".txt", words=6)[1]]
    assert pieces == ['He said "stop." Then he went.', "a b c d e f", "g h i j"]


def test_overlap_repeats_whole_sentences() -> None:
    text = "One is here. Two is here. Three is here. Four is here."
    pieces = [piece.text for piece in split_text(text, ".txt", words=6, overlap=3)[1]]
    assert pieces == ["One is here. Two is here.", "Two is here. Three is here.", "Three is here. Four is here."]


@given(
    st.lists(st.lists(st.sampled_from(["word", "End.", "Why?", "a", "Ünïcode"]), min_size=1, max_size=30), max_size=8),
    st.integers(1, 20),
    st.data(),
)
def test_no_word_is_lost_and_no_piece_is_too_long(paragraphs: list[list[str]], words: int, data: st.DataObject) -> None:
    text = "\n\n".join(" ".join(paragraph) for paragraph in paragraphs)
    overlap = data.draw(st.integers(0, words - 1))
    pieces = [piece.text for piece in split_text(text, ".txt", words=words, overlap=overlap)[1]]
    assert all(len(piece.split()) <= words for piece in pieces)
    assert [word for piece in split_text(text, ".txt", words=words)[1] for word in piece.text.split()] == text.split()
    assert set(text.split()) == {word for piece in pieces for word in piece.split()}


def test_an_overlap_as_long_as_a_passage_is_refused() -> None:
    with pytest.raises(ValueError, match="0 <= overlap < words"):
        split_text("x", ".txt", words=5, overlap=5)


def test_what_cannot_be_read_is_skipped_and_named(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "ok.txt": "Fine.",
            "latin.txt": b"caf\xe9 \x81\x8d",
            "data.txt": b"a\0b",
            "empty.md": " \n",
            "scan.png": b"\x89PNG",
            ".hidden/x.txt": "no",
        },
    )
    documents = read_folder(tmp_path)
    assert [passage.id for passage in documents.passages] == ["ok.txt#top"]
    assert reasons(documents) == {
        ".hidden": "hidden",
        "data.txt": "binary",
        "empty.md": "empty",
        "latin.txt": "in no encoding that is certain: save it as UTF-8",
        "scan.png": "no loader for .png",
    }
    assert {each.path for each in documents.failed} == {"data.txt", "empty.md", "latin.txt"}
    assert "1 x no loader for .png, such as scan.png" in documents.summary()


def test_an_over_large_file_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seekgraph.tools.decoding.MAX_BYTES", 10)
    write(tmp_path, {"small.txt": "Fine.", "large.txt": "x" * 11})
    assert [name for name, *_ in read_folder(tmp_path).skipped] == ["large.txt"]


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {"secret.txt": "Secret."})
    root = write(tmp_path / "docs", {"a.txt": "Open."})
    (root / "file.txt").symlink_to(outside / "secret.txt")
    (root / "folder").symlink_to(outside)
    (root / "loop").symlink_to(root)
    documents = read_folder(root)
    assert [passage.text for passage in documents.passages] == ["Open."]
    assert reasons(documents) == {"file.txt": "a symbolic link", "folder": "a symbolic link", "loop": "a symbolic link"}


def test_a_folder_without_passages_says_what_was_skipped(tmp_path: Path) -> None:
    write(tmp_path, {"scan.png": b"\x89PNG"})
    with pytest.raises(CorpusError, match=r"has no passages \(1 files skipped, the first scan\.png"):
        read_folder(tmp_path)
    with pytest.raises(CorpusError, match="is not a folder"):
        read_folder(tmp_path / "nothing")
