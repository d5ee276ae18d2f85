"""Retrieval: right scores, and one text found however it is written (issue 10, section 2)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.text.analysis import Analyzer
from seekgraph.text.sentences import sentences
from seekgraph.tools import BM25
from seekgraph.types import Passage, Query


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


# --- one text, however it is written ---------------------------------------------------------------------------------------


def finds(written: str, query: str) -> bool:
    """Whether a passage with the one is found by the other, also as a demand, alone and in a phrase."""
    tool = BM25(corpus(("", f"About {written} here."), ("", "Nothing of the kind.")))
    asked = (Query(text=query), Query(text="about", must=(query,)), Query(text="about", must=(f"{query} here",)))
    return all([passage.id for passage in tool.find(each, 5)] == ["p0"] for each in asked)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,000", "1000"),
        ("12,345,678", "12345678"),
        ("1’000", "1000"),
        ("10\u202f000", "10000"),
        ("e-mail", "email"),
        ("co\u2011operation", "cooperation"),
        ("soft\u00adware", "software"),
        ("U.S.A.", "USA"),
        ("Café", "cafe"),
        ("Ångström", "angstrom"),
        ("Łódź", "lodz"),
        ("Ａｐｐｌｅ", "apple"),
        (unicodedata.normalize("NFD", "Café"), "Café"),
        (unicodedata.normalize("NFD", "한글"), "한글"),
        ("naïveté", "NAÏVETÉ"),
        ("مُحَمَّد", "محمد"),
        ("שָׁלוֹם", "שלום"),
    ],
)
def test_a_word_is_found_however_it_is_written(one: str, other: str) -> None:
    assert finds(one, other)
    assert finds(other, one)


def test_what_is_another_word_is_not_found() -> None:
    for one, other in (("1,000", "1"), ("3.14", "314"), ("1,5", "15"), ("use", "us"), ("2011-2012", "20112012")):
        assert not finds(one, other)


def test_a_compound_is_found_by_its_parts_and_the_exact_form_first() -> None:
    tool = BM25(corpus(("", "a well-known town"), ("", "a known well"), ("", "a Müller"), ("", "a Muller")))
    assert {passage.id for passage in tool.find("well known", 5)} == {"p0", "p1"}
    assert [passage.id for passage in tool.find(Query(text="town", must=("well known",)), 5)] == ["p0"]
    assert [passage.id for passage in tool.find("Müller", 5)] == ["p2", "p3"]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("我们使用Python編程語言。", "python"),
        ("我们使用Python編程語言。", "編程"),
        ("東京タワーは高い。", "タワー"),
        ("ฉันชอบภาษาไทยมาก", "ภาษาไทย"),
        ("서울에서 만나요", "서울"),
        ("ខ្ញុំរៀនភាសាខ្មែរ", "ភាសាខ្មែរ"),
    ],
)
def test_a_word_of_a_script_without_spaces_is_found_inside_of_a_sentence(text: str, query: str) -> None:
    tool = BM25(corpus(("", text), ("", "something else 其他")))
    assert [passage.id for passage in tool.find(query, 5)] == ["p0"]
    assert [passage.id for passage in tool.find(Query(text=query, must=(query,)), 5)] == ["p0"]


@given(st.text(max_size=60))
def test_the_terms_of_a_text_are_those_of_its_forms(text: str) -> None:
    analyzer = Analyzer()
    assert set(analyzer.weighted(text)) == set(analyzer.terms(text))
    assert {term for phrase in analyzer.phrases(text) for term in phrase} <= set(analyzer.terms(text))
    decomposed = unicodedata.normalize("NFD", text)
    assert analyzer.terms(decomposed) == analyzer.terms(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("第一句。第二句。", "第一句。"),
        ("هل هذا صحيح؟ نعم.", "هل هذا صحيح؟"),
        ("यह पहला वाक्य है। यह दूसरा है।", "यह पहला वाक्य है।"),
        ("یہ پہلا ہے۔ یہ دوسرا ہے۔", "یہ پہلا ہے۔"),
        ("ዓለም ናት። ሰላም።", "ዓለም ናት።"),
    ],
)
def test_sentences_end_in_every_script(text: str, first: str) -> None:
    found = sentences(text)
    assert (found[0].text, len(found)) == (first, 2)
