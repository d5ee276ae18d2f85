"""Questions that a model writes: a passage or a related pair, a kind, and the users' own questions as examples of the tone."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence

from pydantic import BaseModel, Field

from seekgraph.core.language.lm import OutputInvalid, Settings
from seekgraph.prompts.budget import TokenBudget
from seekgraph.prompts.render import Style, render
from seekgraph.synthesis.reader import prompt
from seekgraph.synthesis.rules.found import Found
from seekgraph.synthesis.view import View, document_of
from seekgraph.types import Passage

KINDS = {
    "howto": "a way to do something, as in: How do I ...?",
    "fact": "a name, a number, a value or a short phrase, as in: Which ...? When ...? How many ...?",
    "definition": "what something is, as in: What is ...?",
    "condition": "what happens or has to be done in some case, as in: What happens if ...?",
    "compare": "something that needs both passages, as in: What is the difference between ... and ...?",
    "bridge": "something that the first passage only leads to and the second one tells",
}
"""The kinds that a model is asked for, each with how it is told."""

_PAIRED = ("compare", "bridge")
FEWEST_WORDS = 25
EXAMPLES = 5
TOKENS = 1600
REPLY = 120


class Written(BaseModel):
    """A question and its answer."""

    question: str = Field(description="one question")
    answer: str = Field(description="its answer, copied from the passages")


async def write(
    view: View, kinds: Sequence[str], like: Sequence[str], seed: int, skip: int = 0
) -> AsyncIterator[tuple[str, Found | None]]:
    """Questions as (kind, question), one a passage, in an order that follows from the seed; None where the model gave none.

    The first `skip` passages are left out: a run that was interrupted goes on behind them.

    Raises `LMError` for a model that cannot be reached.
    """
    assert view.lm is not None
    passages = [each for each in view.passages if len(each.text.split()) >= FEWEST_WORDS]
    order = sorted(passages, key=lambda each: hashlib.sha256(f"{seed}:{each.id}".encode()).digest())
    for number, passage in enumerate(order[skip:], start=skip):
        kind = kinds[number % len(kinds)]
        shown = (passage, *_partner(view, passage)) if kind in _PAIRED else (passage,)
        if kind in _PAIRED and len(shown) < 2:
            continue
        messages = render(
            prompt("draft_write"),
            {"wanted": KINDS[kind], "examples": tuple(like[:EXAMPLES]), "context": shown},
            output=Written,
            budget=TokenBudget(TOKENS),
            style=Style(brief=True),
            types={"examples": tuple[str, ...]},
        )
        try:
            done = await view.lm.complete(messages, Written, Settings(max_tokens=REPLY, seed=seed))
        except OutputInvalid:
            yield kind, None
            continue
        question, answer = " ".join(done.value.question.split()), done.value.answer.strip()
        yield kind, Found(question, answer, tuple(each.id for each in shown)) if question and answer else None


def _partner(view: View, passage: Passage) -> Sequence[Passage]:
    """The first passage that it links to, or else the nearest one of another document."""
    for other in view.linked(passage):
        return (other,)
    near = view.near(passage.title, 10)
    return [each for each in near if document_of(each) != document_of(passage)][:1]
