"""Language models behind one port. Names are loaded when they are first used.

lm = resolve("openai/gpt-4.1-mini")
done = await lm.complete([Message(role="user", content="Which river flows through Bonn?")], Answer)
done.value, done.usage
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seekgraph.lms.client import BackedLM as BackedLM
    from seekgraph.lms.errors import ModelOption as ModelOption
    from seekgraph.lms.extras import MissingExtra as MissingExtra
    from seekgraph.lms.host_table import register_host as register_host
    from seekgraph.lms.hosted import anthropic as anthropic
    from seekgraph.lms.hosted import openai as openai
    from seekgraph.lms.hosted import openai_compatible as openai_compatible
    from seekgraph.lms.hosts import HostEntry as HostEntry
    from seekgraph.lms.local import local_model as local_model
    from seekgraph.lms.prices import Price as Price
    from seekgraph.lms.prices import price_of as price_of
    from seekgraph.lms.profiles import Profile as Profile
    from seekgraph.lms.profiles import register_profile as register_profile
    from seekgraph.lms.rate_limit import RateLimit as RateLimit
    from seekgraph.lms.resolving import ModelName as ModelName
    from seekgraph.lms.resolving import resolve as resolve
    from seekgraph.lms.scripted import Scripted as Scripted
    from seekgraph.lms.store import ModelMissing as ModelMissing
    from seekgraph.lms.store import pull as pull
    from seekgraph.lms.structured import Policy as Policy

_HOME = {
    "BackedLM": "client",
    "HostEntry": "hosts",
    "MissingExtra": "extras",
    "ModelMissing": "store",
    "ModelName": "resolving",
    "ModelOption": "errors",
    "Policy": "structured",
    "Price": "prices",
    "RateLimit": "rate_limit",
    "Scripted": "scripted",
    "anthropic": "hosted",
    "local_model": "local",
    "openai": "hosted",
    "openai_compatible": "hosted",
    "Profile": "profiles",
    "price_of": "prices",
    "pull": "store",
    "register_host": "host_table",
    "register_profile": "profiles",
    "resolve": "resolving",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'seekgraph.lms' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"seekgraph.lms.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
