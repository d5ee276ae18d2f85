"""The two ways in which hosts are spoken to: OpenAI's chat completions (so do vLLM, Ollama, llama.cpp and most others), and
Anthropic's messages.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from seekgraph.core.language.lm import Ended, Message, Settings
from seekgraph.lms.structured import Reply
from seekgraph.lms.transport import Transient

Piece = Callable[[str], None]


@dataclass(slots=True)
class Read:
    """A reply with its tokens, by the host's count; None where it does not count."""

    reply: Reply
    tokens_in: int | None
    tokens_out: int | None


class Wire(Protocol):
    """A host's language. Everything here is plain data: nothing is sent."""

    provider: ClassVar[str]
    path: ClassVar[str]
    paid: bool
    """Whether calls surely cost money, also where the price is not known."""
    most_tokens: int | None
    """The limit of a reply that is sent where the settings have none."""

    def headers(self, key: str) -> dict[str, str]: ...

    def open(self, messages: Sequence[Message]) -> tuple[list[Any], dict[str, Any]]:
        """The messages in the host's form, and what of them stands outside of the list."""
        ...

    def sampling(self, settings: Settings) -> dict[str, Any]:
        """The settings in the host's names."""
        ...

    def read(self, raw: Mapping[str, Any]) -> Read:
        """A reply out of an answer. Raises `Transient` for an answer that has none."""
        ...

    async def gather(self, events: AsyncIterator[dict[str, Any]], piece: Piece) -> dict[str, Any]:
        """A stream put together to the answer that would have come in one; `piece` gets each part of the text."""
        ...


class OpenAIWire:
    """OpenAI's chat completions. `exact` is OpenAI itself; others are spoken to in the older names that all of them know."""

    provider: ClassVar[str] = "openai"
    path: ClassVar[str] = "/chat/completions"
    most_tokens: int | None = None
    ends: ClassVar[dict[str, Ended]] = {
        "stop": "stop",
        "tool_calls": "stop",
        "function_call": "stop",
        "length": "length",
        "content_filter": "filter",
    }

    def __init__(self, exact: bool) -> None:
        self.exact = self.paid = exact

    def headers(self, key: str) -> dict[str, str]:
        return {"authorization": f"Bearer {key}"} if key else {}

    def open(self, messages: Sequence[Message]) -> tuple[list[Any], dict[str, Any]]:
        return [{"role": each.role, "content": each.content} for each in messages], {}

    def sampling(self, settings: Settings) -> dict[str, Any]:
        given: dict[str, Any] = {"temperature": settings.temperature}
        if settings.top_p is not None:
            given["top_p"] = settings.top_p
        if settings.max_tokens is not None:
            given["max_completion_tokens" if self.exact else "max_tokens"] = settings.max_tokens
        if settings.stop:
            given["stop"] = list(settings.stop)
        if settings.seed is not None or settings.sample:
            given["seed"] = (settings.seed or 0) + settings.sample
        if settings.logprobs:
            given["logprobs"] = True
        return given

    def read(self, raw: Mapping[str, Any]) -> Read:
        try:
            choice = raw["choices"][0]
            message = choice["message"]
            calls = message.get("tool_calls") or ()
            text = calls[0]["function"]["arguments"] if calls else message.get("content")
            finish = choice.get("finish_reason") or "stop"
        except (KeyError, IndexError, TypeError, AttributeError):
            raise Transient("the answer has no reply in it") from None
        if isinstance(text, list):  # content in parts
            text = "".join(_text(_table(part).get("text")) for part in text)
        elif text is not None and not isinstance(text, str):  # arguments that are already an object
            text = json.dumps(text)
        ended: Ended = self.ends.get(str(finish), "other")
        if not text and message.get("refusal"):
            text, ended = str(message["refusal"]), "filter"
        usage = _table(raw.get("usage"))
        tokens_in = _count(usage.get("prompt_tokens"))
        cached = min(_count(_table(usage.get("prompt_tokens_details")).get("cached_tokens")) or 0, tokens_in or 0)
        reply = Reply(text or "", ended, _logprobs(choice.get("logprobs")), cached, raw)
        return Read(reply, tokens_in, _count(usage.get("completion_tokens")))

    async def gather(self, events: AsyncIterator[dict[str, Any]], piece: Piece) -> dict[str, Any]:
        whole: dict[str, Any] = {"object": "chat.completion", "choices": []}
        text, arguments, refusal, call, finish = "", "", "", None, None
        logprobs: list[Any] = []
        async for event in events:
            whole |= {name: event[name] for name in ("id", "model", "created", "usage") if event.get(name)}
            for choice in map(_table, _list(event.get("choices"))):
                delta = _table(choice.get("delta"))
                for part in map(_table, _list(delta.get("tool_calls"))):
                    call = call or part
                    arguments += (new := _text(_table(part.get("function")).get("arguments")))
                    piece(new)
                text += (new := _text(delta.get("content")))
                piece(new)
                refusal += _text(delta.get("refusal"))
                finish = choice.get("finish_reason") or finish
                logprobs += _list(_table(choice.get("logprobs")).get("content"))
        if finish is None:
            raise Transient("the stream ended before the reply did")
        message: dict[str, Any] = {"role": "assistant", "content": text, **({"refusal": refusal} if refusal else {})}
        if call is not None:
            function = {"name": _text(_table(call.get("function")).get("name")), "arguments": arguments}
            message["tool_calls"] = [{"id": call.get("id") or "call_0", "type": "function", "function": function}]
        choice = {"index": 0, "finish_reason": finish, "message": message}
        return whole | {"choices": [choice | ({"logprobs": {"content": logprobs}} if logprobs else {})]}


class AnthropicWire:
    """Anthropic's messages."""

    provider: ClassVar[str] = "anthropic"
    path: ClassVar[str] = "/messages"
    paid = True
    most_tokens: int | None = 4096
    """Anthropic wants a limit in every request: this, where the settings have none."""
    ends: ClassVar[dict[str, Ended]] = {
        "end_turn": "stop",
        "stop_sequence": "stop",
        "tool_use": "stop",
        "max_tokens": "length",
        "refusal": "filter",
    }

    def headers(self, key: str) -> dict[str, str]:
        return {"x-api-key": key, "anthropic-version": "2023-06-01"}

    def open(self, messages: Sequence[Message]) -> tuple[list[Any], dict[str, Any]]:
        system = "\n\n".join(each.content for each in messages if each.role == "system")
        turns = [{"role": each.role, "content": each.content} for each in messages if each.role != "system"]
        return turns, {"system": system} if system else {}

    def sampling(self, settings: Settings) -> dict[str, Any]:
        given: dict[str, Any] = {"max_tokens": settings.max_tokens or self.most_tokens}
        if settings.top_p is None:  # newer models take one of the two
            given["temperature"] = min(settings.temperature, 1.0)
        else:
            given["top_p"] = settings.top_p
        if settings.stop:
            given["stop_sequences"] = list(settings.stop)
        return given

    def read(self, raw: Mapping[str, Any]) -> Read:
        if not isinstance(raw.get("content"), list):
            raise Transient("the answer has no reply in it")
        content = [_table(block) for block in raw["content"]]
        used = next((block for block in content if block.get("type") == "tool_use"), None)
        words = "".join(_text(block.get("text")) for block in content if block.get("type") == "text")
        text = words if used is None else json.dumps(used.get("input", {}))
        usage = _table(raw.get("usage"))
        cached = _count(usage.get("cache_read_input_tokens")) or 0
        tokens_in = _count(usage.get("input_tokens"))
        if tokens_in is not None:  # here the host counts only what was in no cache
            tokens_in += cached + (_count(usage.get("cache_creation_input_tokens")) or 0)
        ended: Ended = self.ends.get(str(raw.get("stop_reason") or "end_turn"), "other")
        return Read(Reply(text, ended, None, cached, raw), tokens_in, _count(usage.get("output_tokens")))

    async def gather(self, events: AsyncIterator[dict[str, Any]], piece: Piece) -> dict[str, Any]:
        whole: dict[str, Any] = {}
        blocks: dict[int, dict[str, Any]] = {}
        inputs: dict[int, str] = {}
        done = False
        async for event in events:
            kind, index, delta = event.get("type"), _count(event.get("index")) or 0, _table(event.get("delta"))
            if kind == "message_start":
                whole = dict(_table(event.get("message")))
            elif kind == "content_block_start":
                blocks[index] = dict(_table(event.get("content_block")))
            elif kind == "content_block_delta" and index in blocks:
                new = _text(delta.get("text")) or _text(delta.get("partial_json"))
                if blocks[index].get("type") == "text":
                    blocks[index]["text"] = _text(blocks[index].get("text")) + new
                else:
                    inputs[index] = inputs.get(index, "") + new
                piece(new)
            elif kind == "message_delta":
                whole["stop_reason"] = delta.get("stop_reason")
                whole["usage"] = {**_table(whole.get("usage")), **_table(event.get("usage"))}
            done = done or kind == "message_stop"
        if not done:
            raise Transient("the stream ended before the reply did")
        for index, text in inputs.items():
            blocks[index]["input"] = _parsed(text)
        return whole | {"content": [blocks[index] for index in sorted(blocks)]}


def _parsed(text: str) -> Any:
    try:
        return json.loads(text or "{}")
    except (ValueError, RecursionError):  # cut off at the token limit
        return {"_cut": text}


def _table(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}


def _list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _text(found: Any) -> str:
    return found if isinstance(found, str) else ""


def _count(found: Any) -> int | None:
    """A number of tokens; None for what can be none, so that no host talks a budget down."""
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None


def _logprobs(found: Any) -> tuple[tuple[str, float], ...] | None:
    content = _table(found).get("content")
    try:
        return tuple((str(each["token"]), float(each["logprob"])) for each in content) if content else None
    except (KeyError, TypeError, ValueError):
        return None
