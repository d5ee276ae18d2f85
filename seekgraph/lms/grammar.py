"""How llama.cpp is held to an output type: by a grammar for compact JSON, with the type's fields and no others.

llama.cpp's own conversion of a schema lets the model indent as it likes, which costs a small model half of its tokens
(benchmarks/local.md). llguidance, which xllamacpp is built with, takes how JSON is to be spaced.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from pydantic import BaseModel

from seekgraph.lms.extras import need
from seekgraph.lms.reading import schema_of

SPACING = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
_held: WeakKeyDictionary[type[BaseModel], dict[str, Any]] = WeakKeyDictionary()


def held_to(output: type[BaseModel]) -> dict[str, Any]:
    """What a request to llama.cpp has, so that the reply is JSON of this type. Made once; do not change it."""
    if output not in _held:
        _held[output] = _request(schema_of(output))
    return _held[output]


def _request(schema: dict[str, Any]) -> dict[str, Any]:
    if not _guided():
        return {"response_format": {"type": "json_schema", "json_schema": {"schema": schema}}}
    strict = without_others(schema) | {"x-guidance": SPACING}
    return {"grammar": f"%llguidance {{}}\nstart: %json {json.dumps(strict)}"}


@cache
def _guided() -> bool:
    """Whether this build of llama.cpp has llguidance."""
    convert = need("xllamacpp", "local", "a local model").json_schema_to_grammar
    return bool(convert({"type": "object", "properties": {}}).startswith("%llguidance"))


def without_others(schema: Any) -> Any:
    """The schema with objects that take no fields but their own, which is what a model's fields are."""
    if isinstance(schema, list):
        return [without_others(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: without_others(value) for name, value in schema.items() if name != "default"}
    if "default" in schema:
        found["default"] = schema["default"]
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return found
