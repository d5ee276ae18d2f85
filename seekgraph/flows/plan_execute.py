"""Plan, then search for each goal in a call of its own, then answer from what the calls came back with.

The plan is a DAG: a goal that needs another's result waits for it and has it in its text. What a call finds stays in the call;
only a digest comes back (HiRA, Jin and others, 2025). Bind `corpus`, and `lm` to have a model do each step.
"""

from __future__ import annotations

from seekgraph.core.language.combinators import call, each, loop
from seekgraph.core.language.expr import S
from seekgraph.core.language.params import Float, Int
from seekgraph.flow import Flow
from seekgraph.nodes.answer import Answer
from seekgraph.nodes.plan import Plan
from seekgraph.nodes.refine import Refine
from seekgraph.nodes.reflect import Reflect
from seekgraph.nodes.rerank import Rerank
from seekgraph.nodes.retrieve import Retrieve

search = loop(
    Refine() >> Retrieve("corpus", k=Int(8, 2, 30)) >> Rerank(keep=Int(4, 2, 12)) >> Reflect(),
    until=S.verdict.score >= Float(0.5, 0.1, 0.9),
    max_rounds=Int(2, 1, 4),
    name="search",
)
executor = call(search >> Answer(as_role="answer_goal"), name="goal")

flow = Flow(Plan() >> each(S.plan.goals, executor) >> Answer(), name="plan_execute")
