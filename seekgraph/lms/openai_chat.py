"""OpenAI's chat completions, as OpenAI itself speaks them, and vLLM, Ollama, llama.cpp and most others."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from seekgraph.core.language.lm import Ended, Settings
from seekgraph.lms.bodies import LARGEST
from seekgraph.lms.failures import TooLarge, Transient
from seekgraph.lms.options import Extras
from seekgraph.lms.protocols import Asked, Piece, Question, Read, Shape, before_first, count, listed, parted, table, text_of
from seekgraph.lms.refusals import Terms
from seekgraph.lms.schemas import OPENAI_FORMS, corrected_openai
from seekgraph.lms.structured import Reply

LIMITS = ("max_tokens", "max_completion_tokens")


class Dialect(NamedTuple):
    """How a host differs from OpenAI: see `hosts.HostEntry` for the fields."""

    key_header: str = "authorization"
    renames: Mapping[str, str] = {}
    values: Mapping[str, Any] = {}


class OpenAIChat:
    """`exact` is OpenAI itself; others are spoken to in the older names, which most of them know, until they refuse one."""

    provider: ClassVar[str] = "openai"
    path: ClassVar[str] = "/chat/completions"
    forms: ClassVar[tuple[str, ...]] = OPENAI_FORMS
    most_tokens: int | None = None
    ends: ClassVar[dict[str, Ended]] = {
        "stop": "stop",
        "tool_calls": "stop",
        "function_call": "stop",
        "length": "length",
        "content_filter": "filter",
    }

    def __init__(self, exact: bool, dialect: Dialect | None = None, paid: bool | None = None) -> None:
        self.exact = exact
        self.paid = exact if paid is None else paid
        self.dialect = dialect or Dialect()

    def headers(self, key: str) -> dict[str, str]:
        name = self.dialect.key_header
        return {name: f"Bearer {key}" if name == "authorization" else key} if key else {}

    def shape(self, asked: Asked, forms: Sequence[str], extras: Extras, terms: Terms) -> Shape:
        shape = Shape.begun(self.provider, asked, forms, terms)
        self._sampling(shape, asked.settings, extras, terms)
        if asked.stream and shape.offer(terms, "stream", True):
            shape.offer(terms, "stream_options", {"include_usage": True})
        shape.body.update(extras.body)
        return shape

    def messages(self, question: Question, shape: Shape) -> dict[str, Any]:
        system, turns = parted(question.messages, shape.words)
        if system and shape.system:
            turns.insert(0, {"role": "system", "content": system})
        elif system:
            turns = before_first(system, turns)
        for reply, problem in question.turns:
            turns += corrected_openai(reply.raw, reply.text, problem)
        return {"messages": turns}

    def _sampling(self, shape: Shape, settings: Settings, extras: Extras, terms: Terms) -> None:
        sampling: dict[str, Any] = {"temperature": settings.temperature}
        if settings.top_p is not None:
            sampling["top_p"] = settings.top_p
        if settings.stop:
            sampling["stop"] = list(settings.stop)
        if settings.seed is not None or settings.sample:
            sampling["seed"] = (settings.seed or 0) + settings.sample
        if settings.logprobs:
            sampling["logprobs"] = True
        if extras.effort:
            sampling["reasoning_effort"] = extras.effort
        for name, value in sampling.items():
            sent = {self.dialect.renames.get(name, name): self.dialect.values.get(name, value)}
            shape.offer_setting(terms, name, value, **sent)
        if settings.max_tokens is not None:
            names = LIMITS[::-1] if self.exact else LIMITS
            name = next((each for each in names if shape.offer(terms, each, settings.max_tokens)), "")
            if name != names[0]:
                said = f"was sent as {name}" if name else "was not sent"
                shape.notes.append(f"{names[0]}={settings.max_tokens} {said}")

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
            text = "".join(text_of(table(part).get("text")) for part in text)
        elif text is not None and not isinstance(text, str):  # arguments that are already an object
            text = json.dumps(text)
        ended: Ended = self.ends.get(str(finish), "other")
        if not text and message.get("refusal"):
            text, ended = str(message["refusal"]), "filter"
        usage = table(raw.get("usage"))
        tokens_in, cached = count(usage.get("prompt_tokens")), 0
        if details := usage.get("prompt_tokens_details"):
            cached = min(count(table(details).get("cached_tokens")) or 0, tokens_in or 0)
        logprobs = _logprobs(found) if (found := choice.get("logprobs")) else None
        return Read(Reply(text or "", ended, logprobs, cached, raw), tokens_in, count(usage.get("completion_tokens")))

    async def gather(self, events: AsyncIterator[dict[str, Any]], piece: Piece) -> dict[str, Any]:
        whole: dict[str, Any] = {"object": "chat.completion", "choices": []}
        text, arguments, refusal = _Pieces(), _Pieces(), ""
        call, finish = None, None
        logprobs: list[Any] = []
        async for event in events:
            if any("message" in choice for choice in map(table, listed(event.get("choices")))):  # it does not stream
                piece(self.read(event).reply.text)
                return event
            whole |= {name: event[name] for name in ("id", "model", "created", "usage") if event.get(name)}
            for choice in map(table, listed(event.get("choices"))):
                delta = table(choice.get("delta"))
                for part in map(table, listed(delta.get("tool_calls"))):
                    call = call or part
                    piece(arguments.add(table(part.get("function")).get("arguments")))
                piece(text.add(delta.get("content")))
                refusal += text_of(delta.get("refusal"))
                finish = choice.get("finish_reason") or finish
                logprobs += listed(table(choice.get("logprobs")).get("content"))
        if finish is None:
            raise Transient("the stream ended before the reply did")
        message: dict[str, Any] = {"role": "assistant", "content": str(text), **({"refusal": refusal} if refusal else {})}
        if call is not None:
            function = {"name": text_of(table(call.get("function")).get("name")), "arguments": str(arguments)}
            message["tool_calls"] = [{"id": call.get("id") or "call_0", "type": "function", "function": function}]
        choice = {"index": 0, "finish_reason": finish, "message": message}
        return whole | {"choices": [choice | ({"logprobs": {"content": logprobs}} if logprobs else {})]}


class _Pieces:
    """A text that is put together, up to the largest answer."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._size = 0

    def add(self, found: Any) -> str:
        piece = text_of(found)
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > LARGEST:
            raise TooLarge(f"the reply is larger than {LARGEST >> 20} MB")
        return piece

    def __str__(self) -> str:
        return "".join(self._pieces)


def _logprobs(found: Any) -> tuple[tuple[str, float], ...] | None:
    content = table(found).get("content")
    tokens, values = listed(table(found).get("tokens")), listed(table(found).get("token_logprobs"))
    if not content and tokens and len(tokens) == len(values):  # as Together has them
        content = [{"token": token, "logprob": value} for token, value in zip(tokens, values, strict=True)]
    try:
        return tuple((str(each["token"]), float(each["logprob"])) for each in content) if content else None
    except (KeyError, TypeError, ValueError):
        return None
