"""Goals and the hops of a gold decomposition: which asks for which, which hop builds on which, and what is left to ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from seekgraph.core.record.step import Step
from seekgraph.core.record.trace import Trace
from seekgraph.rewards.outcome import is_closed, values_of
from seekgraph.rewards.seen import ids_of
from seekgraph.text.alike import REFERENCE, alike, bare, put_in
from seekgraph.text.entities import flat, folded, names
from seekgraph.types import Digest, Example, Goal, SubQuestion, check_needs

Similarity = Callable[[str, str], float]
"""How much two questions ask for the same, in [0, 1]; pure. The texts come without references."""

ALIKE = 0.3
"""The similarity from which a goal is taken to ask for a hop."""

_TIE = 1e-6
"""What the likeness of all that a goal and a hop build on is worth beside their own: it decides between equals."""


class Match(NamedTuple):
    """The goal that asks for a hop, by its position, and how alike the two are."""

    goal: int
    value: float


def likeness(text: str, hop: int, hops: Sequence[SubQuestion], similarity: Similarity = alike) -> float:
    """How much a goal's text asks for a hop, in [0, 1]: with the hop's references left out or, if that is more, with the gold
    answers of the hops that they name put in. The goal's own references are left out."""
    goal, question = bare(text), hops[hop].question
    answers = {str(number): bare(each.answer) for number, each in enumerate(hops, start=1)}
    forms = dict.fromkeys((bare(question), bare(put_in(question, answers))))
    return max(similarity(goal, form) for form in forms)


def nearest(text: str, hops: Sequence[SubQuestion], least: float = ALIKE) -> int | None:
    """The place of the hop that a goal's text asks for most, the first of equals; None where none is `least` alike."""
    scores = [likeness(text, hop, hops) for hop in range(len(hops))]
    best = max(range(len(hops)), key=scores.__getitem__, default=None)
    return best if best is not None and scores[best] >= least else None


def matched(
    goals: Sequence[Goal], hops: Sequence[SubQuestion], wanted: Sequence[int] | None = None, similarity: Similarity = alike
) -> dict[int, Match]:
    """Goals and hops one to one, so that the sum of the likeness is the highest; by the hop's place, in order.

    The order of the goals does not matter. Of equal matches the one is taken whose goals and hops build on things that are alike,
    so that hops with the same words ("#1 >> father", "#2 >> father") are not taken for one another. `wanted` are the hops to
    match, by default all; a hop that is like no goal has no match.
    """
    import networkx as nx

    known = dependencies(hops)
    steps = {str(at): tuple(str(first) for first, second in known if second == at) for at in range(len(hops))}
    below = _with_all_below({str(at): hop.question for at, hop in enumerate(hops)}, steps)
    around = _with_all_below({goal.id: goal.text for goal in goals}, {goal.id: goal.needs for goal in goals})
    graph = nx.Graph()
    values: dict[tuple[int, int], float] = {}
    for hop in range(len(hops)) if wanted is None else wanted:
        for at, goal in enumerate(goals):
            value = values[hop, at] = likeness(goal.text, hop, hops, similarity)
            if value > 0:
                graph.add_edge(("hop", hop), ("goal", at), weight=value + _TIE * alike(around[goal.id], below[str(hop)]))
    pairs = (sorted(pair, reverse=True) for pair in nx.max_weight_matching(graph))
    return {hop: Match(at, values[hop, at]) for (_, hop), (_, at) in sorted(pairs)}


def dependencies(hops: Sequence[SubQuestion]) -> list[tuple[int, int]]:
    """(i, j) for every hop j whose question refers to the answer of an earlier hop i, by their places from 0."""
    found = []
    for later, hop in enumerate(hops):
        numbers = {int(name) - 1 for name in REFERENCE.findall(hop.question) if name.isdecimal()}
        found += [(number, later) for number in sorted(numbers) if 0 <= number < later]
    return found


def ancestors(needs: Mapping[str, Sequence[str]]) -> dict[str, set[str]]:
    """All that each needs, directly or through others. Raises `ValueError` for needs that are unknown or in a circle."""
    found: dict[str, set[str]] = {}
    for name in check_needs({name: tuple(each) for name, each in needs.items()}, count=len(needs)):
        found[name] = set(needs[name]).union(*(found[need] for need in needs[name]))
    return found


def _with_all_below(texts: Mapping[str, str], needs: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The words of each with those of all that it needs."""
    return {
        name: bare(" ".join((texts[name], *(texts[each] for each in sorted(all_))))) for name, all_ in ancestors(needs).items()
    }


def left(step: Step, trace: Trace, example: Example) -> list[int]:
    """The hops that a step has still to ask for, by their places: all but those that what it read has settled.

    A hop is settled if its gold passage was read, or a digest whose conclusion says its answer, which a yes or no does not. A
    planner that reads nothing but the question has all hops before it, in every round.
    """
    inputs = list(trace.inputs(step).values())
    read = set(ids_of(inputs))
    conclusions = [flat(digest.conclusion) for digest in values_of(inputs, Digest)]

    def settled(hop: SubQuestion) -> bool:
        said = not is_closed((hop.answer,)) and any(names(text, folded(hop.answer)) for text in conclusions)
        return said or hop.supporting_id in read

    return [place for place, hop in enumerate(example.decomposition) if not settled(hop)]
