"""A model that writes for a compile: instructions, combinations of them, cases. Counted in the compile's budget like any call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, Field

from seekgraph.core.base.budget import Usage
from seekgraph.core.base.errors import BudgetExceeded
from seekgraph.core.base.meter import Meter
from seekgraph.core.base.metering import Metered
from seekgraph.core.language.lm import LM, LMError, OutputInvalid
from seekgraph.core.language.ports import charges
from seekgraph.optimizers.allowance import BudgetSpent
from seekgraph.prompts.budget import TokenBudget
from seekgraph.prompts.prompt import read
from seekgraph.prompts.render import render

T = TypeVar("T", bound=BaseModel)

PROMPTS = Path(__file__).parent / "prompts"
"""The folder of the prompts by which a compile asks a model to write."""

ROOM = 12_000
"""Tokens that such a prompt may have."""


class Reflected(BaseModel):
    """What reflecting on visits comes to."""

    cause: str = Field("", description="why the bad visits went wrong")
    instruction: str


class Rewritten(BaseModel):
    """An instruction."""

    instruction: str


@dataclass
class Writer:
    """A model with the meter that its calls are counted in.

    `failed` is what it said when it could not be reached, or refused: then it is not asked again.
    """

    lm: Any
    failed: str = ""
    usage: Usage = field(default_factory=Usage)

    async def ask(self, prompt: str, inputs: Mapping[str, Any], output: type[T], meter: Meter) -> T | None:
        """The model's reply to a prompt of `PROMPTS`; None where it gives none that fits, or failed.

        Raises `BudgetSpent` where `meter` does not allow a call.
        """
        if self.failed:
            return None
        messages = render(read(PROMPTS / f"{prompt}.md"), inputs, output=output, budget=TokenBudget(ROOM))
        try:
            done = await Metered(self.lm, charges(LM), meter, self.usage).complete(messages, output)
        except BudgetExceeded:
            raise BudgetSpent from None
        except OutputInvalid:
            return None
        except Exception as error:  # the model may be the user's, and raise anything: what was found so far stands
            named = "" if isinstance(error, LMError) else f"{type(error).__name__}: "
            self.failed = f"the model that writes cannot be asked: {named}{error}"
            return None
        reply: T = done.value
        return reply
