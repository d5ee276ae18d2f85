"""Nodes: the steps that search flows are made of, one kind a file. Names are loaded when they are first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seekflow.nodes.answer import Answer as Answer
    from seekflow.nodes.fuse import Fuse as Fuse
    from seekflow.nodes.judge import Judge as Judge
    from seekflow.nodes.plan import Plan as Plan
    from seekflow.nodes.read import Read as Read
    from seekflow.nodes.refine import FollowUp as FollowUp
    from seekflow.nodes.refine import Refine as Refine
    from seekflow.nodes.reflect import Reflect as Reflect
    from seekflow.nodes.rerank import Rerank as Rerank
    from seekflow.nodes.retrieve import Hop as Hop
    from seekflow.nodes.retrieve import Retrieve as Retrieve

_NAMES = {
    "answer": ("Answer",),
    "fuse": ("Fuse",),
    "judge": ("Judge",),
    "plan": ("Plan",),
    "read": ("Read",),
    "refine": ("FollowUp", "Refine"),
    "reflect": ("Reflect",),
    "rerank": ("Rerank",),
    "retrieve": ("Hop", "Retrieve"),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'seekflow.nodes' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"seekflow.nodes.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
