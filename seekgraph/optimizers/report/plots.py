"""Plots as SVG that stands in the page: no script, colours from its style sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from seekgraph.optimizers.report.elements import Html, element, join

WIDTH, HEIGHT = 520, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 14, 40


@dataclass(frozen=True)
class Point:
    """One point of a plot: where, what it is called, and its kind, which is its class in the style sheet."""

    x: float
    y: float
    name: str
    kind: str = "tried"


@dataclass(frozen=True)
class _Axes:
    """From values to places in the drawing."""

    x: tuple[float, float]
    y: tuple[float, float]

    def at(self, x: float, y: float) -> tuple[float, float]:
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return round(LEFT + across * (WIDTH - LEFT - RIGHT), 1), round(HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM), 1)


def scatter(points: Sequence[Point], across: str, up: str, title: str, line: Sequence[Point] = ()) -> Html:
    """Points with a line through `line`; `across` and `up` name the axes, `title` says in words what is seen."""
    axes = _axes([*points, *line])
    shapes = [_path([axes.at(each.x, each.y) for each in line], "front")] if len(line) > 1 else []
    labels = _labels(points, axes)
    for each in points:
        x, y = axes.at(each.x, each.y)
        said = f"{each.name}: {up} {each.y:.3f}, {across} {each.x:.4g}"
        shapes.append(element("circle", element("title", said), cx=x, cy=y, r=6 if each.kind != "tried" else 4, class_=each.kind))
    return _drawing([*_frame(axes, across, up), *shapes, *labels], title)


def steps(points: Sequence[Point], across: str, up: str, title: str, best: Sequence[Point]) -> Html:
    """What each trial reached, with the best so far as a line of steps."""
    axes = _axes([*points, *best])
    corners: list[tuple[float, float]] = []
    for each in best:
        x, y = axes.at(each.x, each.y)
        if corners:
            corners.append((x, corners[-1][1]))
        corners.append((x, y))
    dots = [
        element("circle", element("title", each.name), cx=x, cy=y, r=3, class_=each.kind)
        for each in points
        for x, y in [axes.at(each.x, each.y)]
    ]
    return _drawing([*_frame(axes, across, up), *dots, _path(corners, "front")], title)


def _axes(points: Sequence[Point]) -> _Axes:
    return _Axes(_range([each.x for each in points]), _range([each.y for each in points]))


def _range(values: Sequence[float]) -> tuple[float, float]:
    """The ends of an axis: a little beyond the values, and never of no length."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = (high - low) * 0.08 or abs(high) * 0.1 or 0.5
    return (0.0 if 0 <= low < room else low - room), high + room


def _ticks(low: float, high: float) -> list[float]:
    """Four to nine round numbers from `low` to `high`."""
    step = 10.0 ** math.floor(math.log10((high - low) / 4))
    step *= next(times for times in (1, 2, 5, 10) if (high - low) / (step * times) <= 8)
    first = math.ceil(low / step)
    return [round(number * step, 12) for number in range(first, math.floor(high / step) + 1)]


def _frame(axes: _Axes, across: str, up: str) -> list[Html]:
    bottom, parts = HEIGHT - BOTTOM, list[Html]()
    for tick in _ticks(*axes.x):
        x, _ = axes.at(tick, axes.y[0])
        parts.append(element("text", f"{tick:g}", x=x, y=bottom + 16, class_="tick", text_anchor="middle"))
    for tick in _ticks(*axes.y):
        _, y = axes.at(axes.x[0], tick)
        parts.append(element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"))
        parts.append(element("text", f"{tick:g}", x=LEFT - 8, y=y + 4, class_="tick", text_anchor="end"))
    parts.append(element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=bottom, y2=bottom, class_="axis"))
    parts.append(element("text", across, x=WIDTH - RIGHT, y=HEIGHT - 6, class_="name", text_anchor="end"))
    parts.append(element("text", up, x=LEFT, y=TOP - 2, class_="name"))
    return parts


def _labels(points: Sequence[Point], axes: _Axes) -> list[Html]:
    """The names of the points that stand out, where they do not cover one another."""
    taken: list[tuple[float, float]] = []
    parts: list[Html] = []
    for each in points:
        x, y = axes.at(each.x, each.y)
        if each.kind == "tried" or any(abs(x - other) < 110 and abs(y - beside) < 13 for other, beside in taken):
            continue
        taken.append((x, y))
        left = x > WIDTH * 0.72
        parts.append(
            element("text", each.name, x=x + (-9 if left else 9), y=y + 4, class_="label", text_anchor="end" if left else None)
        )
    return parts


def _path(corners: Sequence[tuple[float, float]], kind: str) -> Html:
    return element("polyline", points=" ".join(f"{x},{y}" for x, y in corners), class_=kind)


def _drawing(parts: Sequence[Html], title: str) -> Html:
    return element("svg", join(*parts), viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=title, class_="plot")
