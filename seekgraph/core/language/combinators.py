"""Combinators: the structure of a flow, as a tree of small immutable objects.

`a >> b`, `fan(a, b)`, `each(items, body)`, `loop(body, until, max_rounds)`, `route(policy, branches)`, `call(flow)`,
`redo(body, reward, below, at_most)`, `best_of(n, body, reward)`, and a `Choice` of elements in the place of one. What they do is
said here; how they run is in `run.py` and `attempts.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from seekgraph.core.base.budget import Budget
from seekgraph.core.language.element import Element, as_element
from seekgraph.core.language.element import Pick as Pick
from seekgraph.core.language.element import Seq as Seq
from seekgraph.core.language.expr import Expr, S, lift
from seekgraph.core.language.node import Node
from seekgraph.core.language.params import FloatParam, IntParam, Param
from seekgraph.core.record.scoring import Scoring, name_of


@dataclass(frozen=True, eq=False)
class Fan(Element):
    """Parts side by side. Each starts from the same state; their writes are merged in the order of writing."""

    kind: ClassVar[str] = "fan"
    parts: tuple[Element, ...]


@dataclass(frozen=True, eq=False)
class Each(Element):
    """The body once for each item, side by side, with the item in channel `item`.

    Items that have an `id` and `needs` (goals) wait for the items that they need and see what those wrote. Writes are merged
    in the order of the items. Over no items the channels that the body appends to exist, empty.
    """

    kind: ClassVar[str] = "each"
    items: Expr
    body: Element
    item: str


@dataclass(frozen=True, eq=False)
class Loop(Element):
    """The body again and again, at least once, until `until` holds after a round or `max_rounds` have run."""

    kind: ClassVar[str] = "loop"
    body: Element
    until: Expr
    max_rounds: int | Param


@dataclass(frozen=True, eq=False)
class Route(Element):
    """One of the branches: the one whose label `policy` gives, or `default` where it gives another."""

    kind: ClassVar[str] = "route"
    policy: Expr
    branches: tuple[tuple[str, Element], ...]
    default: str | None = None


@dataclass(frozen=True, eq=False)
class Call(Element):
    """The body as an executor: with a ledger and a budget of its own.

    Only what `give` names goes in, by default the channels that the body reads before it writes them. Only a `Digest` comes
    out, appended to `digests`.
    """

    kind: ClassVar[str] = "call"
    body: Element
    give: tuple[tuple[str, Expr], ...] | None = None
    budget: Budget | None = None


@dataclass(frozen=True, eq=False)
class Redo(Element):
    """The body, and again while its score is below `below`, at most `at_most` times in all; the best attempt is selected.

    Every attempt starts from the state before the first; from the second on, `channel` holds the reward's feedback on the one
    before. The score of an attempt is the mean of `reward` over its steps, each seen in the trace of what came before and of
    this attempt; an attempt without a score is selected as it is, one that fails is followed by another. Ties go to the first.
    Only the selected attempt writes to the ledger; the steps of all stand in the trace.
    """

    kind: ClassVar[str] = "redo"
    body: Element
    reward: Scoring
    below: float | Param
    at_most: int | Param
    channel: str = "critique"


@dataclass(frozen=True, eq=False)
class BestOf(Element):
    """`n` attempts at the body, side by side from one state; the one with the best score is selected, the first of equals.

    Scores are those of `Redo`. Each attempt has a sample index of its own, so that models that sample say something else, and a
    node's `visit.rng` is another. An attempt that fails, or has no score, is selected only where no other has one.
    """

    kind: ClassVar[str] = "best_of"
    body: Element
    reward: Scoring
    n: int | Param


skip = Seq()
"""Does nothing: the branch of a route that leaves things as they are."""


def fan(*parts: Any) -> Fan:
    """Run `parts` in parallel from the same state and merge what they write, in this order."""
    if not parts:
        raise ValueError("fan needs at least one part")
    return Fan(tuple(as_element(part) for part in parts))


def each(items: Expr, body: Any, *, item: str = "goal") -> Each:
    """Run `body` for each of `items` in parallel; the item is in the channel that `item` names."""
    if not isinstance(items, Expr):
        raise TypeError(f"each goes through an expression such as S.plan.goals, not {items!r}")
    return Each(items, as_element(body), item)


def loop(body: Any, until: Expr, max_rounds: int | Any, *, name: str | None = None) -> Loop:
    """Run `body` at least once and at most `max_rounds` times (1 or more), until `until` holds."""
    least = max_rounds.low if isinstance(max_rounds, IntParam) else max_rounds
    if not isinstance(least, int) or isinstance(least, bool) or least < 1:
        raise ValueError(f"a loop runs at least one round: max_rounds is a whole number of 1 or more, not {max_rounds!r}")
    made = Loop(as_element(body), lift(until), max_rounds)
    return made.named(name) if name else made


def route(policy: Any, branches: Mapping[Any, Any], *, default: Any = None, name: str | None = None) -> Element:
    """Run the branch that `policy` names.

    `policy` is an expression that gives a label (or True and False, for branches under those keys), or a node that writes the
    channel `route`. Raises `ValueError` where `default` is not the label of a branch.
    """
    labelled = tuple((_route_label(label), as_element(branch)) for label, branch in branches.items())
    if not labelled:
        raise ValueError("route needs at least one branch")
    if len(dict(labelled)) < len(labelled):
        raise ValueError(f"two of route's branches have one label: {[label for label, _ in labelled]}")
    default = None if default is None else _route_label(default)
    if default is not None and default not in dict(labelled):
        raise ValueError(f"route's default {default!r} is not among its branches {[label for label, _ in labelled]}")
    expr = S.route if isinstance(policy, Node) else lift(policy)
    made = Route(expr, labelled, default)
    made = made.named(name) if name else made
    return policy >> made if isinstance(policy, Node) else made


def call(flow: Any, *, give: Mapping[str, Any] | None = None, budget: Budget | None = None, name: str | None = None) -> Call:
    """Run `flow` as an executor: `give` maps its channels to expressions over this flow's state; a `Digest` comes back."""
    body = as_element(flow)
    given = None if give is None else tuple((channel, lift(value)) for channel, value in give.items())
    label = name or body.label
    made = Call(body._changed(label=None), given, budget)  # the call carries the name, so that paths do not repeat it
    return made.named(label) if label else made


def redo(body: Any, reward: Scoring, below: Any, at_most: Any = 3, *, channel: str = "critique", name: str | None = None) -> Redo:
    """Run `body`, and again with the reward's feedback while its score is below `below` (in [0, 1]); see `Redo`.

    `at_most` (1 or more) counts all attempts. `channel` is where the body's nodes read, as text, what was wrong. Both numbers
    may be params. The way of SmartSearch: a query that scores low is written again from what is said about it.
    """
    low = below.low if isinstance(below, FloatParam) else below
    high = below.high if isinstance(below, FloatParam) else below
    if isinstance(low, bool) or not isinstance(low, int | float) or not 0 <= low <= high <= 1:
        raise ValueError(f"redo runs again below a score in [0, 1], such as 0.5 or Float(0.5, 0, 1), not {below!r}")
    _attempts("redo", "at_most", at_most)
    if not channel.isidentifier():
        raise ValueError(f"redo gives the feedback in a channel, which has a name such as 'critique', not {channel!r}")
    made = Redo(as_element(body), _a_reward("redo", reward), below, at_most, channel)
    return made.named(name) if name else made


def best_of(n: Any, body: Any, reward: Scoring, *, name: str | None = None) -> BestOf:
    """Run `body` `n` times (1 or more; it may be a param) side by side and keep the attempt that `reward` likes best."""
    _attempts("best_of", "n", n)
    made = BestOf(as_element(body), _a_reward("best_of", reward), n)
    return made.named(name) if name else made


def _attempts(kind: str, slot: str, number: Any) -> None:
    least = number.low if isinstance(number, IntParam) else number
    if not isinstance(least, int) or isinstance(least, bool) or least < 1:
        raise ValueError(f"{kind} makes at least one attempt: {slot} is a whole number of 1 or more, not {number!r}")


def _a_reward(kind: str, reward: Any) -> Scoring:
    if not callable(reward) or isinstance(reward, type):
        raise TypeError(f"{kind} takes a reward, a function (step, trace, example) -> Score, not {reward!r}")
    if not name_of(reward):
        raise TypeError(f"{kind} takes a reward with a name, so that its flow has a fingerprint: give {reward!r} a `name`")
    scoring: Scoring = reward
    return scoring


def _route_label(label: Any) -> str:
    return str(label).lower() if isinstance(label, bool) else str(label)
