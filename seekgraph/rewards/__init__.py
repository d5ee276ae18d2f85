"""Process rewards: a score for every step. Names are loaded when first used.

`algebra` and `combine` say what a reward is and how rewards are combined, `weights` how their numbers are varied, `needs` what
they need; `define` and `whole` make one of a function. `catalog` lists all rewards; the others hold them by what they score.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seekgraph.rewards.adopting import adoption as adoption
    from seekgraph.rewards.algebra import Reward as Reward
    from seekgraph.rewards.algebra import RewardDefinitionError as RewardDefinitionError
    from seekgraph.rewards.algebra import RewardError as RewardError
    from seekgraph.rewards.algebra import Score as Score
    from seekgraph.rewards.algebra import scores as scores
    from seekgraph.rewards.answering import answer_em as answer_em
    from seekgraph.rewards.answering import answer_f1 as answer_f1
    from seekgraph.rewards.answering import citation_recall as citation_recall
    from seekgraph.rewards.answering import citation_support as citation_support
    from seekgraph.rewards.answering import confidence_calibrated as confidence_calibrated
    from seekgraph.rewards.answering import refused_rightly as refused_rightly
    from seekgraph.rewards.combine import best_visit as best_visit
    from seekgraph.rewards.combine import clip as clip
    from seekgraph.rewards.combine import decay as decay
    from seekgraph.rewards.combine import from_visit as from_visit
    from seekgraph.rewards.combine import gate as gate
    from seekgraph.rewards.combine import per_visit as per_visit
    from seekgraph.rewards.combine import schedule as schedule
    from seekgraph.rewards.comparing import planning_gain as planning_gain
    from seekgraph.rewards.comparing import rank_among as rank_among
    from seekgraph.rewards.defaults import DEFAULT_REWARDS as DEFAULT_REWARDS
    from seekgraph.rewards.define import reward as reward
    from seekgraph.rewards.define import reward_of as reward_of
    from seekgraph.rewards.efficiency import attenuated_retrieval as attenuated_retrieval
    from seekgraph.rewards.efficiency import cost_aware_f1 as cost_aware_f1
    from seekgraph.rewards.efficiency import gain_per_search as gain_per_search
    from seekgraph.rewards.efficiency import inforage as inforage
    from seekgraph.rewards.frugalrag import frugal as frugal
    from seekgraph.rewards.grounding import bottom_lines as bottom_lines
    from seekgraph.rewards.grounding import cites_found as cites_found
    from seekgraph.rewards.grounding import faithful as faithful
    from seekgraph.rewards.harness1 import harness_terminal as harness_terminal
    from seekgraph.rewards.information import information_gain as information_gain
    from seekgraph.rewards.information import step_search as step_search
    from seekgraph.rewards.information import step_search_outcome as step_search_outcome
    from seekgraph.rewards.judging import decided_right as decided_right
    from seekgraph.rewards.judging import judge_label as judge_label
    from seekgraph.rewards.judging import judged_right as judged_right
    from seekgraph.rewards.keys import key_match as key_match
    from seekgraph.rewards.keys import key_match_gain as key_match_gain
    from seekgraph.rewards.ladders import hiersearch as hiersearch
    from seekgraph.rewards.ladders import search_r1 as search_r1
    from seekgraph.rewards.meaning import nearness as nearness
    from seekgraph.rewards.needs import require_needs as require_needs
    from seekgraph.rewards.parsing import parse as parse
    from seekgraph.rewards.phases import graphrag_r1 as graphrag_r1
    from seekgraph.rewards.phases import well_formed as well_formed
    from seekgraph.rewards.plan_form import no_leap as no_leap
    from seekgraph.rewards.plan_form import plan_valid as plan_valid
    from seekgraph.rewards.planning import plan_coverage as plan_coverage
    from seekgraph.rewards.planning import plan_coverage_by as plan_coverage_by
    from seekgraph.rewards.planning import plan_order as plan_order
    from seekgraph.rewards.planning import plan_size as plan_size
    from seekgraph.rewards.planning import plan_size_by as plan_size_by
    from seekgraph.rewards.querying import novel_query as novel_query
    from seekgraph.rewards.querying import query_ap as query_ap
    from seekgraph.rewards.querying import query_redundancy as query_redundancy
    from seekgraph.rewards.querying import ranker_score as ranker_score
    from seekgraph.rewards.ranking import cosearch as cosearch
    from seekgraph.rewards.ranking import ndcg_at as ndcg_at
    from seekgraph.rewards.ranking import ranking_ndcg as ranking_ndcg
    from seekgraph.rewards.reading import condensation as condensation
    from seekgraph.rewards.reading import evidence_precision as evidence_precision
    from seekgraph.rewards.reading import evidence_recall as evidence_recall
    from seekgraph.rewards.reading import verbatim as verbatim
    from seekgraph.rewards.reflecting import goal_met as goal_met
    from seekgraph.rewards.reflecting import right_to_stop as right_to_stop
    from seekgraph.rewards.retrieval import novelty as novelty
    from seekgraph.rewards.retrieval import redundancy as redundancy
    from seekgraph.rewards.retrieval import search_gain as search_gain
    from seekgraph.rewards.retrieval import support_gain as support_gain
    from seekgraph.rewards.retrieval import turn_recall as turn_recall
    from seekgraph.rewards.runs import run_em as run_em
    from seekgraph.rewards.runs import run_f1 as run_f1
    from seekgraph.rewards.safety import safe_query as safe_query
    from seekgraph.rewards.usefulness import judged_query as judged_query
    from seekgraph.rewards.usefulness import smart_search as smart_search
    from seekgraph.rewards.usefulness import useful_query as useful_query
    from seekgraph.rewards.verdicts import judged as judged
    from seekgraph.rewards.webdetective import refused_for_lack as refused_for_lack
    from seekgraph.rewards.webdetective import search_sufficient as search_sufficient
    from seekgraph.rewards.webdetective import used_what_it_found as used_what_it_found
    from seekgraph.rewards.webdetective import web_detective as web_detective
    from seekgraph.rewards.weights import tunable as tunable
    from seekgraph.rewards.whole import of_run as of_run
    from seekgraph.rewards.whole import run_reward as run_reward
    from seekgraph.rewards.wording import document_margin as document_margin
    from seekgraph.rewards.wording import terms_from_evidence as terms_from_evidence

_NAMES = {
    "adopting": ("adoption",),
    "algebra": ("Reward", "RewardDefinitionError", "RewardError", "Score", "scores"),
    "answering": ("answer_em", "answer_f1", "citation_recall", "citation_support", "confidence_calibrated", "refused_rightly"),
    "combine": ("best_visit", "clip", "decay", "from_visit", "gate", "per_visit", "schedule"),
    "comparing": ("planning_gain", "rank_among"),
    "defaults": ("DEFAULT_REWARDS",),
    "define": ("reward", "reward_of"),
    "efficiency": ("attenuated_retrieval", "cost_aware_f1", "gain_per_search", "inforage"),
    "grounding": ("bottom_lines", "cites_found", "faithful"),
    "harness1": ("harness_terminal",),
    "information": ("information_gain", "step_search", "step_search_outcome"),
    "judging": ("decided_right", "judge_label", "judged_right"),
    "keys": ("key_match", "key_match_gain"),
    "ladders": ("hiersearch", "search_r1"),
    "meaning": ("nearness",),
    "needs": ("require_needs",),
    "frugalrag": ("frugal",),
    "parsing": ("parse",),
    "phases": ("graphrag_r1", "well_formed"),
    "plan_form": ("no_leap", "plan_valid"),
    "planning": ("plan_coverage", "plan_coverage_by", "plan_order", "plan_size", "plan_size_by"),
    "querying": ("novel_query", "query_ap", "query_redundancy", "ranker_score"),
    "ranking": ("cosearch", "ndcg_at", "ranking_ndcg"),
    "reading": ("condensation", "evidence_precision", "evidence_recall", "verbatim"),
    "reflecting": ("goal_met", "right_to_stop"),
    "retrieval": ("novelty", "redundancy", "search_gain", "support_gain", "turn_recall"),
    "runs": ("run_em", "run_f1"),
    "safety": ("safe_query",),
    "webdetective": ("refused_for_lack", "search_sufficient", "used_what_it_found", "web_detective"),
    "usefulness": ("judged_query", "smart_search", "useful_query"),
    "verdicts": ("judged",),
    "weights": ("tunable",),
    "whole": ("of_run", "run_reward"),
    "wording": ("document_margin", "terms_from_evidence"),
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
