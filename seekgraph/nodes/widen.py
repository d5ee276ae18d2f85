"""Reading on: the rest of the section that a good passage is a part of, and the sections that it stands in."""

from __future__ import annotations

from collections.abc import Sequence

from seekgraph.core.language.node import Node
from seekgraph.core.language.params import Float, Int
from seekgraph.core.language.ports import Pages
from seekgraph.nodes.fuse import Ordered
from seekgraph.types import Passage

_BELOW = " > "  # what separates headings in a passage's title


class Widen(Node):
    """Put the neighbours of the first `sources` passages of `context` right behind each of them.

    Neighbours are passages of the same document: first the other pieces of the same section, which was too long for one passage,
    then the sections above it, the nearest first; at most `most` for each, and none twice. Sections are told by titles
    ("Guide > Setup > Linux"). A neighbour's score is `decay` times that of the passage that it belongs to. Without `pages` that
    are bound, `context` stays as it is.
    """

    pages: str = "pages"
    sources: int = Int(3, low=1, high=20)
    most: int = Int(2, low=0, high=10)
    decay: float = Float(0.7, low=0.0, high=1.0)

    async def run(self, context: tuple[Passage, ...], pages: Pages | None = None) -> Ordered:
        if pages is None:
            return Ordered(context=context)
        taken = {passage.id for passage in context}
        found: list[Passage] = []
        for rank, passage in enumerate(context):
            found.append(passage)
            if rank < self.sources:
                near = [each for each in neighbours(passage, await pages.page(passage.id)) if each.id not in taken][: self.most]
                taken.update(each.id for each in near)
                found += (each.model_copy(update={"score": self.decay * passage.score}) for each in near)
        return Ordered(context=tuple(found))


def neighbours(passage: Passage, page: Sequence[Passage]) -> list[Passage]:
    """The passages of a page that say more of the same: other pieces of the section, then those above it, the nearest first."""
    headings = passage.title.split(_BELOW)
    trails = [headings[:length] for length in range(len(headings), 0, -1)]
    return [each for trail in trails for each in page if each.id != passage.id and each.title.split(_BELOW) == trail]
