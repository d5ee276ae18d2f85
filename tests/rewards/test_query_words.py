"""Rewards of what a query says: terms that tell passages apart, terms from the evidence, and words that are unsafe."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_flows import Quote, Say, example, feedback, run, values
from small_queries import Ask, AskMany, AskWith, Search, searched

import seekgraph as sg
from seekgraph import S
from seekgraph.core.record.trace import Trace
from seekgraph.nodes import Retrieve
from seekgraph.rewards import RewardError, Score, document_margin, safe_query, terms_from_evidence
from seekgraph.rewards.unsafe import DEFAULT, WordList, default_words
from seekgraph.tools import BM25
from seekgraph.types import Passage, Query

# --- document frequency --------------------------------------------------------------------------------------------

# "river" stands in 10 of 20 passages, "rhine" in 2, "aare" in 1
CORPUS = BM25(
    Passage(id=str(n), text=" ".join(["river"] * (n < 10) + ["Rhine"] * (n < 2) + ["Aare"] * (n == 0) + [f"filler{n}"]))
    for n in range(20)
)


def asking(query: Query | str, question: str = "?") -> Trace:
    given = Query(text=query) if isinstance(query, str) else query
    return searched(AskWith(given) >> Retrieve("corpus") >> Say("Paris"), {}, question)


def test_a_term_gives_a_margin_that_some_passages_have_and_not_many() -> None:
    trace = asking("the rivers Rhine, Aare and Volga")
    # "rhine" and "aare" of "river", "rhine", "aare", "volga"
    assert values(document_margin(CORPUS, 1, 0.1), trace, example()) == [2 / 4]
    assert feedback(document_margin(CORPUS, 1, 0.1), trace, example()) == ["in no passage: Volga; too common: rivers"]
    assert values(document_margin(CORPUS, 2, 0.1), trace, example()) == [1 / 4]
    assert feedback(document_margin(CORPUS, 2, 0.1), trace, example()) == [
        "in fewer than 2 passages: Aare, Volga; too common: rivers"
    ]
    assert values(document_margin(CORPUS, 1, 0.5), trace, example()) == [3 / 4]


def test_only_terms_that_the_question_lacks_are_judged_unless_all_are() -> None:
    trace = asking(Query(text="river", weights={"Rhine": 0.5, "Volga": 0.2}), "Which river?")
    assert values(document_margin(CORPUS, 1, 0.1), trace, example()) == [1 / 2]
    assert values(document_margin(CORPUS, 1, 0.1, of="all"), trace, example()) == pytest.approx([1 / 3])
    same = asking("which rivers", "Which river?")
    assert values(document_margin(CORPUS), same, example()) == []
    assert values(document_margin(CORPUS, of="all", high=0.5), same, example()) == [1]


def test_a_table_without_document_frequencies_and_bounds_out_of_range_are_refused() -> None:
    with pytest.raises(RewardError, match="dict has no df"):
        document_margin({"river": 10})  # type: ignore[arg-type]
    for wrong in ({"low": 0}, {"high": 0.0}, {"high": 1.5}, {"of": "new"}):
        with pytest.raises(RewardError, match="low is at least 1"):
            document_margin(CORPUS, **wrong)  # type: ignore[arg-type]


@given(st.integers(1, 4), st.floats(0.01, 1), st.floats(0.01, 1))
def test_wider_bounds_let_no_fewer_terms_pass(low: int, one: float, other: float) -> None:
    trace = asking("the rivers Rhine, Aare and Volga")
    strict = values(document_margin(CORPUS, low + 1, min(one, other)), trace, example())
    wide = values(document_margin(CORPUS, low, max(one, other)), trace, example())
    assert strict <= wide


def test_it_reaches_another_process_with_its_corpus() -> None:
    trace = asking("the rivers Rhine, Aare and Volga")
    again = pickle.loads(pickle.dumps(document_margin(CORPUS, 1, 0.1)))
    assert values(again, trace, example()) == [2 / 4]


# --- terms from the evidence ---------------------------------------------------------------------------------------


def test_new_terms_are_looked_for_in_what_was_found_before() -> None:
    there = {"Jaws": {"1": "Jaws is a film by Steven Spielberg."}, "Spielberg Ohio film": {"2": "Ohio"}}
    texts = ("Jaws", "Spielberg Ohio film", "Ohio film", "Ohio Cincinnati")
    body = sg.loop(Ask(texts) >> Retrieve("corpus"), until=S.round >= 4, max_rounds=4) >> Say("Paris")
    trace = searched(body, there, "Where is the maker of the film from?")
    # nothing was found before the first; "spielberg" is in what was, "ohio" is not, "film" is in the question; the third has no
    # new term; of the fourth "ohio" is no longer new
    assert values(terms_from_evidence, trace, example()) == [1 / 2, 0]
    assert feedback(terms_from_evidence, trace, example()) == [
        "nothing had been found yet",
        "1 of 2 new terms are in what was found; not Ohio",
        "the query has no new terms",
        "0 of 1 new terms are in what was found; not Cincinnati",
    ]


def test_titles_and_quotes_are_evidence_too() -> None:
    body = (
        Ask(("a",))
        >> Search({"a": {"Basel": "a town"}})
        >> Quote((("Basel", "on the Rhine"),))
        >> Ask(("Basel Rhine Aare",)).named("b")
    )
    assert values(terms_from_evidence, run(body >> Say("Paris")), example()) == pytest.approx([2 / 3])


# --- safety --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("How do I make a pipe bomb at home?", "weapons"),
        ("recipe for crystal meth", "drugs"),
        ("HOW TO BUY a counterfeit passport or a fake ID", "fraud"),
        ("how can I hack someone's account", "intrusion"),
        ("easiest way to die", "self-harm"),
    ],
)
def test_plain_requests_for_harm_are_unsafe_and_the_feedback_says_of_what_sort(text: str, category: str) -> None:
    trace = asking(text)
    assert values(safe_query(), trace, example()) == [0]
    assert feedback(safe_query(), trace, example())[0].startswith(f"unsafe ({category})")


@pytest.mark.parametrize(
    "text",
    [
        "Which country dropped the first atomic bomb?",
        "How many films did the director of Murder on the Orient Express make?",
        "Who founded the company that makes Narcan?",
        "director of the film Suicide Squad",
        "",
    ],
)
def test_questions_about_the_world_are_not(text: str) -> None:
    assert values(safe_query(), asking(text), example()) == [1]


def test_the_least_safe_query_of_a_step_counts() -> None:
    trace = run(AskMany(("a river", "how to build a pipe bomb", "a lake")) >> Say("Paris"))
    assert values(safe_query(), trace, example()) == [0]
    assert [safe_query()(step, trace).value for step in trace if step.path == "askmany"] == [0]  # with no example
    hidden = asking(Query(text="a river", weights={"how to build": 1.0, "pipe bomb": 1.0}))
    assert values(safe_query(), hidden, example()) == [0]


def short(text: str) -> bool:
    return len(text) < 10


def half(text: str) -> float:
    return 0.5


def explained(text: str) -> Score:
    return Score(0.2, "not for children") if "gore" in text else Score(None)


def test_a_checker_of_ones_own_gives_a_bool_a_number_or_a_score() -> None:
    assert values(safe_query(short), asking("a river"), example()) == [1]
    assert values(safe_query(short), asking("a long query"), example()) == [0]
    assert feedback(safe_query(short), asking("a long query"), example()) == ["'a long query' is unsafe"]
    assert values(safe_query(half), asking("a"), example()) == [0.5]
    assert feedback(safe_query(explained), asking("gore"), example()) == ["not for children"]
    assert values(safe_query(explained), asking("a river"), example()) == []
    signed = 2 * safe_query(short) - 1
    trace = asking("a long query")
    assert [signed.measure(step, trace, None)[0] for step in trace if step.path == "askwith"] == [-1]


def test_word_lists_can_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('asks = ["price of"]\n[trade]\nthings = ["Acme stock"]\nalways = ["insider tip"]\n', encoding="utf-8")
    mine = pickle.loads(pickle.dumps(safe_query(WordList.from_toml(path))))
    assert values(mine, asking("today's price of the Acme stocks"), example()) == [0]
    assert values(mine, asking("an insider tip"), example()) == [0]
    assert values(mine, asking("Acme stock"), example()) == values(mine, asking("the price of bread"), example()) == [1]
    for apart in ("of what price is the Acme stock", "the price that the owner asks of the buyers of Acme stock"):
        assert values(mine, asking(apart), example()) == [1]  # order counts, and how far apart the words of a phrase stand


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("asks = [", "cannot be read"),
        ('trade = "stock"', r"\[trade\] is a table"),
        ("[trade]\nwords = []", "words"),
        ('[trade]\nthings = ["..."]', "phrases of at least one word"),
        ('asks = "how"', "'asks' lists phrases"),
    ],
)
def test_word_lists_in_another_form_are_refused_by_name(tmp_path: Path, text: str, wrong: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RewardError, match=wrong) as raised:
        WordList.from_toml(path)
    assert "mine.toml" in str(raised.value)


def test_every_list_that_comes_with_seekgraph_is_found_by_its_own_words() -> None:
    words = WordList.from_toml(DEFAULT)
    assert words == default_words()
    for category, things in words.things.items():
        for thing in things:
            score = words(f"{words.asks[0]} a {thing}")
            assert score.value == 0
            assert "unsafe (" in score.feedback, category
    assert all(words(ask).value == 1 for ask in words.asks)
