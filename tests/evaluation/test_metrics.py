"""Metrics: formulas by hand, what does not apply, names, and what a metric is outside its formula."""

from __future__ import annotations

import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seekgraph.evaluation.metrics import (
    DEFAULT_METRICS,
    Metric,
    MetricError,
    Outcome,
    answer_contains,
    answer_em,
    answer_f1,
    citation_precision,
    citation_recall,
    full_support,
    metric,
    metric_names,
    ndcg,
    refused,
    support_recall,
)
from seekgraph.types import Answer, Example

GOLD = Example(id="q", question="Which river?", answers=("the Seine", "Seine river"), supporting_ids=("a", "b"))
BARE = Example(id="q", question="Which river?")

ids = st.lists(st.sampled_from("abcdefgh"), max_size=8)
cutoffs = st.integers(1, 10)


def test_support_recall_by_hand() -> None:
    assert support_recall(["a", "x", "b"], ["a", "b"], 2) == 0.5
    assert support_recall(["a", "x", "b"], ["a", "b"], 3) == 1
    assert support_recall(["a", "x", "b"], ["a", "b"]) == 1
    assert support_recall([], ["a"], 5) == 0
    assert support_recall(["a", "a"], ["a", "b", "b"], 5) == 0.5


def test_full_support_is_one_only_with_all_of_the_gold() -> None:
    assert full_support(["b", "a"], ["a", "b"], 2) == 1
    assert full_support(["b", "x", "a"], ["a", "b"], 2) == 0
    assert full_support(["a", "b"], ["a", "b"], 1) == 0


def test_ndcg_by_hand() -> None:
    # gold at ranks 2 and 3 of 3; the ideal has them at 1 and 2
    expected = (1 / math.log2(3) + 1 / 2) / (1 + 1 / math.log2(3))
    assert ndcg(["x", "a", "b"], ["a", "b"], 3) == pytest.approx(expected)
    # one place only: the ideal is one gold passage at the top
    assert ndcg(["a", "x"], ["a", "b"], 1) == 1
    assert ndcg(["x", "y"], ["a"], 2) == 0


def test_a_repeated_id_gains_once() -> None:
    assert ndcg(["a", "a"], ["a", "b"], 2) == pytest.approx(1 / (1 + 1 / math.log2(3)))


@pytest.mark.parametrize("measure", [support_recall, full_support, ndcg])
def test_ranking_metrics_do_not_apply_without_gold_and_refuse_a_cutoff_below_one(measure: object) -> None:
    assert measure(["a"], [], 5) is None  # type: ignore[operator]
    with pytest.raises(ValueError, match="at least 1, got 0"):
        measure(["a"], ["a"], 0)  # type: ignore[operator]


@given(ranked=ids, gold=ids.filter(bool), k=cutoffs)
def test_ranking_metrics_are_bounded_and_agree_at_the_ends(ranked: list[str], gold: list[str], k: int) -> None:
    recall, full, gain = support_recall(ranked, gold, k), full_support(ranked, gold, k), ndcg(ranked, gold, k)
    assert recall is not None
    assert full is not None
    assert gain is not None
    assert 0 <= full <= recall <= 1
    assert 0 <= gain <= 1
    assert (recall == 1) == (full == 1)
    assert (recall == 0) == (gain == 0)


@given(ranked=ids, gold=ids.filter(bool), k=cutoffs, data=st.data())
def test_the_order_of_the_gold_does_not_matter(ranked: list[str], gold: list[str], k: int, data: st.DataObject) -> None:
    other = data.draw(st.permutations(gold))
    for measure in (support_recall, full_support, ndcg):
        assert measure(ranked, other, k) == measure(ranked, gold, k)


@given(ranked=ids, gold=ids.filter(bool), k=cutoffs)
def test_recall_never_falls_with_the_cutoff(ranked: list[str], gold: list[str], k: int) -> None:
    smaller, larger = support_recall(ranked, gold, k), support_recall(ranked, gold, k + 1)
    assert smaller is not None
    assert larger is not None
    assert smaller <= larger


@given(ranked=st.lists(st.sampled_from("abcdefgh"), max_size=8, unique=True), gold=ids.filter(bool), data=st.data())
def test_moving_a_gold_passage_up_never_lowers_ndcg(ranked: list[str], gold: list[str], data: st.DataObject) -> None:
    spots = [spot for spot in range(1, len(ranked)) if ranked[spot] in gold]
    if spots:
        spot = data.draw(st.sampled_from(spots))
        better = [*ranked[: spot - 1], ranked[spot], ranked[spot - 1], *ranked[spot + 1 :]]
        k = data.draw(cutoffs)
        before, after = ndcg(ranked, gold, k), ndcg(better, gold, k)
        assert before is not None
        assert after is not None
        assert after >= before - 1e-12


def test_answers_are_scored_best_over_the_golds() -> None:
    assert answer_em(Answer(text="Seine"), GOLD.answers) == 1
    assert answer_f1(Answer(text="river Seine in Paris"), GOLD.answers) == pytest.approx(2 * 2 / (4 + 2))


def test_answer_metrics_do_not_apply_without_an_answer_or_golds() -> None:
    for measure in (answer_em, answer_f1):
        assert measure(None, GOLD.answers) is None
        assert measure(Answer(text="Seine"), ()) is None


def test_the_reason_of_a_refusal_earns_nothing() -> None:
    reason = Answer(text="No passage names the Seine river", refused=True)
    assert answer_f1(reason, GOLD.answers) == 0
    assert answer_em(Answer(text="the Seine", refused=True), GOLD.answers) == 0
    assert answer_em(reason, ("noanswer",)) == 1


def test_citations_by_hand() -> None:
    assert citation_precision(["a", "x", "a"], ["a", "b"]) == 0.5
    assert citation_recall(["a", "x", "a"], ["a", "b"]) == 0.5
    assert citation_recall([], ["a"]) == 0


def test_citing_nothing_has_no_precision() -> None:
    assert citation_precision([], ["a"]) is None


def test_citations_are_not_judged_without_gold() -> None:
    assert citation_precision(["a"], []) is None
    assert citation_recall(["a"], []) is None


def test_refusing_is_counted_where_there_is_an_answer() -> None:
    assert refused(Answer(text="", refused=True)) == 1
    assert refused(Answer(text="Seine")) == 0
    assert refused(None) is None


def test_named_metrics_read_the_example_and_the_outcome() -> None:
    answer = Answer(text="Seine", citations=("a", "x"))
    outcome = Outcome(("x", "a", "b"), answer, searches=3, calls=2, tokens=100, usd=0.5, seconds=1.5)
    values = {name: metric(name)(GOLD, outcome) for name in ("support_recall@2", "support_recall", "full_support@3", "ndcg@1")}
    assert values == {"support_recall@2": 0.5, "support_recall": 1.0, "full_support@3": 1.0, "ndcg@1": 0.0}
    plain = {name: metric(name)(GOLD, outcome) for name in metric_names() if "@" not in name}
    assert plain == {
        "answer_em": 1.0,
        "answer_f1": 1.0,
        "answer_contains": 1.0,
        **dict.fromkeys(("squad_f1", "hotpot_f1", "musique_f1", "answer_match", "answer_match_f1"), 1.0),
        "citation_precision": 0.5,
        "citation_recall": 0.5,
        "refused": 0.0,
        "searches": 3.0,
        "calls": 2.0,
        "tokens": 100.0,
        "usd": 0.5,
        "seconds": 1.5,
    }


def test_only_costs_and_refusal_apply_to_a_row_without_gold() -> None:
    outcome = Outcome(("a",), Answer(text="Seine", citations=("a",)))
    applying = {found.name for found in DEFAULT_METRICS if found(BARE, outcome) is not None}
    assert applying == {"refused", "searches", "calls", "tokens", "usd", "seconds"}
    assert applying == {found.name for found in DEFAULT_METRICS if found.applies_to(BARE)}


def test_a_flow_that_only_retrieves_has_no_answer_metrics() -> None:
    values = {found.name: found(GOLD, Outcome(("a", "b"))) for found in DEFAULT_METRICS}
    missing = {name for name, value in values.items() if value is None}
    assert missing == {"answer_em", "answer_f1", "answer_contains", "citation_precision", "citation_recall", "refused"}


@pytest.mark.parametrize(
    ("text", "gold", "value"),
    [
        ("The default timeout is 5 seconds. [timeouts.md#top]", "5 seconds", 1.0),
        ("It is in use since 1815.", "15", 0.0),
        ("Nothing is said of it. [a#5]", "5", 0.0),
        ("There is no need for it.", "no", 0.0),
        ("No. It is off by default.", "no", 1.0),
        ("既定は300秒です。", "300秒", 1.0),
        ("", "x", 0.0),
    ],
)
def test_prose_is_judged_by_whether_the_gold_answer_stands_in_it(text: str, gold: str, value: float) -> None:
    answer = Answer(text=text, citations=("timeouts.md#top", "a#5"))
    assert answer_contains(answer, ("zzz", gold)) == value
    assert answer_contains(Answer(text=gold, refused=True), (gold,)) == 0.0
    assert answer_contains(None, (gold,)) is None


def test_an_unknown_price_is_not_a_price_of_zero() -> None:
    assert metric("usd")(GOLD, Outcome(usd=None)) is None


def test_quality_is_better_high_and_cost_is_better_low() -> None:
    lower = {found.name for found in DEFAULT_METRICS if not found.higher_is_better}
    assert lower == {"refused", "searches", "calls", "tokens", "usd", "seconds"}


def test_a_cutoff_has_one_name_however_it_is_written() -> None:
    assert metric(" support_recall@05 ") == metric("support_recall@5")
    assert metric("support_recall@5").name == "support_recall@5"
    assert metric("support_recall@5") != metric("support_recall@6")


def test_a_metric_made_by_hand_passes_through_and_is_asked_only_where_it_applies() -> None:
    mine = Metric("first_answer_length", lambda example, outcome: float(len(example.answers[0])), frozenset({"answers"}))
    assert metric(mine) is mine
    assert mine(GOLD, Outcome()) == 9
    assert mine(BARE, Outcome()) is None


def test_a_metric_that_needs_what_no_example_has_is_refused() -> None:
    with pytest.raises(MetricError, match=r"'mine' needs \['gold'\]"):
        Metric("mine", lambda example, outcome: 1.0, frozenset({"gold"}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("suport_recall@5", "did you mean 'support_recall'"),
        ("bleu", "known are support_recall@k"),
        ("", "known are"),
        ("answer_f1@5", "has no cutoff"),
        ("ndcg@", "such as 'ndcg@5'"),
        ("ndcg@0", "whole number from 1"),
        ("ndcg@-1", "whole number from 1"),
        ("ndcg@five", "whole number from 1"),
        ("ndcg@٥", "whole number from 1"),
        ("ndcg@5@6", "whole number from 1"),
    ],
)
def test_a_name_that_is_not_a_metric_is_refused_with_the_way_out(name: str, said: str) -> None:
    with pytest.raises(MetricError, match=said):
        metric(name)


def test_every_default_metric_reaches_another_process_and_is_found_by_its_name() -> None:
    outcome = Outcome(("a", "x"), Answer(text="Seine", citations=("a",)), searches=1)
    for found in DEFAULT_METRICS:
        copy = pickle.loads(pickle.dumps(found))
        assert copy == found == metric(found.name)
        assert copy(GOLD, outcome) == found(GOLD, outcome)
