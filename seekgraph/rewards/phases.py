"""Rewards of a whole run that change from one phase of training, or of compiling, to the next."""

from __future__ import annotations

from typing import Literal

from seekgraph.core.language.params import Choice, Float
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import Reward, Score
from seekgraph.rewards.combine import schedule
from seekgraph.rewards.efficiency import attenuated_retrieval, cost_aware_f1
from seekgraph.rewards.outcome import bad_form
from seekgraph.rewards.weights import tunable
from seekgraph.rewards.whole import run_reward
from seekgraph.types import Example

Phase = Literal["format", "retrieval", "cost"]


@run_reward()
def well_formed(trace: Trace, example: Example | None) -> Score:
    """1 for a run in good form, else 0: no step failed, no model's reply was put aside, no budget cut it short, it has an answer.

    It needs no gold. Source: the format rewards of Search-R1, GraphRAG-R1 and others, which look for tags in a text; here steps
    are typed.
    """
    wrong = bad_form(trace)
    return Score(float(not wrong), wrong)


@tunable
def graphrag_r1(
    phase: Phase = Choice("format", "retrieval", "cost", name="phase"),
    k: float = Float(0.5, 0.01, 0.99),
    a: float = Float(1.0, 0.01, 1),
    b: float = Float(0.1, 0, 5),
) -> Reward:
    """The mean of the rewards of a phase, in [0, 1]: "format" is `well_formed`, "retrieval" adds `attenuated_retrieval(k)`,
    "cost" adds `cost_aware_f1(a, b)`.

    The phase is a param too: graphrag_r1().with_params({"phase": "cost"}). Source: GraphRAG-R1, which trains in these
    three phases; from its abstract, so the constants are params, and the mean, which keeps the score in [0, 1], is Seekgraph's.
    Raises `RewardError` for constants that the parts do not take and for a phase that there is not.
    """
    retrieval, cost = attenuated_retrieval(k), cost_aware_f1(a, b)
    phases = {
        "format": well_formed,
        "retrieval": 1 / 2 * (well_formed + retrieval),
        "cost": 1 / 3 * (well_formed + retrieval + cost),
    }
    return schedule(phases, phase).named("graphrag_r1")
