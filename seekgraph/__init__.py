"""Seekgraph: search flows that are checked before they run, scored at every step, and compiled against a dev set.

Names are loaded when they are first used, so that importing the package costs almost nothing. The table at the end says where
each is defined; the imports above it, which never run, are what editors and type checkers read.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seekgraph import demo as demo
    from seekgraph import deploy as deploy
    from seekgraph import diagnosis as diagnosis
    from seekgraph import dspy as dspy
    from seekgraph import evaluation as evaluation
    from seekgraph import flows as flows
    from seekgraph import lms as lms
    from seekgraph import nodes as nodes
    from seekgraph import optimizers as optimizers
    from seekgraph import rewards as rewards
    from seekgraph import synthesis as synthesis
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
    from seekgraph.core.language.element import Combinator as Combinator
    from seekgraph.core.language.expr import S as S
    from seekgraph.core.language.expr import count as count
    from seekgraph.core.language.expr import otherwise as otherwise
    from seekgraph.core.language.expr import when as when
    from seekgraph.core.language.lm import LM as LM
    from seekgraph.core.language.lm import Message as Message
    from seekgraph.core.language.lm import Settings as Settings
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
    from seekgraph.core.record.step import Step as Step
    from seekgraph.core.record.trace import Trace as Trace
    from seekgraph.diagnosis.diagnosis import Diagnosis as Diagnosis
    from seekgraph.evaluation.examples import read_examples as read_examples
    from seekgraph.evaluation.metrics import Metric as Metric
    from seekgraph.evaluation.metrics import metric as metric
    from seekgraph.evaluation.report import Report as Report
    from seekgraph.flow import Bound as Bound
    from seekgraph.flow import Flow as Flow
    from seekgraph.flow import load as load
    from seekgraph.flow import replay as replay
    from seekgraph.optimizers.compiled import Compiled as Compiled
    from seekgraph.optimizers.passes import Pass as Pass
    from seekgraph.rewards.algebra import Reward as Reward
    from seekgraph.rewards.algebra import Score as Score
    from seekgraph.rewards.define import reward as reward
    from seekgraph.types import Answer as Answer
    from seekgraph.types import Digest as Digest
    from seekgraph.types import Evidence as Evidence
    from seekgraph.types import Example as Example
    from seekgraph.types import Goal as Goal
    from seekgraph.types import Passage as Passage
    from seekgraph.types import Plan as Plan
    from seekgraph.types import Query as Query
    from seekgraph.types import Ranking as Ranking
    from seekgraph.types import Table as Table
    from seekgraph.types import Turn as Turn
    from seekgraph.types import Value as Value
    from seekgraph.types import Verdict as Verdict

__version__ = "0.1.0"

_MODULES = (
    "demo",
    "deploy",
    "diagnosis",
    "dspy",
    "evaluation",
    "flows",
    "lms",
    "nodes",
    "optimizers",
    "rewards",
    "synthesis",
    "tools",
    "types",
)
_NAMES = {
    "core.base.budget": ("Budget",),
    "core.base.errors": ("FlowError", "SeekgraphError"),
    "core.language.combinators": ("best_of", "call", "each", "fan", "loop", "redo", "route", "skip"),
    "core.language.element": ("Combinator",),
    "core.language.expr": ("S", "count", "otherwise", "when"),
    "core.language.lm": ("LM", "Message", "Settings"),
    "core.language.node": ("Node", "OrElse", "Visit", "Writes"),
    "core.language.params": ("Choice", "Demos", "Fitted", "Float", "Int", "Switch", "Text"),
    "core.language.ports": ("Links", "Port", "Ranker", "Retriever"),
    "core.machine.result": ("Result",),
    "core.memo": ("Memo",),
    "core.record.ledger": ("Merge",),
    "core.record.step": ("Step",),
    "core.record.trace": ("Trace",),
    "diagnosis.diagnosis": ("Diagnosis",),
    "evaluation.examples": ("read_examples",),
    "evaluation.metrics": ("Metric", "metric"),
    "evaluation.report": ("Report",),
    "flow": ("Bound", "Flow", "load", "replay"),
    "optimizers.compiled": ("Compiled",),
    "optimizers.passes": ("Pass",),
    "rewards.algebra": ("Reward", "Score"),
    "rewards.define": ("reward",),
    "types": (
        "Answer",
        "Digest",
        "Evidence",
        "Example",
        "Goal",
        "Passage",
        "Plan",
        "Query",
        "Ranking",
        "Table",
        "Turn",
        "Value",
        "Verdict",
    ),
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
