"""Reading passages to try a draft: by a model, or by the ready-made flow `ask`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from seekgraph.core.language.lm import LM, OutputInvalid, Settings
from seekgraph.flows.ask import flow as ask
from seekgraph.prompts.budget import TokenBudget
from seekgraph.prompts.prompt import Prompt, prompt_of
from seekgraph.prompts.render import Style, render
from seekgraph.synthesis.values import Draft
from seekgraph.text.matching import match_f1, strict_tokens
from seekgraph.tools.bm25 import BM25
from seekgraph.tools.links import TitleLinks
from seekgraph.types import Answer, Passage

PROMPTS = Path(__file__).parent / "prompts"
AGREE = 0.5
"""Token F1 from which what a model says is taken to be the answer."""

TOKENS = 1200
REPLY = 160


class Said(BaseModel):
    """An answer in a few words."""

    answer: str = Field(description="the answer in a few words, or an empty string if it is not known")


@cache
def prompt(name: str) -> Prompt:
    """A prompt of drafting by its name."""
    return prompt_of(PROMPTS / f"{name}.md", name)


async def asked(lm: LM, question: str, passages: Sequence[Passage]) -> str:
    """What the model says to a question with these passages, or without any; "" where it gives nothing usable."""
    messages = render(
        prompt("draft_read" if passages else "draft_know"),
        {"question": question, "context": tuple(passages)} if passages else {"question": question},
        output=Said,
        budget=TokenBudget(TOKENS),
        style=Style(brief=True),
    )
    try:
        done = await lm.complete(messages, Said, Settings(max_tokens=REPLY))
    except OutputInvalid:
        return ""
    return done.value.answer.strip()


def agrees(said: str, draft: Draft) -> bool:
    """Whether a reply is the draft's answer: much alike, or the one holds the other's words in order."""
    if not said:
        return False
    if match_f1(said, draft.answer) >= AGREE:
        return True
    one, other = strict_tokens(said), strict_tokens(draft.answer)
    short, long = (one, other) if len(one) < len(other) else (other, one)
    enough = len(short) >= 2 or len(other) == 1
    return enough and any(long[at : at + len(short)] == short for at in range(len(long) - len(short) + 1))


async def cited(question: str, passages: Sequence[Passage]) -> Answer:
    """What the flow `ask` answers from these passages alone, without a model."""
    corpus = BM25(passages)
    resources: dict[str, Any] = {"corpus": corpus, "links": TitleLinks(corpus.passages)}
    result = await ask.bind({name: each for name, each in resources.items() if name in ask.resources}).arun(question=question)
    return result.answer or Answer(text="", refused=True)


def mixed(own: Sequence[Passage], noise: Sequence[Passage], seed: str) -> tuple[Passage, ...]:
    """Own passages among others, in an order that follows from the seed alone."""
    return tuple(sorted((*own, *noise), key=lambda each: hashlib.sha256(f"{seed}:{each.id}".encode()).digest()))
