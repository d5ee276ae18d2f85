"""Identity by content: hashes of values, equal in every process."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_json


def digest(value: Any, *, ordered: bool = False) -> str:
    """A hash (32 hex digits) of a value's JSON form. `ordered`: the order of dictionaries counts, too."""
    return hashlib.blake2b(canonical(value, ordered=ordered), digest_size=16).hexdigest()


def canonical(value: Any, *, ordered: bool = False) -> bytes:
    """A value as JSON bytes, the same in every process: sets sorted, and, unless `ordered`, dictionaries by their keys.

    Raises `TypeError` for what has no JSON form.
    """
    raw = to_json(in_order(value), fallback=_refuse, inf_nan_mode="constants")
    if ordered or b"{" not in raw:
        return raw
    return json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":")).encode("utf-8", "surrogatepass")


def in_order(value: Any) -> Any:
    """The value with every set in it, whose order differs from process to process, as a sorted list."""
    if isinstance(value, str | int | float) or value is None:
        return value
    if isinstance(value, set | frozenset):
        return sorted((in_order(item) for item in value), key=_sorting)
    if isinstance(value, list | tuple):
        return [in_order(item) for item in value]
    if isinstance(value, dict):
        return {key: in_order(item) for key, item in value.items()}
    if isinstance(value, BaseModel):
        return in_order(value.model_dump()) if holds_sets(value) else value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: in_order(getattr(value, each.name)) for each in dataclasses.fields(value)}
    return value


def _sorting(value: Any) -> bytes:
    return to_json(value, fallback=repr, inf_nan_mode="constants")


def holds_sets(value: Any) -> bool:
    """Whether there is a set in a value."""
    if isinstance(value, BaseModel):
        return any(holds_sets(getattr(value, name)) for name in _doubtful(type(value)))
    if isinstance(value, dict):
        return any(map(holds_sets, value.values()))
    return any(map(holds_sets, value)) if isinstance(value, list | tuple) else isinstance(value, set | frozenset)


@cache
def _doubtful(model: type[BaseModel]) -> tuple[str, ...]:
    """The fields of a model that may hold sets, themselves or in what they hold."""
    schema: Any = model.__pydantic_core_schema__
    while "fields" not in schema and isinstance(schema, dict) and "schema" in schema:
        schema = schema["schema"]
    fields: dict[str, Any] = schema.get("fields", {}) if isinstance(schema, dict) else {}
    known = {name: repr(field) for name, field in fields.items()}
    kinds = tuple(f"'type': '{kind}'" for kind in ("set", "frozenset", "any", "is-instance", "definition-ref"))
    return tuple(name for name in model.model_fields if name not in known or any(kind in known[name] for kind in kinds))


def _refuse(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} has no JSON form: {value!r}")
