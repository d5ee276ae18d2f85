"""What step rewards say of a change counts where they predict the outcome, and only there."""

from __future__ import annotations

import random
import statistics

from seekgraph.evaluation.row import Row
from seekgraph.optimizers.surrogate import MOST_TRUST, Surrogate


def rows(seed: int, chance: float, weight: float, count: int = 48) -> tuple[list[Row], list[float]]:
    """Rows with the reward of node "a", 1 with this chance, and outcomes to which it adds `weight`, under a noise of .3."""
    drawn = random.Random(seed)
    made, outcomes = [], []
    for number in range(count):
        reward = float(drawn.random() < chance)
        made.append(Row(id=f"{number}", rewards={"a": ((1, "good", reward),)}))
        outcomes.append(0.4 + weight * reward + drawn.gauss(0, 0.3))
    return made, outcomes


def gains(seed: int, weight: float) -> tuple[float, float]:
    """The mean gain of a change that lifts the reward from .2 to .8: by the outcomes alone, and with the surrogate."""
    before, was = rows(2 * seed, 0.2, weight)
    after, now = rows(2 * seed + 1, 0.8, weight)
    surrogate = Surrogate(("a",))
    surrogate.learn(before, was)
    surrogate.learn(after, now)
    seen = [new - old for new, old in zip(now, was, strict=True)]
    return statistics.fmean(seen), statistics.fmean(surrogate.gaps(after, before, seen, {"a"}))


def test_where_rewards_predict_the_outcome_a_gain_is_seen_more_clearly_and_not_shifted() -> None:
    found = [gains(seed, 0.5) for seed in range(60)]
    alone, helped = zip(*found, strict=True)
    assert abs(statistics.fmean(helped) - 0.3) < 0.03
    assert statistics.stdev(helped) <= statistics.stdev(alone)


def test_where_they_do_not_a_better_reward_is_no_gain() -> None:
    assert abs(statistics.fmean(helped for _, helped in (gains(seed, 0.0) for seed in range(60)))) < 0.03


def test_a_change_of_a_node_that_predicts_nothing_is_judged_by_the_outcome_alone() -> None:
    before, was = rows(0, 0.2, 0.5)
    surrogate = Surrogate(("a", "b"))
    surrogate.learn(before, was)
    assert surrogate.predicts({"a"})
    assert not surrogate.predicts({"a", "b"})
    assert surrogate.gaps(before, before, [0.25] * len(before), {"b"}) == [0.25] * len(before)


def test_the_outcome_always_counts() -> None:
    before, was = rows(0, 0.2, 0.5)
    surrogate = Surrogate(("a",))
    surrogate.learn(before, was)
    seen = [0.5, -0.5] * (len(before) // 2)
    found = surrogate.gaps(before, before, seen, {"a"})  # the same rows: nothing is predicted to change
    assert max(found) >= (1 - MOST_TRUST) * 0.5 - 1e-9


def test_few_or_failed_rows_predict_nothing() -> None:
    before, was = rows(0, 0.2, 0.5, count=8)
    surrogate = Surrogate(("a",))
    surrogate.learn(before, was)
    surrogate.learn([Row(id=f"f{number}", status="failed") for number in range(40)], [0.0] * 40)
    assert not surrogate.predicts({"a"})
