"""Asking a model: what nodes share that ask one through a prompt where one is bound, and do without one where none is.

A node names its prompt and says what of its inputs the prompt shows. `ask` renders, asks, and reads the reply; `None` says that
the model gave nothing usable and that the make without a model is to run instead, which the step's usage counts (`fallbacks`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel

from seekgraph.core.language.fitting import FitRow
from seekgraph.core.language.lm import LM, Message, OutputInvalid, Settings
from seekgraph.core.language.node import Node
from seekgraph.core.language.params import Demos, Param
from seekgraph.prompts.budget import TokenBudget
from seekgraph.prompts.demonstrations import unlike
from seekgraph.prompts.outputs import OUTPUTS
from seekgraph.prompts.overriding import overriding
from seekgraph.prompts.prompt import Prompt, load, text_param
from seekgraph.prompts.render import Style, render
from seekgraph.types import Ranking

T = TypeVar("T")


class Asking(Node):
    """Base of nodes that ask a model if one is bound under the name `lm`.

    `instruction` is what the prompt says, with its written variants; `demos` are shown before the inputs. `temperature` and
    `max_tokens` are the model's own where they are None. `prompt_tokens` is how long a prompt may get; `brief` leaves the list of
    fields out of it, for small models. `prompts` is a folder with prompt files that take the place of Seekgraph's own where they
    have the same name; they are read when the node is made, and are part of what it is.

    With `fallback` a visit whose reply cannot be used runs without the model, and `fallbacks` in its usage is 1; else it is an
    error of the step. A model that cannot be reached, or refuses the request, is an error of the step either way.

    A demonstration of the very question (or goal) that is asked is left out: compiling judges no row by its own answer.
    """

    asks: ClassVar[tuple[str, ...]] = ()
    """The prompts that it may ask through, where there is another one than that of its kind."""

    decides: ClassVar[tuple[str, ...]] = ()
    """Settings that decide which prompt it is. Where one is a param, an `instruction` that is not given is the prompt's own."""

    with_model: ClassVar[frozenset[str]] = frozenset(
        {"instruction", "demos", "temperature", "max_tokens", "prompt_tokens", "brief"}
    )
    """Settings that change nothing where no model is bound; compiling leaves them alone then."""

    without_model: ClassVar[frozenset[str]] = frozenset()
    """Settings that change nothing but what a visit falls back to where a model is bound."""

    _: KW_ONLY
    lm: str = "lm"
    instruction: str = ""
    demos: tuple[Mapping[str, Any], ...] = Demos()
    temperature: float | None = None
    max_tokens: int | None = None
    prompt_tokens: int = 3000
    brief: bool = False
    fallback: bool = True
    prompts: str | Path | Mapping[str, Prompt] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.prompts, str | Path):
            object.__setattr__(self, "prompts", overriding(self.prompts, self.asks or (self.kind,)))
        if self.instruction == "" and not any(isinstance(getattr(self, name), Param) for name in self.decides):
            object.__setattr__(self, "instruction", text_param(self._prompt))

    @property
    def prompt_name(self) -> str:
        """The prompt that it asks through."""
        return self.kind

    @property
    def _prompt(self) -> Prompt:
        own = self.prompts if isinstance(self.prompts, Mapping) else {}
        return own.get(self.prompt_name) or load(self.prompt_name)

    def shown(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the prompt shows of what `run` is given, by the names that the prompt reads."""
        raise NotImplementedError

    def reply(self, writes: Mapping[str, Any]) -> BaseModel | None:
        """What a model would have had to say for a visit to write this; see `prompts.demonstrations`."""
        return None

    def ideal(self, row: FitRow) -> BaseModel | None:
        """What the reply to a visit should have been, by the example's gold; see `prompts.demonstrations`."""
        return None

    def messages(self, inputs: Mapping[str, Any]) -> tuple[Message, ...]:
        """What is sent for these inputs; see `prompts.prompted.Prompted`."""
        return self._rendered(self.shown(inputs))

    async def ask(
        self, lm: LM, shown: Mapping[str, Any], use: Callable[[Any], T], output: type[BaseModel] | None = None
    ) -> T | None:
        """What `use` makes of the model's reply; None where there is nothing usable and the node may fall back.

        `use` raises `ValueError` for a reply that it can make nothing of. `output` is the prompt's own type, or a subclass of it
        that the reply is held to. Raises `LMError`, and `OutputInvalid` in the place of falling back.
        """
        messages = self._rendered(shown)
        try:
            done = await lm.complete(messages, output or OUTPUTS[self.prompt_name], self._sampling(lm))
        except OutputInvalid:
            if not self.fallback:
                raise
            fell_back(lm)
            return None
        try:
            value = use(done.value)
        except ValueError as error:
            if not self.fallback:
                raise OutputInvalid(f"{self.kind}: the reply cannot be used: {error}", text=done.text) from error
            fell_back(lm)
            return None
        if done.fallback:  # plain text was put into the field that it fits
            fell_back(lm)
        return value

    def _rendered(self, shown: Mapping[str, Any]) -> tuple[Message, ...]:
        return render(
            self._prompt,
            shown,
            output=OUTPUTS[self.prompt_name],
            instruction=self.instruction or None,
            demos=unlike(self.demos, shown),
            budget=TokenBudget(self.prompt_tokens),
            style=Style(brief=self.brief),
        )

    def _sampling(self, lm: LM) -> Settings | None:
        given = {"temperature": self.temperature, "max_tokens": self.max_tokens}
        given = {name: value for name, value in given.items() if value is not None}
        own = getattr(lm, "settings", None)
        if not given:
            return None
        return Settings.model_validate({**(own.model_dump() if isinstance(own, Settings) else {}), **given})


def fell_back(lm: LM) -> None:
    """Count a reply that was not what was asked for in the step's usage."""
    if (count := getattr(lm, "fell_back", None)) is not None:  # there where a runner meters the model
        count()


def searched(rankings: Iterable[Ranking], besides: Iterable[str] = ()) -> tuple[str, ...]:
    """The queries of rankings, in order, each once, without those of sources `besides`: what was already searched for."""
    skip = frozenset(besides)
    return tuple(dict.fromkeys(ranking.query for ranking in rankings if ranking.source not in skip))
