"""Attempts in a trace: which steps were made in attempts that were not selected, and what stood before and after a step.

The step of kind "attempt" begins an attempt and its steps follow it, up to the next attempt of the same place or to the step of
kind "selected" that names the one that is selected. While a run is under way the last one may still be missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from seekgraph.core.record.step import Step


class Attempt(NamedTuple):
    """An attempt: the positions in the trace at which its steps begin and end (not included), and whether it is selected.

    `selected` is None where that is not decided yet. `first` and `last` are where the attempts of the place begin and end.
    """

    begin: int
    end: int
    selected: bool | None
    first: int
    last: int


def attempts(steps: Sequence[Step]) -> list[Attempt]:
    """All attempts in the steps of a trace, in the order in which their places are left."""
    open_: dict[tuple[str, tuple[int, ...]], list[int]] = {}
    found: list[Attempt] = []

    def close(place: tuple[str, tuple[int, ...]], end: int, selected: str | None) -> None:
        begins = open_.pop(place, [])
        for begin, stop in zip(begins, [*begins[1:], end], strict=True):
            chosen = None if selected is None else str(steps[begin].at[-1]) == selected
            found.append(Attempt(begin, stop, chosen, begins[0], end))

    for index, step in enumerate(steps):
        if step.kind == "attempt":
            open_.setdefault((step.path, step.at[:-1]), []).append(index)
        elif step.kind == "selected":
            close((step.path, step.at), index, str(step.decision))
    for place in list(open_):
        close(place, len(steps), None)
    return found


def discarded(steps: Sequence[Step]) -> frozenset[str]:
    """The ids of the steps of attempts that were not selected: nothing that they wrote was read outside of their attempt."""
    if not any(step.kind == "attempt" for step in steps):
        return frozenset()
    return frozenset(
        steps[index].id for each in attempts(steps) if each.selected is False for index in range(each.begin, each.end)
    )


def before(step: Step, steps: Sequence[Step]) -> list[Step]:
    """The steps that stand before `step`, in the order of the trace: all earlier ones but those of attempts that it is not in and
    that were not selected, or are other attempts at what it is an attempt at."""
    position = _position(step, steps)
    if not any(each.kind == "attempt" for each in steps[:position]):
        return list(steps[:position])
    hidden: set[int] = set()
    for each in attempts(steps):
        mine = each.begin <= position < each.end
        beside = each.first <= position < each.last
        if not mine and each.begin < position and (beside or each.selected is False):
            hidden.update(range(each.begin, min(each.end, position)))
    return [each for index, each in enumerate(steps[:position]) if index not in hidden]


def after(step: Step, steps: Sequence[Step]) -> list[Step]:
    """The steps that stand after `step`, in the order of the trace: all later ones but those of attempts that it is not in and
    that were not selected, or are other attempts at what it is an attempt at."""
    position = _position(step, steps)
    later = range(position + 1, len(steps))
    if not any(each.kind == "attempt" for each in steps):
        return list(steps[position + 1 :])
    hidden: set[int] = set()
    for each in attempts(steps):
        mine = each.begin <= position < each.end
        beside = each.first <= position < each.last
        if not mine and each.end > position and (beside or each.selected is False):
            hidden.update(range(max(each.begin, position), each.end))
    return [steps[index] for index in later if index not in hidden]


def _position(step: Step, steps: Sequence[Step]) -> int:
    for at, each in enumerate(steps):
        if each is step or (each.path == step.path and each.at == step.at):
            return at
    return len(steps)
