"""Average precision of a ranking of ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.text.ranking import average_precision

ids = st.lists(st.sampled_from("abcdef"), unique=True)


def test_average_precision_is_the_mean_precision_at_each_gold_rank() -> None:
    assert average_precision(["x", "a", "b"], {"a", "b"}) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert average_precision(["x", "a", "b"], {"a", "b", "c"}) == pytest.approx((1 / 2 + 2 / 3) / 3)
    assert average_precision(["x", "a", "b"], {"a", "b", "c"}, k=2) == pytest.approx((1 / 2) / 2)
    assert average_precision(["a", "a", "b"], {"a", "b"}) == pytest.approx((1 + 2 / 3) / 2)  # a repeated id counts once
    assert average_precision([], {"a"}) == 0
    assert average_precision(["a"], ()) is None
    with pytest.raises(ValueError, match="at least 1"):
        average_precision(["a"], {"a"}, k=0)


@given(ids, st.sets(st.sampled_from("abcdef"), min_size=1), st.integers(0, 4))
def test_moving_gold_up_never_costs_and_gold_first_is_best(ranking: list[str], gold: set[str], at: int) -> None:
    before = average_precision(ranking, gold)
    assert before is not None
    assert 0 <= before <= 1
    if at + 1 < len(ranking) and ranking[at + 1] in gold:
        swapped = [*ranking[:at], ranking[at + 1], ranking[at], *ranking[at + 2 :]]
        assert (average_precision(swapped, gold) or 0) >= before
    assert average_precision([*sorted(gold), *(id for id in ranking if id not in gold)], gold) == pytest.approx(1)
