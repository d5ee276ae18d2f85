"""Identity by content: hashes of values, equal in every process."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic_core import to_json


def digest(value: Any) -> str:
    """A hash (32 hex digits) of a value's JSON form."""
    return hashlib.blake2b(canonical(value), digest_size=16).hexdigest()


def canonical(value: Any) -> bytes:
    """A value as JSON bytes, dictionaries in the order of their keys. Raises `TypeError` for what has no JSON form."""
    raw = to_json(value, fallback=_refuse)
    return json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":")).encode() if isinstance(value, dict) else raw


def _refuse(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} has no JSON form: {value!r}")
