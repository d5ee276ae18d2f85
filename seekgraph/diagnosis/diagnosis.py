"""What a diagnosis says, as data: which node loses the points, why each failed example failed, what a perfect node would gain.

`Diagnosis.to_json()` is what `seekgraph diagnose --json` writes and what the page is made from:

    {
      "diagnosis": 1,
      "flow": {                                    the flow, for drawing
        "name": "bridge", "fingerprint": "...",
        "nodes": [{"path", "kind", "element": "node|loop|each|route|call|choice"}],
        "edges": [{"from": path, "to": path, "channels": [...], "share": 0..1}],  who reads what whom wrote; share of the runs
        "drawing": {"nodes", "edges", "boxes", "tree"}   its control flow, as it is drawn: see `drawing.drawing`
      },
      "metric": {"name": "answer_f1", "mean", "low", "high", "n", "good": 0.5},    an example fails below `good`
      "n": 300, "failed": 120, "errors": 2, "seed": 0, "seconds": 12.3,
      "nodes": {path: {
        "kind": "rerank", "visits": 540,
        "reward": {reward name: {"mean", "low", "high", "n"}},
        "blame": 0.31,                             share of the failed examples whose first broken step is a visit of this node
        "headroom": {"mean", "low", "high", "n"} or null,   what the metric would gain were the node perfect; null: no gold says
        "cost": {"calls", "tokens", "usd", "searches", "seconds"}
      }},
      "waterfall": [{"stage": "retrieved", "share": 0..1, "low", "high"}],   from question to answer, in order
      "classes": {class: count},                   of the failed examples; the classes are `CLASSES`
      "guesses": {class: count},                   how many of those no replay has confirmed
      "pairs": [{"nodes": [path, path], "headroom": {...}, "sum": 0.4}],     jointly perfect; sum: of the two alone
      "factors": {name: {...}},                    WebDetective's three factors, where they apply
      "findings": {example id: {                   the first broken step of each failed example: a finding
        "path", "step", "visit", "class", "confirmed": bool, "why", "fixed": metric after fixing or null,
        "way": [step ids from the output back to it, by what was read; empty where a decision stands between]
      }},
      "examples": [{                               the worst first
        "id", "question", "golds": [...], "supporting_ids": [...], "answer": text or null, "refused": bool,
        "citations": [...], "metric": 0.0 or null, "status": "ok|partial|failed",
        "blame": finding or null,
        "trace": [{
          "id", "path", "visit", "kind", "round", "parents": {channel: [ids]},
          "read": {channel: short text}, "writes": {channel: short text}, "gold": {channel: [gold ids in it]},
          "values": {"read", "writes"}             the same as they are, only with `whole`
          "decision", "error": {"code", "message"} or null,
          "scores": [{"name", "value", "feedback"}], "usage": {...}, "seconds", "memo"
        }],
        "what_if": [{"path", "metric", "answer"}]  this example were that node perfect, by replay
      }]
    }
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_core import to_jsonable_python

from seekgraph.core.base.errors import SeekgraphError
from seekgraph.evaluation.intervals import Interval

if TYPE_CHECKING:
    from rich.console import Group

VERSION = 1

CLASSES = (
    "plan",
    "query",
    "retrieval",
    "ranking",
    "reading",
    "stopping too early",
    "searching too long",
    "answer",
    "refusal",
    "infrastructure",
)
"""What can be wrong with the first broken step of a failed example."""


class DiagnosisError(SeekgraphError, ValueError):
    """Examples that cannot be diagnosed, or a file that is no diagnosis."""


@dataclass(frozen=True)
class Finding:
    """The first broken step of a failed example.

    `confirmed` is whether fixing that step alone, with all that follows replayed, fixes the example; without it the finding is
    a guess. `fixed` is the metric after fixing. `cls` is one of `CLASSES`. `way` are the ids of the steps from the output back
    to this one, by what they read; empty where it had its effect by a decision.
    """

    path: str
    step: str
    visit: int
    cls: str
    why: str
    confirmed: bool = False
    fixed: float | None = None
    way: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The finding as plain data; its class is under "class"."""
        data = asdict(self)
        return {"class": data.pop("cls"), **data, "way": list(self.way)}


@dataclass(frozen=True)
class NodeFinding:
    """One node over all examples: see the module's docstring."""

    kind: str
    visits: int
    reward: Mapping[str, Interval] = field(default_factory=dict)
    blame: float = 0.0
    headroom: Interval | None = None
    cost: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The node as plain data."""
        reward = {name: found.model_dump() for name, found in self.reward.items()}
        headroom = None if self.headroom is None else self.headroom.model_dump()
        return {
            "kind": self.kind,
            "visits": self.visits,
            "reward": reward,
            "blame": self.blame,
            "headroom": headroom,
            "cost": dict(self.cost),
        }


@dataclass(frozen=True)
class Diagnosis:
    """Which step loses the points, and what it would gain if it were perfect: see the module's docstring."""

    flow: Mapping[str, Any]
    metric: Mapping[str, Any]
    n: int
    failed: int
    errors: int
    seed: int
    seconds: float
    nodes: Mapping[str, NodeFinding]
    waterfall: tuple[Mapping[str, Any], ...] = ()
    classes: Mapping[str, int] = field(default_factory=dict)
    guesses: Mapping[str, int] = field(default_factory=dict)
    pairs: tuple[Mapping[str, Any], ...] = ()
    factors: Mapping[str, Any] = field(default_factory=dict)
    examples: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    findings: Mapping[str, Finding] = field(default_factory=dict, repr=False)

    def to_json(self, *, whole: bool = False) -> dict[str, Any]:
        """The diagnosis as plain data, as the module's docstring describes it. `findings` are those of all failed examples.

        `whole` adds to the steps of the examples what they read and wrote as it is: every passage with its text, again and again.
        """
        plain = {name: getattr(self, name) for name in ("flow", "metric", "n", "failed", "errors", "seed", "seconds")}
        return {
            "diagnosis": VERSION,
            **plain,
            "nodes": {path: node.to_json() for path, node in self.nodes.items()},
            "waterfall": list(self.waterfall),
            "classes": dict(self.classes),
            "guesses": dict(self.guesses),
            "pairs": list(self.pairs),
            "factors": dict(self.factors),
            "findings": {name: finding.to_json() for name, finding in self.findings.items()},
            "examples": [_plain(example, whole) for example in self.examples],
        }

    def save(self, path: str | Path) -> Path:
        """Write the diagnosis as JSON; the file appears when it is whole."""
        target = Path(path)
        unfinished = target.with_name(target.name + ".part")
        unfinished.write_text(json.dumps(self.to_json(), indent=1, ensure_ascii=False), encoding="utf-8")
        return unfinished.replace(target)

    def to_html(self) -> str:
        """The diagnosis as an HTML page that needs nothing else: it opens from disk, and asks no network."""
        from seekgraph.diagnosis.page import page

        return page(self.to_json(whole=True))

    def table(self) -> Group:
        """The nodes, the waterfall and the worst examples, for a terminal."""
        from seekgraph.diagnosis.tables import as_rich

        return as_rich(self)

    def __rich__(self) -> Group:
        return self.table()


def _plain(example: Mapping[str, Any], whole: bool) -> dict[str, Any]:
    steps = [{name: value for name, value in step.items() if whole or name != "values"} for step in example["trace"]]
    plain = {**example, "trace": steps}
    return to_jsonable_python(plain, fallback=repr) if whole else plain
