"""A compile as one HTML file that needs nothing else: it opens from disk, asks no network, and runs no script.

Everything in it comes from outside and goes in as text; a policy in the page lets only its own style sheet work.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from seekgraph.diagnosis.selfcontained import policy
from seekgraph.evaluation.comparisons import Comparison
from seekgraph.optimizers.display import gap, verdict
from seekgraph.optimizers.outcome import on_rows, proven
from seekgraph.optimizers.report.changes import Difference, differences, pieces
from seekgraph.optimizers.report.curves import figures
from seekgraph.optimizers.report.elements import Html, element, join, table
from seekgraph.optimizers.report.nodes import moved
from seekgraph.optimizers.report.subject import Subject

MOST_ROWS = 500
"""Rows of the proof that the page shows; those that moved most come first."""


def page(compiled: Subject) -> str:
    """The page of a compile, as the text of an HTML file."""
    style = files("seekgraph.optimizers.report").joinpath("page.css").read_text(encoding="utf-8")
    name = compiled.flow.name or "a flow"
    body = [
        element("h1", f"Compiling {name}"),
        element("p", _said(compiled), class_="lead"),
        element("ul", [element("li", each) for each in _facts(compiled)], class_="facts"),
        _section("Quality against cost", figures(compiled), _candidates(compiled)),
        _section("What changed", *_changed(compiled)),
        _section("What was tried, and why it was taken or not", _tried(compiled)),
        _section("What moved besides", _beside(compiled)),
        _section("Nodes", _nodes(compiled)),
        _section("The proof, row by row", _rows(compiled)),
    ]
    head = [
        _void("meta", charset="utf-8"),
        _void("meta", http_equiv="Content-Security-Policy", content=policy(style)),
        _void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        _void("meta", name="color-scheme", content="light dark"),
        _void("meta", name="referrer", content="no-referrer"),
        _void("meta", name="generator", content="seekgraph compile"),
        element("title", f"Compiling {name}"),
        Html(f"<style>{style}</style>"),
    ]
    return f"<!doctype html>\n{element('html', element('head', head), element('body', body), lang='en')}\n"


def _void(tag: str, **attributes: str) -> Html:
    """An element that has no end."""
    return Html(element(tag, **attributes).removesuffix(f"</{tag}>"))


def _section(title: str, *parts: Any) -> Html | None:
    """A section, where there is anything in it."""
    inside = join(*parts)
    return element("section", element("h2", title), inside) if inside else None


def _said(compiled: Subject) -> str:
    before, after = compiled.before, compiled.after
    if before.mean is None or after.mean is None:
        return "The budget ended before the flow was run on all held-back questions: nothing has changed."
    on = f"on {on_rows(compiled)}"
    if before.mean == after.mean and not any(change.accepted for change in compiled.changes):
        proof = f" {compiled.plan.sentence()}" if compiled.plan.judging else ""
        return f"Nothing better was found: {compiled.objective} stays at {before.mean:.3f} {on}.{proof}"
    return (
        f"{compiled.objective}: {before.mean:.3f} → {after.mean:.3f} {on}, "
        f"a gain of {gap(compiled.gain)} (95 % interval), p = {compiled.gain.p_value:.3g}: "
        f"{'proven' if proven(compiled.changes) else 'likely, but not proven'}."
    )


def _facts(compiled: Subject) -> list[str]:
    spent = [f"{compiled.spent[line]:g} {line}" for line in ("rollouts", "searches", "calls", "usd") if compiled.spent.get(line)]
    accepted = sum(change.accepted for change in compiled.changes)
    status = "finished" if compiled.status == "finished" else "cut short by the budget"
    facts = [status, f"{accepted} of {len(compiled.changes)} changes accepted", *spent, f"{compiled.spent['seconds']:.0f} s"]
    if any(compiled.verdict.errors):
        facts.append(f"failed rows: {compiled.verdict.errors[0]} before, {compiled.verdict.errors[1]} after")
    if any(compiled.verdict.silent):
        facts.append(
            f"rows without a value, counted as 0: {compiled.verdict.silent[0]} before, {compiled.verdict.silent[1]} after"
        )
    return [*facts, f"seed {compiled.seed}"]


def _candidates(compiled: Subject) -> Html:
    front = {id(each) for each in compiled.front}
    lines = [
        name
        for name in ("calls", "searches", "tokens", "usd", "seconds")
        if any(each.costs.get(name) for each in compiled.candidates)
    ]
    rows = [
        [
            each.name,
            f"{each.quality:.3f}",
            *(f"{each.costs[name]:.4g}" if name in each.costs else "unknown" for name in lines),
            "on the front" if id(each) in front else "",
        ]
        for each in compiled.candidates
    ]
    return table(
        ["candidate", "quality", *(f"{line} a query" for line in lines), ""], rows, numbers=tuple(range(1, 2 + len(lines)))
    )


def _changed(compiled: Subject) -> list[Html]:
    before, after = (
        {name: param.to_json() for name, param in flow.params().items()} for flow in (compiled.judging.bound.flow, compiled.flow)
    )
    found = differences(before, after)
    if not found:
        return [element("p", "No param differs from the flow as it came.")]
    short = [each for each in found if each.kind == "value"]
    parts = [table(["param", "before", "after"], [[_code(each.name), _plain(each.before), _plain(each.after)] for each in short])]
    return [*(parts if short else []), *(_long(each) for each in found if each.kind != "value")]


def _long(change: Difference) -> Html:
    """A text with its changes, demonstrations one by one, or a fitted part behind its name."""
    title = element("h3", _code(change.name))
    if change.kind == "text":
        kinds = {"before": "del", "after": "ins"}
        said = [
            element(kinds[each.side], each.text) if each.side != "both" else each.text
            for each in pieces(str(change.before or ""), str(change.after or ""))
        ]
        return join(title, element("div", said, class_="text"))
    if change.kind == "examples":
        demos = list(change.after or [])
        heading = f"{len(change.before or [])} demonstrations before, {len(demos)} after"
        return join(title, element("p", heading), [element("pre", _pretty(each)) for each in demos])
    sizes = element("summary", f"{_size(change.before)} before, {_size(change.after)} after")
    return join(title, element("details", sizes, element("pre", _pretty(change.after))))


def _tried(compiled: Subject) -> Html:
    rows = [
        [
            change.name,
            ", ".join(change.values) or "–",
            "–" if change.comparison is None else gap(change.comparison),
            "–" if change.comparison is None else f"{change.comparison.p_value:.3f}",
            verdict(change) if change.comparison is not None else "not judged",
            change.note or "; ".join(map(str, change.harms)),
        ]
        for change in compiled.changes
    ]
    return table(["pass", "params", "gain on other rows", "p", "", "why"], rows, numbers=(2, 3)) if rows else Html("")


def _beside(compiled: Subject) -> Html:
    rows = [
        [
            name,
            gap(each),
            f"{each.p_value:.3f}",
            element("span", "worse", class_="worse") if name in compiled.verdict.worse else "",
        ]
        for name, each in compiled.verdict.metrics.items()
        if each.wins or each.losses
    ]
    return table(["metric", "after less before", "p", ""], rows, numbers=(1, 2)) if rows else Html("")


def _nodes(compiled: Subject) -> Html:
    before, after = compiled.judging.rows, compiled.verdict.rows
    rows = [
        [_code(each.path), each.reward, f"{each.before:.3f}", f"{each.after:.3f}", _signed(each.comparison)]
        for each in (moved(before, after) if len(before) == len(after) else [])
    ]
    head = ["node", "step reward", "before", "after", "after less before"]
    return table(head, rows, numbers=(2, 3, 4)) if rows else Html("")


def _rows(compiled: Subject) -> Html:
    quality, judging = compiled.judging.objective.quality, compiled.judging
    if not compiled.verdict.rows or len(compiled.verdict.rows) != len(judging.rows):
        return Html("")
    found = zip(judging.examples, judging.rows, compiled.verdict.rows, strict=True)
    moving = [each for each in found if quality(each[1]) != quality(each[2]) or each[1].answer != each[2].answer]
    moving = sorted(moving, key=lambda each: (-abs(quality(each[2]) - quality(each[1])), each[0].id))
    rows = [
        [
            example.id,
            example.question,
            f"{quality(old):.3f}",
            f"{quality(new):.3f}",
            _difference(quality(new) - quality(old)),
            _answers(old.answer, new.answer),
        ]
        for example, old, new in moving[:MOST_ROWS]
    ]
    same = len(judging.rows) - len(moving)
    if not rows:
        return element("p", f"None of the {same} rows moved.")
    said = f"{len(moving)} rows moved, {same} did not" + (f"; the {len(rows)} that moved most" if len(moving) > len(rows) else "")
    head = ["row", "question", "before", "after", "gain", "answers"]
    return table(head, rows, numbers=(2, 3, 4), caption=said)


def _answers(before: str | None, after: str | None) -> Any:
    if before == after:
        return after or ""
    return [
        element("del", before) if before else None,
        " " if before and after else None,
        element("ins", after) if after else None,
    ]


def _difference(amount: float) -> Html | str:
    kind = "better" if amount > 0 else "worse" if amount < 0 else None
    return element("span", f"{amount:+.3f}", class_=kind) if kind else "0"


def _signed(comparison: Comparison) -> str:
    return gap(comparison) if comparison.wins or comparison.losses else "the same"


def _code(name: str) -> Html:
    return element("code", name)


def _plain(value: Any) -> str:
    return "–" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _size(value: Any) -> str:
    return "nothing" if value is None else f"{len(json.dumps(value)):,} characters of JSON"
