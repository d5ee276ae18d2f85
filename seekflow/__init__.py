"""Seekflow: search flows that are checked before they run, scored at every step, and compiled against a dev set.

Names are loaded when they are first used, so that importing the package costs almost nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seekflow import evaluation as evaluation
    from seekflow import flows as flows
    from seekflow import nodes as nodes
    from seekflow import rewards as rewards
    from seekflow import tools as tools
    from seekflow import types as types
    from seekflow.core.bound import Result as Result
    from seekflow.core.budget import Budget as Budget
    from seekflow.core.combinators import best_of as best_of
    from seekflow.core.combinators import call as call
    from seekflow.core.combinators import each as each
    from seekflow.core.combinators import fan as fan
    from seekflow.core.combinators import loop as loop
    from seekflow.core.combinators import redo as redo
    from seekflow.core.combinators import route as route
    from seekflow.core.combinators import skip as skip
    from seekflow.core.errors import FlowError as FlowError
    from seekflow.core.errors import SeekflowError as SeekflowError
    from seekflow.core.expr import S as S
    from seekflow.core.expr import count as count
    from seekflow.core.expr import otherwise as otherwise
    from seekflow.core.expr import when as when
    from seekflow.core.ledger import Merge as Merge
    from seekflow.core.memo import Memo as Memo
    from seekflow.core.node import Node as Node
    from seekflow.core.node import OrElse as OrElse
    from seekflow.core.node import Visit as Visit
    from seekflow.core.node import Writes as Writes
    from seekflow.core.params import Choice as Choice
    from seekflow.core.params import Demos as Demos
    from seekflow.core.params import Fitted as Fitted
    from seekflow.core.params import Float as Float
    from seekflow.core.params import Int as Int
    from seekflow.core.params import Switch as Switch
    from seekflow.core.params import Text as Text
    from seekflow.core.ports import Links as Links
    from seekflow.core.ports import Port as Port
    from seekflow.core.ports import Ranker as Ranker
    from seekflow.core.ports import Retriever as Retriever
    from seekflow.core.trace import Trace as Trace
    from seekflow.evaluation.examples import read_examples as read_examples
    from seekflow.flow import Bound as Bound
    from seekflow.flow import Flow as Flow
    from seekflow.flow import load as load
    from seekflow.flow import replay as replay
    from seekflow.types import Answer as Answer
    from seekflow.types import Example as Example
    from seekflow.types import Passage as Passage
    from seekflow.types import Query as Query

__version__ = "0.1.0"

_MODULES = ("evaluation", "flows", "nodes", "rewards", "tools", "types")
_NAMES = {
    "core.bound": ("Result",),
    "core.budget": ("Budget",),
    "core.combinators": ("best_of", "call", "each", "fan", "loop", "redo", "route", "skip"),
    "core.errors": ("FlowError", "SeekflowError"),
    "core.expr": ("S", "count", "otherwise", "when"),
    "core.ledger": ("Merge",),
    "core.memo": ("Memo",),
    "core.node": ("Node", "OrElse", "Visit", "Writes"),
    "core.params": ("Choice", "Demos", "Fitted", "Float", "Int", "Switch", "Text"),
    "core.ports": ("Links", "Port", "Ranker", "Retriever"),
    "core.trace": ("Trace",),
    "evaluation.examples": ("read_examples",),
    "flow": ("Bound", "Flow", "load", "replay"),
    "types": ("Answer", "Example", "Passage", "Query"),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"seekflow.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'seekflow' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"seekflow.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES, *_HOME})
