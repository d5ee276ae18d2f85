"""How often intervals cover the true mean, and how often a change is accepted that gains nothing, with few rows.

    python benchmarks/intervals.py

Simulates samples of 10 to 100 rows, makes the intervals that reports have (`seekgraph.evaluation.intervals`) beside the
percentile bootstrap and a betting interval, and counts how often they hold the mean that the samples were drawn from; then draws
differences of two flows whose mean is 0, and counts how often a change is accepted (`seekgraph.evaluation.comparisons`), with the
gains that are found beside it. All rows of a table are made at once, with one set of random weights for all samples of a size;
the functions themselves are run on some of the samples, and have to agree. Prints the tables and writes
benchmarks/intervals.md (--out for elsewhere).
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seekgraph.evaluation.agreement import Judgement, agreement
from seekgraph.evaluation.comparisons import bounded_mean_p, shows_symmetry
from seekgraph.evaluation.intervals import bootstrap, clopper_pearson, interval

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int, int], Array]
SIZES = (10, 20, 40, 100)
DRAWS = 2000
Z = 1.959964


# --- what is drawn ---------------------------------------------------------------------------------------------------


def mixed(*parts: tuple[float, float | tuple[float, float]]) -> Draw:
    """A mixture: each part a weight, and a value or the two numbers of a beta distribution."""

    def draw(rng: np.random.Generator, trials: int, n: int) -> Array:
        which = rng.choice(len(parts), p=[weight for weight, _ in parts], size=(trials, n))
        found = np.zeros((trials, n))
        for number, (_, part) in enumerate(parts):
            values = rng.beta(*part, size=(trials, n)) if isinstance(part, tuple) else part
            found = np.where(which == number, values, found)
        return found

    return draw


def mean_of(*parts: tuple[float, float | tuple[float, float]]) -> float:
    return sum(weight * (part[0] / sum(part) if isinstance(part, tuple) else part) for weight, part in parts)


BOUNDED: dict[str, tuple[tuple[float, Any], ...]] = {
    "0/1, .05": ((0.95, 0.0), (0.05, 1.0)),
    "0/1, .5": ((0.5, 0.0), (0.5, 1.0)),
    "0/1, .95": ((0.05, 0.0), (0.95, 1.0)),
    "recall of two passages": ((0.1, 0.0), (0.3, 0.5), (0.6, 1.0)),
    "F1, most wrong": ((0.7, 0.0), (0.1, 1.0), (0.2, (2.0, 2.0))),
    "F1, most right": ((0.05, 0.0), (0.8, 1.0), (0.15, (2.0, 2.0))),
    "skewed, beta(8, 1)": ((1.0, (8.0, 1.0)),),
    "skewed, beta(.3, .05)": ((1.0, (0.3, 0.05)),),
}


def normal(mean: float, sd: float) -> Draw:
    return lambda rng, trials, n: np.clip(rng.normal(mean, sd, (trials, n)), -1, 1)


def rare_loss(share: float, noise: float = 0.0) -> Draw:
    """Gains on most rows, and a loss of 1 on few, so that the mean is 0."""
    gain = share / (1 - share)
    return lambda rng, trials, n: np.where(
        rng.random((trials, n)) < share, -1.0, np.clip(rng.normal(gain, noise, (trials, n)), -1, 1)
    )


def shifted(a: float, b: float) -> Draw:
    return lambda rng, trials, n: rng.beta(a, b, (trials, n)) - a / (a + b)


NULLS: dict[str, Draw] = {
    "symmetric, 0/1": mixed((0.7, 0.0), (0.15, 1.0), (0.15, -1.0)),
    "symmetric, halves": mixed((0.6, 0.0), (0.2, 0.5), (0.2, -0.5)),
    "symmetric, normal": normal(0.0, 0.2),
    "skewed, loss twice the gain": mixed((0.7, 0.0), (0.2, 0.5), (0.1, -1.0)),
    "skewed, gain twice the loss": mixed((0.7, 0.0), (0.2, -0.5), (0.1, 1.0)),
    "skewed, beta(8, 1)": shifted(8, 1),
    "skewed, beta(.3, .1)": shifted(0.3, 0.1),
    "rare loss, 2 % of rows": rare_loss(0.02),
    "rare loss, 5 %": rare_loss(0.05),
    "rare loss, 10 %": rare_loss(0.1),
    "rare loss, 5 %, noisy": rare_loss(0.05, 0.1),
    "rare loss, 10 %, noisy": rare_loss(0.1, 0.2),
    "rare loss, 5 %, ties": mixed((0.7, 0.0), (0.25, 0.2), (0.05, -1.0)),
    "losses of two sizes": mixed((0.575, 0.0), (0.25, 0.5), (0.1, -0.5), (0.075, -1.0)),
}

GAINS: dict[str, Draw] = {
    "0/1, +.15": mixed((0.75, 0.0), (0.2, 1.0), (0.05, -1.0)),
    "halves, +.15": mixed((0.6, 0.0), (0.35, 0.5), (0.05, -0.5)),
    "quarters and halves, +.11": mixed((0.5, 0.0), (0.2, 0.25), (0.2, 0.5), (0.05, -0.25), (0.05, -0.5)),
    "normal, +.1, sd .3": normal(0.1, 0.3),
    "normal, +.1, sd .2": normal(0.1, 0.2),
    "normal, +.2, sd .3": normal(0.2, 0.3),
}


# --- intervals, for all samples at once ------------------------------------------------------------------------------


def by_bootstrap(rows: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    counts = rng.multinomial(rows.shape[1], np.full(rows.shape[1], 1 / rows.shape[1]), size=DRAWS)
    low, high = np.quantile(rows @ counts.T / rows.shape[1], [0.025, 0.975], axis=1)
    return low, high


def by_gaffke(rows: Array, rng: np.random.Generator, least: float = 0.0) -> tuple[Array, Array]:
    weights = rng.standard_exponential((DRAWS, rows.shape[1]))
    unseen = rng.standard_exponential(DRAWS)
    sums, totals = np.sort(rows, axis=1) @ weights.T, weights.sum(axis=1) + unseen
    low = np.quantile((sums + least * unseen) / totals, 0.025, axis=1)
    return low, np.quantile((sums + unseen) / totals, 0.975, axis=1)


def by_clopper_pearson(rows: Array) -> tuple[Array, Array]:
    n = rows.shape[1]
    ends = np.array([clopper_pearson(hits, n) for hits in range(n + 1)])
    found = ends[rows.sum(axis=1).astype(int)]
    return found[:, 0], found[:, 1]


def by_wilson(rows: Array) -> tuple[Array, Array]:
    n, p = rows.shape[1], rows.mean(axis=1)
    middle, half = (p + Z**2 / 2 / n) / (1 + Z**2 / n), Z * np.sqrt(p * (1 - p) / n + Z**2 / 4 / n**2) / (1 + Z**2 / n)
    return middle - half, middle + half


def by_betting(rows: Array) -> tuple[Array, Array]:
    """The means that no bet against has made 40-fold, the mixture of bets on either side (Waudby-Smith and Ramdas, 2024)."""
    grid, shares = np.linspace(0.005, 0.995, 100), np.geomspace(0.02, 0.95, 12)
    trials = len(rows)
    alive = np.zeros((trials, len(grid)), dtype=bool)
    for number, mean in enumerate(grid):
        up = np.exp(np.log1p(shares[:, None, None] / mean * (rows - mean)[None]).sum(axis=2)).mean(axis=0)
        down = np.exp(np.log1p(-shares[:, None, None] / (1 - mean) * (rows - mean)[None]).sum(axis=2)).mean(axis=0)
        alive[:, number] = (up + down) / 2 < 20
    return np.where(alive.any(axis=1), grid[alive.argmax(axis=1)] - 0.005, rows.mean(axis=1)), np.where(
        alive.any(axis=1), grid[len(grid) - 1 - alive[:, ::-1].argmax(axis=1)] + 0.005, rows.mean(axis=1)
    )


def cell(ends: tuple[Array, Array], mean: float) -> str:
    covered = (ends[0] <= mean + 1e-12) & (mean - 1e-12 <= ends[1])
    return f"{100 * covered.mean():.1f} ({(ends[1] - ends[0]).mean():.2f})"


def coverage(trials: int, rng: np.random.Generator) -> Iterator[str]:
    yield "| values | n | percentile bootstrap | Wilson | **interval** | by betting |"
    yield "|---|---|---|---|---|---|"
    for name, parts in BOUNDED.items():
        for n in SIZES:
            rows, mean = mixed(*parts)(rng, trials, n), mean_of(*parts)
            binary = name.startswith("0/1")
            ours = by_clopper_pearson(rows) if binary else by_gaffke(rows, rng)
            for row, low, high in zip(rows[:20], *ours, strict=False):
                found = interval(row.tolist())
                assert abs((found.low or 0) - low) < 0.03
                assert abs((found.high or 0) - high) < 0.03
            wilson = cell(by_wilson(rows), mean) if binary else "-"
            bets = cell(by_betting(rows[: trials // 8]), mean)
            yield f"| {name} | {n} | {cell(by_bootstrap(rows, rng), mean)} | {wilson} | **{cell(ours, mean)}** | {bets} |"


def other_coverage(trials: int, rng: np.random.Generator) -> Iterator[str]:
    yield "| what | n | percentile bootstrap | **interval** |"
    yield "|---|---|---|---|"
    for name in ("symmetric, halves", "skewed, beta(8, 1)", "rare loss, 5 %", "rare loss, 5 %, noisy"):
        for n in SIZES:
            rows = NULLS[name](rng, trials, n)
            ours = cell(by_gaffke(rows, rng, -1.0), 0.0)
            yield f"| difference: {name} | {n} | {cell(by_bootstrap(rows, rng), 0.0)} | **{ours}** |"
    for n in SIZES:
        rows = rng.lognormal(0.0, 1.0, (trials, n))
        found = [bootstrap(row.tolist(), resamples=1000) for row in rows[:400]]
        ours = np.array([each.low for each in found], dtype=float), np.array([each.high for each in found], dtype=float)
        yield f"| cost, log-normal | {n} | {cell(by_bootstrap(rows, rng), math.exp(0.5))} | **{cell(ours, math.exp(0.5))}** |"
    for n in SIZES:
        yield f"| Cohen's kappa, .58 | {n} | - | **{kappa(min(trials, 400), n, rng)}** |"


def kappa(trials: int, n: int, rng: np.random.Generator) -> str:
    """A judge that passes 80 of 90 right answers in 160, and 20 of 70 wrong ones: kappa is .584."""
    shares = np.array([80, 20, 10, 50]) / 160
    passed, right = shares[0] + shares[1], shares[0] + shares[2]
    chance = passed * right + (1 - passed) * (1 - right)
    true = (shares[0] + shares[3] - chance) / (1 - chance)
    outcomes = ((True, True), (True, False), (False, True), (False, False))
    lows, highs = [], []
    for _ in range(trials):
        drawn = [Judgement(float(p), p, r) for p, r in (outcomes[each] for each in rng.choice(4, p=shares, size=n))]
        found = agreement(drawn, resamples=500).kappa
        lows.append(-1.0 if found.low is None else found.low)
        highs.append(1.0 if found.high is None else found.high)
    return cell((np.array(lows), np.array(highs)), float(true))


# --- acceptance ------------------------------------------------------------------------------------------------------


def accepted(rows: Array, alpha: float, rng: np.random.Generator) -> tuple[float, float, float]:
    """How often the sign-flip test accepts, the bounded test does, and what compiling asks for."""
    n = rows.shape[1]
    signs = rng.choice([-1.0, 1.0], size=(DRAWS, n))
    total, size = rows.sum(axis=1), np.abs(rows)
    flips = ((np.sort(size, axis=1) @ signs.T >= (total - 1e-9 * size.sum(axis=1))[:, None]).sum(axis=1) + 1) / (DRAWS + 1)
    weights, unseen = rng.standard_exponential((DRAWS, n)), rng.standard_exponential(DRAWS)
    against = ((np.sort(rows, axis=1) @ weights.T <= unseen).sum(axis=1) + 1) / (DRAWS + 1)
    symmetric = np.array([shows_symmetry(row.tolist(), 1.0) for row in rows])
    for row, p in zip(rows[:10], against, strict=False):
        assert row.sum() <= 0 or abs(min(1.0, 2 * p) - bounded_mean_p(row.tolist(), 1.0)) < 0.12
    sign, bounded = (total > 0) & (flips <= alpha), (total > 0) & (against <= alpha)
    return float(sign.mean()), float(bounded.mean()), float((sign & (symmetric | bounded)).mean())


def acceptance(cases: dict[str, Draw], trials: int, rng: np.random.Generator) -> Iterator[str]:
    yield "| differences | n | sign-flip alone, % | bounded mean alone, % | **accepted, %** | **at alpha = .05, %** |"
    yield "|---|---|---|---|---|---|"
    for name, draw in cases.items():
        for n in (10, 20, 40, 100):
            rows = draw(rng, trials, n)
            sign, bounded, both = accepted(rows, 0.1, rng)
            half = accepted(rows, 0.05, rng)[2]
            yield f"| {name} | {n} | {100 * sign:.1f} | {100 * bounded:.1f} | **{100 * both:.1f}** | **{100 * half:.1f}** |"


def report(trials: int, seed: int) -> str:
    rng = np.random.default_rng(seed)
    noise = 100 * 2 * math.sqrt(0.1 * 0.9 / trials)
    lines = [
        "# Intervals and tests with few rows",
        "",
        f"Made by `python benchmarks/intervals.py --trials {trials} --seed {seed}`: {trials:,} samples a cell (an eighth of",
        "them for betting, 400 for costs and kappa), drawn from distributions whose mean is known. A cell has the share of 95 %",
        "intervals that hold it, in per cent, and their mean width. **Interval** is what reports have: Clopper and Pearson's for",
        "values of 0 and 1, Gaffke's for others in [0, 1] and for differences in [-1, 1], a BCa bootstrap for costs, Jeffreys'",
        "prior for kappa. The betting interval (Waudby-Smith and Ramdas, 2024; here the mean of bets of 12 sizes) is the one",
        "whose coverage is proved for every bounded distribution; it is also the widest.",
        "",
        "## Means of metrics in [0, 1]",
        "",
        *coverage(trials, rng),
        "",
        "## Differences of two flows on the same rows, costs, kappa",
        "",
        "Of costs no bound is known: what no row shows, no interval can reckon with.",
        "",
        *other_coverage(trials, rng),
        "",
        "## Changes that gain nothing, and are accepted",
        "",
        "The mean difference is 0. At alpha = .1 no more than 10 % may be accepted; two standard errors of the simulation are",
        f"{noise:.1f} %. Accepted is what the sign-flip test accepts and, where the rows do not show that no rare large loss is",
        "hidden, the bounded test of the mean as well (`paired`).",
        "",
        *acceptance(NULLS, trials, rng),
        "",
        "## Changes that do gain, and are accepted",
        "",
        "What the guard costs: much on smooth differences of few rows, nothing on 0/1 metrics. n rows cannot tell a gain below",
        "about 3/n on every row from one with a rare loss of 1 that no row shows.",
        "",
        *acceptance(GAINS, trials, rng),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    options = parser.parse_args()
    found = report(options.trials, options.seed)
    options.out.write_text(found, encoding="utf-8")
    print(found)


if __name__ == "__main__":
    main()
