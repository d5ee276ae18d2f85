"""The LM that users hold: a backend with a name, settings and a policy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Protocol, Self, TypeVar

from pydantic import BaseModel, ValidationError

from seekgraph.core.base.identity import digest
from seekgraph.core.base.metering import Tally
from seekgraph.core.language.lm import Completion, Message, OnText, Settings
from seekgraph.lms.profiles import UNKNOWN, Profile
from seekgraph.lms.structured import Backend, Policy, ask

T = TypeVar("T", bound=BaseModel)


class Source(Backend, Protocol):
    """A backend with a name, what its replies depend on, and an end."""

    name: str
    """As in `resolve(name)`."""

    @property
    def made_of(self) -> Any:
        """Plain data of all that its replies depend on besides the prompt; None where they cannot be told apart."""
        ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, eq=False, repr=False)
class BackedLM:
    """A language model (`seekgraph.core.language.lm.LM`). It can be pickled, and used from several threads and event loops.

    `settings` hold where a call gives none. Close it with `aclose()`, or use it as an async context.
    """

    source: Source
    settings: Settings = field(default_factory=Settings)
    policy: Policy = field(default_factory=Policy)
    profile: Profile = UNKNOWN

    def left_to_rules(self, role: str) -> str:
        """Why a node of this role is better done by rules than by this model (see `profiles`); "" where it is not."""
        if role not in self.profile.rules:
            return ""
        return f"{self.name} does {role!r} worse ({self.profile.source or 'its profile says so'})"

    @property
    def spans(self) -> bool:
        """Whether this model answers better when a short answer is held to spans of what was read."""
        return self.profile.spans

    @property
    def measure(self) -> Callable[[], Awaitable[None]] | None:
        """What measures the model's speed before `fresh_tokens` is looked at, without blocking; None where nothing is
        measured."""
        found: Callable[[], Awaitable[None]] | None = getattr(self.source, "measure", None)
        return found

    @property
    def fresh_tokens(self) -> int | None:
        """How many tokens of a prompt may be new with each question, so that they are read in a few seconds; None: any number.

        Of a local model by the speed that was measured here: where none was yet, this loads it and measures, which blocks. What
        stays the same over questions, the instruction, is read once and kept, and not counted; nor are demonstrations.
        """
        found: int | None = getattr(self.source, "fresh_tokens", None)
        return found

    @property
    def name(self) -> str:
        """The model's full name."""
        return self.source.name

    @property
    def control_tokens(self) -> tuple[str, ...]:
        """Texts that the model's tokenizer takes for control tokens, where they are known: of a local model's own vocabulary."""
        found: tuple[str, ...] = getattr(self.source, "control_tokens", ())
        return found

    @property
    def identity(self) -> str | None:
        """A hash of what the replies depend on; None where that cannot be told (a script made of code)."""
        made_of = self.source.made_of
        if made_of is None:
            return None
        policy = [self.policy.reasks, self.policy.fallback]
        found = {"source": made_of, "settings": self.settings.model_dump(mode="json"), "policy": policy}
        if self.spans or self.fresh_tokens is not None:  # what it is asked depends on these
            found["asked"] = [self.spans, self.fresh_tokens]
        return digest(found)

    async def complete(
        self,
        messages: Sequence[Message],
        output: type[T],
        settings: Settings | None = None,
        *,
        tally: Tally | None = None,
        on_text: OnText | None = None,
    ) -> Completion[T]:
        return await ask(self.source, messages, output, settings or self.settings, self.policy, tally=tally, on_text=on_text)

    complete.__doc__ = "See `LM.complete`."

    def with_settings(self, **settings: Any) -> Self:
        """The same with these settings changed; connections and weights are shared. Raises `ValueError` naming what it has."""
        unknown = sorted(set(settings) - set(Settings.model_fields))
        if unknown:
            raise ValueError(f"{self!r} has no setting {unknown}: it has {sorted(Settings.model_fields)}")
        try:
            changed = Settings.model_validate({**self.settings.model_dump(), **settings})
        except ValidationError as error:
            raise ValueError(f"{self!r}: {error.errors(include_url=False)[0]['msg']} ({settings})") from None
        other = copy(self)
        object.__setattr__(other, "settings", changed)
        return other

    async def aclose(self) -> None:
        """Close what this LM has open in this event loop."""
        await self.source.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        changed = self.settings.model_dump(exclude_defaults=True)
        return f"LM({self.name}{''.join(f', {name}={value!r}' for name, value in changed.items())})"
