"""Ask documents: search, rank by words and by meaning, answer in the sentences that answer.

The way that `seekgraph run --docs FOLDER "question"` takes. Where passages are parts of pages (documentation, handbooks, notes)
they are ranked by how they were found, by meaning where a `ranker` is bound (the extra `embed`; of the passage, and of the
sentence in it that is nearest to the question), and by their page, and the answer is made of what they say, verbatim and cited.
Where each passage is an article by itself (an encyclopedia, abstracts) it goes the way of `bridge`: it follows titles and answers
shortly. Where the passages are unlikely to answer (below `refuse_below`; `nodes.answerable`) it refuses and names the nearest:
of questions over seven documentations, each judged by what was fitted on the others, seven in ten of those that have no answer,
and one in twelve of those that have one. What it lacks is said where it is a name (`vocabulary`). How it is answered is the
param `style` of both: short, prose, a list, or by what is asked. Bind `corpus` and `links`, and `lm` to have a model write the
answer: what it says to be missing is searched for once before its refusal stands.
"""

from __future__ import annotations

from seekgraph.core.language.combinators import fan, route, skip
from seekgraph.core.language.expr import S
from seekgraph.core.language.params import Choice, Float, Int
from seekgraph.flow import Flow
from seekgraph.flows.bridge import follow_titles, search
from seekgraph.nodes.answer import Answer
from seekgraph.nodes.best_block import BestBlock
from seekgraph.nodes.blend import Blend
from seekgraph.nodes.layout import Layout
from seekgraph.nodes.missing import Missing
from seekgraph.nodes.read import Read
from seekgraph.nodes.refine import Refine
from seekgraph.nodes.retrieve import Retrieve, RetrieveIfBound

look = Retrieve("corpus", k=10, k1=1.5, b=0.6).named("look")  # a millisecond, to see what kind of corpus it is
begin = fan(look, RetrieveIfBound("dense", k=Int(30, 5, 100)).named("dense"))
sections = Retrieve(
    "corpus", k=Int(40, 20, 100), k1=Float(1.5, 0.4, 2.0), b=Float(0.6, 0.0, 1.0), title_weight=Float(2.0, 0.0, 5.0)
).named("sections")
documents = (
    sections
    >> Blend(keep=Int(8, 5, 20))
    >> BestBlock(keep=Int(6, 3, 10))
    >> Answer(
        prose=True, style=Choice("auto", "prose", "short", "list"), words=Int(110, 40, 200), refuse_below=Float(0.33, 0.0, 0.9)
    ).named("compose")
)
whole = Retrieve("corpus", k=Int(60, 20, 100), k1=Float(0.9, 0.4, 2.0), b=Float(0.4, 0.0, 1.0), title_weight=Float(2.0, 0.0, 5.0))
articles = whole >> follow_titles >> search >> Read() >> Answer(style=Choice("short", "prose", "list", "auto"))

again = (
    Refine(feedback=5, terms=10, original=0.7, names=0.5).named("ask_again")
    >> Retrieve("corpus", k=20).named("search_again")
    >> Blend(keep=8, semantic=0.7, document=0.3, alike=0.9, form=1.2).named("blend_again")
    >> BestBlock(keep=6, weight=1.0).named("best_again")
    >> Answer(prose=True, style="auto", refuse_below=0.33, sentences=12, hops=False).named("answer_again")
)
documents = documents >> Missing() >> route(S.verdict.score > 0, {"true": skip, "false": again}).named("settled")

flow = Flow(begin >> route(Layout(), {"documents": documents, "articles": articles}), name="ask")
