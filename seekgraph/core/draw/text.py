"""The words in a drawing: what a place, a param, a value and a step are shown as."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sized
from typing import Any

from pydantic import BaseModel

from seekgraph.core.language.expr import params
from seekgraph.core.language.node import Node
from seekgraph.core.language.params import ChoiceParam, DemosParam, FittedParam, FloatParam, IntParam, Param, TextParam
from seekgraph.core.language.reads import free_reads, needs
from seekgraph.core.language.site import Site
from seekgraph.core.record.step import Step


def setting_lines(site: Site, values: Mapping[str, Param]) -> list[str]:
    """What a node's box says below its path: what it uses from outside, its plain settings, and its params."""
    lines: list[str] = []
    if isinstance(site.element, Node):
        names = dict.fromkeys(name for name, _, _ in needs(site.element))
        lines += [f"uses {', '.join(names)}"] if names else []
        lines += [f"{slot} = {_short(value)}" for slot, value in _plain(site.element)]
    return lines + [f"{name[len(site.path) + 1 :]} = {param_text(values[name])}" for name in site.params]


def param_text(param: Param) -> str:
    """A param's value and domain in a few characters: `8  [2…30]`."""
    value = param.value
    if isinstance(param, FloatParam | IntParam):
        return f"{_short(value)}  [{_short(param.low)}…{_short(param.high)}]"
    if isinstance(param, ChoiceParam):
        return f"{value}  (1 of {len(param.options)})"
    if isinstance(param, DemosParam):
        return f"{len(value)} of at most {param.most} demos"
    if isinstance(param, FittedParam):
        return f"{'not fitted' if value is None else 'fitted'}  ({param.model.__name__})"
    return repr(value) if isinstance(param, TextParam) else _short(value)


def setting_text(site: Site, slot: str, values: Mapping[str, Param]) -> str:
    """A setting's value, with its domain where it is a param."""
    names = site.slots.get(slot)
    return param_text(values[names[0]]) if names else _short(site.element.settings[slot])


def gifts(site: Site, have: Collection[str]) -> list[str]:
    """The channels that a call may be given, where those in `have` may be written."""
    give = getattr(site.element, "give", None)
    if give is not None:
        return [name for name, _ in give]
    return [name for name in free_reads(site.children[0]) if name in have]


def said(site: Site, slot: str, values: Mapping[str, Param]) -> str:
    """An expression as the user wrote it, with the current values of its params."""
    expr = site.element.expressions[slot]
    text = str(expr)
    for param, name in zip(params(expr), site.slots.get(slot, ()), strict=True):
        text = text.replace(f"<{param.kind}{f' {param.name}' if param.name else ''}>", _short(values[name].value), 1)
    inner = text[1:-1]
    return inner if text.startswith("(") and text.endswith(")") and "(" not in inner and ")" not in inner else text


def step_lines(step: Step) -> list[str]:
    """What a step's box says below its id: its error or decision, what it wrote, and what it took."""
    if step.error is not None:
        result = [f"{step.error.code}: {step.error.message}"]
    elif step.decision is not None:
        result = [f"→ {decision_text(step)}", *(f"{channel}: {value_text(value)}" for channel, value in step.writes.items())]
    else:
        result = [f"{channel}: {value_text(value)}" for channel, value in step.writes.items()]
    counts = [f"{line} {count:g}" for line, count in step.usage.items()]
    memo = {"hit": ["memo hit"], "replay": ["replayed"], "replaced": ["replaced"]}.get(step.memo, [])
    tries = [f"{step.attempts} attempts"] if step.attempts > 1 else []
    return result + ([" · ".join([seconds_text(step.seconds), *memo, *tries, *counts])] if step.kind == "node" else [])


def decision_text(step: Step) -> str:
    """A decision in a word: yes or no, a label, the score of an attempt, the number of the one that is selected."""
    if isinstance(step.decision, bool):
        return "yes" if step.decision else "no"
    if step.kind == "selected":
        return f"attempt {step.decision}"
    return f"{step.decision:.2f}" if isinstance(step.decision, float) else str(step.decision)


def step_class(step: Step) -> str:
    """What a step is shown as: "error", "decision", "hit", "outside" (an input, an item, a digest) or "node"."""
    if step.error is not None:
        return "error"
    if step.decision is not None:
        return "decision"
    return "hit" if step.memo in ("hit", "replay") else "node" if step.kind == "node" else "outside"


def seconds_text(seconds: float) -> str:
    """A duration with its unit: `340 us`, `12 ms`, `1.3 s`."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} us"
    return f"{seconds * 1e3:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def value_text(value: Any) -> str:
    """A channel's value in a few words: a text itself, a collection by its size, a model by its text or score."""
    for name in ("text", "conclusion"):
        if isinstance(text := getattr(value, name, None), str):
            return repr(text)
    score = getattr(value, "score", None)
    if isinstance(score, float):
        return f"{score:.2f}"
    fields = list(type(value).model_fields) if isinstance(value, BaseModel) else []
    if len(fields) == 1 and isinstance(items := getattr(value, fields[0]), tuple):
        return f"{len(items)} {fields[0]}"
    if isinstance(value, Mapping):  # a trace that was read without types
        return next((repr(value[name]) for name in ("text", "conclusion", "score") if name in value), f"{len(value)} fields")
    return f"{len(value)}" if isinstance(value, Sized) and not isinstance(value, str) else repr(value)


def clip(text: str, most: int) -> str:
    """`text` on one line of at most `most` characters."""
    line = " ".join(text[: 4 * most].split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _plain(node: Node) -> list[tuple[str, Any]]:
    """The plain settings of a node, without the names of its resources."""
    ports = {spec.setting for spec in node.contract().ports}
    plain = {slot: value for slot, value in node.settings.items() if slot not in ports and not isinstance(value, Param)}
    return [(slot, value) for slot, value in plain.items() if value is not None]


def _short(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else repr(value)
