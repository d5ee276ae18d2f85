"""Process rewards: a score for every step. Names are loaded when first used.

`algebra` says what a reward is and how rewards are combined, `define` makes one of a function; the others hold the rewards by
what they score.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seekflow.rewards.algebra import Reward as Reward
    from seekflow.rewards.algebra import RewardError as RewardError
    from seekflow.rewards.algebra import Score as Score
    from seekflow.rewards.algebra import clip as clip
    from seekflow.rewards.algebra import decay as decay
    from seekflow.rewards.algebra import gate as gate
    from seekflow.rewards.algebra import require_gold as require_gold
    from seekflow.rewards.algebra import scores as scores
    from seekflow.rewards.answering import answer_f1 as answer_f1
    from seekflow.rewards.answering import citation_support as citation_support
    from seekflow.rewards.defaults import DEFAULT_REWARDS as DEFAULT_REWARDS
    from seekflow.rewards.define import reward as reward
    from seekflow.rewards.ranking import ndcg_at as ndcg_at
    from seekflow.rewards.ranking import ranking_ndcg as ranking_ndcg
    from seekflow.rewards.reflecting import right_to_stop as right_to_stop
    from seekflow.rewards.retrieval import novelty as novelty
    from seekflow.rewards.retrieval import redundancy as redundancy
    from seekflow.rewards.retrieval import support_gain as support_gain
    from seekflow.rewards.verdicts import judged as judged

_NAMES = {
    "algebra": ("Reward", "RewardError", "Score", "clip", "decay", "gate", "require_gold", "scores"),
    "answering": ("answer_f1", "citation_support"),
    "defaults": ("DEFAULT_REWARDS",),
    "define": ("reward",),
    "ranking": ("ndcg_at", "ranking_ndcg"),
    "reflecting": ("right_to_stop",),
    "retrieval": ("novelty", "redundancy", "support_gain"),
    "verdicts": ("judged",),
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
