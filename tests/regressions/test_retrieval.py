"""Retrieval: right scores, and one text found however it is written (issue 10, section 2)."""

from __future__ import annotations

import pytest

from seekgraph.tools import BM25
from seekgraph.types import Passage


def corpus(*rows: tuple[str, str]) -> tuple[Passage, ...]:
    return tuple(Passage(id=f"p{number}", title=title, text=text) for number, (title, text) in enumerate(rows))


def test_a_title_weight_of_nothing_is_bm25_of_the_text_alone() -> None:
    rows = corpus(("zebra", "lion"), ("", "zebra"), ("lion zebra", "a lion and a tiger"), ("tiger", "zebra zebra lion"))
    alone = tuple(passage.model_copy(update={"title": ""}) for passage in rows)
    ours, text_only = BM25(rows, title_weight=0), BM25(alone, title_weight=2)
    for query in ("zebra", "lion tiger", "zebra lion tiger"):
        assert [(each.id, each.score) for each in ours.find(query, 9)] == [
            (each.id, each.score) for each in text_only.find(query, 9)
        ]
    assert BM25(rows[:2], title_weight=0).find("zebra", 1)[0].score == pytest.approx(0.365, abs=5e-4)


def test_a_title_weight_of_nothing_scores_as_bm25s_does_on_the_texts() -> None:
    bm25s = pytest.importorskip("bm25s")
    rows = corpus(("zebra", "lion"), ("", "zebra crossing"), ("lion zebra", "a lion and a tiger"), ("tiger", "zebra zebra lion"))
    ours = BM25(rows, k1=1.2, b=0.6, title_weight=0)
    theirs = bm25s.BM25(k1=1.2, b=0.6, method="lucene")
    theirs.index([list(ours.terms(passage.text)) for passage in rows], show_progress=False)
    expected = theirs.get_scores(list(ours.terms("zebra lion tiger crossing"))).tolist()
    assert ours.score("zebra lion tiger crossing", [passage.id for passage in rows]) == pytest.approx(expected, rel=1e-5)
