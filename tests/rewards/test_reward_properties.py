"""What every reward keeps, on runs of random flows: a score or none, no exception, and nothing changed."""

from __future__ import annotations

import pickle

from hypothesis import given, settings
from random_runs import TEXTS, examples, results, runs
from small_flows import Keep, Say, Tell, run

import seekflow as sf
import seekflow.rewards as rewards
from seekflow.core.trace import Trace
from seekflow.rewards import Reward
from seekflow.rewards.outcome import final_answer, found_by, handed_on
from seekflow.types import Example

OTHER = run(Tell(TEXTS) >> Keep(("p1",)) >> Say("Paris", ("p1",)))
MADE: tuple[Reward, ...] = (
    rewards.attenuated_retrieval(),
    rewards.best_visit(rewards.turn_recall),
    rewards.bottom_lines(rewards.cites_found, rewards.faithful, behaviour=rewards.answer_f1),
    rewards.condensation(),
    rewards.condensation("context"),
    rewards.cosearch(),
    rewards.cost_aware_f1(),
    rewards.decided_right(),
    rewards.decided_right("answer"),
    rewards.from_visit({1: rewards.novelty, 2: rewards.support_gain}),
    rewards.frugal(),
    rewards.frugal(1, {"e": Trace()}),
    rewards.gain_per_search(1),
    rewards.graphrag_r1("cost"),
    rewards.graphrag_r1().with_params({"phase": "retrieval", "graphrag_r1.k": 0.9}),
    rewards.harness_terminal(),
    rewards.harness_terminal("v4", 0.1),
    rewards.hiersearch(["find", "tell"], ["tell"], local_first=True),
    rewards.inforage(),
    rewards.inforage(extra=sf.Float(0.4, 0, 1)) * rewards.decay(sf.Float(0.9, 0, 1)) - 0.1,
    rewards.judge_label(),
    rewards.ndcg_at(2),
    rewards.ndcg_at(of="all"),
    rewards.per_visit(rewards.support_gain - rewards.redundancy, "sum"),
    rewards.per_visit(rewards.gate(rewards.novelty, rewards.clip(rewards.support_gain, high=0.4))),
    rewards.planning_gain(0.3, OTHER, alpha=0.5, process=rewards.search_sufficient),
    rewards.rank_among([OTHER, Trace()], (rewards.support_gain, rewards.novelty)),
    rewards.schedule({"first": rewards.novelty, "then": rewards.support_gain}, "then"),
    rewards.search_gain(1),
    rewards.search_r1(),
    rewards.web_detective(0.5),
)
READY = tuple(thing for name in rewards._HOMES if isinstance(thing := getattr(rewards, name), Reward))


@settings(max_examples=150, deadline=None)
@given(runs(), examples)
def test_every_reward_of_every_step_is_a_score_or_none_and_changes_nothing(trace: Trace, example: Example | None) -> None:
    before = trace.identity
    for reward in (*READY, *MADE):
        for step in trace:
            score = reward(step, trace, example)
            assert score.value is None or 0 <= score.value <= 1
            assert reward(step, trace, example) == score
    assert trace.identity == before


@settings(max_examples=30, deadline=None)
@given(runs(), examples)
def test_a_reward_gives_the_same_in_another_process(trace: Trace, example: Example | None) -> None:
    for reward in (*READY, *MADE):
        again = pickle.loads(pickle.dumps(reward))
        assert [again(step, trace, example) for step in trace] == [reward(step, trace, example) for step in trace]


@settings(max_examples=150, deadline=None)
@given(results())
def test_what_a_run_came_to_can_be_read_from_its_trace(result: sf.Result) -> None:
    assert handed_on(result.trace) == list(dict.fromkeys(passage.id for passage in result.passages))
    assert final_answer(result.trace) == result.answer
    assert found_by(result.trace).issuperset(passage.id for passage in result.values.get("passages", ()))
