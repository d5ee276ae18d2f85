"""Instructions that a model has written: made safe to stand in a prompt, or refused with what is wrong.

An instruction comes first in a prompt, outside of every fence, and the fields of the reply and what a fence means follow it
(`render.opening`). So it can drop neither; what it must not do is look like a fence, hold what a model takes for a part of the
conversation, or rely on placeholders that nothing fills.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from seekgraph.prompts.budget import estimate
from seekgraph.prompts.guard import plain, without_tokens
from seekgraph.prompts.parsing import PromptError

FEWEST_LETTERS = 12
"""A text with fewer letters than this instructs nobody."""

_QUOTES = re.compile('["\u201c\u201d\uff02]{3,}')
_PLACEHOLDER = re.compile(r"\{\{?\s*[A-Za-z_][\w.]*\s*\}?\}|<<\s*[A-Za-z_]\w*\s*>>|\$\{\w+\}")
_CODE = re.compile(r"\A\s*```[\w-]*\n(?P<inner>.*?)\n?```\s*\Z", re.DOTALL)
_LABEL = re.compile(
    r"\A(?:\*\*|#{1,6} )?(?:the )?(?:new |improved |revised |final )?instructions?:?(?:\*\*)?:?[ \t]*\n", re.IGNORECASE
)
_LONGEST = 40_000


class Unusable(PromptError):
    """A text cannot be an instruction. The message says what is wrong, in words for whoever wrote it."""


def written(text: str, most: int, tokens: Collection[str] = ()) -> str:
    """A text as an instruction of at most `most` tokens (by `budget.estimate`).

    Control and invisible characters, code fences around it and a heading "Instruction:" are taken away; three or more quotation
    marks in a row, which begin or end a fence, become one; markers of chat templates, and the texts in `tokens` that a model's
    vocabulary takes for control tokens, get a blank inside. Doing it again changes nothing.

    Raises `Unusable` for a text that says nothing, is too long, or has a placeholder such as {question}: what a step reads is
    shown after the instruction, and nothing is filled in.
    """
    bare, before = safe(text[:_LONGEST], tokens).strip(), ""
    while bare != before:
        before = bare
        bare = safe(_LABEL.sub("", _CODE.sub(r"\g<inner>", bare)), tokens).strip()
    if sum(map(str.isalpha, bare)) < FEWEST_LETTERS:
        raise Unusable("it says nothing: write the whole instruction")
    if found := _PLACEHOLDER.search(bare):
        raise Unusable(f"it has the placeholder {found[0]}: nothing is filled in, what the step reads is shown after it")
    if (length := estimate(bare)) > most:
        raise Unusable(f"it has about {length} tokens, and at most {most} may be used: write a shorter one")
    return bare


def safe(text: str, tokens: Collection[str] = ()) -> str:
    """A text as it may stand where an instruction stands: nothing in it begins or ends a fence, hides, or passes for a part of
    the conversation. It may still instruct nobody (see `written`). Doing it again changes nothing."""
    return without_tokens(plain(_QUOTES.sub('"', plain(text))), tokens)
