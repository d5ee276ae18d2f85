"""DSPy, both ways: a flow as a DSPy module that any DSPy optimizer runs on, and a DSPy module as a node of a flow.

    module = sg.dspy.to_module(bound)                                  # every node that asks a model is a predictor
    better = dspy.SIMBA(metric=sg.dspy.metric("answer_f1"), ...).compile(module, trainset=sg.dspy.examples(rows))
    flow = sg.dspy.from_module(better)                                 # instructions and demonstrations, by node

    flow = sg.Flow(Retrieve("corpus") >> sg.dspy.Node(dspy.ChainOfThought("context, question -> answer")))

Needs the extra `dspy`. Names are loaded, and DSPy with them, when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seekgraph.dspy.models import lm as lm
    from seekgraph.dspy.module import FlowModule as FlowModule
    from seekgraph.dspy.module import from_module as from_module
    from seekgraph.dspy.module import to_module as to_module
    from seekgraph.dspy.node import Node as Node
    from seekgraph.dspy.optimize import Optimize as Optimize
    from seekgraph.dspy.scoring import examples as examples
    from seekgraph.dspy.scoring import metric as metric

_HOMES = {
    "lm": "models",
    "FlowModule": "module",
    "from_module": "module",
    "to_module": "module",
    "Node": "node",
    "Optimize": "optimize",
    "examples": "scoring",
    "metric": "scoring",
}

__all__ = ["FlowModule", "Node", "Optimize", "examples", "from_module", "lm", "metric", "to_module"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'seekgraph.dspy' has no attribute {name!r}")
    from seekgraph.core.base.extras import need

    need("dspy", "dspy", "DSPy")
    value = getattr(import_module(f"seekgraph.dspy.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
