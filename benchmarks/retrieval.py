"""How much of the evidence the ready-made flows find, before and after compiling, with no language model.

    python benchmarks/retrieval.py --data ../shared/data                     # 2wiki, hotpotqa and musique, five folds
    python benchmarks/retrieval.py --data ../shared/data --sets musique --folds 3
    python benchmarks/retrieval.py --data ../shared/data --dense             # each set once more with the extra `dense` bound

For each fold the bridge flow is compiled on the questions of the other folds, which `compile` divides into rows to learn from and
rows to accept changes on, and is judged on the fold: no question is judged by a flow that has seen it. On the same questions:
BM25 alone (the flow `single`), the bridge flow as it is written, and the bridge flow with its ranker fitted on all questions of
the other folds and no acceptance asked. Intervals are 95 % bootstrap intervals over all questions. Folds run side by side, one
core each.

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
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
SETS = {"2wiki": "dev.jsonl", "hotpotqa": "train.jsonl", "musique": "train.jsonl"}
METRICS = ("support_recall@5", "support_recall@2", "full_support@5")
FLOWS = ("BM25 alone", "bridge as written", "bridge, ranker fitted", "bridge compiled")


@dataclass
class Fold:
    """What one fold gave: the metrics of each question by flow, and how the compile went."""

    values: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    seconds: float = 0.0
    rollouts: float = 0.0
    accepted: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def resources(folder: Path, dense: bool) -> dict[str, Any]:
    """The corpus, its links, and its embeddings, which are kept in the folder for temporary files."""
    from seekgraph.tools import BM25, TitleLinks
    from seekgraph.tools.cached import cached_dense

    corpus = BM25.from_jsonl(folder / "corpus.jsonl")
    cache = Path(tempfile.gettempdir()) / "seekgraph-benchmarks"
    extra = {"dense": cached_dense(corpus.passages, cache)} if dense else {}
    return {"corpus": corpus, "links": TitleLinks(corpus.passages), **extra}


def fold(folder: Path, questions: str, dense: bool, folds: int, seconds: float, number: int) -> Fold:
    """Compile on the other folds, judge on this one."""
    from seekgraph.core.base.budget import Budget
    from seekgraph.evaluation import folds as divide
    from seekgraph.evaluation import read_examples
    from seekgraph.flows.bridge import flow as bridge
    from seekgraph.flows.single import flow as single

    rows = divide(read_examples(folder / questions), folds)[number]
    bound = resources(folder, dense)
    written = bridge.bind(bound)
    start = time.perf_counter()
    compiled = written.compile(rows.train, metric="support_recall@5", seed=0, budget=Budget(seconds=seconds))
    result = Fold(seconds=time.perf_counter() - start, rollouts=float(compiled.spent.get("rollouts", 0)))
    result.accepted = tuple(change.name for change in compiled.changes if change.accepted)
    alone = single.bind({name: thing for name, thing in bound.items() if name in single.resources})
    for name, flow in zip(FLOWS, (alone, written, with_fitted_ranker(written, rows.train), compiled.bound), strict=True):
        report = flow.evaluate(rows.test, metrics=METRICS, rewards=())
        result.values[name] = {metric: [float(row.metrics.get(metric) or 0.0) for row in report.rows] for metric in METRICS}
    return result


def with_fitted_ranker(bound: Any, rows: Sequence[Any]) -> Any:
    """The flow with its ranker fitted on every visit that these rows give."""
    from seekgraph.core.language.fitting import FitRow

    traces = [result.trace for result in asyncio.run(_all(bound, [row.question for row in rows]))]
    visits = [
        FitRow(bound.program.arguments(trace, step), row, step.round)
        for row, trace in zip(rows, traces, strict=True)
        for step in trace.visits("rerank")
    ]
    fitted = bound.program.nodes["rerank"].node.fit(visits, 0)
    return bound.with_params({f"rerank.{name}": model for name, model in fitted.items()})


def parts(label: str, folder: Path, questions: str, dense: bool) -> tuple[list[str], list[str]]:
    """The lines of two tables: what each ingredient of the flow brings, and the visits and time of each node of the whole."""
    from seekgraph.evaluation import read_examples
    from seekgraph.flow import Flow
    from seekgraph.flows import bridge
    from seekgraph.nodes.fitting import LinearModel
    from seekgraph.nodes.rerank import Rerank
    from seekgraph.nodes.rerank_features import FEATURES

    by_standing = Rerank(keep=10, model=LinearModel.of({name: float(name == "standing") for name in FEATURES}))
    bodies = {
        "search": bridge.begin >> by_standing,
        "+ titles and links": bridge.begin >> bridge.follow_titles >> by_standing,
        "+ follow-ups": bridge.begin >> bridge.follow_titles >> bridge.follow_up >> by_standing,
        "+ expansion": bridge.begin >> bridge.follow_titles >> bridge.wider >> by_standing,
        "+ ranking, set by hand": bridge.begin >> bridge.follow_titles >> bridge.wider >> Rerank(keep=10),
        "the whole flow": bridge.flow.body,
    }
    rows, lines, results = read_examples(folder / questions), [], []
    for name, body in bodies.items():
        bound = Flow(body, output="answer" if body is bridge.flow.body else "context").bind(resources(folder, dense))
        asyncio.run(bound.arun(question=rows[0].question))
        start = time.perf_counter()
        results = asyncio.run(_all(bound, [row.question for row in rows]))
        milliseconds = 1000 * (time.perf_counter() - start) / len(rows)
        kept = [_recall(result.passages[:5], row) for result, row in zip(results, rows, strict=True)]
        pools = [result.values["passages"] for result in results]
        found = sum(_recall(pool, row) for pool, row in zip(pools, rows, strict=True)) / len(rows)
        size = sum(map(len, pools)) / len(rows)
        lines.append(f"| {label} | {name} | {shown(kept)} | {100 * found:.1f} | {size:.0f} | {milliseconds:.1f} |")
    return lines, _steps(label, results)


def _recall(passages: Iterable[Any], row: Any) -> float:
    return len({passage.id for passage in passages} & set(row.supporting_ids)) / len(row.supporting_ids)


async def _all(bound: Any, questions: Iterable[str]) -> list[Any]:
    return [await bound.arun(question=question) for question in questions]


def _steps(label: str, results: Sequence[Any]) -> list[str]:
    """Visits and milliseconds a question by node."""
    visits, spent = Counter[str](), Counter[str]()
    for step in (step for result in results for step in result.trace if step.kind == "node"):
        visits[step.path] += 1
        spent[step.path] += 1000 * step.seconds
    return [f"| {label} | {path} | {visits[path] / len(results):.1f} | {spent[path] / len(results):.2f} |" for path in visits]


# --- the report ----------------------------------------------------------------------------------------------------


def shown(values: Sequence[float]) -> str:
    from seekgraph.evaluation import interval

    mean = interval(values)
    return f"{100 * (mean.mean or 0):.1f} [{100 * (mean.low or 0):.1f}, {100 * (mean.high or 0):.1f}]"


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


MAIN = ["| set | questions | flow | recall@5 | recall@2 | full support@5 | compiling, a fold |", "|---|---|---|---|---|---|---|"]
PARTS = ["| set | flow so far | recall@5 | recall of all found | passages found | ms a question |", "|---|---|---|---|---|---|"]
STEPS = ["| set | node | visits a question | ms a question |", "|---|---|---|---|"]
REPORT = """# Finding the evidence of multi-hop questions

Made by `python benchmarks/retrieval.py{options}`, whose first lines say what is measured. Ran on {ran_on}; {folds} folds.
Percentages with 95 % bootstrap intervals; no language model. "+ dense" is with embeddings (all-MiniLM-L6-v2) bound as `dense`.

What compiling fits and tunes has not seen the questions that it is judged on. The flow as written has: its features and hand-set
weights were chosen with an eye on these sets, and the defaults of `Read` and `Reflect` were fitted on them.

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
    parser.add_argument("--data", type=Path, default=DATA, help="the folder that holds 2wiki, hotpotqa and musique")
    parser.add_argument("--sets", default=",".join(SETS), help="which of them, separated by commas")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--dense", action="store_true", help="measure each set with the extra `dense` too")
    parser.add_argument("--seconds", type=float, default=60.0, help="the budget of each fold's compile")
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
        sys.exit('--dense needs the extra: pip install "seekgraph[dense]"')
    measure(sets, options)


def begin() -> None:
    """What a worker does first: watch that it ends with the command, however that ends."""
    threading.Thread(target=end_with_parent, daemon=True).start()


def end_with_parent() -> None:
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)


def measure(sets: Sequence[str], options: argparse.Namespace) -> None:
    flags = f" --sets {options.sets} --seconds {options.seconds:g}{' --dense' * options.dense}"
    ran_on = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    main_table, part_table, step_table = [*MAIN], [*PARTS], [*STEPS]
    with ProcessPoolExecutor(options.jobs, get_context("spawn"), begin) as pool:
        for name, dense in [(name, dense) for dense in ((False, True) if options.dense else (False,)) for name in sets]:
            folder, label = options.data / name, f"{name} + dense" if dense else name
            if dense:
                resources(folder, dense)  # embeddings are made once, before the folds ask for them
            given = (folder, SETS[name], dense, options.folds, options.seconds)
            futures = [pool.submit(fold, *given, number) for number in range(options.folds)]
            main_table += main_lines(label, [each.result() for each in futures])
            ingredients, steps = pool.submit(parts, label, folder, SETS[name], dense).result()
            part_table += ingredients
            step_table += steps
            print("\n".join([*main_table, "", *part_table, ""]), flush=True)
            texts = dict(zip(("main", "parts", "steps"), map("\n".join, (main_table, part_table, step_table)), strict=True))
            told = REPORT.format(options=f" --data FOLDER{flags}", ran_on=ran_on, folds=options.folds, **texts)
            options.out.write_text(told, encoding="utf-8")  # after each set, so that a long run that is stopped leaves something


sys.path.insert(0, str(ROOT))  # here, since the workers of the pool import this file too
if __name__ == "__main__":
    for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(threads, "1")  # small matrices: several folds beside one another are faster than several threads
    main()
