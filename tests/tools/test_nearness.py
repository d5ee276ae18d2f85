"""A ranker by meaning: what it embeds, when, and what it keeps."""

from __future__ import annotations

import asyncio
import pickle
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from seekgraph.core.base.checksum import sealed
from seekgraph.core.language.ports import Ranker
from seekgraph.tools import MiniLM, Nearness
from seekgraph.tools.embedder import Vectors
from seekgraph.tools.kept_vectors import KeptVectors
from seekgraph.tools.nearness import UNKNOWN, content_key
from seekgraph.types import Passage, Query

PASSAGES = (Passage(id="a", title="Cat", text="purrs"), Passage(id="b", text="an engine"), Passage(id="c", text="the sea"))


class Letters:
    """Counts letters, and remembers what it was asked to embed."""

    def __init__(self, identity: str = "letters") -> None:
        self.identity = identity
        self.embedded: list[str] = []

    def passages(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        rows = np.asarray([[1e-6 + text.casefold().count(chr(97 + n)) for n in range(26)] for text in texts], dtype=np.float32)
        unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        return unit

    def queries(self, texts: Sequence[str]) -> Vectors:
        seen = list(self.embedded)
        found = self.passages(texts)
        self.embedded = seen
        return found


def scores(ranker: Nearness, question: str = "engine", passages: Sequence[Passage] = PASSAGES) -> list[float]:
    return asyncio.run(ranker.scores(Query(text=question), passages))


def test_it_is_a_ranker_whose_scores_stand_in_the_order_of_the_passages() -> None:
    ranker = Nearness(Letters())
    assert isinstance(ranker, Ranker)
    found = scores(ranker)
    assert found.index(max(found)) == 1
    assert scores(ranker, passages=()) == []
    assert scores(ranker, passages=PASSAGES[::-1]) == pytest.approx(found[::-1])


def test_a_passage_is_embedded_once_in_memory_and_across_processes(tmp_path: Path) -> None:
    first, again = Letters(), Letters()
    ranker = Nearness(first, file=tmp_path / "v.sqlite")
    scores(ranker, passages=PASSAGES[:2])
    expected = scores(ranker)
    assert first.embedded == ["Cat\npurrs", "an engine", "the sea"]
    assert scores(Nearness(again, file=tmp_path / "v.sqlite")) == pytest.approx(expected)
    assert again.embedded == []


def test_another_embedder_does_not_read_its_vectors(tmp_path: Path) -> None:
    scores(Nearness(Letters(), file=tmp_path / "v.sqlite"))
    other = Letters("others")
    scores(Nearness(other, file=tmp_path / "v.sqlite"))
    assert len(other.embedded) == 3
    assert Nearness(other).identity != Nearness(Letters()).identity


def test_a_damaged_file_costs_time_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "v.sqlite"
    expected = scores(Nearness(Letters(), file=file))
    file.write_bytes(b"no database at all" * 100)
    assert scores(Nearness(Letters(), file=file)) == pytest.approx(expected)


def test_a_flipped_bit_of_a_kept_vector_is_not_believed(tmp_path: Path) -> None:
    file = tmp_path / "v.sqlite"
    expected = scores(Nearness(Letters(), file=file))
    with closing(sqlite3.connect(file)) as database, database:
        for key, vector in database.execute("SELECT key, vector FROM vectors").fetchall():
            turned = bytes([*vector[:3], vector[3] ^ 0x80, *vector[4:]])  # the sign of a number: it is as long as before
            database.execute("UPDATE vectors SET vector = ? WHERE key = ?", (turned, key))
    again = Letters()
    assert scores(Nearness(again, file=file)) == pytest.approx(expected)
    assert len(again.embedded) == 3


def keys(count: int, start: int = 0) -> dict[bytes, Vectors]:
    return {content_key(str(at)): np.full(384, at, dtype=np.float32) for at in range(start, start + count)}


def test_the_file_is_bounded_and_lets_go_what_was_not_used_for_longest(tmp_path: Path) -> None:
    file = tmp_path / "v.sqlite"
    kept = KeptVectors(file, "letters", most=400_000)
    kept.put(keys(100))
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE vectors SET used = 1")
    used = keys(20)
    assert kept.get(used).keys() == used.keys()  # notes that they are used
    for start in range(100, 1_000, 50):
        kept.put(keys(50, start))
    assert file.stat().st_size < 2 * 400_000
    assert kept.get(keys(50, 950)).keys() == keys(50, 950).keys()
    assert not kept.get(keys(80, 20))


def test_a_file_of_an_earlier_version_is_read_and_written(tmp_path: Path) -> None:
    file = tmp_path / "v.sqlite"
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE vectors (key BLOB, embedder TEXT, vector BLOB, PRIMARY KEY (key, embedder))")
        key, vector = next(iter(keys(1).items()))
        database.execute("INSERT INTO vectors VALUES (?, ?, ?)", (key, "letters", sealed(vector.tobytes(), key)))
    kept = KeptVectors(file, "letters")
    kept.put(keys(2, 1))
    assert len(kept.get(keys(3))) == 3


def test_it_goes_to_other_processes_without_what_it_has_loaded() -> None:
    assert pickle.loads(pickle.dumps(Nearness(MiniLM()))).identity == Nearness(MiniLM()).identity


@pytest.mark.dense
def test_the_real_model_knows_what_is_meant() -> None:
    passages = [Passage(id="1", text="Run work after the response is sent."), Passage(id="2", text="Sort a list of numbers.")]
    found = scores(Nearness(), "answer the client at once and send the mail later", passages)
    assert found[0] > found[1] + 0.1


@pytest.mark.dense
def test_vectors_of_eight_bits_are_near_those_of_the_whole_model() -> None:
    from seekgraph.tools.embedder import SentenceEmbedder

    texts = ["The river Seine flows through Paris.", "How do I send an e-mail?", "数学", "x" * 2000, ""]
    ours, whole = MiniLM().passages(texts), SentenceEmbedder().passages(texts)
    assert ours.shape == (5, 384)
    assert (ours[:3] * whole[:3]).sum(axis=1) == pytest.approx(np.ones(3), abs=0.05)


def test_a_question_in_a_language_that_the_embedder_does_not_know_is_said_to_be_so() -> None:
    class English(Letters):
        languages = frozenset(["english"])

    ranker = Nearness(English())
    assert Nearness(Letters()).knows("¿Dónde está?") == 1.0
    assert ranker.knows("Where is it?") == ranker.knows("max_connections") == 1.0
    assert ranker.knows("¿Dónde está la copia?") == ranker.knows("サーバー") == UNKNOWN
