"""The rewards that an evaluation reports unless told otherwise."""

from __future__ import annotations

from seekgraph.rewards.algebra import Reward
from seekgraph.rewards.answering import answer_f1, citation_recall, citation_support
from seekgraph.rewards.judging import judged_right
from seekgraph.rewards.planning import plan_coverage
from seekgraph.rewards.ranking import ranking_ndcg
from seekgraph.rewards.reading import evidence_precision, evidence_recall
from seekgraph.rewards.reflecting import right_to_stop
from seekgraph.rewards.retrieval import novelty, support_gain

DEFAULT_REWARDS: tuple[Reward, ...] = (
    plan_coverage,
    *(support_gain, novelty),
    ranking_ndcg,
    *(evidence_precision, evidence_recall),
    *(right_to_stop, judged_right),
    *(answer_f1, citation_support, citation_recall),
)
"""For steps that write a plan, passages, a context, evidence, a verdict, an answer; those whose gold no example has drop out."""
