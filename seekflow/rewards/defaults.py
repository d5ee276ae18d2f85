"""The rewards that an evaluation reports unless told otherwise."""

from __future__ import annotations

from seekflow.rewards.algebra import Reward
from seekflow.rewards.answering import answer_f1, citation_recall, citation_support
from seekflow.rewards.judging import judged_right
from seekflow.rewards.planning import plan_coverage
from seekflow.rewards.ranking import ranking_ndcg
from seekflow.rewards.reading import evidence_precision, evidence_recall
from seekflow.rewards.reflecting import right_to_stop
from seekflow.rewards.retrieval import novelty, support_gain

DEFAULT_REWARDS: tuple[Reward, ...] = (
    plan_coverage,
    *(support_gain, novelty),
    ranking_ndcg,
    *(evidence_precision, evidence_recall),
    *(right_to_stop, judged_right),
    *(answer_f1, citation_support, citation_recall),
)
"""For steps that write a plan, passages, a context, evidence, a verdict, an answer; those whose gold no example has drop out."""
