"""Weights of terms within a few texts."""

from __future__ import annotations

import pytest

from seekgraph.text.weights import coverage, idf, terms


def test_a_term_in_fewer_texts_weighs_more() -> None:
    weights = idf(["a red fox", "a red hen", "a red cow"])
    assert weights["fox"] > weights["red"] > 0


def test_coverage_is_the_share_of_the_weight() -> None:
    weights = {"fox": 3.0, "red": 1.0}
    assert coverage({"fox", "red"}, {"fox"}, weights) == pytest.approx(0.75)
    assert coverage(set(), {"fox"}, weights) == 0
    assert coverage({"fox"}, set(), {}) == 0


def test_a_term_that_no_text_holds_counts_as_a_rare_one() -> None:
    assert coverage({"red", "owl"}, {"red"}, {"fox": 3.0, "red": 1.0}) == pytest.approx(0.25)


def test_terms_are_stemmed_without_stop_words() -> None:
    assert terms("The directors directed") == ("director", "direct")
