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
    """A hash of the code that a class and its bases were written in: of whole modules, since a change of a helper may matter.

    What was made without a source file (in a notebook's or a shell's own module) is hashed by the bytecode of its methods.
    """
    modules = dict.fromkeys(base.__module__ for base in cls.__mro__ if base is not object)
    code = "\0".join(_source(name) or _bytecode(cls, name) for name in modules)
    return hashlib.blake2b(code.encode(), digest_size=16).hexdigest()


def _source(name: str) -> str:
    module = sys.modules.get(name)
    try:
        return inspect.getsource(module) if module is not None and getattr(module, "__file__", None) else ""
    except (OSError, TypeError):
        return ""


def _bytecode(cls: Any, module: str) -> str:
    return "".join(
        repr((name, code.co_code, [constant for constant in code.co_consts if not inspect.iscode(constant)]))
        for base in cls.__mro__
        if base.__module__ == module
        for name, member in sorted(vars(base).items())
        if (code := getattr(member, "__code__", None)) is not None
    )


def _refuse(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} has no JSON form: {value!r}")
