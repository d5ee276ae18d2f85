"""The reward of a step that chose a query, by how much of what it found was used later."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Literal

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import SILENT, Reward, RewardError, Score
from seekgraph.rewards.define import reward
from seekgraph.rewards.seen import after, ids_of, is_discarded
from seekgraph.rewards.turns import turn_of
from seekgraph.rewards.weights import tunable
from seekgraph.types import Answer, Example

_USES = ("context", "evidence", "citations")


@tunable
def adoption(by: Literal["any", "context", "evidence", "citations"] = "any") -> Reward:
    """|what the query found that a later step used| / |what it found|, in [0, 1].

    Used is what a later `context` holds, what later evidence is from, or what a later answer cites: `by` one of these, or any.
    None where it found nothing, where no later step has written such a thing yet, and in an attempt that was dropped. It needs
    no gold, and serves while a flow runs where the attempt also chooses: `redo(Refine() >> Retrieve() >> Rerank(), adoption())`.
    A search that finds many has few of them used: compare at an equal number of passages.

    Source: query-evidence adoption, as a share of what one query brought; Seekgraph's own formula. Raises `RewardError` for
    another `by`.
    """
    if by not in ("any", *_USES):
        raise RewardError(f"what adopts a passage is 'any', 'context', 'evidence' or 'citations', not {by!r}")
    return reward(name="adoption" if by == "any" else f"adoption_by_{by}")(partial(_adopted, by=by))


def _adopted(step: Step, trace: Trace, example: Example | None, *, by: str) -> Score:
    turn = turn_of(step, trace)
    if turn is None or not turn.searches:
        return SILENT
    if is_discarded(step, trace):
        return Score(None, "its attempt was dropped")
    found = [passage.id for passage in turn.passages]
    if not found:
        return Score(None, "found nothing")
    later = [turn.searches[0], *after(turn.searches[0], trace)]
    uses = [set(ids) for each in later if each.kind == "node" for use, ids in _used(each) if by in ("any", use)]
    if not uses:
        return Score(None, "nothing has chosen from what was found yet")
    used = [id for id in found if any(id in ids for ids in uses)]
    feedback = f"{len(used)} of {len(found)} passages were used later"
    return Score(len(used) / len(found), f"{feedback}: {', '.join(used[:3])}" if used else feedback)


def _used(step: Step) -> Iterator[tuple[str, Iterator[str]]]:
    """What a step used, by the way in which it did."""
    for channel in ("context", "evidence"):
        if channel in step.writes:
            yield channel, ids_of(step.writes[channel])
    answer = step.writes.get("answer")
    if isinstance(answer, Answer):
        yield "citations", iter(answer.citations)
