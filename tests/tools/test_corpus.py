"""Reading a .jsonl corpus, and choosing by what a path is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seekgraph.tools import BM25, CorpusError, TitleLinks, open_corpus, read_documents, read_jsonl
from seekgraph.types import Passage

GOOD = '{"id": "a", "title": "Bern", "text": "Bern is a city."}\n'


def corpus(folder: Path, content: str | bytes) -> Path:
    path = folder / "corpus.jsonl"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def error(folder: Path, content: str | bytes) -> str:
    with pytest.raises(CorpusError) as caught:
        read_jsonl(corpus(folder, content))
    message = str(caught.value)
    assert str(folder / "corpus.jsonl") in message
    return message


def test_a_line_is_a_passage_and_other_keys_are_meta(tmp_path: Path) -> None:
    row = {"id": "a", "title": "T", "text": "x", "year": 1999, "meta": {"lang": "de"}}
    assert read_jsonl(corpus(tmp_path, json.dumps(row))) == (
        Passage(id="a", title="T", text="x", meta={"lang": "de", "year": 1999}),
    )


def test_blank_lines_a_byte_order_mark_and_a_missing_title_are_fine(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + b'{"id": "a", "text": "x"}\n\n   \n{"id": "b", "text": "y"}'
    assert [passage.id for passage in read_jsonl(corpus(tmp_path, content))] == ["a", "b"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"id": "b", "text": ', "malformed JSON"),
        ('{"id": "b", "text": "x", "score": NaN}', "malformed JSON"),
        ('["b"]', "expected a JSON object, got a list"),
        ('{"title": "B", "text": "x"}', "'id' is missing"),
        ('{"id": "b", "title": "B"}', "'text' is missing"),
        ('{"id": 3, "text": "x"}', "'id' has to be a string, got a number (3)"),
        ('{"id": "b", "text": null}', "'text' has to be a string, got null"),
        ('{"id": "b", "title": ["B"], "text": "x"}', "'title' has to be a string, got a list"),
        ('{"id": "", "text": "x"}', "'id' is empty"),
        ('{"id": "b", "text": "x", "meta": 1}', "'meta' has to be an object"),
        ('{"id": "b", "text": "half \\ud800 pair"}', "surrogate"),
    ],
)
def test_a_bad_line_is_named_by_file_and_number(tmp_path: Path, line: str, expected: str) -> None:
    message = error(tmp_path, GOOD + "\n" + line + "\n")
    assert "line 3" in message
    assert expected in message


def test_a_byte_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    assert "line 2: byte 10 is not UTF-8" in error(tmp_path, GOOD.encode() + b'{"id": "b\xe9"}\n')


def test_a_utf16_file_is_refused_and_not_guessed_at(tmp_path: Path) -> None:
    assert "not UTF-8" in error(tmp_path, GOOD.encode("utf-16"))


def test_duplicate_ids_name_both_lines(tmp_path: Path) -> None:
    assert "lines 1 and 4 have the same id 'a'" in error(tmp_path, GOOD + "\n\n" + GOOD)


def test_an_empty_corpus_says_what_a_line_looks_like(tmp_path: Path) -> None:
    message = error(tmp_path, "\n\n")
    assert "has no passages" in message
    assert '{"id":' in message


def test_a_missing_file_is_a_corpus_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"nowhere\.jsonl cannot be read"):
        read_jsonl(tmp_path / "nowhere.jsonl")


def test_documents_are_read_by_what_the_path_is(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.md").write_text("# A\n\nText.")
    assert [passage.id for passage in read_documents(folder).passages] == ["a.md#a"]
    assert [passage.id for passage in read_documents(folder / "a.md").passages] == ["a.md#a"]
    assert [passage.id for passage in read_documents(corpus(tmp_path, GOOD)).passages] == ["a"]
    with pytest.raises(CorpusError, match="does not exist"):
        read_documents(tmp_path / "nothing")


def test_a_corpus_opens_as_the_resources_of_the_ready_made_flows(tmp_path: Path) -> None:
    resources = open_corpus(corpus(tmp_path, GOOD), ranker=False)
    assert set(resources) == {"corpus", "links", "pages", "vocabulary"}
    assert isinstance(resources["corpus"], BM25)
    assert isinstance(resources["links"], TitleLinks)


def test_a_cached_corpus_is_opened_the_next_time_and_built_again_when_it_changed(tmp_path: Path) -> None:
    cache, path = tmp_path / "cache", corpus(tmp_path, GOOD)
    first = open_corpus(path, cache=cache)["corpus"]
    built = sorted(cache.iterdir())
    again = open_corpus(path, cache=cache)["corpus"]
    assert sorted(cache.iterdir()) == built
    assert isinstance(first, BM25)
    assert isinstance(again, BM25)
    assert again.identity == first.identity
    assert again.find("city", 3) == first.find("city", 3)

    corpus(tmp_path, GOOD.replace("a city", "a town"))
    changed = open_corpus(path, cache=cache)["corpus"]
    assert isinstance(changed, BM25)
    assert changed.identity != first.identity
    assert [passage.id for passage in changed.find("town", 3)] == ["a"]


def test_a_damaged_cache_is_built_again(tmp_path: Path) -> None:
    cache, path = tmp_path / "cache", corpus(tmp_path, GOOD)
    open_corpus(path, cache=cache)
    (next(cache.iterdir()) / "docs.npy").write_bytes(b"broken")
    again = open_corpus(path, cache=cache)["corpus"]
    assert isinstance(again, BM25)
    assert [passage.id for passage in again.find("city", 3)] == ["a"]


# --- several sources -----------------------------------------------------------------------------------------------------


def folders(root: Path, *names: str) -> list[Path]:
    for name in names:
        (root / name).mkdir(parents=True)
        (root / name / "guide.md").write_text(f"# Guide\n\nAbout {name}.")
    return [root / name for name in names]


def test_ids_of_several_folders_begin_with_their_names(tmp_path: Path) -> None:
    documents = read_documents(*folders(tmp_path, "docs", "wiki"))
    assert {passage.id: passage.meta["path"] for passage in documents.passages} == {
        "docs/guide.md#guide": "docs/guide.md",
        "wiki/guide.md#guide": "wiki/guide.md",
    }


def test_folders_of_one_name_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    documents = read_documents(*folders(tmp_path, "a/docs", "b/docs"))
    assert [passage.id for passage in documents.passages] == ["a/docs/guide.md#guide", "b/docs/guide.md#guide"]


def test_a_path_given_twice_is_read_once(tmp_path: Path) -> None:
    (folder,) = folders(tmp_path, "docs")
    assert read_documents(folder, f"{folder}/") == read_documents(folder)


def test_ids_of_a_corpus_stay_unless_another_has_them(tmp_path: Path) -> None:
    (folder,) = folders(tmp_path, "docs")
    (tmp_path / "same.jsonl").write_text(GOOD)
    (tmp_path / "wiki.jsonl").write_text(GOOD.replace("a city", "a town") + '{"id": "b", "text": "x"}\n')
    documents = read_documents(corpus(tmp_path, GOOD), tmp_path / "same.jsonl", folder, tmp_path / "wiki.jsonl")
    assert [passage.id for passage in documents.passages] == ["a", "docs/guide.md#guide", "wiki:a", "wiki:b"]


def test_paths_and_passages_open_together(tmp_path: Path) -> None:
    (folder,) = folders(tmp_path, "docs")
    opened = open_corpus(folder, [Passage(id="p", text="a town")], [Passage(id="p", text="a river")])["corpus"]
    assert isinstance(opened, BM25)
    assert [passage.id for passage in opened.passages] == ["corpus2:p", "guide.md#guide", "p"]
    with pytest.raises(CorpusError, match="no documents are given"):
        open_corpus()
