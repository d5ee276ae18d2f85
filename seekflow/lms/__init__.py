"""Language models behind one port. Names are loaded when they are first used.

lm = resolve("openai/gpt-4.1-mini")
done = await lm.complete([Message(role="user", content="Which river flows through Bonn?")], Answer)
done.value, done.usage
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seekflow.lms.asking import Policy as Policy
    from seekflow.lms.backed import BackedLM as BackedLM
    from seekflow.lms.errors import ModelOption as ModelOption
    from seekflow.lms.extras import MissingExtra as MissingExtra
    from seekflow.lms.hosted import anthropic as anthropic
    from seekflow.lms.hosted import openai as openai
    from seekflow.lms.hosted import openai_compatible as openai_compatible
    from seekflow.lms.limits import RateLimit as RateLimit
    from seekflow.lms.local import local_model as local_model
    from seekflow.lms.prices import Price as Price
    from seekflow.lms.prices import price_of as price_of
    from seekflow.lms.resolving import ModelName as ModelName
    from seekflow.lms.resolving import resolve as resolve
    from seekflow.lms.scripted import Scripted as Scripted
    from seekflow.lms.store import ModelMissing as ModelMissing
    from seekflow.lms.store import pull as pull

_HOME = {
    "BackedLM": "backed",
    "MissingExtra": "extras",
    "ModelMissing": "store",
    "ModelName": "resolving",
    "ModelOption": "errors",
    "Policy": "asking",
    "Price": "prices",
    "RateLimit": "limits",
    "Scripted": "scripted",
    "anthropic": "hosted",
    "local_model": "local",
    "openai": "hosted",
    "openai_compatible": "hosted",
    "price_of": "prices",
    "pull": "store",
    "resolve": "resolving",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'seekflow.lms' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"seekflow.lms.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
