"""Nodes that ask a model: what ours share, and what yours derive from.

    class Kind(BaseModel):
        kind: Literal["person", "place", "other"] = Field(description="what the question asks for")

    class Sorted(sg.Writes):
        kind: str

    class Sort(LLMNode):
        prompt = Path(__file__).with_name("sort.md")  # or the text itself: "Say what kind of thing the question asks for."
        output = Kind

        async def run(self, question: str, lm: LM | None = None) -> Sorted:
            kind = await self.ask(lm, {"question": question}, lambda reply: reply.kind)
            return Sorted(kind=kind or ("person" if question.startswith("Who") else "other"))

`ask` renders what the prompt shows of the inputs, asks, and reads the reply. `None` says that no model is bound, or that it gave
nothing usable: then the rule-based implementation runs, and the step's usage counts it under `fallbacks`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import KW_ONLY
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

from pydantic import BaseModel, ValidationError

from seekgraph.core.base.errors import WithoutModel
from seekgraph.core.language.fitting import FitRow
from seekgraph.core.language.lm import LM, Message, OutputInvalid, Settings
from seekgraph.core.language.node import Node
from seekgraph.core.language.params import Demos, Param, value_of
from seekgraph.prompts.budget import TokenBudget
from seekgraph.prompts.demonstrations import unlike
from seekgraph.prompts.fields import described
from seekgraph.prompts.nearest import POOL, nearest
from seekgraph.prompts.overriding import must_read, overriding
from seekgraph.prompts.prompt import Prompt, prompt_of, text_param
from seekgraph.prompts.render import Style, render
from seekgraph.types import Ranking

T = TypeVar("T")
PROMPT_TOKENS = 3000
"""How long a prompt may get where neither the node nor the model says it."""
Source = Path | str
"""Where a prompt is written: the path of a Markdown file, or its text."""


class LLMNode(Node):
    """Base of nodes that ask a model if one is bound under the name `lm`.

    A subclass gives `prompt`, the `output` type that a reply has to have (any pydantic model), and `run`, which takes
    `lm: LM | None = None` and calls `ask`. Three more methods are optional: `prompt_inputs` (what the prompt shows of the inputs,
    where it is not just those that it reads), `ideal` (the right reply by an example's gold) and `reply` (the reply that a step's
    writes stand for), from which a compiler makes demonstrations.

    `instruction` is what the prompt says, with its written variants; `demos` are shown before the inputs. `temperature` is the
    model's own where it is None, and `max_tokens` what the node's role needs (`reply_tokens`), with room to think for a model
    that turns out to. `prompt_tokens` is how long a prompt may get: "auto" for 3000, of which a local model reads no more anew
    with each question than it can in a few seconds; `brief` leaves the list of fields out of it, for small models. `prompts` is
    a folder with prompt files that take the place of the node's own where they have the same name; they are read when the node
    is made, and are part of what it is.

    `as_role` is its role where that is not the name of its prompt: a small model may do the same step well in one place of a
    flow, and worse than rules in another.

    With `fallback` a visit whose reply cannot be used runs without the model, and `fallbacks` in its usage is 1; else it is an
    error of the step. A model that cannot be reached, or refuses the request, is an error of the step either way.

    A demonstration of the very question (or goal) that is asked is left out: compiling judges no row by its own answer. Where
    there are more than `prompts.nearest.SHOWN` others, those are shown that are most like the question and least like each other.

    Raises `PromptError` when it is made with a prompt that cannot be read or does not fit, and `TypeError` for a class without
    an `output` type, or whose `run` takes no `lm`.
    """

    prompt: ClassVar[Source] = ""
    """What it says to the model. A text, or a file with one, holds at least an instruction; see `prompts.parsing`."""

    output: ClassVar[type[BaseModel]] = BaseModel
    """The type of a reply."""

    prompt_when: ClassVar[Mapping[str, tuple[Source, type[BaseModel]]]] = {}
    """By the name of a setting: the prompt and the output type that are used where that setting is on."""

    with_model: ClassVar[frozenset[str]] = frozenset(
        {"instruction", "demos", "temperature", "max_tokens", "prompt_tokens", "brief"}
    )
    """Settings that change nothing where no model is bound; compiling leaves them alone then."""

    without_model: ClassVar[frozenset[str]] = frozenset()
    """Settings that change nothing but what a visit falls back to where a model is bound."""

    _: KW_ONLY
    lm: str = "lm"
    instruction: str = ""
    demos: tuple[Mapping[str, Any], ...] = Demos(most=POOL)
    temperature: float | None = None
    max_tokens: int | None = None
    prompt_tokens: int | str = "auto"
    brief: bool = False
    fallback: bool = True
    prompts: str | Path | Mapping[str, Prompt] | None = None
    as_role: str = ""

    def __post_init__(self) -> None:
        _must_ask(type(self))
        own = {name: (prompt_of(source, self.kind), output) for name, (source, output) in _cases(type(self)).items()}
        for prompt, output in own.values():
            described(output, prompt.writes, prompt.source)
            if type(self).prompt_inputs is LLMNode.prompt_inputs:
                must_read(prompt, _parameters(type(self)))
        if isinstance(self.prompts, str | Path):
            named = {prompt.name: (prompt, output) for prompt, output in own.values()}
            object.__setattr__(self, "prompts", overriding(self.prompts, named))
        instead = self.prompts if isinstance(self.prompts, Mapping) else {}
        loaded = {name: instead.get(prompt.name, prompt) for name, (prompt, _) in own.items()}
        object.__setattr__(self, "_loaded", loaded)
        if self.instruction == "" and not any(isinstance(getattr(self, name), Param) for name in self.prompt_when):
            object.__setattr__(self, "instruction", text_param(self.active_prompt))

    @property
    def role(self) -> str:
        """What it does with a model, by the name of its prompt: small models leave some roles to rules
        (`core.language.roles`)."""
        return self.as_role or self.active_prompt.name

    @property
    def reply_tokens(self) -> int | None:
        """How many tokens a reply of this role may have, where `max_tokens` does not say it; None for the model's own limit."""
        return None

    @property
    def longest_prompt(self) -> int:
        """How many tokens a prompt may have in all."""
        most = value_of(self.prompt_tokens)
        return most if isinstance(most, int) else PROMPT_TOKENS

    @property
    def active_prompt(self) -> Prompt:
        """The prompt that it asks through with these settings."""
        return cast(Mapping[str, Prompt], self._loaded)[_case(self)]  # type: ignore[attr-defined]

    @property
    def reply_type(self) -> type[BaseModel]:
        """The type of a reply with these settings."""
        return _cases(type(self))[_case(self)][1]

    @property
    def depends_on(self) -> Mapping[str, Any]:
        """Its prompts are part of what a visit depends on: a heading that is changed changes what is sent."""
        return {name or "prompt": prompt.model_dump(mode="json") for name, prompt in self._loaded.items()}  # type: ignore[attr-defined]

    def prompt_inputs(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the prompt shows of what `run` is given, by the names that the prompt reads: the inputs of these names."""
        return {name: inputs.get(name) for name in self.active_prompt.reads or _parameters(type(self))}

    def reply(self, writes: Mapping[str, Any]) -> BaseModel | None:
        """The reply that a visit's writes stand for, by name; None where no reply says them. See `prompts.demonstrations`.

        By default the writes that have the names of fields of `output`, where these make one.
        """
        output = self.reply_type
        found = {name: writes[name] for name in output.model_fields if writes.get(name) is not None}
        try:
            return output.model_validate(found, from_attributes=True) if found else None
        except ValidationError:
            return None

    def ideal(self, row: FitRow) -> BaseModel | None:
        """What the reply to a visit should have been, by the example's gold; None where the gold does not say."""
        return None

    def messages(self, inputs: Mapping[str, Any]) -> tuple[Message, ...]:
        """What is sent for these inputs; see `prompts.prompted.Prompted`.

        To a model that says what its own control tokens are (`control_tokens`), with a blank inside of those.
        """
        return self._rendered(self.prompt_inputs(inputs))

    async def ask(
        self,
        lm: LM | None,
        inputs: Mapping[str, Any],
        use: Callable[[Any], T],
        output: type[BaseModel] | None = None,
    ) -> T | None:
        """What `use` makes of the model's reply to what it is shown of the inputs; None where the node is to do without a model.

        `inputs` are what `run` was given, by parameter. `use` takes the reply and raises `ValueError` for one that it can make
        nothing of. `output` is a subclass of the output type that the reply is held to. Raises `LMError`, and `OutputInvalid`
        in the place of falling back where `fallback` is off.
        """
        return await self.ask_with(lm, self.prompt_inputs(inputs), use, output) if lm is not None else None

    async def ask_with(
        self, lm: LM, shown: Mapping[str, Any], use: Callable[[Any], T], output: type[BaseModel] | None = None
    ) -> T | None:
        """`ask`, for what is shown already."""
        messages = self._rendered(shown, getattr(lm, "control_tokens", None) or (), await _fresh(lm))
        try:
            done = await lm.complete(messages, output or self.reply_type, self._sampling(lm))
        except (OutputInvalid, WithoutModel):
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

    def _rendered(self, shown: Mapping[str, Any], tokens: Collection[str] = (), fresh: int | None = None) -> tuple[Message, ...]:
        prompt, demos = self.active_prompt, nearest(unlike(value_of(self.demos), shown), shown)
        if not prompt.reads:
            names = [*shown, *(name for demo in demos for name in demo.get("inputs", ()))]
            headings = {name: name.replace("_", " ").capitalize() for name in names}
            prompt = prompt.model_copy(update={"reads": headings})
        return render(
            prompt,
            shown,
            output=self.reply_type,
            instruction=value_of(self.instruction) or None,
            demos=demos,
            budget=TokenBudget(self.longest_prompt, fresh=fresh if isinstance(self.prompt_tokens, str) else None),
            style=Style(brief=self.brief),
            tokens=tokens,
            types={read.parameter: read.type for read in self.contract().reads},
        )

    def _sampling(self, lm: LM) -> Settings | None:
        own = getattr(lm, "settings", None)
        most = self.reply_tokens if self.max_tokens is None else None
        if self.temperature is None and self.max_tokens is None and most is None:
            return None
        return _settings(own if isinstance(own, Settings) else Settings(), self.temperature, self.max_tokens, most)


@lru_cache(maxsize=256)  # the same object for the same settings: a host keeps what it has put together by it
def _settings(own: Settings, temperature: float | None, max_tokens: int | None, reply_tokens: int | None) -> Settings:
    chosen = {"temperature": temperature, "max_tokens": max_tokens, "reply_tokens": reply_tokens}
    return Settings.model_validate({**own.model_dump(), **{name: value for name, value in chosen.items() if value is not None}})


def _cases(cls: type[LLMNode]) -> dict[str, tuple[Source, type[BaseModel]]]:
    """The prompts that a class may ask through, each with its output type, by the setting that has it so; "" is the first one."""
    return {"": (cls.prompt, cls.output), **cls.prompt_when}


def _case(node: LLMNode) -> str:
    """The setting that decides which prompt a node asks through, or ""."""
    return next((name for name in node.prompt_when if value_of(getattr(node, name))), "")


def _parameters(cls: type[LLMNode]) -> list[str]:
    return [read.parameter for read in cls.contract().reads]


def _must_ask(cls: type[LLMNode]) -> None:
    """Raise `TypeError` where a class cannot ask."""
    for _, output in _cases(cls).values():
        if not (isinstance(output, type) and issubclass(output, BaseModel) and output.model_fields):
            raise TypeError(f"{cls.__name__} needs an output type, a pydantic model with the fields of a reply, not {output!r}")
    if not any(port.parameter == "lm" for port in cls.contract().ports):
        raise TypeError(f"{cls.__name__}.run takes the model as 'lm: LM | None = None': it does not")


async def _fresh(lm: LM) -> int | None:
    """How much of a prompt may be new with each question. A local model may have to be loaded to know it."""
    if (measure := getattr(lm, "measure", None)) is not None:
        await measure()
    found = getattr(lm, "fresh_tokens", None)
    return found if isinstance(found, int) else None


def fell_back(lm: LM) -> None:
    """Count a reply that was not what was asked for in the step's usage."""
    if (count := getattr(lm, "fell_back", None)) is not None:  # there where a runner meters the model
        count()


def searched(rankings: Iterable[Ranking], besides: Iterable[str] = ()) -> tuple[str, ...]:
    """The queries of rankings, in order, each once, without those of sources `besides`: what was already searched for."""
    skip = frozenset(besides)
    return tuple(dict.fromkeys(ranking.query for ranking in rankings if ranking.source not in skip))
