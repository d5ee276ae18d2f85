"""A saved index is believed only if it is what was saved (issue 10, section 5): any changed bit, and it is built again."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from seekgraph.tools import BM25, SavedIndexError, open_corpus
from seekgraph.types import Passage

PASSAGES = tuple(
    Passage(id=f"p{number}", title=f"Town {number}", text=f"A river {number % 7} flows through it.", meta={"year": number})
    for number in range(40)
)


def flipped(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(bytes(content))


def test_no_flipped_bit_is_believed(tmp_path: Path) -> None:
    BM25(PASSAGES).save(tmp_path / "index")
    files = sorted((tmp_path / "index").iterdir())
    chance = random.Random(0)
    for number in range(110):
        path = files[number % len(files)]
        whole = path.read_bytes()
        flipped(path, chance)
        with pytest.raises(SavedIndexError):
            BM25.open(tmp_path / "index")
        path.write_bytes(whole)
    assert len(BM25.open(tmp_path / "index")) == len(PASSAGES)


@pytest.mark.parametrize("name", ["index.json", "docs.npy", "records.blob.npy"])
def test_a_damaged_index_in_a_cache_is_built_again(tmp_path: Path, name: str) -> None:
    expected = open_corpus(PASSAGES, ranker=False)["corpus"].find("river 3", 5)  # type: ignore[attr-defined]
    chance = random.Random(1)
    for _ in range(4):
        open_corpus(PASSAGES, ranker=False, cache=tmp_path)
        (folder,) = tmp_path.iterdir()
        flipped(folder / name, chance)
        again = open_corpus(PASSAGES, ranker=False, cache=tmp_path)["corpus"]
        assert isinstance(again, BM25)
        assert again.find("river 3", 5) == expected
        assert BM25.open(folder).find("river 3", 5) == expected
