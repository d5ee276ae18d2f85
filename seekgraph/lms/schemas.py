"""What instructor knows of the vendors: how each is asked for a type, and how it is told that a reply did not fit.

Only these two of instructor's handlers are used. Its own loop makes attempts that nobody counts, and builds the schema anew for
each call; see asking.py for ours.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from pydantic import BaseModel, ValidationError

from seekgraph.lms.extras import need

_shapes: WeakKeyDictionary[type[BaseModel], dict[tuple[str, str], dict[str, Any]]] = WeakKeyDictionary()


def shape(provider: str, mode: str, output: type[BaseModel]) -> dict[str, Any]:
    """What a request for this type has besides its messages (tools, a response format). Made once; do not change it."""
    kept = _shapes.setdefault(output, {})
    if (provider, mode) not in kept:
        _, request = _handlers(provider, mode).request_handler(response_model=output, kwargs={"messages": []})
        kept[provider, mode] = {name: value for name, value in request.items() if name not in ("messages", "system")}
    return kept[provider, mode]


def told(provider: str, mode: str, messages: list[Any], raw: Any, text: str, problem: str) -> list[Any]:
    """The messages, then the reply, then what was wrong with it."""
    try:
        response = _response(provider).model_validate(raw)
    except ValidationError:  # a host that leaves out what the vendor always sends
        return [*messages, *plainly_told(text, problem)]
    request = {"messages": list(messages)}
    changed = _handlers(provider, mode).reask_handler(kwargs=request, response=response, exception=ValueError(problem))
    return list(changed["messages"])


def plainly_told(text: str, problem: str) -> list[dict[str, str]]:
    """A reply and what was wrong with it, as messages of any chat."""
    reply = [{"role": "assistant", "content": text}] if text.strip() else []
    return [*reply, {"role": "user", "content": f"That does not fit what was asked for:\n{problem}\nReply again, corrected."}]


def _handlers(provider: str, mode: str) -> Any:
    v2 = need("instructor.v2", "lm", "a hosted model")
    return v2.mode_registry.get_handlers(v2.Provider(provider), v2.Mode[mode.upper()])


def _response(provider: str) -> Any:
    if provider == "anthropic":
        return need("anthropic.types", "lm", "an Anthropic model").Message
    return need("openai.types.chat", "lm", "an OpenAI model").ChatCompletion
