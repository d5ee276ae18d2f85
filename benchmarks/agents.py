"""The agents with a small local model: do `react` and `plan_execute` stand what it says, and what does it cost?

    python benchmarks/agents.py --data ../shared/data [--limit 100] [--jobs 2] [--out benchmarks/agents.md]

Both flows answer questions of musique with the local model in every node, and once more without a model. `PARAMS` has what is set
smaller than in the flows as written, with the model and without: a prompt of 1,500 tokens takes this model ten seconds to read.
Each worker process has the model to itself, on one thread. Every finished run is kept in a file (`--journal`), so that a run that
was stopped goes on where it ended, and one with a larger limit adds to what is there; the report is written anew after every ten.

What code checks in each run, and what ends the command with exit code 1 where it does not hold:

- the run ends by itself, with an answer;
- an answer cites passages that the run has found, and nothing else, or is marked as unsupported; a refusal cites nothing;
- each reply that was no value of the type asked for is a fallback of its step, or an error of it.

Needs `pip install -e ".[local]"` and `seekgraph models pull smollm2-135m`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib import import_module
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any

from seekgraph.core.base.identity import digest
from seekgraph.core.language.lm import LMError, OutputInvalid, Settings
from seekgraph.evaluation import interval, read_examples
from seekgraph.evaluation.evaluate import evaluate
from seekgraph.lms import local_model
from seekgraph.nodes.writing import UNCITED
from seekgraph.prompts.answers import UNSUPPORTED
from seekgraph.tools import BM25

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
PARAMS: dict[str, dict[str, Any]] = {
    "react": {"search.max_rounds": 2, "search/retrieve.k": 5, "search/fuse.keep": 5, "search/refine.feedback": 3},
    "plan_execute": {
        "plan.most": 3,
        "goal/search.max_rounds": 2,
        "goal/search/retrieve.k": 5,
        "goal/search/rerank.keep": 3,
        "goal/search/refine.feedback": 3,
    },
}
FLOWS = tuple(PARAMS)
METRICS = ("answer_f1", "answer_em", "support_recall@5")
COSTS = ("calls", "tokens_in", "tokens_out", "cpu", "seconds")


class Watched:
    """A model that remembers how often it gave no value of the type that it was asked for."""

    def __init__(self, lm: Any) -> None:
        self.lm = lm
        self.settings = lm.settings
        self.nonsense = 0

    async def complete(self, *args: Any, **options: Any) -> Any:
        try:
            done = await self.lm.complete(*args, **options)
        except OutputInvalid:
            self.nonsense += 1
            raise
        self.nonsense += done.fallback
        return done


# --- one run, in a worker ------------------------------------------------------------------------------------------------

_held: dict[str, Any] = {}


def begin(folder: Path, model: str, max_tokens: int) -> None:
    """What a worker does first."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    prepare(folder, model, max_tokens)


def end_with_parent() -> None:
    """End this worker when the command has ended, however it was: a worker of a command that was killed would run on for ever."""
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)


def prepare(folder: Path, model: str, max_tokens: int) -> None:
    _held["corpus"] = BM25.from_jsonl(folder / "corpus.jsonl")
    _held["lm"] = small(model, max_tokens)


def small(model: str, max_tokens: int) -> Any:
    return local_model(model, slots=1, threads=1, settings=Settings(max_tokens=max_tokens))


def flow_of(name: str) -> Any:
    return import_module(f"seekgraph.flows.{name}").flow.with_params(PARAMS[name])


def one(name: str, example: Any, with_model: bool) -> dict[str, Any]:
    """One example through one flow: its scores, what it cost, and what is wrong with it."""
    watched = Watched(_held["lm"])
    bound = flow_of(name).bind(corpus=_held["corpus"], **({"lm": watched} if with_model else {}))
    began = time.process_time()
    report = asyncio.run(evaluate(bound, [example], metrics=METRICS, rewards=(), keep_traces=True))
    cpu = time.process_time() - began
    row = report.rows[0]
    trace = report.traces.get(row.id)
    steps = [step for step in (trace or ()) if step.kind == "node"]
    fallbacks = Counter[str]()
    for step in steps:
        fallbacks[step.path] += step.usage.get("fallbacks", 0)
    answer = next((step.writes["answer"] for step in reversed(steps) if "answer" in step.writes), None)
    return {
        "flow": name,
        "id": row.id,
        "metrics": row.metrics,
        "refused": row.refused,
        "unsupported": answer is not None and not answer.refused and unsupported(answer),
        "errors": row.step_errors,
        "fallbacks": {path: count for path, count in fallbacks.items() if count},
        "visits": row.visits,
        "nonsense": watched.nonsense,
        "cost": {line: cpu if line == "cpu" else row.spent(line) for line in COSTS},
        "wrong": wrong(row, steps, answer, watched.nonsense),
    }


def wrong(row: Any, steps: Sequence[Any], answer: Any, nonsense: int) -> list[str]:
    """What should not be, of a run with these steps, in words."""
    found = [] if row.status == "ok" else [f"the run is {row.status}: {row.error}"]
    if answer is None:
        return [*found, "there is no answer"]
    read = {passage.id for step in steps for name in ("passages", "context") for passage in step.writes.get(name, ())}
    if strays := sorted(set(answer.citations) - read):
        found.append(f"it cites {strays}, which it has not found")
    if answer.refused and answer.citations:
        found.append("it refuses and cites")
    if not answer.refused and not answer.citations and not unsupported(answer):
        found.append(f"{answer.text!r} cites nothing and is not marked")
    counted = sum(step.usage.get("fallbacks", 0) + (step.error is not None) for step in steps)
    if counted < nonsense:
        found.append(f"{nonsense} replies were nonsense, and {counted} of them are counted")
    return found


def unsupported(answer: Any) -> bool:
    """Whether an answer is marked as one that nothing supports."""
    return answer.confidence <= UNCITED or UNSUPPORTED in answer.text


# --- the report --------------------------------------------------------------------------------------------------------


def shown(values: Iterable[float | None]) -> str:
    mean = interval(values)
    return f"{100 * (mean.mean or 0):.1f} [{100 * (mean.low or 0):.1f}, {100 * (mean.high or 0):.1f}]"


def counts(found: Counter[str]) -> str:
    return ", ".join(f"{name} {count:g}" for name, count in found.most_common()) or "none"


def tables(done: dict[tuple[str, bool], list[dict[str, Any]]]) -> dict[str, str]:
    quality = ["| flow | model | questions | answer F1 | answer EM | support recall@5 | refused | marked unsupported |"]
    quality += ["|---|---|---|---|---|---|---|---|"]
    health = ["| flow | runs that crashed | checks that failed | replies that were nonsense | step errors by code | fallbacks |"]
    health += ["|---|---|---|---|---|---|"]
    nodes = ["| flow | node | visits | fallbacks |", "|---|---|---|---|"]
    costs = ["| flow | model | calls | tokens read | tokens written | CPU seconds | seconds |"]
    costs += ["|---|---|---|---|---|---|---|"]
    for (name, with_model), rows in done.items():
        model, n = "local" if with_model else "none", len(rows)
        if not rows:
            continue
        scores = [shown(row["metrics"].get(metric) for row in rows) for metric in METRICS]
        refused, marked = (sum(row[what] for row in rows) for what in ("refused", "unsupported"))
        quality.append(f"| {name} | {model} | {n} | {' | '.join(scores)} | {refused} | {marked} |")
        spent = [sum(row["cost"][line] for row in rows) / n for line in COSTS]
        costs.append(f"| {name} | {model} | {spent[0]:.1f} | {spent[1]:.0f} | {spent[2]:.0f} | {spent[3]:.2f} | {spent[4]:.2f} |")
        if with_model:
            errors, fallbacks, visits = (
                sum((Counter(row[what]) for row in rows), Counter[str]()) for what in ("errors", "fallbacks", "visits")
            )
            crashed = sum(any(each.startswith("the run is") for each in row["wrong"]) for row in rows)
            failed, nonsense = (sum(map(bool, (row["wrong"] for row in rows))), sum(row["nonsense"] for row in rows))
            health.append(f"| {name} | {crashed} | {failed} | {nonsense} | {counts(errors)} | {fallbacks.total():g} |")
            nodes += [f"| {name} | {path} | {visits[path]} | {count:g} |" for path, count in fallbacks.most_common()]
    named = {"quality": quality, "health": health, "nodes": nodes, "costs": costs}
    return {name: "\n".join(lines) for name, lines in named.items()}


REPORT = """# Agents with a small local model

Made by `python benchmarks/agents.py --data FOLDER --limit {limit}`, whose first lines say what is checked. Ran on {ran_on}.
The model is {model}, greedy, with at most {max_tokens} tokens a reply; {jobs} processes at the same time with a thread each.
The questions are the first of musique, the corpus its passages under BM25. Percentages with 95 % bootstrap intervals.
Set smaller than in the flows as written, with the model and without: {params}.

A model of this size shows that the flows stand whatever is said in them, not what they can do with a good one: much of what it
answers is supported by nothing that was found, and is refused.

{quality}

## What became of what the model said

Nonsense is a reply that was no value of the type asked for, also after the model was told so: cut off, plain text, or nothing.
A fallback is a reply that a step made do without, or with what could be saved of it; one of the right type that cannot be used
is one, too.

{health}

{nodes}

## What a question cost

CPU is of the worker's process. Time is that of a run beside the others, on a machine that may have had other work.

{costs}
"""


def write(done: dict[tuple[str, bool], list[dict[str, Any]]], options: argparse.Namespace) -> None:
    ran_on = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    names = {"limit": options.limit, "model": f"local/{options.model}", "max_tokens": options.max_tokens, "jobs": options.jobs}
    params = "; ".join(f"{name} " + ", ".join(f"{k} {v}" for k, v in given.items()) for name, given in PARAMS.items())
    options.out.write_text(REPORT.format(**names, params=params, ran_on=ran_on, **tables(done)), encoding="utf-8")


# --- running -------------------------------------------------------------------------------------------------------------


def kept(journal: Path, keys: dict[str, str]) -> dict[tuple[str, str], dict[str, Any]]:
    """Runs of these flows with this model that the journal has; a line that was cut off is none."""
    found = {}
    for line in journal.read_text(encoding="utf-8").splitlines() if journal.exists() else ():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if row.get("key") == keys.get(row.get("flow")):
            found[row["flow"], row["id"]] = row
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="the folder that holds musique")
    parser.add_argument("--limit", type=int, default=100, help="the first so many questions")
    parser.add_argument("--only", choices=FLOWS, help="run this flow only; the report has the runs of both that are there")
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--max-tokens", type=int, default=96, help="of a reply")
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 2) // 2), help="runs at the same time, a core each")
    parser.add_argument("--journal", type=Path, default=Path(tempfile.gettempdir()) / "seekgraph-benchmarks" / "agents.jsonl")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    options = parser.parse_args()
    folder = options.data / "musique"
    if not (folder / "train.jsonl").exists():
        sys.exit(f"{folder} is not there: give the folder of the data sets with --data")
    try:
        identity = small(options.model, options.max_tokens).identity
    except (LMError, ImportError, FileNotFoundError) as error:
        sys.exit(str(error))
    examples = read_examples(folder / "train.jsonl")[: options.limit]
    keys = {name: digest([flow_of(name).fingerprint, PARAMS[name], identity]) for name in FLOWS}
    options.journal.parent.mkdir(parents=True, exist_ok=True)
    before = kept(options.journal, keys)
    prepare(folder, options.model, options.max_tokens)
    done: dict[tuple[str, bool], list[dict[str, Any]]] = {}
    for name in FLOWS:
        done[name, True] = [before[name, each.id] for each in examples if (name, each.id) in before]
        done[name, False] = [one(name, each, False) for each in examples]
    write(done, options)
    left = [(name, each) for each in examples for name in FLOWS if (name, each.id) not in before and options.only in (None, name)]
    given = (folder, options.model, options.max_tokens)
    with (
        options.journal.open("a", encoding="utf-8") as journal,
        ProcessPoolExecutor(options.jobs, get_context("spawn"), begin, given) as pool,
    ):
        futures = [pool.submit(one, name, each, True) for name, each in left]
        try:
            for number, future in enumerate(as_completed(futures), start=1):
                row = future.result()
                journal.write(json.dumps({"key": keys[row["flow"]], **row}) + "\n")
                journal.flush()
                done[row["flow"], True].append(row)
                if number % 10 == 0:
                    write(done, options)
                    print(f"{number} of {len(left)} runs", file=sys.stderr, flush=True)
        except BaseException:
            pool.shutdown(cancel_futures=True)  # what runs comes to its end, nothing else begins
            raise
    write(done, options)
    print(options.out.read_text(encoding="utf-8"))
    failed = [f"{row['flow']} {row['id']}: {each}" for rows in done.values() for row in rows for each in row["wrong"]]
    if failed:
        sys.exit("\n".join(failed))


if __name__ == "__main__":
    main()
