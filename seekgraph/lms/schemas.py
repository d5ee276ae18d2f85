"""How a host is asked for a type: by its JSON schema, as a tool, as any JSON object, or in words. The weaker forms are for hosts
that refuse the stronger ones.

The shapes are the vendors' own and short, so that no library stands between: instructor, which gave two of them until version
0.1, brought them through private modules and held back rich and the vendors' SDKs.
"""

from __future__ import annotations

import json
import re
from typing import Any
from weakref import WeakKeyDictionary

from pydantic import BaseModel

from seekgraph.lms.grammar import without_others
from seekgraph.lms.reading import schema_of

OPENAI_FORMS = ("json_schema", "tools", "json_object", "words")
ANTHROPIC_FORMS = ("json_schema", "tools", "words")

_shapes: WeakKeyDictionary[type[BaseModel], dict[tuple[str, str], dict[str, Any]]] = WeakKeyDictionary()
_words: WeakKeyDictionary[type[BaseModel], str] = WeakKeyDictionary()


def shape(provider: str, form: str, output: type[BaseModel]) -> dict[str, Any]:
    """What a request for this type has besides its messages. Made once; do not change it."""
    kept = _shapes.setdefault(output, {})
    if (provider, form) not in kept:
        kept[provider, form] = (_anthropic if provider == "anthropic" else _openai)(form, output)
    return kept[provider, form]


def in_words(output: type[BaseModel]) -> str:
    """The type as a part of a prompt, for a host that takes no other form."""
    if output not in _words:
        schema = json.dumps(schema_of(output), ensure_ascii=False)
        _words[output] = f"Reply with one JSON object and nothing else. Its JSON schema:\n{schema}"
    return _words[output]


def name_of(output: type[BaseModel]) -> str:
    """The type's name in the characters that hosts take."""
    name = output.__name__
    if name.isidentifier() and name.isascii():
        return name[:64]
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name)[:64] or "Output"


def corrected(text: str, problem: str) -> list[dict[str, Any]]:
    """A reply and what was wrong with it, as messages of any chat."""
    reply = [{"role": "assistant", "content": text}] if text.strip() else []
    return [*reply, {"role": "user", "content": _problem(problem)}]


def corrected_openai(raw: Any, text: str, problem: str) -> list[dict[str, Any]]:
    """The same where the reply may be the call of a tool: the tool answers with what was wrong."""
    message = raw["choices"][0]["message"] if raw else {}
    calls = [call for call in message.get("tool_calls") or () if isinstance(call, dict) and call.get("id")]
    if not calls:
        return corrected(text, problem)
    answers = [{"role": "tool", "tool_call_id": call["id"], "content": _problem(problem)} for call in calls]
    return [{"role": "assistant", "content": message.get("content") or "", "tool_calls": calls}, *answers]


def corrected_anthropic(raw: Any, text: str, problem: str) -> list[dict[str, Any]]:
    """The same in Anthropic's blocks."""
    content = [block for block in (raw or {}).get("content") or () if isinstance(block, dict)]
    used = [block["id"] for block in content if block.get("type") == "tool_use" and block.get("id")]
    if not used:
        return corrected(text, problem)
    results = [{"type": "tool_result", "tool_use_id": each, "content": _problem(problem), "is_error": True} for each in used]
    return [{"role": "assistant", "content": content}, {"role": "user", "content": results}]


def _openai(form: str, output: type[BaseModel]) -> dict[str, Any]:
    name = name_of(output)
    if form == "json_schema":
        return {"response_format": {"type": "json_schema", "json_schema": {"name": name, "schema": schema_of(output)}}}
    if form == "tools":
        function = {"name": name, "description": _about(output), "parameters": schema_of(output)}
        return {
            "tools": [{"type": "function", "function": function}],
            "tool_choice": {"type": "function", "function": {"name": name}},
        }
    return {"response_format": {"type": "json_object"}} if form == "json_object" else {}


def _anthropic(form: str, output: type[BaseModel]) -> dict[str, Any]:
    if form == "json_schema":
        return {"output_config": {"format": {"type": "json_schema", "schema": without_others(schema_of(output))}}}
    if form == "tools":
        tool = {"name": name_of(output), "description": _about(output), "input_schema": schema_of(output)}
        return {"tools": [tool], "tool_choice": {"type": "tool", "name": tool["name"], "disable_parallel_tool_use": True}}
    return {}


def _about(output: type[BaseModel]) -> str:
    return f"Takes the reply, as {output.__name__}."


def _problem(problem: str) -> str:
    return f"That does not fit what was asked for:\n{problem}\nReply again, corrected."
