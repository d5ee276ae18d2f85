"""TF-IDF within a handful of texts."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.text.tfidf import cosines

texts = st.lists(st.sampled_from("river town bridge bridges the of".split()), max_size=5).map(" ".join)


def test_the_weights_are_those_of_these_texts_alone() -> None:
    # n = 2: "river" stands in both, idf ln(3/3) + 1 = 1; the others in one, idf ln(3/2) + 1 = w
    w = math.log(3 / 2) + 1
    assert cosines("a river and a river, and a town", ("river bridge",)) == pytest.approx(
        [2 * 1 / (math.hypot(2, w) * math.hypot(1, w))]
    )


def test_the_same_terms_are_one_and_no_terms_are_nothing() -> None:
    assert cosines("The rivers", ("river", "town", "", "the")) == (1.0, 0.0, 0.0, 0.0)
    assert cosines("", ("river",)) == (0.0,)
    assert cosines("river", ()) == ()


@given(texts, st.lists(texts, max_size=3))
def test_a_cosine_is_a_share_and_one_for_the_text_itself(text: str, others: list[str]) -> None:
    found = cosines(text, (*others, text))
    assert all(0 <= value <= 1 for value in found)
    assert found[-1] == float(bool(set(text.split()) - {"the", "of"}))
