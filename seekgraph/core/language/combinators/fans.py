"""`fan`: parts side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seekgraph.core.frame.frame import Frame
from seekgraph.core.frame.operation import Operation, side_by_side
from seekgraph.core.language.contract import Build, S, Walk
from seekgraph.core.language.element import Combinator, Element, as_element


class Fan(Combinator):
    """Parts side by side. Each starts from the same state; their writes are merged in the order of writing."""

    parts: tuple[Element, ...]

    def paths(self, walk: Walk[S], state: S) -> S:
        ends = [walk.part(number, walk.step(state, f"part {number + 1}")) for number in range(len(self.parts))]
        return walk.together(ends, state)

    def operation(self, build: Build) -> Operation:
        return FanOp(build.parts())


@dataclass(slots=True)
class FanOp:
    """Parts side by side."""

    parts: tuple[Operation, ...]

    async def run(self, frame: Frame) -> None:
        branches = [frame.fork() for _ in self.parts]
        await side_by_side(branches, lambda index: self.parts[index].run(branches[index]), frame)


def fan(*parts: Any) -> Fan:
    """Run `parts` in parallel from the same state and merge what they write, in this order."""
    if not parts:
        raise ValueError("fan needs at least one part")
    return Fan(tuple(as_element(part) for part in parts))
