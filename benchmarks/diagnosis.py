"""Which step loses the points: the diagnosis of `bridge`, and of `react` with a small local model, on musique and 2wiki.

    python benchmarks/diagnosis.py --data ../shared/data                       # everything
    python benchmarks/diagnosis.py --data ../shared/data --flows bridge        # without a model: minutes
    python benchmarks/diagnosis.py --data ../shared/data --react 8             # so many questions of each set with the model

Is made by what `seekgraph diagnose` runs. Whether blame names the right step is measured by planted faults in `blame.py`, and
whether headroom holds in `headroom.py`; this page shows what a person gets, and what it costs. `react` asks the model in every
node; what is set smaller than in the flow as written is the same as in `agents.py`.

Prints the tables and writes benchmarks/diagnosis.md (--out for elsewhere). What has been run is kept in --work.
Needs for `react`: `pip install -e ".[local]"` and `seekgraph models pull smollm2-135m`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from agents import PARAMS

from seekgraph.core.language.lm import Settings
from seekgraph.core.memo import Memo
from seekgraph.evaluation import read_examples
from seekgraph.flow import Bound
from seekgraph.lms import local_model
from seekgraph.tools import BM25, TitleLinks

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SETS = {"2wiki": "dev.jsonl", "musique": "train.jsonl"}


def bound(name: str, folder: Path, memo: Memo | None, options: argparse.Namespace) -> Bound:
    """The flow with what it asks for."""
    corpus = BM25.from_jsonl(folder / "corpus.jsonl")
    flow = import_module(f"seekgraph.flows.{name}").flow
    if name == "bridge":
        made: Bound = flow.bind(corpus=corpus, links=TitleLinks(corpus.passages), memo=memo)
    else:
        lm = local_model(options.model, slots=options.slots, threads=options.threads, settings=Settings(max_tokens=96))
        made = flow.with_params(PARAMS["react"]).bind(corpus=corpus, lm=lm, memo=memo)
    return made


def diagnosed(name: str, data: str, options: argparse.Namespace) -> dict[str, Any]:
    """The diagnosis as data, with how long it took and how long one evaluation of the same rows takes, in seconds.

    Without a model both are run with what the tools keep in place and without a memo. With one the evaluation comes first and
    the diagnosis finds its steps in the memo; so the evaluation's time is added to the diagnosis's.
    """
    folder, asks = options.data / data, name == "react"
    rows = read_examples(folder / SETS[data])[: options.react if asks else options.limit]
    memo = Memo(options.work / f"{name}-{data}.memo") if asks else None
    flow, parallel = bound(name, folder, memo, options), options.slots if asks else 32
    if not asks:
        flow.evaluate(rows, parallel=parallel)
    began = time.perf_counter()
    flow.evaluate(rows, parallel=parallel, progress=True)
    once = time.perf_counter() - began
    began = time.perf_counter()
    found = flow.diagnose(rows, parallel=parallel, progress=True)
    took = time.perf_counter() - began + (once if asks else 0.0)
    (options.work / f"{name}-{data}.html").write_text(found.to_html(), encoding="utf-8")
    return {**found.to_json(), "set": data, "name": name, "took": took, "once": once}


def share(value: Mapping[str, Any] | None) -> str:
    """An interval of a share, in percent."""
    if value is None or value.get("mean") is None:
        return ""
    return f"{100 * value['mean']:.0f} [{100 * value['low']:.0f}, {100 * value['high']:.0f}]"


def counted(found: Mapping[str, int], guesses: Mapping[str, int]) -> str:
    """Classes with their counts, and how many of them are guesses."""
    told = (f"{name} {n}" + (f" ({guesses[name]} guessed)" if guesses.get(name) else "") for name, n in found.items())
    return ", ".join(told) or "none"


def tables(found: Mapping[str, Any]) -> Iterable[str]:
    """The lines of one diagnosis."""
    metric = found["metric"]
    yield f"## {found['name']} on {found['set']}, {found['n']} questions"
    yield ""
    yield (
        f"{metric['name']} {share(metric)} %; {found['failed']} fail (below {metric['good']}), {found['errors']} with an error. "
        f"Their first broken steps: {counted(found['classes'], found['guesses'])}."
    )
    yield ""
    yield "| node | visits | mean reward | first broken, % of the failed | headroom in points | calls | tokens |"
    yield "|---|---|---|---|---|---|---|"
    for path, node in found["nodes"].items():
        rewards = ", ".join(
            f"{name} {100 * each['mean']:.0f}" for name, each in node["reward"].items() if each["mean"] is not None
        )
        cost, blame = node["cost"], f"{100 * node['blame']:.0f}"
        room = share(node["headroom"]) or "no gold says"
        yield f"| {path} | {node['visits']} | {rewards} | {blame} | {room} | {cost['calls']:.0f} | {cost['tokens']:.0f} |"
    if found["pairs"]:
        yield ""
        pairs = (f"{' and '.join(each['nodes'])} {share(each['headroom'])}" for each in found["pairs"][:4])
        yield f"Perfect together: {'; '.join(pairs)}."
    yield ""
    stages = (f"{each['stage']} {100 * each['share']:.0f}" for each in found["waterfall"] if each["share"] is not None)
    yield f"Share of the gold from question to answer, %: {', '.join(stages)}."
    yield ""
    yield f"The diagnosis took {found['took'] / found['once']:.1f} times one evaluation, which is part of it."
    yield ""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="the folder that holds musique and 2wiki")
    parser.add_argument("--flows", nargs="+", choices=("bridge", "react"), default=("bridge", "react"))
    parser.add_argument("--limit", type=int, default=300, help="at most so many questions for bridge")
    parser.add_argument("--react", type=int, default=20, help="so many questions for react")
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--slots", type=int, default=4, help="requests to the model at the same time")
    parser.add_argument("--threads", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "seekgraph-benchmarks" / "diagnosis")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    for name in options.flows:
        for data in SETS:
            if (options.data / data).exists():
                (options.work / f"{name}-{data}.json").write_text(json.dumps(diagnosed(name, data, options)), encoding="utf-8")
            else:
                print(f"{options.data / data} is not there: left out")
    small = ", ".join(f"{key} {value}" for key, value in PARAMS["react"].items())
    lines = [
        "# Which step loses the points",
        "",
        f"Made by `python benchmarks/diagnosis.py --data FOLDER`, on {os.cpu_count()} cores, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}. Intervals are 95 % bootstrap intervals. `react` asks",
        f"local/{options.model} in every node, with {small}.",
        "",
    ]
    files = [options.work / f"{name}-{data}.json" for name in ("bridge", "react") for data in SETS]
    for file in files:
        if file.exists():
            lines += tables(json.loads(file.read_text(encoding="utf-8")))
    options.out.write_text("\n".join(lines), encoding="utf-8")
    print(options.out.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
