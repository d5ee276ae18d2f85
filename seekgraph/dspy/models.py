"""Our models for DSPy: a `dspy.LM` whose engine asks one of ours, so that its calls are counted and capped as all others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Literal

import dspy
from dspy import lm15

from seekgraph.core.base.budget import Budget, Usage
from seekgraph.core.base.errors import BudgetExceeded
from seekgraph.core.base.meter import Meter
from seekgraph.core.base.metering import Metered
from seekgraph.core.base.sync import run_sync
from seekgraph.core.language.lm import LM, LMError, Message, PlainText, Settings
from seekgraph.core.language.ports import charges

_ERRORS = {
    "rate_limited": lm15.RateLimitError,
    "unauthorised": lm15.AuthError,
    "timeout": lm15.TimeoutError,
    "connection": lm15.TransportError,
    "unavailable": lm15.ServerError,
    "refused": lm15.InvalidRequestError,
}
_ROLES: dict[str, Literal["system", "user", "assistant"]] = {"assistant": "assistant", "system": "system", "developer": "system"}
_ENDS = {"stop": "stop", "length": "length", "filter": "content_filter"}


def lm(model: Any, *, budget: Budget | None = None, meter: Meter | None = None, **settings: Any) -> Any:
    """A `dspy.LM` that asks `model`, an `LM` of Seekgraph's or the name of one.

    Calls count in a meter of their own, with `budget`, and in `meter`; past a budget `BudgetExceeded` is raised, as DSPy's
    `LMUnexpectedError` or by itself. `settings` are DSPy's, such as `temperature` and `max_tokens`. DSPy's cache and retries are
    off: the model has its own.
    """
    if isinstance(model, str):
        from seekgraph.lms.resolving import resolve

        model = resolve(model)
    counted = Meter(budget, meter)
    return over(Metered(model, charges(LM), counted, Usage()), str(getattr(model, "name", "model")), **settings)


def over(model: Any, name: str, loop: asyncio.AbstractEventLoop | None = None, **settings: Any) -> Any:
    """A `dspy.LM` over a model that counts for itself. What is not awaited runs in `loop`, or in one that sync calls share."""
    engine = Engine(model, loop)
    plain = name.replace("/", ".").replace(":", ".")  # a known name would have DSPy apply rules of that host
    return dspy.LM(f"seekgraph/{plain}", engine=engine, async_engine=AsyncEngine(engine), cache=False, num_retries=0, **settings)


class Engine:
    """One attempt for DSPy, in its canonical form (`dspy.clients.engines.base`). `model` is an `LM`."""

    def __init__(self, model: Any, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.model = model
        self.loop = loop

    def complete(self, request: Any) -> Any:
        """The response to a `dspy.lm15.Request`. Raises lm15 errors, and `BudgetExceeded`."""
        if self.loop is None:
            return run_sync(self.acomplete(request))
        return asyncio.run_coroutine_threadsafe(self.acomplete(request), self.loop).result()

    async def acomplete(self, request: Any) -> Any:
        """See `complete`."""
        if request.tools:
            raise lm15.UnsupportedFeatureError("a model of Seekgraph's takes no tools: let the flow have nodes for them")
        try:
            done = await self.model.complete(_messages(request), PlainText, _settings(self.model, request.config))
        except BudgetExceeded:
            raise
        except LMError as error:
            raise _ERRORS.get(error.code, lm15.ServerError)(str(error)) from error
        used = done.usage
        return lm15.Response(
            id=None,
            model=request.model,
            message=lm15.Message.assistant(done.value.text or " "),
            finish_reason=_ENDS.get(done.ended, "stop"),
            usage=lm15.Usage(input_tokens=used.tokens_in, output_tokens=used.tokens_out, total_tokens=used.tokens),
        )

    def stream(self, request: Any) -> Any:
        """The response as events, all at once."""
        return lm15.response_to_events(self.complete(request))

    def close(self) -> None:
        """The model belongs to whoever made it."""

    def __deepcopy__(self, memo: Any) -> Engine:
        return self


class AsyncEngine:
    """`Engine`, awaited."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def complete(self, request: Any) -> Any:
        """See `Engine.complete`."""
        return await self.engine.acomplete(request)

    async def stream(self, request: Any) -> Any:
        """See `Engine.stream`."""
        for event in lm15.response_to_events(await self.complete(request)):
            yield event

    async def aclose(self) -> None:
        """The model belongs to whoever made it."""

    def __deepcopy__(self, memo: Any) -> AsyncEngine:
        return self


def _messages(request: Any) -> list[Message]:
    system = request.system
    head = system if isinstance(system, str) or system is None else "".join(part.text for part in system)
    found = [Message(role="system", content=head)] if head else []
    for each in request.messages:
        role = _ROLES.get(each.role, "user")
        found.append(Message(role=role, content=each.text or ""))
    return found


def _settings(model: Any, config: Any) -> Settings | None:
    """The model's own settings with what the request says besides."""
    stop: Sequence[str] = config.stop or ()
    chosen = {"temperature": config.temperature, "top_p": config.top_p, "max_tokens": config.max_tokens, "seed": config.seed}
    chosen = {name: value for name, value in chosen.items() if value is not None}
    if stop:
        chosen["stop"] = tuple(stop)
    own = getattr(model, "settings", None)
    if not chosen:
        return None
    return Settings.model_validate({**(own.model_dump() if isinstance(own, Settings) else {}), **chosen})
