"""What a compile finds, and what it claims where there is nothing: null and true gains, with and without cross-fitting.

    python benchmarks/power.py [--nulls 100] [--gains 30] [--out benchmarks/power.md]

A flow with one choice among twelve values. Every value does equally well on average, by a lot that is drawn for each question and
value, but for one that gains what the table says. A third of the questions are as hard for all values. `Tune` is run through the
real compile on 24, 50 and 100 questions of which two fifths are held back; "held-back rows alone" is `Tune(folds=1)`. A claim is
an accepted change; the true gain of what was accepted is known.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import random
import sys
from pathlib import Path
from typing import Any

import seekgraph as sg
from seekgraph.evaluation.intervals import interval
from seekgraph.evaluation.metrics import metric
from seekgraph.optimizers.compile import compile_flow
from seekgraph.optimizers.tune import Tune
from seekgraph.types import Answer, Example

VALUES = tuple(f"v{number}" for number in range(12))
BEST = "v7"
MEAN = 0.5
ROWS = (24, 50, 100)
KINDS = ("0/1", "graded")


class Said(sg.Writes):
    answer: Answer


class Lot(sg.Node):
    """Answers with how well this value does on this question."""

    memo = False
    metric: str = "0/1"
    gain: float = 0.0
    value: str = sg.Choice(*VALUES)

    async def run(self, question: str) -> Said:
        return Said(answer=Answer(text=repr(quality(self.metric, self.gain, self.value, question))))


def quality(kind: str, gain: float, value: str, question: str) -> float:
    """In [0, 1]; of mean .5 over questions, and of .5 + gain for the best value."""
    shared = random.Random(question)
    hard = shared.random() < 1 / 3
    lot = shared.random() if hard else random.Random(f"{question}/{value}").random()
    mean = MEAN + (gain if value == BEST else 0.0)
    if kind == "0/1":
        return float(lot < mean)
    return min(1.0, max(0.0, mean + (lot - 0.5) * 0.8))


def well(example: Example, outcome: Any) -> float:
    """The metric: the number that the answer is."""
    return float(outcome.answer.text)


def accepted(kind: str, gain: float, rows: int, folds: int, seed: int) -> str | None:
    """The value that a compile accepts; None where it stays."""
    examples = [Example(id=f"{seed}-{number}", question=f"{kind} {seed} {number}", answers=("?",)) for number in range(rows)]
    flow = sg.Flow(Lot(metric=kind, gain=gain))
    passes = [Tune(trials=20, folds=folds)]
    result = asyncio.run(compile_flow(flow.bind(), examples, metric=metric(well), rewards=[], passes=passes, hold=(), seed=seed))
    return str(result.flow.params()["lot.value"].value) if result.changes[0].accepted else None


def share(found: list[bool]) -> str:
    """In percent, with its 95 % interval."""
    each = interval([float(one) for one in found])
    return f"{100 * (each.mean or 0):.0f} [{100 * (each.low or 0):.0f}, {100 * (each.high or 0):.0f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nulls", type=int, default=100)
    parser.add_argument("--gains", type=int, default=30)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    options = parser.parse_args()
    ran_on = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    lines = ["# What a compile finds, and what it claims where there is nothing", ""]
    lines += [f"Made by `python benchmarks/power.py --nulls {options.nulls} --gains {options.gains}` on {ran_on}: shares of", ""]
    lines[-1:] = [
        "compiles that accept a change, in percent with 95 % intervals. One choice among twelve, two fifths held back.",
        "",
    ]
    lines += ["| metric | true gain | questions | held-back rows alone | cross-fitted | accepted the best value |"]
    lines += ["|---|---|---|---|---|---|"]
    for kind in KINDS:
        for gain, times in ((0.0, options.nulls), (0.1, options.gains), (0.2, options.gains)):
            for rows in ROWS:
                alone = [accepted(kind, gain, rows, 1, seed) for seed in range(times)]
                fitted = [accepted(kind, gain, rows, 3, seed) for seed in range(times)]
                best = share([each == BEST for each in fitted]) if gain else ""
                cells = [share([each is not None for each in found]) for found in (alone, fitted)]
                lines.append(f"| {kind} | {gain:g} | {rows} | {cells[0]} | {cells[1]} | {best} |")
                sys.stderr.write(lines[-1] + "\n")
    text = "\n".join([*lines, ""])
    options.out.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
