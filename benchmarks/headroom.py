"""Does headroom predict? What real changes of params gain, against what a perfect node was predicted to gain at most.

    python benchmarks/headroom.py --data ../shared/data              # musique and 2wiki, answers' F1 and recall@5

`bridge` is diagnosed as it is written, and once more after several of its params were set badly. Then single nodes get other
values: in the first case what a person might try, in the second what was there before. The gain that is measured may not lie
above the upper end of the headroom's interval. Also: how long a diagnosis with headroom for all nodes and pairs takes, in
evaluations of the same flow on the same questions in the same process.

Prints the tables and writes benchmarks/headroom.md (--out for elsewhere).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import seekgraph as sg
from seekgraph.evaluation import Interval, interval, read_examples
from seekgraph.evaluation.evaluate import evaluate
from seekgraph.flows.bridge import flow as bridge
from seekgraph.types import Example

ROOT = Path(__file__).resolve().parent.parent
SETS = {"2wiki": "dev.jsonl", "musique": "train.jsonl"}
METRICS = ("answer_f1", "support_recall@5")
MOST = 300

TRIED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("retrieve", {"retrieve.k": 20}),
    ("retrieve", {"retrieve.k": 100, "retrieve.title_weight": 4.0}),
    ("retrieve", {"retrieve.b": 0.8, "retrieve.k1": 1.6}),
    ("hop", {"hop.sources": 30}),
    ("rerank", {"rerank.keep": 5}),
    ("rerank", {"rerank.keep": 20}),
    ("refine", {"refine.original": 0.4, "refine.terms": 30}),
    ("followed", {"followed.k": 30}),
    ("followup", {"followup.sources": 20}),
    ("read", {"read.keep": 12, "read.least": 0.05}),
    ("read", {"read.keep": 3}),
    ("answer", {"answer.sentences": 30}),
    ("answer", {"answer.hops": False}),
)
WORSE: dict[str, Any] = {
    "retrieve.k": 20,
    "retrieve.title_weight": 0.0,
    "hop.sources": 3,
    "hop_2.sources": 3,
    "followed.k": 3,
    "expanded.k": 10,
    "rerank.keep": 5,
    "rerank.sources": 1,
    "read.keep": 1,
    "read.least": 0.9,
    "answer.sentences": 1,
}
"""Values that are worse than those of the flow as it is written."""


@dataclass(frozen=True)
class Change:
    """A change of a node's params: what it gained, and what was predicted that it could gain at most."""

    node: str
    values: str
    gained: Interval
    headroom: Interval

    @property
    def holds(self) -> bool:
        """Whether the gain is not above the upper end of the prediction's interval."""
        return (self.gained.mean or 0.0) <= (self.headroom.high or 0.0) + 1e-9


def fixed() -> tuple[tuple[str, dict[str, Any]], ...]:
    """The changes that set the bad params of one node to what they were."""
    was = {name: param.value for name, param in bridge.params().items()}
    nodes = dict.fromkeys(name.split(".")[0] for name in WORSE)
    return tuple((node, {name: was[name] for name in WORSE if name.split(".")[0] == node}) for node in nodes)


async def measured(
    flow: sg.Bound, changes: Sequence[tuple[str, Mapping[str, Any]]], examples: Sequence[Example], name: str
) -> tuple[list[Change], float]:
    """Each change's measured gain beside the predicted headroom, and the cost of the diagnosis in evaluations."""
    await evaluate(flow, examples, metrics=[name])  # what the tools keep is there for all that is timed
    began = time.perf_counter()
    before = await evaluate(flow, examples, metrics=[name])
    once = time.perf_counter() - began
    began = time.perf_counter()
    diagnosis = await flow.adiagnose(examples, metric=name)
    ratio = (time.perf_counter() - began) / once
    found = []
    for node, values in changes:
        headroom = diagnosis.nodes[node].headroom
        if headroom is not None:
            after = await evaluate(flow.with_params(values), examples, metrics=[name], rewards=[])
            gains = [(y or 0.0) - (x or 0.0) for x, y in zip(before.values(name), after.values(name), strict=True)]
            told = ", ".join(f"{key.split('.')[1]} {value}" for key, value in values.items())
            found.append(Change(node, told, interval(gains, (-1.0, 1.0)), headroom))
    return found, ratio


def table(title: str, found: Sequence[Change], ratio: float) -> list[str]:
    """The lines of one table."""
    lines = [f"## {title}", "", f"The diagnosis took {ratio:.2f} times one evaluation, which is part of it.", ""]
    lines += ["| node | change | gained | predicted headroom | holds |", "|---|---|---|---|---|"]
    for each in found:
        gained = f"{each.gained.mean:+.3f} [{each.gained.low:+.3f}, {each.gained.high:+.3f}]"
        room = f"{each.headroom.mean:.3f} [{each.headroom.low:.3f}, {each.headroom.high:.3f}]"
        lines.append(f"| {each.node} | {each.values} | {gained} | {room} | {'yes' if each.holds else '**no**'} |")
    return [*lines, ""]


async def main(options: argparse.Namespace) -> str:
    from seekgraph.tools import open_corpus

    bad = ", ".join(f"{name} {value}" for name, value in WORSE.items())
    lines = [
        "# Does headroom predict?",
        "",
        "Made by `python benchmarks/headroom.py --data FOLDER`; its first lines say what is measured. "
        f"Ran on {os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}. "
        f"At most {MOST} questions of each set. Set badly were: {bad}.",
        "",
    ]
    every: list[Change] = []
    for name in options.sets:
        folder = options.data / name
        if not folder.exists():
            print(f"{folder} is not there: left out")
            continue
        examples = read_examples(folder / SETS[name])[: options.limit]
        resources = open_corpus(folder / "corpus.jsonl")
        written = bridge.bind({key: thing for key, thing in resources.items() if key in bridge.resources})
        for metric in METRICS:
            for title, flow, changes in (("as written", written, TRIED), ("set badly", written.with_params(WORSE), fixed())):
                found, ratio = await measured(flow, changes, examples, metric)
                every += found
                made = table(f"{metric} on {name} ({len(examples)} questions), {title}", found, ratio)
                print("\n".join(made), flush=True)
                lines += made
    gaining = [each for each in every if (each.gained.low or 0.0) > 0]
    held = sum(each.holds for each in gaining)
    lines.append(
        f"Of {len(every)} changes {sum(each.holds for each in every)} hold. {len(gaining)} gain for sure (the interval of the"
    )
    lines.append(f"gain lies above 0); of these {held} hold.")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--sets", nargs="+", choices=sorted(SETS), default=sorted(SETS))
    parser.add_argument("--limit", type=int, default=MOST)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "headroom.md")
    given = parser.parse_args()
    made = asyncio.run(main(given))
    given.out.write_text(made, encoding="utf-8")
