"""Seekgraph: search flows that are checked before they run, scored at every step, and compiled against a dev set.

Names are loaded when they are first used, so that importing the package costs almost nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seekgraph import evaluation as evaluation
    from seekgraph import flows as flows
    from seekgraph import nodes as nodes
    from seekgraph import rewards as rewards
    from seekgraph import tools as tools
    from seekgraph import types as types
    from seekgraph.core.base.budget import Budget as Budget
    from seekgraph.core.base.errors import FlowError as FlowError
    from seekgraph.core.base.errors import SeekgraphError as SeekgraphError
    from seekgraph.core.language.combinators import best_of as best_of
    from seekgraph.core.language.combinators import call as call
    from seekgraph.core.language.combinators import each as each
    from seekgraph.core.language.combinators import fan as fan
    from seekgraph.core.language.combinators import loop as loop
    from seekgraph.core.language.combinators import redo as redo
    from seekgraph.core.language.combinators import route as route
    from seekgraph.core.language.combinators import skip as skip
    from seekgraph.core.language.expr import S as S
    from seekgraph.core.language.expr import count as count
    from seekgraph.core.language.expr import otherwise as otherwise
    from seekgraph.core.language.expr import when as when
    from seekgraph.core.language.node import Node as Node
    from seekgraph.core.language.node import OrElse as OrElse
    from seekgraph.core.language.node import Visit as Visit
    from seekgraph.core.language.node import Writes as Writes
    from seekgraph.core.language.params import Choice as Choice
    from seekgraph.core.language.params import Demos as Demos
    from seekgraph.core.language.params import Fitted as Fitted
    from seekgraph.core.language.params import Float as Float
    from seekgraph.core.language.params import Int as Int
    from seekgraph.core.language.params import Switch as Switch
    from seekgraph.core.language.params import Text as Text
    from seekgraph.core.language.ports import Links as Links
    from seekgraph.core.language.ports import Port as Port
    from seekgraph.core.language.ports import Ranker as Ranker
    from seekgraph.core.language.ports import Retriever as Retriever
    from seekgraph.core.machine.result import Result as Result
    from seekgraph.core.memo import Memo as Memo
    from seekgraph.core.record.ledger import Merge as Merge
    from seekgraph.core.record.trace import Trace as Trace
    from seekgraph.evaluation.examples import read_examples as read_examples
    from seekgraph.flow import Bound as Bound
    from seekgraph.flow import Flow as Flow
    from seekgraph.flow import load as load
    from seekgraph.flow import replay as replay
    from seekgraph.types import Answer as Answer
    from seekgraph.types import Example as Example
    from seekgraph.types import Passage as Passage
    from seekgraph.types import Query as Query

__version__ = "0.1.0"

_MODULES = ("evaluation", "flows", "nodes", "rewards", "tools", "types")
_NAMES = {
    "core.machine.result": ("Result",),
    "core.base.budget": ("Budget",),
    "core.language.combinators": ("best_of", "call", "each", "fan", "loop", "redo", "route", "skip"),
    "core.base.errors": ("FlowError", "SeekgraphError"),
    "core.language.expr": ("S", "count", "otherwise", "when"),
    "core.record.ledger": ("Merge",),
    "core.memo": ("Memo",),
    "core.language.node": ("Node", "OrElse", "Visit", "Writes"),
    "core.language.params": ("Choice", "Demos", "Fitted", "Float", "Int", "Switch", "Text"),
    "core.language.ports": ("Links", "Port", "Ranker", "Retriever"),
    "core.record.trace": ("Trace",),
    "evaluation.examples": ("read_examples",),
    "flow": ("Bound", "Flow", "load", "replay"),
    "types": ("Answer", "Example", "Passage", "Query"),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"seekgraph.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'seekgraph' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"seekgraph.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES, *_HOME})
