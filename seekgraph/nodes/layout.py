"""What a corpus is made of: documents in parts, or articles that stand by themselves."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from seekgraph.core.language.node import Node, Writes
from seekgraph.core.language.params import Choice
from seekgraph.types import Passage

_PARTS = 0.5


class Routed(Writes):
    """The branch that a route takes."""

    route: Literal["documents", "articles"]


class Layout(Node):
    """Route by what was found: "documents" where passages are parts of pages, "articles" where each stands by itself.

    In articles, as in an encyclopedia, titles name things, and following them finds what a question leads to. In documentation a
    title is a heading, and what belongs together stands on one page. "auto" looks: at least half of the passages found share
    their document (the part of an id before "#") with another, or have headings above them in it; the other two decide
    beforehand.
    """

    corpus: Literal["auto", "documents", "articles"] = Choice("auto", "documents", "articles")

    async def run(self, passages: tuple[Passage, ...] = ()) -> Routed:
        if self.corpus != "auto":
            return Routed(route=self.corpus)
        parts = Counter(passage.id.partition("#")[0] for passage in passages if "#" in passage.id)
        whole = sum(count for count in parts.values())
        return Routed(route="documents" if passages and whole >= _PARTS * len(passages) else "articles")
