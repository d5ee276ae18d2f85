"""Comparing answers: by hand, and against the official scripts' own definition."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seekgraph.text.answers import exact_match, normalize, token_f1, tokens

texts = st.lists(
    st.sampled_from(["the", "a", "An", "Paris", "paris!", "of", "x-y", "yes", "No", "noanswer", "1,000", "?", "–", "Été"]),
    max_size=5,
).map(" ".join)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("The  Eiffel\tTower.", "eiffel tower"),
        ("U.S.A.", "usa"),
        ("1,000", "1000"),
        ("a theatre and an anthem", "theatre and anthem"),
        ("Été – 1900", "été – 1900"),
        ("", ""),
    ],
)
def test_normalize_lowers_and_drops_punctuation_articles_and_spare_space(text: str, normal: str) -> None:
    assert normalize(text) == normal


@pytest.mark.parametrize(("text", "gold"), [("A.", "A"), ("(A)", "A"), ("The The.", "The The"), ("an", "A"), ("", "The The")])
def test_texts_without_a_word_are_equal_as_in_the_official_scripts(text: str, gold: str) -> None:
    assert exact_match(text, [gold]) == 1
    assert token_f1(text, [gold], "musique") == 1
    assert token_f1(text, [gold], "hotpot") == token_f1(text, [gold], "squad") == 0


def test_exact_match_is_the_best_over_the_golds() -> None:
    assert exact_match("the Beatles", ["Queen", "Beatles!"]) == 1
    assert exact_match("the Beatles", ["Queen", "The Beatles band"]) == 0


def test_f1_by_hand() -> None:
    # 2 common tokens; precision 2/3, recall 2/4: F1 = 2 * 2 / (3 + 4)
    assert token_f1("city of Paris", ["Paris, city in France"]) == pytest.approx(4 / 7)
    # a repeated token counts as often as both have it: 2 * 1 / (2 + 1)
    assert token_f1("paris paris", ["Paris"]) == pytest.approx(2 / 3)
    assert token_f1("London", ["Paris", "London town"]) == pytest.approx(2 / 3)


@pytest.mark.parametrize("closed", ["yes", "No", "noanswer", "Yes!"])
def test_a_closed_answer_earns_nothing_beside_an_equal_one(closed: str) -> None:
    assert token_f1(closed, [closed]) == 1
    assert token_f1(f"{closed} indeed", [closed]) == 0
    assert token_f1(closed, [f"{closed} indeed"]) == 0


def test_one_gold_may_be_given_as_a_string() -> None:
    assert exact_match("Paris", "paris") == 1
    assert token_f1("Paris", "paris") == 1


@pytest.mark.parametrize("score", [exact_match, token_f1])
def test_no_golds_is_an_error_and_not_a_zero(score: object) -> None:
    with pytest.raises(ValueError, match="no gold answer"):
        score("Paris", [])  # type: ignore[operator]


@given(a=texts, b=texts)
def test_scores_are_symmetric_bounded_and_one_for_equal_texts(a: str, b: str) -> None:
    assert token_f1(a, [b]) == token_f1(b, [a])
    assert exact_match(a, [b]) == exact_match(b, [a])
    assert exact_match(a, [b]) <= token_f1(a, [b], "musique") <= 1
    assert exact_match(a, [a]) == token_f1(a, [a], "musique") == 1


@given(text=st.text(), golds=st.lists(st.text(), min_size=1, max_size=3), more=st.text())
def test_another_gold_never_lowers_a_score(text: str, golds: list[str], more: str) -> None:
    assert exact_match(text, [*golds, more]) >= exact_match(text, golds)
    assert token_f1(text, [*golds, more]) >= token_f1(text, golds)


@given(text=st.text())
def test_normalize_twice_changes_nothing_more_once_words_are_left(text: str) -> None:
    assume(normalize(text))
    assert tokens(" ".join(tokens(text))) == tokens(text)
