"""What every reward keeps, on runs of random flows: a score or none, no exception, and nothing changed."""

from __future__ import annotations

import pickle

import pytest
from holds import holds_for
from random_runs import TEXTS, examples, results, rows, runs
from small_flows import Keep, Say, Tell, run

import seekgraph as sg
import seekgraph.rewards as rewards
from seekgraph.core.record.trace import Trace
from seekgraph.rewards import Reward
from seekgraph.rewards.outcome import final_answer, found_by, handed_on
from seekgraph.rewards.turns import turns
from seekgraph.text.answers import exact_match as text_alike
from seekgraph.tools import BM25
from seekgraph.types import Example, Passage

OTHER = run(Tell(TEXTS) >> Keep(("p1",)) >> Say("Paris", ("p1",)))
CORPUS = BM25(Passage(id=id, title=id, text=text) for id, text in TEXTS.items())
MADE: tuple[Reward, ...] = (
    0.5 * (1 + rewards.step_search(TEXTS)),
    rewards.adoption("citations"),
    rewards.adoption(),
    rewards.attenuated_retrieval(),
    rewards.best_visit(rewards.turn_recall),
    rewards.bottom_lines(rewards.cites_found, rewards.faithful, behaviour=rewards.answer_f1),
    rewards.condensation("context"),
    rewards.condensation(),
    rewards.cosearch(),
    rewards.cost_aware_f1(),
    rewards.decided_right("answer"),
    rewards.decided_right(),
    rewards.document_margin(CORPUS),
    rewards.document_margin(CORPUS, 2, 0.5, "all"),
    rewards.from_visit({1: rewards.novelty, 2: rewards.support_gain}),
    rewards.frugal(),
    rewards.frugal(1, {"e": Trace()}),
    rewards.gain_per_search(1),
    rewards.graphrag_r1("cost"),
    rewards.graphrag_r1().with_params({"phase": "retrieval", "graphrag_r1.k": 0.9}),
    rewards.harness_terminal("v4", 0.1),
    rewards.harness_terminal(),
    rewards.hiersearch(["find", "tell"], ["tell"], local_first=True),
    rewards.inforage(),
    rewards.inforage(extra=sg.Float(0.4, 0, 1)) * rewards.decay(sg.Float(0.9, 0, 1)) - 0.1,
    rewards.information_gain(CORPUS.passages),
    rewards.information_gain(TEXTS),
    rewards.judge_label(),
    rewards.key_match("best", "keys"),
    rewards.key_match(),
    rewards.key_match_gain(),
    rewards.ndcg_at(2),
    rewards.ndcg_at(of="all"),
    rewards.novel_query(),
    rewards.per_visit(rewards.gate(rewards.novelty, rewards.clip(rewards.support_gain, high=0.4))),
    rewards.per_visit(rewards.support_gain - rewards.redundancy, "sum"),
    rewards.plan_coverage_by(text_alike),
    rewards.plan_size_by("supporting_ids", 1),
    rewards.planning_gain(0.3, OTHER, alpha=0.5, process=rewards.search_sufficient),
    rewards.query_ap("left", 2),
    rewards.query_ap(),
    rewards.rank_among([OTHER, Trace()], (rewards.support_gain, rewards.novelty)),
    rewards.ranker_score(),
    rewards.ranker_score(top=1, by="best", against="query"),
    rewards.safe_query(),
    rewards.schedule({"first": rewards.novelty, "then": rewards.support_gain}, "then"),
    rewards.search_gain(1),
    rewards.search_r1(),
    rewards.smart_search(),
    rewards.smart_search(0, rewards.judged_query, "mean"),
    rewards.step_search(TEXTS),
    rewards.step_search_outcome(),
    rewards.useful_query("answer"),
    rewards.useful_query(),
    rewards.web_detective(0.5),
)
READY = tuple(thing for name in rewards._HOMES if isinstance(thing := getattr(rewards, name), Reward))


@holds_for(runs(), examples, few=25, many=150)
def test_every_reward_of_every_step_is_a_score_or_none_and_changes_nothing(trace: Trace, example: Example | None) -> None:
    before = trace.identity
    for reward in (*READY, *MADE):
        for step in trace:
            score = reward(step, trace, example)
            assert score.value is None or 0 <= score.value <= 1
            assert reward(step, trace, example) == score
    assert trace.identity == before


@holds_for(runs(), examples, few=8, many=30)
def test_a_reward_gives_the_same_in_another_process(trace: Trace, example: Example | None) -> None:
    for reward in (*READY, *MADE):
        again = pickle.loads(pickle.dumps(reward))
        assert [again(step, trace, example) for step in trace] == [reward(step, trace, example) for step in trace]


@holds_for(results(), few=40, many=150)
def test_what_a_run_came_to_can_be_read_from_its_trace(result: sg.Result) -> None:
    assert handed_on(result.trace) == list(dict.fromkeys(passage.id for passage in result.passages))
    assert final_answer(result.trace) == result.answer
    assert found_by(result.trace).issuperset(passage.id for passage in result.values.get("passages", ()))


@holds_for(runs(), few=40, many=150)
def test_a_search_is_blamed_on_no_more_than_one_step_and_after_it(trace: Trace) -> None:
    order = {step.id: number for number, step in enumerate(trace)}
    made = [(search.id, turn.step.id) for turn in turns(trace) for search in turn.searches]
    assert len({search for search, _ in made}) == len(made)
    assert all(order[chooser] <= order[search] for search, chooser in made)


@holds_for(runs(), rows, few=25, many=100)
def test_what_the_queries_of_a_run_add_makes_the_whole(trace: Trace, example: Example) -> None:
    gain, match = rewards.information_gain(TEXTS), rewards.key_match_gain()
    kept = [turn.step for turn in turns(trace)]
    assert sum(gain(step, trace, example).value or 0 for step in kept) <= 1 + 1e-9
    whole = rewards.of_run(rewards.key_match(), trace, example).value
    assert whole is None or sum(match.measure(step, trace, example)[0] or 0 for step in kept) == pytest.approx(whole)
