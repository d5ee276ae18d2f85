"""Plan, search, look at what came back, and plan on from there, until nothing is missing.

The planner sees conclusions and nothing else of the work; each goal is worked on in a call with a ledger of its own (HiRA, Jin
and others, 2025, with one kind of executor). Bind `corpus`, and `lm` to have a model do each step.
"""

from __future__ import annotations

from seekgraph.core.language.combinators import each, loop
from seekgraph.core.language.expr import S, count
from seekgraph.core.language.params import Int
from seekgraph.flow import Flow
from seekgraph.flows.plan_execute import executor
from seekgraph.nodes.answer import Answer
from seekgraph.nodes.plan_next import PlanNext

plan = loop(PlanNext() >> each(S.goals, executor), until=count(S.goals) == 0, max_rounds=Int(4, 1, 10), name="planning")

flow = Flow(plan >> Answer(), name="plan_next")
