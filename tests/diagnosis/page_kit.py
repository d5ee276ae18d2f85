"""A small diagnosis with round figures, what is hostile in texts, and how a page is read without a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from seekgraph.diagnosis.drawing import drawing
from seekgraph.flows.bridge import flow

HOSTILE = (
    "</script><script>window.ran = 'script'</script>",
    "<img src=x onerror=\"window.ran = 'image'\">",
    "<svg onload=\"window.ran = 'svg'\"><a href=\"javascript:window.ran='link'\">x</a></svg>",
    '"><iframe srcdoc="<script>parent.ran = \'frame\'</script>"></iframe>',
    "<!--<script>",
    "]]> --> */ ` ${window.ran = 'template'} {{script}} {{data}}",
    "line\u2028and paragraph\u2029 separators, \x00 and a \ud800 surrogate",
    "javascript:window.ran='address'",
)


def passage(number: int, text: str = "") -> dict[str, Any]:
    return {
        "id": f"d{number}",
        "title": f"Title {number}",
        "text": text or f"Text of passage {number}. " * 4,
        "score": 1.0 / number,
    }


def step(id: str, visit: int, parents: dict[str, list[str]], read: Any, writes: Any, **more: Any) -> dict[str, Any]:
    path, _, _ = id.partition("@")
    plain = {"id": id, "path": path, "visit": visit, "kind": "node", "parents": parents, "read": read, "writes": writes}
    return {**plain, "scores": [], "usage": {}, "seconds": 0.002, **more}


def example(id: str, question: str, answer: str, metric: float, blame: dict[str, Any]) -> dict[str, Any]:
    """A run of six steps: the second hop adds nothing that the answer was built from."""
    found = [passage(number) for number in range(1, 13)]
    asked = {"question": question}
    ranked = [{"name": "ranking_ndcg", "value": 0.25, "feedback": "gold passage d2 stands 8th"}]
    trace = [
        step("input", 1, {}, {}, asked, kind="input"),
        step(
            "retrieve", 1, {"question": ["input"]}, asked, {"passages": found}, usage={"searches": 1},
            scores=[{"name": "support_gain", "value": 1.0, "feedback": "found both gold passages"}],
        ),
        step("hop", 1, {"passages": ["retrieve"]}, {"passages": found}, {"passages": [passage(20)]}),
        step("rerank@1", 1, {"passages": ["retrieve"]}, {"passages": found}, {"context": found[2:7]}, scores=ranked),
        step("loop@1", 1, {"context": ["rerank@1"]}, {"context": found[2:7]}, {}, kind="until", decision=True),
        step("answer", 1, {"context": ["rerank@1"]}, {"context": found[2:7]}, {"answer": {"text": answer, "citations": ["d3"]}}),
    ]  # fmt: skip
    what_if = [{"path": "rerank", "metric": 1.0}, {"path": "retrieve", "metric": metric}, {"path": "hop", "metric": metric}]
    return {
        "id": id, "question": question, "golds": ["Guernsey"], "supporting_ids": ["d1", "d2"], "answer": answer, "metric": metric,
        "blame": blame, "trace": trace, "what_if": what_if,
    }  # fmt: skip


def interval(mean: float, wide: float) -> dict[str, float]:
    return {"mean": mean, "low": mean - wide, "high": mean + wide, "n": 40}


def diagnosis() -> dict[str, Any]:
    """A diagnosis of `bridge` over forty questions, twenty of which failed."""
    broken = {
        "path": "rerank",
        "step": "rerank@1",
        "visit": 1,
        "fixed": 1.0,
        "class": "ranking",
        "confirmed": True,
        "why": "gold passage d2 was found and not kept",
    }
    guessed = {
        "path": "retrieve",
        "step": "retrieve",
        "visit": 1,
        "fixed": None,
        "class": "retrieval",
        "confirmed": False,
        "why": "gold passage d1 was never found",
    }
    rewards = {
        "retrieve": {"support_gain": 0.9},
        "rerank": {"ranking_ndcg": 0.3},
        "answer": {"answer_f1": 0.5, "citation_support": 0.7},
    }
    rooms = {"retrieve": 0.05, "hop": 0.0, "rerank": 0.2, "answer": 0.1}
    nodes = {
        path: {
            "kind": path,
            "visits": 40,
            "reward": {name: interval(mean, 0.1) for name, mean in rewards.get(path, {}).items()},
            "blame": {"rerank": 0.75, "retrieve": 0.25}.get(path, 0.0),
            "headroom": interval(room, 0.05),
            "cost": {"calls": 0, "tokens": 0, "usd": 0.0, "searches": 40 if path == "retrieve" else 0, "seconds": 0.25},
        }
        for path, room in rooms.items()
    }
    shares = {"queries": 1.0, "retrieved": 0.9, "kept": 0.6, "read": 0.55, "answered": 0.5}
    return {
        "flow": {
            "name": "bridge",
            "fingerprint": flow.fingerprint,
            "edges": [{"from": "retrieve", "to": "rerank", "channels": ["passages"], "share": 1.0}],
            "drawing": drawing(flow),
        },
        "metric": {"name": "answer_f1", "mean": 0.5, "low": 0.4, "high": 0.6, "n": 40, "good": 0.5},
        "n": 40,
        "failed": 20,
        "errors": 1,
        "nodes": nodes,
        "waterfall": [{"stage": stage, "share": share, "low": share - 0.05, "high": share} for stage, share in shares.items()],
        "classes": {"ranking": 15, "retrieval": 5},
        "guesses": {"retrieval": 5},
        "factors": {"search_sufficiency": interval(0.9, 0.05)},
        "pairs": [{"nodes": ["rerank", "answer"], "headroom": interval(0.35, 0.1), "sum": 0.3}],
        "examples": [
            example("q1", "On which island did the playwright live in exile?", "Venice", 0.0, broken),
            example("q2", "Which opera was heard first?", "Tosca", 0.2, guessed),
            example("q3", "Who founded the university?", "nobody", 0.3, broken),
        ],
    }


NAMES = ("kind", "id", "source", "target", "inside", "path", "parents", "class")
"""Fields that others refer to."""


def changed(value: Any, change: Callable[[str], str], keep: tuple[str, ...] = NAMES) -> Any:
    """`value` with every text in it changed but keys and the fields `keep`."""
    if isinstance(value, dict):
        return {key: inner if key in keep else changed(inner, change, keep) for key, inner in value.items()}
    if isinstance(value, list):
        return [changed(inner, change, keep) for inner in value]
    return change(value) if isinstance(value, str) else value


def data_of(page: str) -> dict[str, Any]:
    """What the page's data element holds."""
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def unpacked(packed: dict[str, Any]) -> Any:
    """What was packed, put together again as the page does it."""
    pool: list[Any] = []

    def whole(value: Any) -> Any:
        if isinstance(value, list):
            return [whole(inner) for inner in value]
        if isinstance(value, dict):
            return pool[value[packed["mark"]]] if packed["mark"] in value else {key: whole(inner) for key, inner in value.items()}
        return value

    for each in packed["pool"]:
        pool.append(whole(each))
    return whole(packed["data"])
