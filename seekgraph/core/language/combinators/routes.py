"""`route`: one of several branches, by a label that is worked out when the flow runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from seekgraph.core.frame.frame import Frame, StepFailed
from seekgraph.core.frame.operation import Operation, Question
from seekgraph.core.language.contract import Build, S, Walk
from seekgraph.core.language.element import Combinator, Element, as_element
from seekgraph.core.language.expr import Expr, first_channel, lift
from seekgraph.core.language.expr import S as State
from seekgraph.core.language.node import Node
from seekgraph.core.language.typing_rules import Problem, infer, labels, similar, type_name, unknown
from seekgraph.core.record.step import DECISION, StepError


class Route(Combinator):
    """One of the branches: the one whose label `policy` gives, or `default` where it gives another."""

    policy: Expr
    branches: tuple[tuple[str, Element], ...]
    default: str | None = None

    def paths(self, walk: Walk[S], state: S) -> S:
        walk.read(state)
        return walk.either([walk.part(n, walk.step(state, label)) for n, (label, _) in enumerate(self.branches)], state)

    def problems(self, known: Mapping[str, Any]) -> Iterator[Problem]:
        """Labels without a branch, branches without a label that leads there."""
        kind, channel = infer(self.policy, known), first_channel(self.policy)
        possible, there = labels(kind), [label for label, _ in self.branches]
        if possible is None:
            if self.default is None and not unknown(kind):
                message = f"the policy {self.policy} is {type_name(kind)}: it may give a label other than {', '.join(there)}"
                hint = f"default={there[-1]!r}, or declare the labels: Literal[{', '.join(map(repr, there))}]"
                yield Problem("open-route", message, hint, "warning", channel=channel)
            return
        lacking = sorted(possible - set(there))
        if lacking and self.default is None:
            several = ", ".join(map(repr, lacking))
            message = f"the policy {self.policy} can give {several}, and the branches are {', '.join(there)}"
            hint = similar(lacking[0], there) or f"a branch {lacking[0]!r} (`skip` does nothing), or default={there[-1]!r}"
            yield Problem("missing-branch", message, hint, channel=channel)
        for label in there:
            if label not in possible and not (label == self.default and lacking):
                message = f"no path leads to the branch {label!r}: the policy {self.policy} gives {', '.join(sorted(possible))}"
                hint = similar(label, lacking or possible) or "remove the branch, or let the policy give its label"
                yield Problem("unreachable-branch", message, hint, step=label, channel=channel)

    def operation(self, build: Build) -> Operation:
        branches = dict(zip((label for label, _ in self.branches), build.parts(), strict=True))
        return RouteOp(build.question("policy", "route"), branches, self.default)

    def records(self) -> dict[str, dict[str, Any] | None]:
        return {"": {DECISION: Literal[tuple(label for label, _ in self.branches)]}}


@dataclass(slots=True)
class RouteOp:
    """The branch that the policy names."""

    policy: Question
    branches: Mapping[str, Operation]
    default: str | None

    async def run(self, frame: Frame) -> None:
        wanted = self.policy.ask(frame)
        label = str(wanted).lower() if isinstance(wanted, bool) else str(wanted)
        sources = frame.sources(self.policy.channels)
        chosen = label if label in self.branches else self.default
        if chosen is None:
            message = (
                f"{self.policy.path}: the policy gave {label!r}, the branches are {sorted(self.branches)}, there is no default"
            )
            failed = StepError("invalid", "RouteError", message)
            raise StepFailed(frame.note("route", self.policy.path, sources, decision=label, error=failed))
        step = frame.note("route", self.policy.path, sources, decision=chosen)
        await self.branches[str(step.decision)].run(frame)


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
    expr = State.route if isinstance(policy, Node) else lift(policy)
    made = Route(expr, labelled, default)
    made = made.named(name) if name else made
    return policy >> made if isinstance(policy, Node) else made


def _route_label(label: Any) -> str:
    return str(label).lower() if isinstance(label, bool) else str(label)
