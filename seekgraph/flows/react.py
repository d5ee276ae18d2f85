"""Think, search, read, stop: each round writes a query from what is still missing, and keeps what it finds as evidence.

The loop of ReAct (Yao and others, ICLR 2023) with typed steps: `refine` thinks, `reflect` says what is missing or stops.
Bind `corpus`, and `lm` to have a model do each step; without one the query is expanded by feedback and a fitted critic stops.
"""

from __future__ import annotations

from seekgraph.core.language.combinators import loop
from seekgraph.core.language.expr import S
from seekgraph.core.language.params import Float, Int
from seekgraph.flow import Flow
from seekgraph.nodes.answer import Answer
from seekgraph.nodes.fuse import Fuse
from seekgraph.nodes.read import Read
from seekgraph.nodes.refine import Refine
from seekgraph.nodes.reflect import Reflect
from seekgraph.nodes.retrieve import Retrieve

search = loop(
    Refine() >> Retrieve("corpus", k=Int(8, 2, 30)) >> Fuse(keep=Int(8, 3, 20)) >> Read() >> Reflect(),
    until=S.verdict.score >= Float(0.7, 0.1, 0.95),
    max_rounds=Int(3, 1, 6),
    name="search",
)

flow = Flow(search >> Answer(), name="react")
