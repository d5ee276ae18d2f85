"""Process rewards: a score for every step. Names are loaded when first used.

`algebra` and `combine` say what a reward is and how rewards are combined, `weights` how their numbers are varied, `needs` what
they need; `define` and `whole` make one of a function. `catalog` lists all rewards; the others hold them by what they score.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seekflow.rewards.algebra import Reward as Reward
    from seekflow.rewards.algebra import RewardError as RewardError
    from seekflow.rewards.algebra import Score as Score
    from seekflow.rewards.algebra import scores as scores
    from seekflow.rewards.answering import answer_em as answer_em
    from seekflow.rewards.answering import answer_f1 as answer_f1
    from seekflow.rewards.answering import citation_recall as citation_recall
    from seekflow.rewards.answering import citation_support as citation_support
    from seekflow.rewards.answering import confidence_calibrated as confidence_calibrated
    from seekflow.rewards.answering import refused_rightly as refused_rightly
    from seekflow.rewards.combine import best_visit as best_visit
    from seekflow.rewards.combine import clip as clip
    from seekflow.rewards.combine import decay as decay
    from seekflow.rewards.combine import from_visit as from_visit
    from seekflow.rewards.combine import gate as gate
    from seekflow.rewards.combine import per_visit as per_visit
    from seekflow.rewards.combine import schedule as schedule
    from seekflow.rewards.comparing import planning_gain as planning_gain
    from seekflow.rewards.comparing import rank_among as rank_among
    from seekflow.rewards.defaults import DEFAULT_REWARDS as DEFAULT_REWARDS
    from seekflow.rewards.define import reward as reward
    from seekflow.rewards.efficiency import attenuated_retrieval as attenuated_retrieval
    from seekflow.rewards.efficiency import cost_aware_f1 as cost_aware_f1
    from seekflow.rewards.efficiency import gain_per_search as gain_per_search
    from seekflow.rewards.efficiency import inforage as inforage
    from seekflow.rewards.grounding import bottom_lines as bottom_lines
    from seekflow.rewards.grounding import cites_found as cites_found
    from seekflow.rewards.grounding import faithful as faithful
    from seekflow.rewards.harness import harness_terminal as harness_terminal
    from seekflow.rewards.judging import decided_right as decided_right
    from seekflow.rewards.judging import judge_label as judge_label
    from seekflow.rewards.judging import judged_right as judged_right
    from seekflow.rewards.ladders import hiersearch as hiersearch
    from seekflow.rewards.ladders import search_r1 as search_r1
    from seekflow.rewards.needs import require_needs as require_needs
    from seekflow.rewards.oversearch import frugal as frugal
    from seekflow.rewards.parsing import parse as parse
    from seekflow.rewards.phases import graphrag_r1 as graphrag_r1
    from seekflow.rewards.phases import well_formed as well_formed
    from seekflow.rewards.ranking import cosearch as cosearch
    from seekflow.rewards.ranking import ndcg_at as ndcg_at
    from seekflow.rewards.ranking import ranking_ndcg as ranking_ndcg
    from seekflow.rewards.reading import condensation as condensation
    from seekflow.rewards.reading import evidence_precision as evidence_precision
    from seekflow.rewards.reading import evidence_recall as evidence_recall
    from seekflow.rewards.reading import verbatim as verbatim
    from seekflow.rewards.reflecting import goal_met as goal_met
    from seekflow.rewards.reflecting import right_to_stop as right_to_stop
    from seekflow.rewards.retrieval import novelty as novelty
    from seekflow.rewards.retrieval import redundancy as redundancy
    from seekflow.rewards.retrieval import search_gain as search_gain
    from seekflow.rewards.retrieval import support_gain as support_gain
    from seekflow.rewards.retrieval import turn_recall as turn_recall
    from seekflow.rewards.runs import run_em as run_em
    from seekflow.rewards.runs import run_f1 as run_f1
    from seekflow.rewards.sufficiency import refused_for_lack as refused_for_lack
    from seekflow.rewards.sufficiency import search_sufficient as search_sufficient
    from seekflow.rewards.sufficiency import used_what_it_found as used_what_it_found
    from seekflow.rewards.sufficiency import web_detective as web_detective
    from seekflow.rewards.verdicts import judged as judged
    from seekflow.rewards.weights import tunable as tunable
    from seekflow.rewards.whole import of_run as of_run
    from seekflow.rewards.whole import run_reward as run_reward

_NAMES = {
    "algebra": ("Reward", "RewardError", "Score", "scores"),
    "answering": ("answer_em", "answer_f1", "citation_recall", "citation_support", "confidence_calibrated", "refused_rightly"),
    "combine": ("best_visit", "clip", "decay", "from_visit", "gate", "per_visit", "schedule"),
    "comparing": ("planning_gain", "rank_among"),
    "defaults": ("DEFAULT_REWARDS",),
    "define": ("reward",),
    "efficiency": ("attenuated_retrieval", "cost_aware_f1", "gain_per_search", "inforage"),
    "grounding": ("bottom_lines", "cites_found", "faithful"),
    "harness": ("harness_terminal",),
    "judging": ("decided_right", "judge_label", "judged_right"),
    "ladders": ("hiersearch", "search_r1"),
    "needs": ("require_needs",),
    "oversearch": ("frugal",),
    "parsing": ("parse",),
    "phases": ("graphrag_r1", "well_formed"),
    "ranking": ("cosearch", "ndcg_at", "ranking_ndcg"),
    "reading": ("condensation", "evidence_precision", "evidence_recall", "verbatim"),
    "reflecting": ("goal_met", "right_to_stop"),
    "retrieval": ("novelty", "redundancy", "search_gain", "support_gain", "turn_recall"),
    "runs": ("run_em", "run_f1"),
    "sufficiency": ("refused_for_lack", "search_sufficient", "used_what_it_found", "web_detective"),
    "verdicts": ("judged",),
    "weights": ("tunable",),
    "whole": ("of_run", "run_reward"),
}
_HOMES = {name: f"{__name__}.{module}" for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
