"""What a compile found, as plots: quality against each cost, and the best so far over the runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seekgraph.optimizers.front import Candidate, pareto_front
from seekgraph.optimizers.report.elements import Html, element
from seekgraph.optimizers.report.plots import Point, scatter, steps
from seekgraph.optimizers.report.subject import Subject

MOST = 3
"""Plots of quality against a cost; of costs that say the same only the first is drawn."""


def figures(compiled: Subject) -> Html | None:
    """The plots that there is anything to see in."""
    found = [_against(compiled, name) for name in _costs(compiled.candidates)]
    if len(compiled.trials) > 1:
        found.append(_progress(compiled.trials))
    return element("div", found, class_="plots") if found else None


def _costs(candidates: Sequence[Candidate]) -> list[str]:
    """The costs that are known of all candidates and differ among them, each in another order or proportion than those before."""
    names: list[str] = []
    seen: list[tuple[float, ...]] = []
    for name in ("usd", "tokens", "calls", "searches", "seconds"):
        if not candidates or not all(name in each.costs for each in candidates):
            continue
        if name == "seconds" and not any(each.costs.get("calls") for each in candidates):
            continue  # without a model they differ by noise alone
        values = [each.costs[name] for each in candidates]
        shape = tuple(round(value / (max(values) or 1.0), 2) for value in values)
        if len(set(values)) > 1 and shape not in seen:
            names.append(name)
            seen.append(shape)
    return names[:MOST]


def _against(compiled: Subject, name: str) -> Html:
    points = [Point(each.costs[name], each.quality, each.name, _kind(each, compiled.values)) for each in compiled.candidates]
    alone = [Candidate(each.name, {}, each.quality, each.costs[name]) for each in compiled.candidates]
    line = [Point(each.cost, each.quality, each.name) for each in pareto_front(alone)]
    title = f"Quality over {name} a query of {len(points)} candidates, and the front that no other beats"
    drawn = scatter(points, f"{name} a query", "quality", title, line)
    return element("figure", drawn, element("figcaption", f"Quality against {name} a query, on the held-back rows."))


def _kind(one: Candidate, accepted: Mapping[str, Any]) -> str:
    return "accepted" if one.values and dict(one.values) == dict(accepted) else "written" if not one.values else "other"


def _progress(trials: Sequence[Mapping[str, Any]]) -> Html:
    points = [
        Point(float(each["rollouts"]), float(each["signal"]), f"{each['pass']} {each['number']}: {each['signal']:.3f}")
        for each in trials
    ]
    best = [Point(float(each["rollouts"]), float(each["best"]), "best") for each in trials]
    drawn = steps(
        points, "runs", "signal on the rows to search on", f"The best of {len(trials)} trials over the runs that they took", best
    )
    return element("figure", drawn, element("figcaption", "Each trial, and the best so far, on the rows to search on."))
