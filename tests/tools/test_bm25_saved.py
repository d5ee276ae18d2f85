"""A saved BM25: the same results from disk, and clear words when the files are not what they were."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.tools import BM25, SavedIndexError
from seekgraph.types import Passage, Query

PASSAGES = [
    Passage(
        id=f"p{number}", title=f"Title {number}", text=f"river number {number} in group {number % 3}", meta={"group": number % 3}
    )
    for number in range(20)
]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    BM25(PASSAGES, k1=1.1).save(tmp_path / "index")
    return tmp_path / "index"


def test_an_opened_index_gives_the_same_results(saved: Path) -> None:
    built, opened = BM25(PASSAGES, k1=1.1), BM25.open(saved)
    assert opened.identity == built.identity
    assert opened.settings == built.settings
    for query in (
        Query(text="river 7"),
        Query(text="group", filters={"group": 2}),
        Query(text="river", must=("river number 3",)),
    ):
        assert opened.find(query, 5) == built.find(query, 5)
    assert list(opened.passages) == sorted(PASSAGES, key=lambda passage: passage.id)


@given(
    texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), min_size=1, max_size=8),
    query=st.text(max_size=20),
)
def test_any_text_survives_the_disk(tmp_path_factory: pytest.TempPathFactory, texts: list[str], query: str) -> None:
    built = BM25([Passage(id=f"{text}-{number}", title=text[:5], text=text) for number, text in enumerate(texts)])
    folder = tmp_path_factory.mktemp("any") / "index"
    built.save(folder)
    opened = BM25.open(folder)
    for asked in (query, *texts):
        assert opened.find(asked, 4) == built.find(asked, 4)


def test_saving_again_replaces_the_index_and_nothing_is_left_beside_it(saved: Path) -> None:
    BM25(PASSAGES[:3]).save(saved)
    assert len(BM25.open(saved)) == 3
    assert [path.name for path in saved.parent.iterdir()] == ["index"]


def test_an_index_that_is_open_keeps_working_while_it_is_replaced(saved: Path) -> None:
    opened = BM25.open(saved)
    BM25(PASSAGES[:3]).save(saved)
    assert len(opened.find("river", 20)) == 20


def test_a_folder_with_other_things_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(SavedIndexError, match="no bm25 index"):
        BM25(PASSAGES).save(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_an_opened_index_pickles_as_its_folder(saved: Path) -> None:
    opened = BM25.open(saved).with_settings(b=0.9)
    pickled = pickle.dumps(opened)
    assert len(pickled) < 2000
    assert pickle.loads(pickled).find("river 7", 5) == opened.find("river 7", 5)


def test_a_folder_without_an_index_says_so(tmp_path: Path) -> None:
    with pytest.raises(SavedIndexError, match="holds no saved index"):
        BM25.open(tmp_path)


def test_a_file_cut_short_is_named(saved: Path) -> None:
    path = saved / "docs.npy"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(SavedIndexError, match=r"docs\.npy is damaged"):
        BM25.open(saved)


def test_a_missing_file_is_named(saved: Path) -> None:
    (saved / "records.blob.npy").unlink()
    with pytest.raises(SavedIndexError, match=r"records\.blob\.npy cannot be read"):
        BM25.open(saved)


def test_a_changed_byte_is_found(saved: Path) -> None:
    path = saved / "records.blob.npy"
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(SavedIndexError, match="not what was saved"):
        BM25.open(saved)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"version": 99}, r"format 99, this version of Seekgraph reads \d+:"),
        ({"kind": "dense"}, "kind 'dense', not 'bm25'"),
        ({"files": None}, "is damaged"),
        ({"facts": {}}, "is damaged"),
        ({"files": {}}, "is damaged"),
    ],
)
def test_a_manifest_of_another_index_is_refused(saved: Path, change: dict[str, object], expected: str) -> None:
    path = saved / "index.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(SavedIndexError, match=expected):
        BM25.open(saved)


@pytest.mark.parametrize("content", ["", "{", "[]", "\x00"])
def test_a_manifest_that_is_no_json_object_is_refused(saved: Path, content: str) -> None:
    (saved / "index.json").write_text(content)
    with pytest.raises(SavedIndexError, match=r"index\.json"):
        BM25.open(saved)
