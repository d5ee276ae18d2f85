"""Multi-hop search without a language model: retrieve, follow titles, follow up, rank, and stop when it is enough.

The words of the question find where to begin; what is named there leads on. Each round of the loop expands the question by what
was found (RM3), asks one follow-up query for each of the best passages, and ranks everything again. Bind `corpus` and `links`;
`dense` is used where it is bound.
"""

from __future__ import annotations

from seekgraph.core.language.combinators import each, fan, loop
from seekgraph.core.language.expr import S
from seekgraph.core.language.params import Float, Int
from seekgraph.flow import Flow
from seekgraph.nodes.answer import Answer
from seekgraph.nodes.read import Read
from seekgraph.nodes.refine import FollowUp, Refine
from seekgraph.nodes.reflect import Reflect
from seekgraph.nodes.rerank import Rerank
from seekgraph.nodes.retrieve import Hop, Retrieve, RetrieveIfBound

begin = fan(
    Retrieve("corpus", k=Int(60, 20, 100), k1=Float(0.9, 0.4, 2.0), b=Float(0.4, 0.0, 1.0), title_weight=Float(2.0, 0.0, 5.0)),
    RetrieveIfBound("dense", k=Int(30, 5, 100)).named("dense"),
)
follow_titles = Hop(sources=Int(10, 3, 30)) >> Hop(sources=Int(20, 3, 30))
follow_up = FollowUp() >> each(S.queries, Retrieve("corpus", k=Int(10, 3, 30)).named("followed"), item="query")
expand = Refine() >> Retrieve("corpus", k=Int(30, 10, 60)).named("expanded")
wider = fan(expand, follow_up)
search = loop(
    wider >> Rerank(keep=Int(10, 5, 20)) >> Reflect(),
    until=S.verdict.score >= Float(0.5, 0.1, 0.9),
    max_rounds=Int(2, 1, 3),
)

flow = Flow(begin >> follow_titles >> search >> Read() >> Answer(), name="bridge")
