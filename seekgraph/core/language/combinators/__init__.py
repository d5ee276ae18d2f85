"""Combinators: the structure of a flow, as a tree of small immutable objects.

`a >> b`, `fan(a, b)`, `each(items, body)`, `loop(body, until, max_rounds)`, `route(policy, branches)`, `call(flow)`,
`redo(body, reward, below, at_most)`, `best_of(n, body, reward)`, and a `Choice` of elements in the place of one. Each stands in a
file of its own with all that is to be known about it, how it runs included; how it is drawn stands in `core/draw`.
"""

from __future__ import annotations

from seekgraph.core.language.combinators.best import BestOf as BestOf
from seekgraph.core.language.combinators.best import best_of as best_of
from seekgraph.core.language.combinators.calls import Call as Call
from seekgraph.core.language.combinators.calls import call as call
from seekgraph.core.language.combinators.fans import Fan as Fan
from seekgraph.core.language.combinators.fans import fan as fan
from seekgraph.core.language.combinators.items import Each as Each
from seekgraph.core.language.combinators.items import each as each
from seekgraph.core.language.combinators.loops import Loop as Loop
from seekgraph.core.language.combinators.loops import loop as loop
from seekgraph.core.language.combinators.redoing import Redo as Redo
from seekgraph.core.language.combinators.redoing import redo as redo
from seekgraph.core.language.combinators.routes import Route as Route
from seekgraph.core.language.combinators.routes import route as route
from seekgraph.core.language.element import Pick as Pick
from seekgraph.core.language.element import Seq as Seq

skip = Seq()
"""Does nothing: the branch of a route that leaves things as they are."""
