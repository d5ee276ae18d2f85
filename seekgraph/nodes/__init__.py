"""Nodes: the steps that search flows are made of, one kind a file. Names are loaded when they are first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seekgraph.nodes.answer import Answer as Answer
    from seekgraph.nodes.best_block import BestBlock as BestBlock
    from seekgraph.nodes.blend import Blend as Blend
    from seekgraph.nodes.fuse import Fuse as Fuse
    from seekgraph.nodes.judge import Judge as Judge
    from seekgraph.nodes.llm_node import LLMNode as LLMNode
    from seekgraph.nodes.plan import Plan as Plan
    from seekgraph.nodes.plan_next import PlanNext as PlanNext
    from seekgraph.nodes.read import Read as Read
    from seekgraph.nodes.refine import FollowUp as FollowUp
    from seekgraph.nodes.refine import Refine as Refine
    from seekgraph.nodes.reflect import Reflect as Reflect
    from seekgraph.nodes.rerank import Rerank as Rerank
    from seekgraph.nodes.retrieve import Hop as Hop
    from seekgraph.nodes.retrieve import Retrieve as Retrieve
    from seekgraph.nodes.standalone import Standalone as Standalone
    from seekgraph.nodes.widen import Widen as Widen

_NAMES = {
    "answer": ("Answer",),
    "best_block": ("BestBlock",),
    "blend": ("Blend",),
    "fuse": ("Fuse",),
    "judge": ("Judge",),
    "llm_node": ("LLMNode",),
    "plan": ("Plan",),
    "plan_next": ("PlanNext",),
    "read": ("Read",),
    "refine": ("FollowUp", "Refine"),
    "reflect": ("Reflect",),
    "rerank": ("Rerank",),
    "retrieve": ("Hop", "Retrieve"),
    "standalone": ("Standalone",),
    "widen": ("Widen",),
}
_MODULE = {name: module for module, names in _NAMES.items() for name in names}

__all__ = [*sorted(_MODULE)]


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module 'seekgraph.nodes' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"seekgraph.nodes.{_MODULE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE})
