"""Rewards of a step that reads: whether its evidence is from the right passages, verbatim, and short."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.algebra import Reward, RewardError, Score
from seekgraph.rewards.define import reward
from seekgraph.rewards.outcome import passages_of, values_of
from seekgraph.rewards.seen import ids_of
from seekgraph.rewards.weights import tunable
from seekgraph.types import Evidence, Example, Passage


@reward(needs="supporting_ids", on="evidence")
def evidence_precision(step: Step, trace: Trace, example: Example) -> Score:
    """|gold passages that this step's evidence is from| / |passages that it is from|, in [0, 1]; None without evidence."""
    noted = set(ids_of(step.writes["evidence"]))
    if not noted:
        return Score(None, "noted nothing")
    wrong = sorted(noted.difference(example.supporting_ids))
    feedback = f"noted what is not needed, from {', '.join(wrong[:3])}" if wrong else "noted from gold passages only"
    return Score(1 - len(wrong) / len(noted), feedback)


@reward(needs="supporting_ids", on="evidence")
def evidence_recall(step: Step, trace: Trace, example: Example) -> Score:
    """|gold passages read that evidence is from| / |gold passages read|, in [0, 1]; None where it read no gold passage.

    Evidence that was there before this visit counts as noted. What was never found, or not handed to this step, is the fault of
    another one.
    """
    before = _held(step, trace, "evidence")
    read = set(ids_of([value for name, value in trace.inputs(step).items() if name != "evidence"])) | set(ids_of(before))
    gold = read.intersection(example.supporting_ids)
    if not gold:
        return Score(None, "read no gold passage")
    lost = sorted(gold.difference(ids_of(step.writes["evidence"]), ids_of(before)))
    feedback = f"read but did not note {', '.join(lost[:3])}" if lost else "noted from every gold passage that it read"
    return Score(1 - len(lost) / len(gold), feedback)


@reward(on="evidence")
def verbatim(step: Step, trace: Trace, example: Example | None) -> Score:
    """The share of this step's evidence with a quote that stands, letter by letter, in its passage; None without evidence.

    It needs no gold. The passages are those that the run has found by then. Source: the rule of `Evidence.quote`; extractive
    faithfulness, for one step.
    """
    noted = list(values_of(step.writes["evidence"], Evidence))
    if not noted:
        return Score(None, "noted nothing")
    known = passages_of(trace, {each.passage_id for each in noted}, before=step)
    wrong = [each for each in noted if not _quotes(each, known.get(each.passage_id))]
    feedback = f"not in its passage: {_why(wrong[0], known)}" if wrong else "every quote is in its passage"
    return Score(1 - len(wrong) / len(noted), feedback)


@tunable
def condensation(on: Literal["evidence", "context"] = "evidence") -> Reward:
    """kept * max(0, 1 - words handed on / words read), in [0, 1]: how much shorter what a step hands on is, at kept gold.

    `kept` is |gold handed on| / |gold read|, so that nothing is gained by dropping what is needed. Words read are those of the
    passages in the step's inputs, each passage once; words handed on are those of the quotes (a claim where there is no quote),
    or of the passages of the `context`. None where it read no gold passage. Source: Seekgraph's own, for what Baleen (Khattab,
    Potts and Zaharia, 2021) calls condensed retrieval. Raises `RewardError` for another channel.
    """
    if on not in ("evidence", "context"):
        raise RewardError(f"condensation is of 'evidence' or 'context', not of {on!r}")
    return reward(needs="supporting_ids", on=on, name=f"condensation_of_{on}")(partial(_condensed, on=on))


def _condensed(step: Step, trace: Trace, example: Example, *, on: str) -> Score:
    read = {passage.id: passage for passage in values_of(list(trace.inputs(step).values()), Passage)}
    gold = set(example.supporting_ids).intersection(read)
    words = sum(_words(passage.text) for passage in read.values())
    if not gold or not words:
        return Score(None, "read no gold passage")
    wrote = step.writes[on]
    passages, noted = values_of(wrote, Passage), values_of(wrote, Evidence)
    handed = sum(_words(each.text) for each in passages) + sum(_words(each.quote or each.claim) for each in noted)
    held = gold.intersection((*ids_of(wrote), *ids_of(_held(step, trace, "evidence") if on == "evidence" else ())))
    kept = len(held) / len(gold)
    feedback = f"handed on {handed} of {words} words with {len(held)} of {len(gold)} gold passages"
    return Score(kept * max(0.0, 1 - handed / words), feedback)


def _held(step: Step, trace: Trace, channel: str) -> Any:
    """What a channel held before the step, where the step read it."""
    return trace.value(channel, step.parents[channel]) if channel in step.parents else ()


def _quotes(evidence: Evidence, passage: Passage | None) -> bool:
    return passage is not None and bool(evidence.quote) and evidence.quote in passage.text


def _why(evidence: Evidence, known: dict[str, Passage]) -> str:
    if evidence.passage_id not in known:
        return f"{evidence.passage_id!r} is no passage that was found"
    return repr(evidence.quote[:80]) if evidence.quote else f"the claim {evidence.claim[:80]!r} has no quote"


def _words(text: str) -> int:
    return len(text.split())
