"""Anthropic's messages."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar

from seekgraph.core.language.lm import Ended, Settings
from seekgraph.lms.failures import Transient
from seekgraph.lms.options import Extras
from seekgraph.lms.protocols import Asked, Piece, Question, Read, Shape, before_first, count, parted, table, text_of
from seekgraph.lms.refusals import Terms
from seekgraph.lms.schemas import ANTHROPIC_FORMS, corrected_anthropic
from seekgraph.lms.structured import Reply


class AnthropicMessages:
    """A limit of the reply stands in every request: `most_tokens`, where the settings have none."""

    provider: ClassVar[str] = "anthropic"
    path: ClassVar[str] = "/messages"
    forms: ClassVar[tuple[str, ...]] = ANTHROPIC_FORMS
    paid = True
    most_tokens: int | None = 4096
    ends: ClassVar[dict[str, Ended]] = {
        "end_turn": "stop",
        "stop_sequence": "stop",
        "tool_use": "stop",
        "max_tokens": "length",
        "refusal": "filter",
    }

    def headers(self, key: str) -> dict[str, str]:
        return {"x-api-key": key, "anthropic-version": "2023-06-01"}

    def shape(self, asked: Asked, forms: Sequence[str], extras: Extras, terms: Terms) -> Shape:
        shape = Shape.begun(self.provider, asked, forms, terms)
        self._sampling(shape, asked.settings, terms)
        if extras.effort:
            config = {**shape.body.get("output_config", {}), "effort": extras.effort}
            if not shape.offer(terms, "reasoning_effort", extras.effort, output_config=config):
                shape.notes.append(f"effort={extras.effort} was not sent")
        if asked.stream:
            shape.offer(terms, "stream", True)
        shape.body.update(extras.body)
        return shape

    def messages(self, question: Question, shape: Shape) -> dict[str, Any]:
        system, turns = parted(question.messages, shape.words)
        if system and not shape.system:
            turns = before_first(system, turns)
        for reply, problem in question.turns:
            turns += corrected_anthropic(reply.raw, reply.text, problem)
        return {"system": system, "messages": turns} if system and shape.system else {"messages": turns}

    def _sampling(self, shape: Shape, settings: Settings, terms: Terms) -> None:
        sampling: dict[str, Any] = {}
        if settings.top_p is None:  # newer models take one of the two
            sampling["temperature"] = min(settings.temperature, 1.0)
        else:
            sampling["top_p"] = settings.top_p
        if settings.stop:
            sampling["stop_sequences"] = list(settings.stop)
        for name, value in sampling.items():
            shape.offer_setting(terms, name, value)
        shape.body["max_tokens"] = settings.max_tokens or self.most_tokens

    def read(self, raw: Mapping[str, Any]) -> Read:
        if not isinstance(raw.get("content"), list):
            raise Transient("the answer has no reply in it")
        content = [table(block) for block in raw["content"]]
        used = next((block for block in content if block.get("type") == "tool_use"), None)
        words = "".join(text_of(block.get("text")) for block in content if block.get("type") == "text")
        text = words if used is None else json.dumps(used.get("input", {}))
        usage = table(raw.get("usage"))
        cached = count(usage.get("cache_read_input_tokens")) or 0
        tokens_in = count(usage.get("input_tokens"))
        if tokens_in is not None:  # here the host counts only what was in no cache
            tokens_in += cached + (count(usage.get("cache_creation_input_tokens")) or 0)
        ended: Ended = self.ends.get(str(raw.get("stop_reason") or "end_turn"), "other")
        return Read(Reply(text, ended, None, cached, raw), tokens_in, count(usage.get("output_tokens")))

    async def gather(self, events: AsyncIterator[dict[str, Any]], piece: Piece) -> dict[str, Any]:
        whole: dict[str, Any] = {}
        blocks: dict[int, dict[str, Any]] = {}
        pieces: dict[int, list[str]] = {}
        done = False
        async for event in events:
            kind, index, delta = event.get("type"), count(event.get("index")) or 0, table(event.get("delta"))
            if isinstance(event.get("content"), list):  # it does not stream
                piece(self.read(event).reply.text)
                return event
            if kind == "message_start":
                whole = dict(table(event.get("message")))
            elif kind == "content_block_start":
                blocks[index] = dict(table(event.get("content_block")))
            elif kind == "content_block_delta" and index in blocks:
                new = text_of(delta.get("text")) or text_of(delta.get("partial_json"))
                pieces.setdefault(index, []).append(new)
                piece(new)
            elif kind == "message_delta":
                whole["stop_reason"] = delta.get("stop_reason")
                whole["usage"] = {**table(whole.get("usage")), **table(event.get("usage"))}
            done = done or kind == "message_stop"
        if not done:
            raise Transient("the stream ended before the reply did")
        for index, parts in pieces.items():
            block, new = blocks[index], "".join(parts)
            if block.get("type") == "text":
                block["text"] = text_of(block.get("text")) + new
            else:
                block["input"] = _parsed(new)
        return whole | {"content": [blocks[index] for index in sorted(blocks)]}


def _parsed(text: str) -> Any:
    try:
        return json.loads(text or "{}")
    except (ValueError, RecursionError):  # cut off at the token limit
        return {"_cut": text}
