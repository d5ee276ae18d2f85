"""The first step rewards, on traces of small flows, with numbers worked by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import seekflow as sf
from seekflow import S
from seekflow.core.ledger import EvidenceList, Passages
from seekflow.core.trace import Trace
from seekflow.evaluation import metrics
from seekflow.rewards import (
    Reward,
    RewardError,
    answer_f1,
    citation_support,
    ndcg_at,
    novelty,
    ranking_ndcg,
    redundancy,
    right_to_stop,
    support_gain,
)
from seekflow.rewards.measures import ndcg, token_f1
from seekflow.types import Answer, Evidence, Example, Goal, Passage, Plan, Verdict


def passages(*ids: str) -> tuple[Passage, ...]:
    return tuple(Passage(id=id, title=id, text=f"text of {id}") for id in ids)


def example(*gold: str, answers: tuple[str, ...] = ("Paris",)) -> Example:
    return Example(id="e", question="?", supporting_ids=gold, answers=answers)


class Found(sf.Writes):
    passages: Passages


class Kept(sf.Writes):
    context: tuple[Passage, ...]


class Noted(sf.Writes):
    evidence: EvidenceList


class Judged(sf.Writes):
    verdict: Verdict


class Said(sf.Writes):
    answer: Answer


class Planned(sf.Writes):
    plan: Plan


class Find(sf.Node):
    """Finds in round n the n-th of some lists of ids."""

    lists: tuple[tuple[str, ...], ...]

    async def run(self, question: str, visit: sf.Visit) -> Found:
        return Found(passages=passages(*self.lists[max(visit.round, 1) - 1]))


class Keep(sf.Node):
    """Keeps these of the passages, in this order."""

    ids: tuple[str, ...]

    async def run(self, passages: tuple[Passage, ...]) -> Kept:
        by_id = {passage.id: passage for passage in passages}
        return Kept(context=tuple(by_id[id] for id in self.ids))


class Note(sf.Node):
    """Notes evidence from these of the passages."""

    ids: tuple[str, ...]

    async def run(self, passages: tuple[Passage, ...]) -> Noted:
        return Noted(evidence=tuple(Evidence(claim="c", passage_id=id) for id in self.ids))


class Judge(sf.Node):
    score: float

    async def run(self, context: tuple[Passage, ...]) -> Judged:
        return Judged(verdict=Verdict(score=self.score))


class JudgeEvidence(sf.Node):
    score: float

    async def run(self, evidence: tuple[Evidence, ...]) -> Judged:
        return Judged(verdict=Verdict(score=self.score))


class JudgeBlindly(sf.Node):
    score: float

    async def run(self, question: str) -> Judged:
        return Judged(verdict=Verdict(score=self.score))


class Say(sf.Node):
    text: str
    citations: tuple[str, ...] = ()
    refused: bool = False

    async def run(self, question: str) -> Said:
        return Said(answer=Answer(text=self.text, citations=self.citations, refused=self.refused))


class Divide(sf.Node):
    async def run(self, question: str) -> Planned:
        return Planned(plan=Plan(goals=(Goal(id="1", text="who?"), Goal(id="2", text="where?"))))


def run(body: object) -> Trace:
    """The trace of a flow; unread writes are what these flows are about, so they are not checked for them."""
    from seekflow.core.bound import Bound

    return Bound(sf.Flow(body), {}, checked=True)(question="?").trace


def values(reward: Reward, trace: Trace, row: Example) -> list[float | None]:
    """The reward of each step that it applies to."""
    found = [reward(step, trace, row).value for step in trace]
    return [value for value in found if value is not None]


def told(reward: Reward, trace: Trace, row: Example) -> list[str]:
    return [score.feedback for step in trace if (score := reward(step, trace, row)).feedback]


# --- retrieving ----------------------------------------------------------------------------------------------------

ROUNDS = Find((("p1", "x"), ("p1", "p2", "y"), ("x", "p1")))
LOOPED = sf.loop(ROUNDS >> JudgeBlindly(0.0), until=S.verdict.score >= 0.5, max_rounds=3) >> Say("Paris")


def test_a_gold_passage_is_credited_once_to_the_step_that_found_it_first() -> None:
    trace = run(LOOPED)
    assert values(support_gain, trace, example("p1", "p2", "p3")) == [1 / 3, 1 / 3, 0]
    assert told(support_gain, trace, example("p1", "p2", "p3")) == [
        "found 1 (p1) of 3 gold passages first, 2 (p2, p3) missing",
        "found 1 (p2) of 3 gold passages first, 1 (p3) missing",
        "found no new gold passage, 1 (p3) missing",
    ]


def test_redundancy_is_the_share_that_was_found_before() -> None:
    trace = run(LOOPED)
    assert values(redundancy, trace, example()) == [0, 1 / 3, 1]
    assert values(novelty, trace, example()) == pytest.approx([1, 2 / 3, 0])
    assert novelty.needs == frozenset()


def test_a_step_that_found_nothing_is_neither_redundant_nor_new_and_gains_nothing() -> None:
    trace = run(Find(((),)) >> Say("Paris"))
    assert values(redundancy, trace, example("p1")) == values(novelty, trace, example("p1")) == []
    assert values(support_gain, trace, example("p1")) == [0]


def test_parallel_branches_share_credit_in_the_order_of_writing() -> None:
    trace = run(sf.fan(Find((("p1", "p2"),)), Find((("p2", "p3"),))) >> Say("Paris"))
    assert values(support_gain, trace, example("p1", "p2", "p3", "p4")) == [2 / 4, 1 / 4]
    assert values(redundancy, trace, example()) == [0, 1 / 2]


def test_what_an_executor_found_counts_as_found() -> None:
    executor = sf.call(Find((("p1",),)) >> Say("a"), name="search")
    trace = run(executor >> Find((("p1", "p2"),)) >> Say("Paris"))
    assert values(support_gain, trace, example("p1", "p2")) == [1 / 2, 1 / 2]
    assert values(redundancy, trace, example()) == [0, 1 / 2]


@given(
    st.lists(st.lists(st.sampled_from("abcdef"), max_size=4), min_size=1, max_size=4),
    st.sets(st.sampled_from("abcdefg"), min_size=1),
)
def test_the_gains_of_a_run_add_up_to_the_recall_of_all_that_was_found(lists: list[list[str]], gold: set[str]) -> None:
    rounds = tuple(tuple(dict.fromkeys(ids)) for ids in lists)
    trace = run(sf.loop(Find(rounds) >> JudgeBlindly(0.0), until=S.verdict.score >= 0.5, max_rounds=len(rounds)) >> Say("Paris"))
    found = {id for ids in rounds for id in ids}
    gains = values(support_gain, trace, example(*sorted(gold)))
    assert sum(gain for gain in gains if gain is not None) == pytest.approx(len(found & gold) / len(gold))


# --- ranking -------------------------------------------------------------------------------------------------------


def test_a_ranking_is_judged_by_its_ndcg_over_the_gold_that_it_had_to_rank() -> None:
    trace = run(Find((("x", "p1", "y", "p2"),)) >> Keep(("x", "p1", "p2")) >> Say("Paris"))
    ideal = 1 + 1 / math.log2(3)
    reached = 1 / math.log2(3) + 1 / 2
    assert values(ranking_ndcg, trace, example("p1", "p2", "never found")) == pytest.approx([reached / ideal])
    with_three = ideal + 1 / 2
    assert values(ndcg_at(of="all"), trace, example("p1", "p2", "never found")) == pytest.approx([reached / with_three])


def test_a_cutoff_looks_at_the_top_alone() -> None:
    trace = run(Find((("x", "p1", "p2"),)) >> Keep(("p1", "x", "p2")) >> Say("Paris"))
    row = example("p1", "p2")
    assert values(ndcg_at(1), trace, row) == [1]
    assert values(ndcg_at(2), trace, row) == pytest.approx([1 / (1 + 1 / math.log2(3))])
    assert (ndcg_at(2).name, ndcg_at(2, of="all").name) == ("ranking_ndcg@2", "ranking_ndcg@2_of_all")
    with pytest.raises(RewardError, match="at least 1"):
        ndcg_at(0)


def test_a_context_too_short_for_the_gold_loses_points_and_says_what_it_dropped() -> None:
    trace = run(Find((("p1", "p2"),)) >> Keep(("p1",)) >> Say("Paris"))
    assert values(ranking_ndcg, trace, example("p1", "p2")) == pytest.approx([1 / (1 + 1 / math.log2(3))])
    assert told(ranking_ndcg, trace, example("p1", "p2")) == ["gold at 1 of 1; not kept: p2"]


def test_where_there_was_no_gold_to_rank_the_ranking_is_not_at_fault() -> None:
    trace = run(Find((("x", "y"),)) >> Keep(("y",)) >> Say("Paris"))
    assert values(ranking_ndcg, trace, example("p1")) == []
    assert values(ndcg_at(of="all"), trace, example("p1")) == [0]


# --- reflecting ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kept", "score", "value", "feedback"),
    [
        (("p1", "p2"), 0.9, 0.99, "right to say enough"),
        (("p1", "p2"), 0.2, 0.36, "went on although all gold passages were there"),
        (("p1", "x"), 0.5, 0.75, "said enough too early: 1 of 2 gold passages missing (p2)"),
        (("x",), 0.1, 0.99, "right to go on: 2 of 2 gold passages missing (p1, p2)"),
    ],
)
def test_enough_is_right_when_all_gold_was_in_what_was_read(
    kept: tuple[str, ...], score: float, value: float, feedback: str
) -> None:
    trace = run(Find((("p1", "p2", "x"),)) >> Keep(kept) >> Judge(score) >> Say("Paris"))
    assert values(right_to_stop, trace, example("p1", "p2")) == pytest.approx([value])
    assert told(right_to_stop, trace, example("p1", "p2")) == [feedback]


def test_evidence_counts_as_the_passage_that_it_comes_from() -> None:
    body = Find((("p1", "p2"),)) >> Note(("p1",)) >> JudgeEvidence(1.0) >> Say("Paris")
    assert values(right_to_stop, run(body), example("p1")) == [1]
    assert values(right_to_stop, run(body), example("p1", "p2")) == [0]


def test_having_read_an_empty_collection_is_having_read_nothing() -> None:
    body = Find((("p1",),)) >> Note(()) >> JudgeEvidence(1.0) >> Say("Paris")
    assert values(right_to_stop, run(body), example("p1")) == [0]


def test_a_judge_that_reads_no_passages_is_held_to_what_was_found_by_then() -> None:
    row = example("p1", "p2")
    body = sf.loop(Find((("p1",), ("p2",))) >> JudgeBlindly(0.4), until=S.verdict.score >= 0.5, max_rounds=2) >> Say("Paris")
    assert values(right_to_stop, run(body), row) == pytest.approx([1 - 0.16, 1 - 0.36])


# --- answering -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("say", "value"),
    [
        (Say("The city of Paris"), 2 * 1 / (3 + 1)),
        (Say("paris."), 1.0),
        (Say("London"), 0.0),
        (Say("Paris is not named", refused=True), 0.0),
    ],
)
def test_an_answer_is_judged_by_token_f1(say: Say, value: float) -> None:
    assert values(answer_f1, run(say), example(answers=("Lutetia", "Paris"))) == pytest.approx([value])


def test_citations_are_judged_by_their_precision_and_none_are_not_judged() -> None:
    assert values(citation_support, run(Say("Paris", ("p1", "x", "p1"))), example("p1", "p2")) == [0.5]
    assert told(citation_support, run(Say("Paris", ("p1", "x"))), example("p1")) == ["cites what does not support it: x"]
    assert values(citation_support, run(Say("Paris")), example("p1")) == []


def test_an_executors_answer_to_a_goal_is_not_held_to_the_answer_of_the_question() -> None:
    search = Find((("p1",),)) >> Keep(("p1",)) >> Judge(0.9) >> Say("a river", ("p1",))
    executor = sf.call(search, give={"question": S.goal.text}, name="search")
    trace = run(Divide() >> sf.each(S.plan.goals, executor) >> Say("Paris", ("p1",)))
    row = example("p1", "p2")
    assert values(answer_f1, trace, row) == [1]
    assert values(citation_support, trace, row) == [1]
    assert values(right_to_stop, trace, row) == []
    assert values(support_gain, trace, row) == [0.5, 0]


def test_an_executor_that_works_on_the_whole_question_is_judged_like_the_run() -> None:
    search = Find((("p1",),)) >> Keep(("p1",)) >> Judge(0.9) >> Say("London")
    trace = run(sf.call(search, name="search") >> Say("Paris"))
    assert values(answer_f1, trace, example("p1")) == [0, 1]
    assert values(right_to_stop, trace, example("p1")) == pytest.approx([0.99])


# --- the same numbers as the metrics -------------------------------------------------------------------------------

ids = st.lists(st.sampled_from("abcdefgh"), max_size=8)


@given(ids, st.sets(st.sampled_from("abcdefgh"), min_size=1), st.none() | st.integers(1, 9))
def test_ndcg_is_that_of_the_metrics(ranked: list[str], gold: set[str], k: int | None) -> None:
    assert ndcg(ranked, gold, k) == pytest.approx(metrics.ndcg(ranked, gold, k))


text = st.text() | st.lists(st.sampled_from(["the", "a", "Paris", "no", "yes", "noanswer", "city,", "of"]), max_size=5).map(
    " ".join
)


@given(text, st.lists(text, min_size=1, max_size=3))
def test_token_f1_is_that_of_the_metrics(answer: str, golds: list[str]) -> None:
    assert token_f1(answer, golds) == pytest.approx(metrics.token_f1(answer, golds))
