"""What rewards need: gold in the examples, and channels that the flow writes. Checked before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from seekgraph.core.language.flow import Flow
from seekgraph.core.language.reads import written
from seekgraph.rewards.algebra import Reward, RewardError
from seekgraph.types import Example

GOLD = {
    "supporting_ids": "gold passages",
    "answers": "gold answers",
    "decomposition": "a decomposition",
    "step_labels": "step labels",
}
"""Fields of an example, in words."""

JUDGED = frozenset({"answer", "verdict"})
"""The channels of a reward that a judge in the flow gives: it is of an answer, and reads the verdict on it."""


def needs_in_words(reward: Reward) -> tuple[str, ...]:
    """What a reward cannot do without: gold, a judge; empty for nothing."""
    gold = [words for need, words in GOLD.items() if need in reward.needs]
    others = sorted(reward.needs - GOLD.keys())
    return (*gold, *others, *(["a judge"] if reward.channels >= JUDGED else []))


def require_needs(rewards: Iterable[Reward], examples: Sequence[Example], flow: Flow | None = None) -> None:
    """Raise `RewardError` for a reward that none of the examples could feed, and, where the flow is given, for one of a channel
    that no node of it writes. Each says what is missing, and how to mend it.
    """
    there = None if flow is None else channels_written(flow)
    called = f"the flow {flow.name!r}" if flow is not None and flow.name else "the flow"
    for each in rewards:
        if examples and not any(map(each.applies_to, examples)):
            counts = {need: sum(not getattr(example, need) for example in examples) for need in sorted(each.needs)}
            missing = " and ".join(f"{need!r}, which {count} lack" for need, count in counts.items() if count)
            raise RewardError(
                f"reward {each.name!r} needs {missing} of {len(examples)} examples: add it to the rows, or leave the reward out"
            )
        if there is not None and (unwritten := sorted(each.channels - there)):
            what = "a judge" if unwritten == ["verdict"] and each.channels >= JUDGED else f"a node that writes {unwritten[0]!r}"
            raise RewardError(
                f"reward {each.name!r} is about {' and '.join(map(repr, unwritten))}, and {called} writes only "
                f"{', '.join(sorted(there))}: give it {what}, or leave the reward out"
            )


def channels_written(flow: Flow) -> frozenset[str]:
    """The channels that any node or call in a flow may write, also those inside its calls."""
    found: set[str] = set()
    for site in flow.site.walk():
        found.update(written(site.element))
    return frozenset(found)
