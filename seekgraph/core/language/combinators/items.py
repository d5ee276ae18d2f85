"""`each`: the body once for each item, side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seekgraph.core.frame.frame import Frame, StepFailed
from seekgraph.core.frame.operation import Operation, Question, side_by_side
from seekgraph.core.language.contract import Build, S, Walk
from seekgraph.core.language.element import Combinator, Element, as_element
from seekgraph.core.language.expr import Expr, first_channel
from seekgraph.core.language.typing_rules import Problem, attribute, fields_of, infer, item_type, known_union, members, type_name
from seekgraph.core.record.ledger import Entry
from seekgraph.core.record.step import StepError
from seekgraph.types import check_needs


class Each(Combinator):
    """The body once for each item, side by side, with the item in channel `item`.

    Items that have an `id` and `needs` (goals) wait for the items that they need and see what those wrote. Writes are merged
    in the order of the items. Over no items the channels that the body appends to exist, empty.
    """

    items: Expr
    body: Element
    item: str

    def channels(self, known: Mapping[str, Any]) -> dict[str, Any]:
        return {self.item: known_union(item_type(kind) for kind in members(infer(self.items, known)))}

    def paths(self, walk: Walk[S], state: S) -> S:
        """The body may run for no item; it may see what another item wrote where items wait for one another."""
        walk.read(state)
        kind = item_type(infer(self.items, walk.types(state)))
        begun = walk.write(walk.step(state, self.item), self.item, Any if kind is None else kind)
        waits = kind is None or attribute(kind, "needs") is not None
        end = walk.again(0, begun) if waits else walk.part(0, begun)
        return walk.restore(walk.perhaps(end, state, "no items"), state, self.item, inner=True)

    def problems(self, known: Mapping[str, Any]) -> Iterator[Problem]:
        kind = infer(self.items, known)
        if item_type(kind) is None:
            several = [name for name, field in fields_of(kind).items() if item_type(field) is not None]
            fields = " or ".join(f"{self.items}.{name}" for name in several)
            hint = f"go through {fields or 'a list or tuple'}"
            message = f"each goes through {self.items}, which is {type_name(kind)}"
            yield Problem("not-a-collection", message, hint, channel=first_channel(self.items))

    def operation(self, build: Build) -> Operation:
        return EachOp(build.question("items", "item"), self.item, build.part(), build.collections())

    def records(self) -> dict[str, dict[str, Any] | None]:
        return {"": {self.item: Any}}


@dataclass(slots=True)
class EachOp:
    """The body for each item; items wait for those that they need."""

    items: Question
    item: str
    body: Operation
    collects: tuple[str, ...]

    async def run(self, frame: Frame) -> None:
        value = self.items.ask(frame)
        sources = frame.sources(self.items.channels)
        try:
            items = tuple(value)
            waits = _waits(items)
        except Exception as error:  # what is no collection, needs that cannot be met, and ids that are none
            failed = StepError("raised", type(error).__name__, f"{self.items.path}: {error}")
            raise StepFailed(frame.note("item", self.items.path, sources, error=failed)) from None
        for channel in self.collects:
            frame.ensure(channel)
        if not items:
            return
        branches = [frame.fork(index) for index in range(len(items))]
        done = [asyncio.Event() for _ in items]

        async def work(index: int) -> None:
            branch = branches[index]
            try:
                for needed in waits[index]:
                    await done[needed].wait()
                for needed in waits[index]:
                    branch.catch_up(branches[needed].log)
                    branch.behind = (*branch.behind, branches[needed].taken)
                    branch.diverged |= branches[needed].diverged
                step = branch.note("item", self.items.path, sources, writes={self.item: items[index]})
                branch.ledger.entries[self.item] = Entry(step.writes[self.item], (step.id,))
                await self.body.run(branch)
            finally:
                done[index].set()

        await side_by_side(branches, work, frame)


def _waits(items: tuple[Any, ...]) -> list[list[int]]:
    """For each item the positions of all items that it needs, directly or not, in order. Raises what `check_needs` does."""
    if not all(hasattr(item, "id") and hasattr(item, "needs") for item in items):
        return [[] for _ in items]
    position = {item.id: index for index, item in enumerate(items)}
    order = check_needs({item.id: tuple(item.needs) for item in items}, count=len(items))
    closure: dict[str, set[int]] = {}
    for name in order:
        needs = items[position[name]].needs
        closure[name] = {position[need] for need in needs}.union(*(closure[need] for need in needs))
    return [sorted(closure[item.id]) for item in items]


def each(items: Expr, body: Any, *, item: str = "goal") -> Each:
    """Run `body` for each of `items` in parallel; the item is in the channel that `item` names."""
    if not isinstance(items, Expr):
        raise TypeError(f"each goes through an expression such as S.plan.goals, not {items!r}")
    return Each(items, as_element(body), item)
