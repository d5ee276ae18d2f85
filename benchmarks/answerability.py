"""Fitting the probability that passages answer a question, and how well it refuses on documentation that it was not fitted on.

    python benchmarks/answerability.py --sets ../shared/data/docs/fastapi ../shared/data/docs/click OTHERS...

A set is a folder with `docs/` and `questions.jsonl` in the form of `docs/score.py` of the data folder; questions of the split
`val` are left out. Each question gives a row: what `ask` reads for it, and whether the documentation answers it. Each question
that it answers gives a second row that is unanswerable: the passages that answer it (its gold, and all that name every fact of
its answer) are taken out of what was found. Needs the extra `embed`.

The rates are measured with one set left out each: the model and its threshold (the answerable questions of the other sets are
refused at a rate of `--share`) come from the others. Then the models are fitted on all sets; their numbers are what
`nodes/answerable.py` holds. Writes benchmarks/answerability.md (--out for elsewhere).
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from documents import DATA, scorer

import seekgraph as sg
from seekgraph.evaluation.intervals import interval
from seekgraph.flows.ask import begin, sections
from seekgraph.nodes import Answer
from seekgraph.nodes.answerable import BY_WORDS, FEATURES, features, unknown
from seekgraph.nodes.best_block import BestBlock, nearness
from seekgraph.nodes.blend import Blend
from seekgraph.nodes.fitting import LinearModel, fit_logistic
from seekgraph.types import Passage

KEEP = 6  # passages that `ask` reads
REMOVED = 0.2  # what rows with passages taken out weigh of the unanswerable ones
NAMED = 0.3  # what rows that ask about a name that stands nowhere weigh of the other unanswerable ones
L2 = 0.01


class Row(NamedTuple):
    """One question over one documentation."""

    of: str
    answerable: bool
    removed: bool
    measured: dict[str, float]
    words: dict[str, float]


def rows_of(folder: Path, score: Any) -> list[Row]:
    """The rows of a set."""
    resources = sg.tools.open_corpus(folder / "docs")
    bound = sg.Flow(begin >> sections >> Answer(sentences=1, hops=False), name="found").bind(resources)
    rows = []
    for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        question = json.loads(line)
        if question["split"] == "val":
            continue
        found = bound(question=question["question"]).values
        pools = [found["passages"]]
        if question["gold"]:
            pools.append([each for each in pools[0] if not _answers(each, question, score)])
        for at, pool in enumerate(pools):
            if at and len(pool) == len(pools[0]):
                continue
            said = [
                asyncio.run(_read(question["question"], pool, found["rankings"], each, resources["vocabulary"]))
                for each in (resources["ranker"], None)
            ]
            rows.append(Row(folder.name, bool(question["gold"]) and not at, bool(at), *said))
    return rows


def _answers(passage: Passage, question: dict[str, Any], score: Any) -> bool:
    nuggets = question["nuggets"]
    text = f"{passage.title} {passage.text}"
    return bool(score.sides_hit(passage, question["gold"])) or (
        bool(nuggets) and all(score.says(text, nugget) for nugget in nuggets)
    )


async def _read(question: str, pool: Sequence[Passage], rankings: Any, ranker: Any, vocabulary: Any) -> dict[str, float]:
    """The features of what `ask` reads of a pool."""
    blend, best = Blend(keep=8, semantic=0.7, document=0.3, alike=0.9, form=1.2), BestBlock(keep=KEEP, weight=1.0)
    context = (await blend.run(question, tuple(pool), rankings, ranker=ranker)).context
    context = (await best.run(question, context, ranker=ranker)).context
    near = await nearness(question, context, ranker)
    return features(question, context, near, await unknown(question, context, vocabulary))


def vectors(rows: Sequence[Row], names: Sequence[str]) -> list[list[float]]:
    return [[(row.measured if names is FEATURES else row.words)[name] for name in names] for row in rows]


def fitted(rows: Sequence[Row], names: Sequence[str]) -> LinearModel:
    """A model that holds answerable and unanswerable rows to be equally frequent."""
    groups = Counter(map(_group, rows))
    shares = {"answerable": 1.0, "removed": REMOVED, "named": NAMED * (1 - REMOVED), "other": (1 - NAMED) * (1 - REMOVED)}
    weights = [shares[_group(row)] / groups[_group(row)] for row in rows]
    model = fit_logistic(names, vectors(rows, names), [float(row.answerable) for row in rows], weights, l2=L2)
    assert model is not None
    return model


def _group(row: Row) -> str:
    if row.answerable:
        return "answerable"
    return "removed" if row.removed else "named" if row.measured["unknown"] else "other"


def probabilities(model: LinearModel, rows: Sequence[Row], names: Sequence[str]) -> list[float]:
    return [model.probability(vector) for vector in vectors(rows, names)]


def left_out(rows: Sequence[Row], names: Sequence[str], share: float) -> list[tuple[Row, bool]]:
    """Each row that nothing was removed from, and whether it is refused by what was fitted on the other sets."""
    found: list[tuple[Row, bool]] = []
    for name in dict.fromkeys(row.of for row in rows):
        others, own = [row for row in rows if row.of != name], [row for row in rows if row.of == name and not row.removed]
        model = fitted(others, names)
        least = float(np.quantile(probabilities(model, [row for row in others if row.answerable], names), share))
        found += zip(own, (each < least for each in probabilities(model, own, names)), strict=True)
    return found


def rate(refused: Sequence[tuple[Row, bool]], answerable: bool) -> str:
    values = [float(each) for row, each in refused if row.answerable == answerable]
    if not values:
        return ""
    found = interval(values)
    return f"{sum(values):.0f} of {len(values)}: {100 * found.mean:.0f} [{100 * found.low:.0f}, {100 * found.high:.0f}]"


def plain(model: LinearModel) -> tuple[dict[str, float], float]:
    """Weights of the features as they are, and the bias, rounded."""
    slopes = {name: weight / scale for name, weight, scale in zip(model.features, model.weights, model.scale, strict=True)}
    bias = model.bias - sum(slope * mean for slope, mean in zip(slopes.values(), model.mean, strict=True))
    return {name: round(slope, 3) for name, slope in slopes.items()}, round(bias, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--sets", type=Path, nargs="+")
    parser.add_argument("--share", type=float, default=0.07)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    options = parser.parse_args()
    score = scorer(options.data)
    folders = options.sets or [options.data / "docs" / name for name in ("fastapi", "click")]
    rows = [row for folder in folders for row in rows_of(folder, score)]
    asked = [row for row in rows if not row.removed]
    lines = [
        "# Whether the passages answer",
        "",
        f"Made by `python benchmarks/answerability.py` over {len(folders)} documentations:",
    ]
    lines += [f"{len(asked)} questions, {sum(not row.answerable for row in asked)} of them answered nowhere, and"]
    lines += [f"{len(rows) - len(asked)} rows with the passages that answer taken out. Refused, in percent with 95 % intervals,"]
    lines += ["each set by what was fitted on the others:", "", "| | unanswerable | answerable |", "|---|---|---|"]
    fits = []
    for names, label in ((FEATURES, "with nearness in meaning"), (BY_WORDS, "by words alone")):
        refused = left_out(rows, names, options.share)
        lines.append(f"| {label} | {rate(refused, False)} | {rate(refused, True)} |")
        if names is FEATURES:
            groups = {name: [each for each in refused if each[0].of == name] for name in dict.fromkeys(row.of for row in rows)}
            lines += [f"| {name}, with nearness | {rate(own, False)} | {rate(own, True)} |" for name, own in groups.items()]
        model = fitted(rows, names)
        least = np.quantile(probabilities(model, [row for row in rows if row.answerable], names), options.share)
        weights, bias = plain(model)
        fits.append(f"- {label}: {weights}, bias {bias}; threshold {least:.3f}")
    lines += ["", "Fitted on all sets:", "", *fits, ""]
    options.out.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
