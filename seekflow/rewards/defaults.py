"""The rewards that an evaluation reports unless told otherwise."""

from __future__ import annotations

from seekflow.rewards.algebra import Reward
from seekflow.rewards.answering import answer_f1, citation_support
from seekflow.rewards.ranking import ranking_ndcg
from seekflow.rewards.reflecting import right_to_stop
from seekflow.rewards.retrieval import novelty, support_gain

DEFAULT_REWARDS: tuple[Reward, ...] = (support_gain, novelty, ranking_ndcg, right_to_stop, answer_f1, citation_support)
"""For steps that write passages, a context, a verdict, an answer; those whose gold no example has drop out."""
