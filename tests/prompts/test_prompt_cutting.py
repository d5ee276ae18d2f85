"""Cutting passages: fair shares, best sentences, in their order, with marks where something is left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seekgraph.prompts.budget import estimate, shares
from seekgraph.prompts.cutting import OMITTED, cut

SENTENCES = (
    "Visby is a town.",
    "It has a wall of the thirteenth century.",
    "Marta was born there in 1920.",
    "Ships came.",
    "Rain fell on it all day.",
)
TEXT = " ".join(SENTENCES)


def test_what_fits_is_whole() -> None:
    assert cut([TEXT, "Short."], ["a", "b"], "who", 500, estimate) == [TEXT, "Short."]


def test_the_best_sentences_are_kept_in_their_order() -> None:
    (text,) = cut([TEXT], ["Visby"], "Where was Marta born?", 28, estimate)
    assert text == f"Visby is a town. {OMITTED} Marta was born there in 1920. {OMITTED}"


def test_neighbouring_sentences_keep_what_stands_between_them() -> None:
    text = "Marta was born.\n\nShe was born in Visby. " + "Nothing else happened for many years. " * 5
    (kept,) = cut([text], [""], "Where was Marta born? Visby", 30, estimate)
    assert kept is not None
    assert kept.startswith("Marta was born.\n\nShe was born in Visby.")


def test_a_sentence_that_leads_to_another_passage_is_worth_more() -> None:
    text = "The Gate is old. Many people came to see it then. Its maker was Marta Lindqvist of old."
    kept, _ = cut([text, TEXT * 3], ["The Gate", "Marta Lindqvist"], "What about the gate?", 60, estimate)
    assert kept is not None
    assert "Marta Lindqvist" in kept


def test_a_short_passage_leaves_its_share_to_the_long_ones() -> None:
    short, long = cut(["Short.", TEXT * 4], ["", ""], "rain", 80, estimate)
    assert short == "Short."
    assert long is not None
    assert estimate(long) > 50


def test_where_no_sentence_fits_the_best_one_is_cut_at_a_word() -> None:
    (text,) = cut(["alpha beta gamma delta " * 40], [""], "alpha", 30, estimate)
    assert text is not None
    assert text.endswith(f"a {OMITTED}")
    assert 20 < estimate(text) <= 30


def test_where_shares_would_say_nothing_the_last_passages_go() -> None:
    kept = cut([TEXT] * 10, [""] * 10, "rain", 100, estimate)
    assert [text is not None for text in kept] == [True] * 4 + [False] * 6


def test_what_showing_a_passage_takes_counts() -> None:
    kept = cut([TEXT] * 4, [""] * 4, "rain", 100, estimate, [20] * 4)
    shown = [text for text in kept if text is not None]
    assert len(shown) == 2
    assert sum(map(estimate, shown)) <= 60


@given(st.lists(st.integers(0, 50), max_size=8), st.integers(0, 200))
def test_shares_are_fair_and_spend_what_is_wanted(wanted: list[int], most: int) -> None:
    given_ = shares(wanted, most)
    assert sum(given_) <= most
    assert all(0 <= got <= want for got, want in zip(given_, wanted, strict=True))
    short = [got for got, want in zip(given_, wanted, strict=True) if got < want]
    assert sum(given_) > most - len(wanted) if short else given_ == wanted
    assert max(given_, default=0) <= min(short, default=50) + 1


@given(st.lists(st.text("ab .\n", max_size=80), max_size=6), st.integers(0, 120))
def test_all_together_keep_the_limit(texts: list[str], most: int) -> None:
    kept = cut(texts, [""] * len(texts), "ab", most, estimate)
    assert len(kept) == len(texts)
    assert sum(estimate(text) for text in kept if text is not None) <= most
