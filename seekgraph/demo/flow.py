"""The flow that the demo compiles: plain as written, with the steps that might help as choices.

As written it is one search, an extraction, and nothing else. Whether to follow titles, to ask follow-up questions, and to rank
what was found by a fitted model are params like the numbers: compiling finds out which of them these documents and questions
want.
"""

from __future__ import annotations

from seekgraph.core.language.combinators import each, skip
from seekgraph.core.language.expr import S
from seekgraph.core.language.params import Choice, Float, Int
from seekgraph.flow import Flow
from seekgraph.nodes.answer import Answer
from seekgraph.nodes.fuse import Fuse
from seekgraph.nodes.read import Read
from seekgraph.nodes.refine import FollowUp
from seekgraph.nodes.rerank import Rerank
from seekgraph.nodes.retrieve import Hop, Retrieve

search = Retrieve("corpus", k=Int(10, 5, 60), k1=Float(0.9, 0.4, 2.0), title_weight=Float(1.0, 0.0, 4.0))
titles = Choice(skip.named("no_titles"), Hop(sources=Int(5, 1, 20)).named("titles"))
again = FollowUp() >> each(S.queries, Retrieve("corpus", k=Int(5, 3, 20)).named("followed"), item="query")
more = Choice(skip.named("one_search"), again.named("follow_up"))
order = Choice(Fuse(keep=10).named("fused"), Rerank(keep=10).named("ranked"))
answer = Answer(span=True, brief=True, evidence_only=True, max_tokens=64)  # how, where a model is bound: fit for a small one

flow = Flow(search >> titles >> more >> order >> Read() >> answer, name="demo")
