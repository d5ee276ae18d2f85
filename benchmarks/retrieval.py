"""How much of the evidence the ready-made flows find, before and after compiling, with no language model.

    python benchmarks/retrieval.py --data ../shared/data                     # 2wiki, hotpotqa and musique, five folds
    python benchmarks/retrieval.py --data ../shared/data --sets musique --folds 3
    python benchmarks/retrieval.py --data ../shared/data --dense             # with the extra `dense` bound too

For each fold the bridge flow is compiled on the questions of the other folds, which `compile` divides into rows to learn from and
rows to accept changes on, and is judged on the fold: no question is judged by a flow that has seen it. BM25 alone (the flow
`single`) and the bridge flow as it is written are judged on the same questions. Intervals are 95 % bootstrap intervals over all
questions. Folds run side by side, one core each.

A second table says what each ingredient of the flow brings as it is written, a third where the time goes.

Prints the tables and writes benchmarks/retrieval.md (--out for elsewhere). Data sets that are not there are left out.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SETS = {"2wiki": "dev.jsonl", "hotpotqa": "train.jsonl", "musique": "train.jsonl"}
METRICS = ("support_recall@5", "support_recall@2", "full_support@5")
FLOWS = ("BM25 alone", "bridge as written", "bridge compiled")


@dataclass
class Fold:
    """What one fold gave: the metrics of each question by flow, and how the compile went."""

    values: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    seconds: float = 0.0
    rollouts: float = 0.0
    accepted: tuple[str, ...] = ()


@dataclass
class Part:
    """An ingredient: recall@5 and the recall of everything found, for each question; the size of the pool; milliseconds."""

    name: str
    recall: list[float]
    found: list[float]
    pool: float
    milliseconds: float


@lru_cache(maxsize=1)
def resources(folder: Path, dense: bool) -> dict[str, Any]:
    """The corpus, its links, and its embeddings, which are kept in the folder for temporary files."""
    from seekflow.tools import BM25, TitleLinks
    from seekflow.tools.cached import cached_dense

    corpus = BM25.from_jsonl(folder / "corpus.jsonl")
    cache = Path(tempfile.gettempdir()) / "seekflow-benchmarks"
    extra = {"dense": cached_dense(corpus.passages, cache)} if dense else {}
    return {"corpus": corpus, "links": TitleLinks(corpus.passages), **extra}


def fold(folder: Path, questions: str, dense: bool, folds: int, number: int) -> Fold:
    """Compile on the other folds, judge on this one."""
    from seekflow.evaluation import folds as divide
    from seekflow.evaluation import read_examples
    from seekflow.flows.bridge import flow as bridge
    from seekflow.flows.single import flow as single

    rows = divide(read_examples(folder / questions), folds)[number]
    bound = resources(folder, dense)
    start = time.perf_counter()
    compiled = bridge.bind(bound).compile(rows.train, metric="support_recall@5", seed=0)
    result = Fold(seconds=time.perf_counter() - start, rollouts=float(compiled.spent.get("rollouts", 0)))
    result.accepted = tuple(change.name for change in compiled.changes if change.accepted)
    for name, flow in zip(FLOWS, (single.bind(bound), bridge.bind(bound), compiled.bound), strict=True):
        report = flow.evaluate(rows.test, metrics=METRICS, rewards=())
        result.values[name] = {metric: [float(row.metrics.get(metric) or 0.0) for row in report.rows] for metric in METRICS}
    return result


def parts(folder: Path, questions: str, dense: bool) -> tuple[list[Part], Mapping[str, tuple[float, float]]]:
    """What each ingredient brings, and for each node of the whole flow its visits and milliseconds a question."""
    from seekflow.evaluation import read_examples
    from seekflow.evaluation.metrics import support_recall
    from seekflow.flow import Flow
    from seekflow.flows import bridge
    from seekflow.nodes.fitting import LinearModel
    from seekflow.nodes.rerank import Rerank
    from seekflow.nodes.rerank_features import FEATURES

    by_standing = Rerank(keep=10, model=LinearModel.of({name: float(name == "standing") for name in FEATURES}))
    bodies = {
        "search": bridge.begin >> by_standing,
        "+ titles and links": bridge.begin >> bridge.follow_titles >> by_standing,
        "+ follow-ups": bridge.begin >> bridge.follow_titles >> bridge.follow_up >> by_standing,
        "+ expansion": bridge.begin >> bridge.follow_titles >> bridge.wider >> by_standing,
        "+ ranking, set by hand": bridge.begin >> bridge.follow_titles >> bridge.wider >> Rerank(keep=10),
        "the whole flow": bridge.flow.body,
    }
    rows = read_examples(folder / questions)
    made, steps = [], {}
    for name, body in bodies.items():
        output = "answer" if body is bridge.flow.body else "context"
        bound = Flow(body, output=output).bind(resources(folder, dense))
        asyncio.run(bound.arun(question=rows[0].question))
        start = time.perf_counter()
        results = asyncio.run(_all(bound, [row.question for row in rows]))
        milliseconds = 1000 * (time.perf_counter() - start) / len(rows)
        pools = [[passage.id for passage in result.values["passages"]] for result in results]
        kept = [[passage.id for passage in result.passages] for result in results]
        gold = [row.supporting_ids for row in rows]
        recall = [support_recall(ids, wanted, 5) or 0.0 for ids, wanted in zip(kept, gold, strict=True)]
        found = [support_recall(ids, wanted) or 0.0 for ids, wanted in zip(pools, gold, strict=True)]
        made.append(Part(name, recall, found, sum(map(len, pools)) / len(rows), milliseconds))
        steps = _steps(results)
    return made, steps


async def _all(bound: Any, questions: Iterable[str]) -> list[Any]:
    return [await bound.arun(question=question) for question in questions]


def _steps(results: Sequence[Any]) -> dict[str, tuple[float, float]]:
    visits, seconds = Counter[str](), Counter[str]()
    for step in (step for result in results for step in result.trace if step.kind == "node"):
        visits[step.path] += 1
        seconds[step.path] += step.seconds
    return {path: (visits[path] / len(results), 1000 * seconds[path] / len(results)) for path in visits}


# --- the report ----------------------------------------------------------------------------------------------------


def shown(values: Sequence[float]) -> str:
    from seekflow.evaluation import bootstrap

    interval = bootstrap(values)
    return f"{100 * (interval.mean or 0):.1f} [{100 * (interval.low or 0):.1f}, {100 * (interval.high or 0):.1f}]"


def main_lines(name: str, results: Sequence[Fold]) -> list[str]:
    lines = []
    for flow in FLOWS:
        columns = [[value for result in results for value in result.values[flow][metric]] for metric in METRICS]
        compiling = ""
        if flow == FLOWS[-1]:
            seconds = sum(result.seconds for result in results) / len(results)
            rollouts = sum(result.rollouts for result in results) / len(results)
            taken = ", ".join(" + ".join(result.accepted) or "nothing" for result in results)
            compiling = f"{seconds:.0f} s, {rollouts:.0f} runs; accepted by fold: {taken}"
        lines.append(f"| {name} | {len(columns[0])} | {flow} | {' | '.join(map(shown, columns))} | {compiling} |")
    return lines


def part_lines(name: str, made: Sequence[Part]) -> list[str]:
    return [
        f"| {name} | {part.name} | {shown(part.recall)} | {100 * sum(part.found) / len(part.found):.1f} | {part.pool:.0f} "
        f"| {part.milliseconds:.1f} |"
        for part in made
    ]


def step_lines(name: str, steps: Mapping[str, tuple[float, float]]) -> list[str]:
    return [f"| {name} | {path} | {visits:.1f} | {milliseconds:.2f} |" for path, (visits, milliseconds) in steps.items()]


MAIN = ["| set | questions | flow | recall@5 | recall@2 | full support@5 | compiling, a fold |", "|---|---|---|---|---|---|---|"]
PARTS = ["| set | flow so far | recall@5 | recall of all found | passages found | ms a question |", "|---|---|---|---|---|---|"]
STEPS = ["| set | node | visits a question | ms a question |", "|---|---|---|---|"]
REPORT = """# Finding the evidence of multi-hop questions

Made by `python benchmarks/retrieval.py{options}`, whose first lines say what is measured. Ran on {ran_on}, {folds} folds,
{dense}. Percentages with 95 % bootstrap intervals; no language model.

## Compiled on the other folds, judged on this one

{main}

## What each ingredient brings, as written

"Recall of all found" is the share of supporting passages in the pool, which ranking cannot exceed.

{parts}

## Where the time goes, as written

One core, without a memo; a first run of each process reads passages that later ones find read.

{steps}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds 2wiki, hotpotqa and musique")
    parser.add_argument("--sets", default=",".join(SETS), help="which of them, separated by commas")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--dense", action="store_true", help="bind the extra `dense` too")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="folds at the same time")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    options = parser.parse_args()
    wanted = options.sets.split(",")
    if unknown := sorted(set(wanted) - set(SETS)):
        sys.exit(f"no set is called {', '.join(unknown)}: choose from {', '.join(SETS)}")
    sets = [name for name in wanted if (options.data / name / SETS[name]).exists()]
    for name in sorted(set(wanted) - set(sets)):
        print(f"{name} is left out: {options.data / name} is not there")
    if not sets:
        sys.exit("nothing to measure: give the folder of the data sets with --data")
    if options.dense and importlib.util.find_spec("sentence_transformers") is None:
        sys.exit('--dense needs the extra: pip install "seekflow[dense]"')
    measure(sets, options)


def measure(sets: Sequence[str], options: argparse.Namespace) -> None:
    tables: dict[str, list[str]] = {"main": [*MAIN], "parts": [*PARTS], "steps": [*STEPS]}
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        for name in sets:
            folder = options.data / name
            resources(folder, options.dense)  # embeddings are made once, before the folds ask for them
            futures = [pool.submit(fold, folder, SETS[name], options.dense, options.folds, each) for each in range(options.folds)]
            tables["main"] += main_lines(name, [each.result() for each in futures])
            made, steps = pool.submit(parts, folder, SETS[name], options.dense).result()
            tables["parts"] += part_lines(name, made)
            tables["steps"] += step_lines(name, steps)
            print("\n".join([*tables["main"], "", *tables["parts"], ""]), flush=True)
    flags = "".join([f" --sets {options.sets}" if options.sets != ",".join(SETS) else "", " --dense" if options.dense else ""])
    ran_on = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    text = REPORT.format(
        options=f" --data FOLDER{flags}",
        ran_on=ran_on,
        folds=options.folds,
        dense="with embeddings (all-MiniLM-L6-v2) bound as `dense`" if options.dense else "without the extra `dense`",
        **{table: "\n".join(lines) for table, lines in tables.items()},
    )
    options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(threads, "1")  # small matrices: several folds beside one another are faster than several threads
    sys.path.insert(0, str(ROOT))
    main()
else:  # a worker of the pool
    sys.path.insert(0, str(ROOT))
