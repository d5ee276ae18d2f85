"""A combinator of one's own: `Fallback` runs its first part, and where a step of it fails, its second from the same state.

One file, and the checker, params, traces, replay and artifacts know it: it says itself what they ask. Its drawing stands beside
it.

Run it with `python examples/own_combinator.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import seekgraph as sg
from seekgraph.core.draw.drawing import Drawing, Part, Source, Spot, Wiring, register, side_by_side
from seekgraph.core.frame.frame import Frame, StepFailed
from seekgraph.core.frame.operation import Operation
from seekgraph.core.language.contract import Build, S, Walk
from seekgraph.core.language.element import Element, as_element
from seekgraph.core.language.site import Site
from seekgraph.core.record.step import DECISION
from seekgraph.demo import CORPUS
from seekgraph.nodes import Answer, Retrieve
from seekgraph.types import Passage, Query


class Fallback(sg.Combinator):
    """`first`; or, where one of its steps fails, `second`, from the state before. What `first` wrote is then lost."""

    first: Element
    second: Element

    def paths(self, walk: Walk[S], state: S) -> S:
        """One of the two has run: the checker promises what both write."""
        walk.read(state)
        return walk.either([walk.part(0, walk.step(state, "first")), walk.part(1, walk.step(state, "second"))], state)

    def operation(self, build: Build) -> Operation:
        return FallbackOp(build.path, build.part(0), build.part(1))

    def records(self) -> dict[str, dict[str, Any] | None]:
        return {"": {DECISION: Literal["first", "second"]}}


@dataclass(slots=True)
class FallbackOp:
    """How it runs: the first part on a frame of its own, whose steps are always kept, and its writes where it came through."""

    path: str
    first: Operation
    second: Operation

    async def run(self, frame: Frame) -> None:
        attempt, taken = frame.fork(), "first"
        try:
            await self.first.run(attempt)
        except StepFailed:
            taken = "second"
        except BaseException:  # a spent budget, or being cancelled
            frame.take_steps(attempt)
            raise
        if taken == "first":
            frame.join([attempt])
        else:
            frame.take_steps(attempt)
        frame.note("decision", self.path, {}, decision=taken)
        if taken == "second":
            await self.second.run(frame)


class FallbackDrawing(Drawing):
    """Its two parts side by side in a box, and on the edges into them when a run goes there."""

    def wire(self, wiring: Wiring, site: Site, sources: list[Source], spot: Spot) -> Part:
        labels = ("first", "where that fails")
        edges = [[Source(source.node, "branch", label) for source in sources] for label in labels]
        return side_by_side([wiring.part(child, into, spot) for child, into in zip(site.children, edges, strict=True)])


register(Fallback, FallbackDrawing())


def fallback(first: Any, second: Any, *, name: str | None = None) -> Fallback:
    """`first`, or `second` where it fails."""
    made = Fallback(as_element(first), as_element(second))
    return made.named(name) if name else made


class Down:
    """A search service that is out of order."""

    identity = "down"

    async def search(self, query: Query, k: int) -> Sequence[Passage]:
        raise ConnectionError("no route to the search service")


flow = sg.Flow(
    fallback(Retrieve("service", k=3).named("remote"), Retrieve("corpus", k=sg.Int(3, 1, 10)).named("local")) >> Answer(),
    name="fallback",
)

if __name__ == "__main__":
    flow.check()
    corpus = sg.tools.open_corpus(CORPUS)
    result = flow.bind(corpus, service=Down())(question="Who wrote the libretto of The Magic Flute?")
    print(result.answer)
    print([(step.id, step.decision, step.error and step.error.code) for step in result.trace])
    print(flow.draw())
