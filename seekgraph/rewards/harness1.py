"""Harness-1's terminal reward: what a run found, what of it it kept, and whether that holds the answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import Reward, RewardError, Score
from seekgraph.rewards.outcome import bad_form, curated, found_by, handed_on, searches
from seekgraph.rewards.runs import answer_documents, share_of
from seekgraph.rewards.weights import tunable
from seekgraph.rewards.whole import run_reward
from seekgraph.types import Example

_HIGHEST = {"v3": 0.7 + 0.3 + 1.0 + 0.8 + 0.4, "v4": 2.0}
_FLOOR = 0.001
BAD_FORM = -0.5
_NOT_CHOSEN = -0.2


@dataclass(frozen=True, slots=True)
class Curated:
    """What Harness-1's formula is made of; all but the last three in [0, 1].

    `recall` and `precision` are of the gold in what the run handed on, `found` is the recall of all that it found;
    `answer_recall` and `answer_found` are the same two recalls of the passages that hold the answer. `chose` says whether the run
    chose at all among what it found, `formed` whether it was in good form; `turns` are its searches.
    """

    recall: float
    precision: float
    found: float
    answer_recall: float
    answer_found: float
    chose: bool = True
    formed: bool = True
    turns: int = 0

    def v3(self, turn_penalty: float = 0.0) -> float:
        """-0.5 in bad form; else -0.2 where nothing was chosen; else, at least 0.001,

        0.7 F2(recall, precision) + 0.3 found + 1.0 [answer_recall > 0] + 0.8 answer_recall + 0.4 answer_found
        - 0.35 max(0, answer_found - answer_recall) - turn_penalty * turns

        F2 = 5 P R / (4 P + R). The highest value is 3.2.
        """
        if not self.formed:
            return BAD_FORM
        if not self.chose:
            return _NOT_CHOSEN
        both = 4 * self.precision + self.recall
        value = 0.7 * (5 * self.precision * self.recall / both if both else 0.0) + 0.3 * self.found
        value += 1.0 * (self.answer_recall > 0) + 0.8 * self.answer_recall + 0.4 * self.answer_found
        value -= 0.35 * max(0.0, self.answer_found - self.answer_recall) + turn_penalty * self.turns
        return max(_FLOOR, value)

    def v4(self) -> float:
        """-0.5 in bad form; else 0.5 (found + recall + answer_found + answer_recall), whose highest value is 2."""
        return 0.5 * (self.found + self.recall + self.answer_found + self.answer_recall) if self.formed else BAD_FORM


@tunable
def harness_terminal(version: Literal["v3", "v4"] = "v3", turn_penalty: float = 0.0) -> Reward:
    """Harness-1's terminal formula over a run, from its lowest value, -0.5, to its highest, so in [0, 1]:
    (`Curated.v3` + 0.5) / 3.7, or (`Curated.v4` + 0.5) / 2.5.

    Curated are the passages that the run hands on. The passages that hold the answer are those of `runs.answer_documents`; where
    there is none, the recalls of the answer are 0.

    Source: Harness-1 (ultra_core.py). Its launch script has no turn penalty, and neither has this unless one is given, in
    units of the formula for each search (its code has one that grows from a number of turns on).

    Raises `RewardError` for another version and a penalty below 0.
    """
    if version not in _HIGHEST or turn_penalty < 0:
        raise RewardError(f"version is 'v3' or 'v4' and turn_penalty 0 or more, not {version!r} and {turn_penalty!r}")
    made = partial(_terminal, version=version, turn_penalty=turn_penalty)
    return run_reward(needs=("supporting_ids", "answers"), name=f"harness_{version}")(made)


def curated_of(trace: Trace, example: Example) -> Curated:
    """The parts of Harness-1's formula for a run."""
    gold, kept, found = set(example.supporting_ids), handed_on(trace), found_by(trace)
    holding = answer_documents(trace, example)
    hits = gold.intersection(kept)
    return Curated(
        recall=len(hits) / len(gold),
        precision=len(hits) / len(kept) if kept else 0.0,
        found=len(gold & found) / len(gold),
        answer_recall=len(holding.intersection(kept)) / len(holding) if holding else 0.0,
        answer_found=len(holding & found) / len(holding) if holding else 0.0,
        chose=curated(trace) and bool(kept),
        formed=not bad_form(trace),
        turns=len(searches(trace)),
    )


def _terminal(trace: Trace, example: Example, *, version: str, turn_penalty: float) -> Score:
    parts = curated_of(trace, example)
    value = parts.v3(turn_penalty) if version == "v3" else parts.v4()
    feedback = f"found {parts.found:.0%} of the gold and kept {parts.recall:.0%}, {parts.precision:.0%} of what it kept is gold"
    if not parts.answer_recall:
        feedback += "; kept nothing that holds the answer" + (", though it had found it" if parts.answer_found else "")
    return Score(share_of(value, BAD_FORM, _HIGHEST[version]), feedback)
