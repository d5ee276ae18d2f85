"""StepSearch's rewards, with numbers worked by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_flows import Fail, Say, feedback, values
from small_queries import Ask, searched

import seekgraph as sg
from seekgraph import S
from seekgraph.core.record.trace import Trace
from seekgraph.nodes import Retrieve
from seekgraph.rewards import (
    Reward,
    RewardError,
    information_gain,
    key_match,
    key_match_gain,
    query_redundancy,
    step_search,
    step_search_outcome,
)
from seekgraph.tools import BM25
from seekgraph.types import Example, Passage, SubQuestion

# --- information gain ----------------------------------------------------------------------------------------------

GOLD = {"g1": "Seine, Paris", "g2": "Tiber, Rome"}
ROW = Example(id="e", question="?", answers=("Paris",), supporting_ids=("g1", "g2"))
THERE = {
    "first": {"d": "Seine, river"},
    "second": {"g1": "Seine, Paris", "d": "Seine, river"},
    "third": {"x": "Berlin"},
    "fourth": {},
}
# Fitted on d and the two gold texts, n = 3: "seine" stands in 2 of them, "river" and "paris" in 1.
TWICE, ONCE = math.log(4 / 3) + 1, math.log(4 / 2) + 1
NEAR = TWICE**2 / (TWICE**2 + ONCE**2)  # the cosine of d with g1; with g2 it shares no word


def raw(reward: Reward, trace: Trace, row: Example | None) -> list[float]:
    """The reward of each step that it applies to, before clipping."""
    found = [reward.measure(step, trace, row)[0] for step in trace]
    return [value for value in found if value is not None]


def looped(*texts: str, there: dict[str, dict[str, str]] | None = None) -> Trace:
    """A round for each of these queries."""
    rounds = sg.loop(Ask(texts) >> Retrieve("corpus"), until=S.round >= len(texts), max_rounds=len(texts))
    return searched(rounds >> Say("Paris"), THERE if there is None else there)


def test_information_gain_is_how_much_nearer_to_the_gold_texts_a_query_comes() -> None:
    trace = looped("first", "second", "third", "fourth")
    # m = (NEAR, 0), M = (0, 0); then m = (1, 0), M = (NEAR, 0); then m = (0, 0), M = (1, 0); then nothing was found
    gains = [NEAR / 2, (1 - NEAR) / 2, 0, 0]
    assert values(information_gain(GOLD), trace, ROW) == pytest.approx(gains)
    assert feedback(information_gain(GOLD), trace, ROW)[1] == "came 0.32 nearer to the gold texts, 0.50 of 1 is reached"


def test_the_reward_of_a_step_is_its_gain_less_what_it_found_again() -> None:
    trace = looped("first", "second", "third", "fourth")
    assert values(query_redundancy, trace, None) == [0, 1 / 2, 0]
    steps = [NEAR / 2, (1 - NEAR) / 2 - 1 / 2, 0, 0]
    assert raw(step_search(GOLD), trace, ROW) == pytest.approx(steps)
    assert values(step_search(GOLD), trace, ROW) == pytest.approx([max(0, each) for each in steps])
    assert values(0.5 * (1 + step_search(GOLD)), trace, ROW) == pytest.approx([(1 + each) / 2 for each in steps])


def test_gold_texts_may_come_from_a_corpus_and_those_without_one_are_left_out() -> None:
    trace = looped("first", "second")
    corpus = BM25([Passage(id=id, text=text) for id, text in GOLD.items()])
    assert values(information_gain(corpus.passages), trace, ROW) == pytest.approx([NEAR / 2, (1 - NEAR) / 2])
    alone = Example(id="e", question="?", supporting_ids=("g1", "nowhere"))
    # n = 2: "seine" stands in both texts, "river" and "paris" in one
    near = 1 / (1 + (math.log(3 / 2) + 1) ** 2)
    assert values(information_gain(corpus.passages), trace, alone) == pytest.approx([near, 1 - near])
    assert values(information_gain({}), trace, ROW) == []
    with pytest.raises(RewardError, match="something with `get"):
        information_gain(["p1"])  # type: ignore[arg-type]


words = st.lists(st.sampled_from(["seine", "paris", "rome", "tiber", "river", "the"]), max_size=4).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from("abcd"), words, max_size=3), min_size=1, max_size=4))
def test_the_gains_of_a_run_add_up_to_the_nearest_that_it_came(rounds: list[dict[str, str]]) -> None:
    told_once = {id: text for found in reversed(rounds) for id, text in found.items()}  # a passage has one text
    there = {str(number): {id: told_once[id] for id in found} for number, found in enumerate(rounds)}
    gains = values(information_gain(GOLD), looped(*there, there=there), ROW)
    at_once = values(information_gain(GOLD), looped("all", there={"all": told_once}), ROW)
    assert math.fsum(gain for gain in gains if gain) == pytest.approx(at_once[0])


# --- gold keys -----------------------------------------------------------------------------------------------------

HOPS = (SubQuestion(question="who directed Jaws", answer="Spielberg"), SubQuestion(question="where was #1 born", answer="Ohio"))
JAWS = Example(id="e", question="?", answers=("Ohio",), decomposition=HOPS)
# F1 with "who directed Jaws": 2 * 1 / (2 + 3) = .4; with "where was Spielberg born": 1, then 2 * 1 / (1 + 4) = .4
QUERIES = ("Jaws director", "Where was Spielberg born?", "born")


def test_each_query_counts_for_the_gold_key_that_it_is_most_like_and_the_last_one_stands() -> None:
    trace = looped(*QUERIES)
    assert values(key_match(), trace, JAWS) == pytest.approx([(0.4 + 0.4) / 2])
    assert values(key_match("best"), trace, JAWS) == pytest.approx([(0.4 + 1) / 2])
    assert feedback(key_match(), looped("Jaws director", "nothing of that"), JAWS) == ["no query asks 'where was Spielberg born'"]


def test_what_a_query_adds_may_be_less_than_nothing_where_the_last_one_stands() -> None:
    trace = looped(*QUERIES)
    assert raw(key_match_gain(), trace, JAWS) == pytest.approx([0.2, 0.5, -0.3])
    assert values(key_match_gain(), trace, JAWS) == pytest.approx([0.2, 0.5, 0])
    assert values(key_match_gain("best"), trace, JAWS) == pytest.approx([0.2, 0.5, 0])
    assert feedback(key_match_gain(), trace, JAWS)[1:] == [
        "asks 'where was Spielberg born'",
        "asks no gold key better than before",
    ]


def test_gold_keys_may_stand_in_the_rows_in_several_wordings() -> None:
    row = Example(id="e", question="?", meta={"keys": [["director of Jaws", "who made Jaws"], "Spielberg's birthplace"]})
    # "Jaws director" against "director of Jaws": 2 * 2 / (2 + 3) = .8; the two others share no word with a key
    assert values(key_match(keys="keys"), looped(*QUERIES), row) == pytest.approx([0.8 / 2])
    assert key_match(keys="keys").needs == {"meta"}
    assert values(key_match(keys="other"), looped(*QUERIES), row) == []
    with pytest.raises(RewardError, match="'last' or the 'best'"):
        key_match("first")  # type: ignore[arg-type]


asked = st.lists(st.sampled_from([*QUERIES, "Spielberg", "who", "", "Jaws Jaws"]), min_size=1, max_size=5)


@settings(max_examples=60, deadline=None)
@given(asked, st.sampled_from(["last", "best"]))
def test_what_the_queries_of_a_run_add_makes_its_key_match(texts: list[str], keep: str) -> None:
    trace = looped(*texts)
    [whole] = values(key_match(keep), trace, JAWS)  # type: ignore[arg-type]
    assert math.fsum(raw(key_match_gain(keep), trace, JAWS)) == pytest.approx(whole)  # type: ignore[arg-type]
    assert values(key_match("best"), trace, JAWS) >= values(key_match("last"), trace, JAWS)


# --- the outcome ---------------------------------------------------------------------------------------------------


def test_the_outcome_is_f1_and_the_key_match_over_the_most_that_they_come_to() -> None:
    row = JAWS.model_copy(update={"answers": ("Paris",)})
    trace = looped(*QUERIES)
    assert values(step_search_outcome(), trace, row) == pytest.approx([(1 + 0.618 * 0.4) / 1.618])
    assert values(step_search_outcome(0.0), trace, JAWS) == [0]
    assert values(step_search_outcome(1.0, "best"), trace, JAWS) == pytest.approx([(0 + 0.7) / 2])
    assert step_search_outcome().needs == {"answers", "decomposition"}


def test_bad_form_is_below_zero_in_a_formula_and_zero_by_itself() -> None:
    trace = searched(Ask(("Jaws director",)) >> Retrieve("corpus") >> Fail(), {})
    assert raw(step_search_outcome(), trace, JAWS) == pytest.approx([-1 / 1.618])
    assert values(step_search_outcome(), trace, JAWS) == [0]
    with pytest.raises(RewardError, match="0 or more"):
        step_search_outcome(-0.1)
