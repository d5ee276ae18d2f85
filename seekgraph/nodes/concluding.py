"""Concluding: from what the goals of a plan came to, the answer to the question."""

from __future__ import annotations

from collections.abc import Sequence

from seekgraph.nodes.extracting import Extracted
from seekgraph.nodes.rules.language import rules_for
from seekgraph.text.entities import flat, folded, names
from seekgraph.types import Digest, Passage, Plan

_FOUND, _SAID = 0.7, 0.4  # the confidence of a conclusion that its resources hold, and of one that they do not


def conclude(question: str, digests: Sequence[Digest], plan: Plan | None = None) -> Extracted | None:
    """The answer that the conclusions amount to, with the resources that hold them; None where they do not settle it.

    What counts are the goals that no other goal needs, or the last digest where the plan is not known. Where the question
    compares, so are their conclusions, and the resources where the conclusions do not tell.
    """
    final = [digest for digest in _final(digests, plan) if digest.conclusion.strip()]
    if not final:
        return None
    passages, found = _holding(final, digests), all(_holds(digest) for digest in final)
    confidence = _FOUND if found else _SAID
    rules = rules_for(question)
    options = rules.asked(question).options
    if not rules.asked(question).compares:
        return Extracted(_agreed(final), passages, confidence)
    text, sure = None, False
    if len(final) == 2:
        text, sure = rules.compare_findings(question, options, final[0].conclusion, final[1].conclusion)
    if not sure:
        pooled = {passage.id: passage for digest in digests for passage in digest.resources}
        outcome = rules.compare(question, options, tuple(pooled.values()))
        if outcome is not None and outcome.sure:
            return Extracted(outcome.text, outcome.passages, _FOUND)
    return None if text is None else Extracted(text, passages, confidence)


def _final(digests: Sequence[Digest], plan: Plan | None) -> Sequence[Digest]:
    """The digests of the goals that no other goal needs, in the order of the plan."""
    if plan is None:
        return digests[-1:]
    by_goal = {digest.goal_id: digest for digest in digests}
    needed = {need for goal in plan.goals for need in goal.needs}
    return [by_goal[goal.id] for goal in plan.goals if goal.id not in needed and goal.id in by_goal] or digests[-1:]


def _agreed(final: Sequence[Digest]) -> str:
    """The conclusion that the other goals' resources speak of, too; the first where none does."""
    for digest in final:
        others = [other for other in final if other is not digest]
        if others and all(_speaks_of(other, digest.conclusion) for other in others):
            return digest.conclusion
    return final[0].conclusion


def _speaks_of(digest: Digest, text: str) -> bool:
    return folded(digest.conclusion) == folded(text) or any(_has(passage, text) for passage in digest.resources)


def _holds(digest: Digest) -> bool:
    return any(_has(passage, digest.conclusion) for passage in digest.resources)


def _has(passage: Passage, text: str) -> bool:
    return names(flat(f"{passage.title} {passage.text}"), folded(text))


def _holding(final: Sequence[Digest], digests: Sequence[Digest]) -> tuple[Passage, ...]:
    """The resources that hold the final conclusions, then the first that holds each earlier one; all of them where none does."""
    found: dict[str, Passage] = {}
    for digest in (*final, *digests):
        if digest.conclusion.strip():
            holding = [passage for passage in digest.resources if _has(passage, digest.conclusion)]
            found |= {passage.id: passage for passage in (holding or digest.resources)[:1]}
    return tuple(found.values())
