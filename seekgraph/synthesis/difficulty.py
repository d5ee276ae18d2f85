"""How difficult a question is: the share of a ladder of simple ways to search that fail on it."""

from __future__ import annotations

from seekgraph.core.base.errors import SeekgraphError
from seekgraph.synthesis.values import Draft
from seekgraph.synthesis.view import View


async def difficulty(draft: Draft, view: View) -> float | None:
    """The share that fails of three: the first passage of a plain search is gold; its first five hold all gold; the flow `ask`,
    without a model, cites gold. None for a question without gold passages."""
    if not draft.supporting_ids:
        return None
    gold = set(draft.supporting_ids)
    found = [each.id for each in view.near(draft.question, 5)]
    fails = [not gold & set(found[:1]), not gold <= set(found)]
    try:
        answer = (await view.ask.arun(question=draft.question)).answer
    except SeekgraphError:
        answer = None
    fails.append(answer is None or not gold & set(answer.citations))
    return sum(fails) / len(fails)
