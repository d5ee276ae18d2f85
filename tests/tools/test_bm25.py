"""BM25: what it finds, in what order, with what scores."""

from __future__ import annotations

import asyncio
import math
import pickle
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seekgraph.core.language.ports import Retriever, Tunable
from seekgraph.tools import BM25, CorpusError, scoring
from seekgraph.types import Passage, Query

CITIES = (
    Passage(
        id="bern", title="Bern", text="Bern is the capital of Switzerland. The river Aare flows through it.", meta={"year": 1191}
    ),
    Passage(id="aare", title="Aare", text="The Aare is a river in Switzerland. It flows into the Rhine.", meta={"kind": "river"}),
    Passage(
        id="rhine", title="Rhine", text="A river that flows through Basel and Cologne.", meta={"kind": "river", "km": 1233.0}
    ),
    Passage(id="ny", title="New York City", text="A city on the Hudson; York is older. Directors' films are made here."),
    Passage(id="york", title="York", text="A city in England, new to nobody."),
)

words = st.sampled_from(["river", "rivers", "city", "aare", "bern", "flow", "flowing", "the", "x1", "Straße", "12"])
texts = st.lists(words, max_size=12).map(" ".join)
corpora = st.lists(st.tuples(texts, texts), min_size=1, max_size=12).map(
    lambda rows: [Passage(id=f"p{number}", title=title, text=text) for number, (title, text) in enumerate(rows)]
)
# From 0.001 up, or 0: below that single precision loses what the oracle keeps.
numbers = st.fixed_dictionaries(
    {
        "k1": st.just(0.0) | st.floats(0.001, 3),
        "b": st.just(0.0) | st.floats(0.001, 1),
        "title_weight": st.just(0.0) | st.floats(0.001, 5),
    }
)


@pytest.fixture(scope="module")
def cities() -> BM25:
    return BM25(CITIES)


def ids(passages: tuple[Passage, ...]) -> list[str]:
    return [passage.id for passage in passages]


def oracle(
    passages: list[Passage], terms: tuple[str, ...], tool: BM25, k1: float, b: float, title_weight: float
) -> dict[str, float]:
    """The formula of `scoring`, passage by passage, in plain Python."""
    bags = {passage.id: (Counter(tool.terms(passage.title)), Counter(tool.terms(passage.text))) for passage in passages}
    length = {id: text.total() + title_weight * title.total() for id, (title, text) in bags.items()}
    mean = sum(length.values()) / len(length) or 1.0
    scores = dict.fromkeys(bags, 0.0)
    for term in terms:
        having = [id for id, (title, text) in bags.items() if term in text or (title_weight and term in title)]
        idf = math.log(1 + (len(bags) - len(having) + 0.5) / (len(having) + 0.5))
        for id in having:
            title, text = bags[id]
            tf = text[term] + title_weight * title[term]
            norm = k1 * (1 - b + b * length[id] / mean)
            scores[id] += idf * tf / (tf + norm) if tf else 0.0
    return scores


def test_it_is_a_tunable_retriever(cities: BM25) -> None:
    assert isinstance(cities, Retriever)
    assert isinstance(cities, Tunable)


def test_passages_come_best_first_with_score_and_source(cities: BM25) -> None:
    found = asyncio.run(cities.search(Query(text="Which rivers flow through Switzerland?"), 3))
    assert ids(found) == ["aare", "bern", "rhine"]
    assert all(passage.source == "bm25" for passage in found)
    scores = [passage.score for passage in found]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) > 0


def test_a_passage_comes_back_whole(cities: BM25) -> None:
    (found,) = cities.find("Basel Cologne", 1)
    assert found.model_copy(update={"score": 0.0, "source": ""}) == CITIES[2]


@pytest.mark.parametrize("text", ["", "   ", "the of and", "?!", "zebra"])
def test_a_query_that_says_nothing_finds_nothing(cities: BM25, text: str) -> None:
    assert cities.find(text, 5) == ()


def test_no_more_than_k_and_none_for_k_below_one(cities: BM25) -> None:
    assert len(cities.find("river city", 2)) == 2
    assert cities.find("river", 0) == ()


def test_analysis_is_one_for_corpus_and_query(cities: BM25) -> None:
    assert cities.terms("The Director's RIVERS, in 1999: STRASSE") == ("director", "river", "1999", "strass")
    assert BM25(CITIES, stemmer=None, stopwords=None).terms("The Rivers") == ("the", "rivers")
    assert BM25(CITIES, stopwords=["river"]).terms("the river") == ("the",)
    assert ids(cities.find("directors film", 5)) == ["ny"]


def test_equal_scores_are_ordered_by_id() -> None:
    twins = [Passage(id=id, text="same words") for id in ("c", "a", "d", "b")]
    assert ids(BM25(twins).find("words", 3)) == ["a", "b", "c"]


def test_extra_terms_count_by_their_weight(cities: BM25) -> None:
    plain = cities.score("river", ["aare", "bern"])
    extra = cities.score(Query(text="river", weights={"Switzerland": 0.5}), ["aare", "bern"])
    alone = cities.score("Switzerland", ["aare", "bern"])
    assert extra == pytest.approx([one + other / 2 for one, other in zip(plain, alone, strict=True)])
    assert ids(cities.find(Query(text="", weights={"Hudson": 0.1}), 5)) == ["ny"]


def test_a_negative_weight_holds_against_a_passage(cities: BM25) -> None:
    found = cities.find(Query(text="river", weights={"Basel": -9}), 5)
    assert ids(found) == ["aare", "bern"] or ids(found) == ["bern", "aare"]


def test_a_weight_that_is_no_number_is_refused(cities: BM25) -> None:
    with pytest.raises(ValueError, match="the weight of query term 'Basel' is nan"):
        cities.find(Query(text="river", weights={"Basel": math.nan}), 5)


def test_must_terms_have_to_be_there_and_are_searched_for(cities: BM25) -> None:
    assert ids(cities.find(Query(text="river", must=("Basel",)), 5)) == ["rhine"]
    assert ids(cities.find(Query(text="", must=("Hudson",)), 5)) == ["ny"]
    assert cities.find(Query(text="river", must=("zebra",)), 5) == ()
    assert len(cities.find(Query(text="river", must=("the",)), 5)) == 3  # a stop word demands nothing


def test_must_not_terms_must_be_absent(cities: BM25) -> None:
    assert ids(cities.find(Query(text="river", must_not=("Switzerland",)), 5)) == ["rhine"]


def test_several_words_are_a_phrase(cities: BM25) -> None:
    assert set(ids(cities.find(Query(text="city york new"), 5))) == {"ny", "york"}
    assert ids(cities.find(Query(text="city", must=("New York",)), 5)) == ["ny"]
    assert ids(cities.find(Query(text="city", must_not=("New York",)), 5)) == ["york"]


def test_a_phrase_is_found_below_the_first_passages_looked_at() -> None:
    crowd = [Passage(id=f"a{number:03}", text="york new york new") for number in range(300)]
    target = Passage(id="z", text="far beneath: new york " + "filler " * 50)
    found = BM25([*crowd, target]).find(Query(text="york", must=("beneath new york",)), 1)
    assert ids(found) == ["z"]


def test_filters_compare_meta_values(cities: BM25) -> None:
    assert set(ids(cities.find(Query(text="river", filters={"kind": "river"}), 5))) == {"aare", "rhine"}
    assert ids(cities.find(Query(text="river", filters={"km": 1233}), 5)) == ["rhine"]
    assert cities.find(Query(text="river", filters={"km": "1233"}), 5) == ()
    assert cities.find(Query(text="river", filters={"nothing": 1}), 5) == ()


def test_idf_is_high_for_rare_terms_and_zero_for_unknown_ones(cities: BM25) -> None:
    assert cities.idf("basel") == pytest.approx(math.log(1 + 4.5 / 1.5))
    assert cities.idf("basel") > cities.idf("river") > 0
    assert cities.idf("zebra") == 0


def test_df_counts_the_passages_that_have_a_term_in_title_or_text(cities: BM25) -> None:
    for term in {term for passage in CITIES for term in cities.terms(f"{passage.title} {passage.text}")}:
        having = sum(term in cities.terms(f"{passage.title} {passage.text}") for passage in CITIES)
        assert cities.df(term) == having > 0
    assert cities.df("zebra") == 0


def test_given_passages_are_scored_as_search_scores_them(cities: BM25) -> None:
    found = cities.find("river through Switzerland", 5)
    assert cities.score("river through Switzerland", [*ids(found), "york"]) == [*(passage.score for passage in found), 0.0]
    with pytest.raises(KeyError, match="no passage of the corpus has the id 'nowhere'"):
        cities.score("river", ["nowhere"])


def test_a_weight_of_one_is_bm25_of_title_and_text_together() -> None:
    apart, together = (
        BM25(CITIES, title_weight=1),
        BM25([p.model_copy(update={"title": "", "text": f"{p.title} {p.text}"}) for p in CITIES]),
    )
    assert [(p.id, p.score) for p in apart.find("york city river", 5)] == [
        (p.id, p.score) for p in together.find("york city river", 5)
    ]


def test_scores_are_those_of_bm25s() -> None:
    bm25s = pytest.importorskip("bm25s")
    ours = BM25(CITIES, k1=1.2, b=0.6, title_weight=1)
    theirs = bm25s.BM25(k1=1.2, b=0.6, method="lucene")
    theirs.index([list(ours.terms(f"{passage.title} {passage.text}")) for passage in CITIES], show_progress=False)
    expected = theirs.get_scores(list(ours.terms("river flows through a city in Switzerland")))
    assert ours.score("river flows through a city in Switzerland", [p.id for p in CITIES]) == pytest.approx(
        expected.tolist(), rel=1e-5
    )


@given(corpora, texts, numbers)
def test_scores_are_those_of_the_formula(passages: list[Passage], query: str, chosen: dict[str, float]) -> None:
    tool = BM25(passages, **chosen)
    expected = oracle(passages, tool.terms(query), tool, **chosen)
    assert tool.score(query, list(expected)) == pytest.approx(list(expected.values()), rel=1e-4, abs=1e-6)
    found = tool.find(query, len(passages))
    assert {passage.id for passage in found} == {id for id, score in expected.items() if score > 0}


@given(corpora, texts, numbers, numbers)
def test_other_settings_score_as_an_index_built_with_them(
    passages: list[Passage], query: str, first: dict[str, float], second: dict[str, float]
) -> None:
    varied, built = BM25(passages, **first).with_settings(**second), BM25(passages, **second)
    assert varied.find(query, 5) == built.find(query, 5)
    assert varied.identity == built.identity


@given(corpora, texts, st.randoms(use_true_random=False))
def test_the_order_of_the_corpus_does_not_matter(passages: list[Passage], query: str, random: object) -> None:
    shuffled = list(passages)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = BM25(passages), BM25(shuffled)
    assert one.find(query, 4) == other.find(query, 4)
    assert one.identity == other.identity


@settings(max_examples=60)
@given(
    st.lists(st.lists(st.integers(0, 7), min_size=1, max_size=9), min_size=5, max_size=60),
    st.lists(
        st.tuples(st.integers(0, 7), st.sampled_from([0.1, 0.5, 1.0, 3.0])),
        min_size=1,
        max_size=8,
        unique_by=lambda pair: pair[0],
    ),
    st.integers(1, 6),
)
def test_passing_over_hopeless_passages_changes_no_result(rows: list[list[int]], asked: list[tuple[int, float]], k: int) -> None:
    passages = [Passage(id=f"p{at:02}", text=" ".join(f"w{number}" for number in row)) for at, row in enumerate(rows)]
    query = Query(text="", weights={f"w{number}": weight for number, weight in asked}, must_not=("w7",))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scoring, "_LONG", 10**9)
        whole = BM25(passages).find(query, k)
        patch.setattr(scoring, "_LONG", 0)
        assert BM25(passages).find(query, k) == whole


def test_settings_make_another_tool_and_leave_the_first(cities: BM25) -> None:
    other = cities.with_settings(k1=2.0)
    assert other.settings == {"k1": 2.0, "b": 0.4, "title_weight": 2.0}
    assert cities.settings["k1"] == 0.9
    assert other.identity != cities.identity
    assert other.with_settings(k1=0.9).identity == cities.identity
    assert cities.with_settings(k1=2.0) is other  # kept with what it has scored so far


def test_many_settings_are_let_go_again(cities: BM25) -> None:
    tools = [cities.with_settings(k1=number) for number in range(40)]
    assert len(cities._variants) <= 16
    assert len({tool.identity for tool in tools}) == 40


@pytest.mark.parametrize("bad", [{"k1": -1}, {"b": 1.5}, {"b": math.nan}, {"title_weight": math.inf}, {"k3": 1}])
def test_a_setting_out_of_range_or_unknown_is_refused(cities: BM25, bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="BM25"):
        cities.with_settings(**bad)


def test_an_unknown_stemmer_or_stop_word_list_names_the_choices() -> None:
    with pytest.raises(ValueError, match=r"'klingon': choose one of .*english"):
        BM25(CITIES, stemmer="klingon")
    with pytest.raises(ValueError, match="'latin'"):
        BM25(CITIES, stopwords="latin")


def test_identity_follows_content_analysis_settings_and_name() -> None:
    edited = [*CITIES[:-1], CITIES[-1].model_copy(update={"text": "Other."})]
    tools = [BM25(CITIES), BM25(edited), BM25(CITIES, b=0.5), BM25(CITIES, stemmer=None), BM25(CITIES, name="wiki")]
    assert len({tool.identity for tool in tools}) == len(tools)
    assert BM25(CITIES).identity == tools[0].identity


def test_duplicate_ids_and_an_empty_corpus_are_refused() -> None:
    with pytest.raises(CorpusError, match="two passages have the id 'bern'"):
        BM25([CITIES[0], CITIES[0]])
    with pytest.raises(CorpusError, match="no passages"):
        BM25([])


def test_text_that_is_no_unicode_is_refused_and_asked_about_harmlessly(cities: BM25) -> None:
    with pytest.raises(CorpusError, match="no Unicode"):
        BM25([Passage(id="a", text="half \ud800")])
    assert ids(cities.find("\ud800 Basel", 3)) == ["rhine"]
    with pytest.raises(KeyError):
        cities.score("river", ["\ud800"])


def test_passages_without_a_word_are_no_trouble() -> None:
    tool = BM25([Passage(id="a", text=""), Passage(id="b", text="the")])
    assert tool.find("anything", 3) == ()
    assert tool.score("anything", ["a"]) == [0.0]


def test_it_survives_pickling(cities: BM25) -> None:
    copy = pickle.loads(pickle.dumps(cities.with_settings(b=0.7)))
    assert copy.identity == cities.with_settings(b=0.7).identity
    assert copy.find("river city", 5) == cities.with_settings(b=0.7).find("river city", 5)


def test_searches_at_the_same_time_agree(cities: BM25, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seekgraph.tools.bm25._INLINE", 0)
    tool = BM25(CITIES)

    async def many() -> list[tuple[Passage, ...]]:
        return await asyncio.gather(*(tool.search(Query(text="rivers of Switzerland"), 3) for _ in range(40)))

    assert set(map(len, asyncio.run(many()))) == {3}
    assert len({tuple(ids(found)) for found in asyncio.run(many())}) == 1


def test_counts_beyond_a_byte_are_kept() -> None:
    tool = BM25([Passage(id="a", text="word " * 70_000), Passage(id="b", text="word " * 300)], b=0)
    assert tool.score("word", ["a"])[0] == pytest.approx(tool.idf("word") * 70_000 / 70_000.9, rel=1e-6)
    assert np.isfinite(tool.score("word", ["b"])).all()
