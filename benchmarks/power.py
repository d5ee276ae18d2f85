"""What the rows of a compile prove and what it takes, where there is a gain and where there is none.

    python benchmarks/power.py [--nulls 200] [--gains 200] [--compiles 0] [--out benchmarks/power.md]

A search among twelve values takes the one that is best on the rows that it has. Every value does equally well on average, by a
lot that is drawn for each question and value, but for one that gains what the table says. A third of the questions are as hard
for all values. Metrics are 0/1, graded, or skewed: one question in twenty is lost altogether. Compared are, by the same rows,

- before: the search on three fifths of the rows, judged by the held-back ones, a change accepted at one-sided .05 (two passes
  shared .1);
- now: every row judges, in five parts; a gain is proven, or the change is taken since it is likely (`Acceptance`). One change is
  judged and has all of alpha.

"Claimed" is the gain that is to be expected (`expected_gain`) of changes that were taken, "true" what they gain on fresh
questions, on average, in points: they should agree over all. With --compiles, as many real compiles of a flow with that choice
are run for each cell, by `Tune`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import seekgraph as sg  # noqa: E402
from seekgraph.evaluation.intervals import interval  # noqa: E402
from seekgraph.evaluation.metrics import metric  # noqa: E402
from seekgraph.optimizers.acceptance import Acceptance  # noqa: E402
from seekgraph.optimizers.compile import ALPHA, FOLDS, compile_flow  # noqa: E402
from seekgraph.optimizers.expected import expected_gain  # noqa: E402
from seekgraph.optimizers.rows import HELD_BACK  # noqa: E402
from seekgraph.optimizers.tune import Tune  # noqa: E402
from seekgraph.types import Answer, Example  # noqa: E402

VALUES = tuple(f"v{number}" for number in range(12))
BEST = "v7"
MEAN = 0.5
ROWS = (24, 50, 100, 200)
KINDS = ("0/1", "graded", "skewed")
GAINS = (0.0, 0.05, 0.1, 0.2)


class Found(NamedTuple):
    """What one compile came to: whether it took a change, whether that is proven, what it gains truly, and what was claimed."""

    taken: bool
    proven: bool
    true: float
    claimed: float


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
    if kind == "skewed":
        return 0.0 if lot < 0.05 else min(1.0, mean / 0.95 + (lot - 0.525) * 0.1)
    return min(1.0, max(0.0, mean + (lot - 0.5) * 0.8))


def well(example: Example, outcome: Any) -> float:
    """The metric: the number that the answer is."""
    return float(outcome.answer.text)


def compiled(kind: str, gain: float, rows: int, seed: int) -> Found:
    """A real compile."""
    examples = [Example(id=f"{seed}-{number}", question=f"{kind} {seed} {number}", answers=("?",)) for number in range(rows)]
    options: dict[str, Any] = {"rewards": [], "passes": [Tune(trials=20)], "hold": (), "seed": seed}
    result = asyncio.run(compile_flow(sg.Flow(Lot(metric=kind, gain=gain)).bind(), examples, metric=metric(well), **options))
    change, value = result.changes[0], result.flow.params()["lot.value"].value
    return Found(change.accepted, change.proven, gain if value == BEST else 0.0, result.expected_gain)


Table = dict[str, list[float]]


def table(kind: str, gain: float, rows: int, seed: int) -> Table:
    """How well each value does on each question."""
    return {value: [quality(kind, gain, value, f"{kind} {seed} {row}") for row in range(rows)] for value in VALUES}


def chosen(found: Table, rows: Sequence[int]) -> str:
    """The value that is best on these rows; of equal ones the first."""
    return max(VALUES, key=lambda value: sum(found[value][row] for row in rows))


def before(found: Table, gain: float, rows: int) -> bool:
    """Whether the held-back rows alone accept what was found on the others."""
    learn = range(round(rows * (1 - HELD_BACK)))
    judge = range(len(learn), rows)
    value = chosen(found, learn)
    if value == VALUES[0]:
        return False
    return Acceptance(0.05)([found[value][row] for row in judge], [found[VALUES[0]][row] for row in judge]).taken


def now(found: Table, gain: float, rows: int) -> Found:
    """What every row together says."""
    value = chosen(found, range(rows))
    if value == VALUES[0]:
        return Found(False, False, 0.0, 0.0)
    mine = [0.0] * rows
    for part in range(FOLDS):
        test = range(part, rows, FOLDS)
        other = chosen(found, [row for row in range(rows) if row % FOLDS != part])
        for row in test:
            mine[row] = found[other][row]
    judged = Acceptance(ALPHA, likely=True)(mine, found[VALUES[0]], pooled=True)
    true = gain if value == BEST else 0.0
    return Found(judged.taken, judged.proven, true, expected_gain(judged.comparison, crossed=True))


def share(found: Sequence[bool]) -> str:
    """In percent, with its 95 % interval."""
    each = interval([float(one) for one in found])
    return f"{100 * (each.mean or 0):.0f} [{100 * (each.low or 0):.0f}, {100 * (each.high or 0):.0f}]"


def points(found: Sequence[float]) -> str:
    """A mean in points."""
    return f"{100 * sum(found) / len(found):.1f}" if found else ""


def cells(found: Sequence[Found], earlier: str) -> str:
    taken = [one for one in found if one.taken]
    proof = share([one.proven for one in found])
    means = [points([one.claimed for one in taken]), points([one.true for one in taken])]
    return f"{earlier} | {proof} | {share([one.taken for one in found])} | {' | '.join(means)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nulls", type=int, default=200)
    parser.add_argument("--gains", type=int, default=200)
    parser.add_argument("--compiles", type=int, default=0, help="real compiles for each cell of a second table, of 50 questions")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    options = parser.parse_args()
    ran_on = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    flags = f"--nulls {options.nulls} --gains {options.gains}" + (f" --compiles {options.compiles}" if options.compiles else "")
    head = ["| metric | true gain | questions | accepted before | proven now | taken now | claimed | true |", "|---" * 8 + "|"]
    lines = ["# What the rows of a compile prove, and what it takes", ""]
    lines += [f"Made by `python benchmarks/power.py {flags}` on {ran_on}, whose first lines say what is measured.", ""]
    lines += ["Shares in percent with 95 % intervals; what those that were taken claimed and truly gain, in points.", "", *head]
    every: list[Found] = []
    for kind in KINDS:
        for gain in GAINS:
            for rows in ROWS:
                tables = [table(kind, gain, rows, seed) for seed in range(options.gains if gain else options.nulls)]
                earlier = share([before(each, gain, rows) for each in tables])
                found = [now(each, gain, rows) for each in tables]
                every += found
                lines.append(f"| {kind} | {gain:g} | {rows} | {cells(found, earlier)}")
                sys.stderr.write(lines[-1] + "\n")
    taken = [one for one in every if one.taken]
    lines += ["", f"Over all {len(taken)} that were taken: claimed {points([one.claimed for one in taken])}, "]
    lines[-1] += f"true {points([one.true for one in taken])} points."
    if options.compiles:
        lines += ["", "## Real compiles", "", *head]
        for kind in KINDS[:2]:
            for gain in (0.0, 0.1):
                found = [compiled(kind, gain, 50, seed) for seed in range(options.compiles)]
                lines.append(f"| {kind} | {gain:g} | 50 | {cells(found, '')}")
                sys.stderr.write(lines[-1] + "\n")
    text = "\n".join([*lines, ""])
    options.out.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
