"""Identity by content: hashes of values and of code, equal in every process."""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
from functools import cache
from typing import Any

from pydantic_core import to_json


def digest(value: Any) -> str:
    """A hash (32 hex digits) of a value's JSON form."""
    return hashlib.blake2b(canonical(value), digest_size=16).hexdigest()


def canonical(value: Any) -> bytes:
    """A value as JSON bytes, dictionaries in the order of their keys. Raises `TypeError` for what has no JSON form."""
    raw = to_json(value, fallback=_refuse)
    return json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":")).encode() if isinstance(value, dict) else raw


@cache
def code_version(cls: Any) -> str:
    """A hash of the code that a class was written in: of its whole module, since a change of a helper there may matter.

    A class that was made without a source file (in a notebook's or a shell's own module) is hashed by the bytecode of its
    methods.
    """
    module = sys.modules.get(cls.__module__)
    try:
        source = inspect.getsource(module) if module is not None and getattr(module, "__file__", None) else ""
    except (OSError, TypeError):
        source = ""
    if source:
        return hashlib.blake2b(source.encode(), digest_size=16).hexdigest()
    parts = [
        repr((name, code.co_code, [constant for constant in code.co_consts if not inspect.iscode(constant)]))
        for base in cls.__mro__
        if base.__module__ == cls.__module__
        for name, member in sorted(vars(base).items())
        if (code := getattr(member, "__code__", None)) is not None
    ]
    return hashlib.blake2b("".join(parts).encode(), digest_size=16).hexdigest()


def _refuse(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} has no JSON form: {value!r}")
