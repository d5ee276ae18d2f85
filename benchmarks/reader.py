"""What compiling gives a small local model that answers questions: `reader` as written, by ingredient, and compiled.

    python benchmarks/reader.py --data ../shared/data                          # everything, then benchmarks/reader.md
    python benchmarks/reader.py --data ../shared/data --only hotpotqa:gold     # one cell; others may run beside it
    python benchmarks/reader.py --data ../shared/data --page                   # the page of what has been run

A cell is a data set, and where passages come from: `gold` hands the reader the passages that the question needs (what reading and
answering alone can do), `bm25` those that BM25 finds. In each fold the flow is compiled on the questions of the other folds,
--learn of which are searched on and the others accepted by, and judged on the fold; ingredients are chosen on the other folds,
too. With --take 1 only the first fold is judged. Intervals are 95 % bootstrap intervals over all questions,
differences to "as written" are paired.

Steps are kept in a memo and compiles in a journal in --work, so a run that was stopped goes on where it ended. A compile has a
memo of its own: what other arms have asked is no present to it.
Needs `pip install -e ".[local]"` and `seekgraph models pull smollm2-135m`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seekgraph.core.base.budget import Budget
from seekgraph.core.memo import Memo
from seekgraph.evaluation import folds as divide
from seekgraph.evaluation import read_examples
from seekgraph.evaluation.comparisons import paired
from seekgraph.evaluation.intervals import bounds_of, interval
from seekgraph.flow import Bound
from seekgraph.flows.reader import flow as reader
from seekgraph.lms import local_model
from seekgraph.optimizers.demonstrate import Demonstrate
from seekgraph.prompts.prompt import load
from seekgraph.tools import BM25
from seekgraph.types import Example, Passage, Query

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
CELLS = ("hotpotqa:gold", "hotpotqa:bm25", "musique:gold", "musique:bm25")
SMALL: Mapping[str, Any] = {"retrieve.k": 5, "answer.prompt_tokens": 1000, "answer.span": False}
"""Set alike for all arms: this model reads some 300 tokens a second on two cores."""

ROOM = 2000
"""Tokens of a prompt that has demonstrations in it: with fewer they would be left out."""

LEAST = (0.2, 0.05)
"""How sure `read` has to be of a sentence: what it is set to, and less."""

TRIED = 16
"""Questions of the other folds on which an ingredient that has to be chosen is chosen."""

ASKED = ("limit", "folds", "learn", "calls")
METRICS = ("answer_f1", "answer_em", "refused")
ARMS: Mapping[str, str] = {
    "no model": "the same flow with nothing bound: answers by extraction",
    "as written": "the model, nothing compiled",
    "short prompt": "the reply shown as JSON, without the list of its fields (`brief`)",
    "sentence selection": f"the evidence in the place of whole passages (`evidence_only`), `read.least` by {TRIED} others",
    "variant": f"of the written instructions the best on {TRIED} other questions",
    "demonstrations": f"four from gold, the shortest of the other folds, in prompts of up to {ROOM} tokens",
    "span-held": "decoding held to spans of what was read (`span`)",
    "all of them": "all five",
    "compiled": f"`compile` with its default passes and a cap on calls, from a flow with prompts of up to {ROOM} tokens",
}


class Gold:
    """A retriever that hands out the passages that each question needs."""

    def __init__(self, corpus: BM25, rows: Sequence[Example]) -> None:
        by_id = {passage.id: passage for passage in corpus.passages}
        self.found = {row.question: tuple(by_id[id] for id in row.supporting_ids if id in by_id) for row in rows}
        self.identity = "the gold passages of " + ", ".join(sorted(row.id for row in rows))

    async def search(self, query: Query, k: int) -> tuple[Passage, ...]:
        return tuple(passage.model_copy(update={"score": 1.0}) for passage in self.found.get(query.text, ())[:k])


class Cell:
    """One data set with one source of passages."""

    def __init__(self, name: str, options: argparse.Namespace) -> None:
        self.name, self.options = name, options
        folder = options.data / name.partition(":")[0]
        self.rows = read_examples(folder / "train.jsonl")[: options.limit]
        corpus = BM25.from_jsonl(folder / "corpus.jsonl")
        source = Gold(corpus, self.rows) if name.endswith(":gold") else corpus
        lm = local_model(options.model, slots=options.slots, threads=options.threads)
        self.place = options.work / name.replace(":", "-")
        self.place.mkdir(parents=True, exist_ok=True)
        memo = Memo(self.place / "steps.memo")
        flow = reader.with_params(SMALL)
        self.alone = flow.bind(corpus=source, memo=memo)
        self.bound = flow.bind(corpus=source, lm=lm, memo=memo)

    def run(self) -> dict[str, Any]:
        """Every arm on every fold."""
        arms: dict[str, dict[str, list[Any]]] = {name: {"rows": []} for name in ARMS}
        said: list[str] = []
        for number, fold in enumerate(divide(self.rows, self.options.folds)[: self.options.take]):
            train, test = list(fold.train), list(fold.test)
            chosen = self.ingredients(train)
            one = {name: self.bound.with_params(values) for name, values in chosen.items()}
            bound = {"no model": self.alone, "as written": self.bound, **one}
            for name, each in bound.items():
                self.judge(arms[name], each, test, f"{name}, fold {number + 1}")
            began = time.perf_counter()
            journal = self.place / f"fold-{number}.journal"
            start = self.bound.with_params({"answer.prompt_tokens": ROOM}).with_options(memo=Memo(journal.with_suffix(".memo")))
            compiled = start.compile(
                train[: self.options.learn],
                train[self.options.learn :],
                metric="answer_f1",
                budget=Budget(calls=self.options.calls),
                journal=journal,
                resume=journal.exists(),
                seed=number,
            )
            accepted = [change.name for change in compiled.changes if change.accepted]
            self.judge(arms["compiled"], compiled.bound, test, f"compiled, fold {number + 1}")
            said.append(
                f"fold {number + 1}: {', '.join(accepted) or 'nothing'} accepted after {compiled.spent.get('rollouts', 0):.0f} "
                f"rollouts and {compiled.spent.get('calls', 0):.0f} calls; {told(self.bound, compiled.bound)}"
            )
            print(f"{self.name}: {said[-1]}; {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        asked = {name: getattr(self.options, name) for name in ASKED}
        found = {"cell": self.name, "arms": arms, "said": said, **asked}
        (self.place / "cell.json").write_text(json.dumps(found), encoding="utf-8")
        return found

    def judge(self, arm: dict[str, list[Any]], bound: Bound, rows: Sequence[Example], what: str) -> None:
        """Run an arm on a fold and keep its rows."""
        began = time.perf_counter()
        report = bound.evaluate(rows, metrics=METRICS, parallel=self.options.slots)
        for row in report.rows:
            usage = {line: row.usage.get(line, 0) for line in ("calls", "tokens_in", "tokens_out", "fallbacks")}
            arm["rows"].append({"id": row.id, "failed": row.failed, **row.metrics, **usage})
        print(f"{self.name}: {what}: {report.metrics['answer_f1'].mean}, {time.perf_counter() - began:.0f} s", file=sys.stderr)

    def ingredients(self, train: Sequence[Example]) -> dict[str, dict[str, Any]]:
        """The params of each ingredient, chosen on other questions than those that it is judged on."""
        tried = train[:TRIED]
        pool = load("answer_short").pool
        best = max(pool, key=lambda text: self.f1(self.bound.with_params({"answer.instruction": text}), tried))
        traces = [(row, self.bound(question=row.question).trace) for row in train]
        selections = [{"answer.evidence_only": True, "read.least": least} for least in LEAST]
        selected = max(selections, key=lambda values: self.f1(self.bound.with_params(values), tried))
        sets = Demonstrate().gathered(self.bound, traces, 0)["answer.demos"]
        demos = next((each for each in sets if len(each) == 4), max(sets, key=len))
        single: dict[str, dict[str, Any]] = {
            "short prompt": {"answer.brief": True},
            "sentence selection": selected,
            "variant": {"answer.instruction": best},
            "demonstrations": {"answer.demos": demos, "answer.prompt_tokens": ROOM},
            "span-held": {"answer.span": True},
        }
        return {**single, "all of them": {name: value for each in single.values() for name, value in each.items()}}

    def f1(self, bound: Bound, rows: Sequence[Example]) -> float:
        return bound.evaluate(rows, metrics=("answer_f1",), parallel=self.options.slots).metrics["answer_f1"].mean or 0.0


def told(before: Bound, after: Bound) -> str:
    """What compiling changed, in short."""
    old = {name: param.value for name, param in before.flow.params().items()}
    changed = {name: param.value for name, param in after.flow.params().items() if param.value != old[name]}
    short = {
        "answer.demos": lambda value: f"{len(value)} demonstrations",
        "answer.instruction": lambda value: f"instruction {value[:40]!r}",
    }
    return ", ".join(short[name](value) if name in short else f"{name}={value}" for name, value in changed.items()) or "as it was"


def page(cells: Sequence[Mapping[str, Any]], options: argparse.Namespace) -> str:
    """The report."""
    ran_on = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    lines = [
        "# What compiling gives a small model that reads and answers",
        "",
        f"Made by `python benchmarks/reader.py --data ../shared/data` with local/{options.model} on {ran_on}, with the options",
        'that each table names. Token F1 and exact match in percent with 95 % intervals; the gain over "as written" is paired.',
        f"{settings(SMALL)} unless said otherwise. Calls and tokens are those of one question.",
        "What was compiled on, and judged on other questions, is said below each table.",
        "",
        "| arm | what it is |",
        "|---|---|",
        *(f"| {name} | {what} |" for name, what in ARMS.items()),
    ]
    for cell in cells:
        n = len(cell["arms"]["as written"]["rows"])
        source = "gold passages" if cell["cell"].endswith("gold") else "passages found by BM25"
        lines += ["", f"## {cell['cell'].partition(':')[0]}, {source}, {n} questions", ""]
        lines += ["| arm | F1 | gain in F1 | EM | refused | calls | tokens in | tokens out | fallbacks |", "|---" * 9 + "|"]
        written = values(cell, "as written", "answer_f1")
        for name in ARMS:
            f1 = values(cell, name, "answer_f1")
            gain = "" if name == "as written" else difference(f1, written)
            costs = (mean(values(cell, name, line)) for line in ("calls", "tokens_in", "tokens_out", "fallbacks"))
            calls, tokens_in, tokens_out, fallbacks = costs
            em, refused = shown(values(cell, name, "answer_em")), f"{100 * mean(values(cell, name, 'refused')):.0f} %"
            cost = f"{calls:.1f} | {tokens_in:.0f} | {tokens_out:.0f} | {fallbacks:.2f}"
            lines.append(f"| {name} | {shown(f1)} | {gain} | {em} | {refused} | {cost} |")
        rest = round(cell["limit"] * (1 - 1 / cell["folds"])) - cell["learn"]
        lines += [
            "",
            f"Of the first {cell['limit']} questions compiling searched on {cell['learn']} and accepted by {rest} others, "
            f"with at most {cell['calls']} calls (`{options_of(cell)}`).",
            "",
            *(f"- {each}" for each in cell["said"]),
        ]
    return "\n".join([*lines, ""])


def options_of(cell: Mapping[str, Any]) -> str:
    """What a cell was run with, as on the command line."""
    return " ".join([*(f"--{name} {cell[name]}" for name in ASKED), f"--take {len(cell['said'])}"])


def values(cell: Mapping[str, Any], arm: str, name: str) -> list[float]:
    return [0.0 if row["failed"] else float(row.get(name) or 0.0) for row in cell["arms"][arm]["rows"]]


def mean(found: Sequence[float]) -> float:
    return sum(found) / max(1, len(found))


def shown(found: Sequence[float]) -> str:
    mean = interval(found, bounds_of(found))
    return f"{100 * (mean.mean or 0):.1f} [{100 * (mean.low or 0):.1f}, {100 * (mean.high or 0):.1f}]"


def difference(mine: Sequence[float], theirs: Sequence[float]) -> str:
    gap = paired(mine, theirs, bounds=(0.0, 1.0)).difference
    return f"{100 * (gap.mean or 0):+.1f} [{100 * (gap.low or 0):+.1f}, {100 * (gap.high or 0):+.1f}]"


def settings(params: Mapping[str, Any]) -> str:
    return " and ".join(f"`{name}={value}`" for name, value in params.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="the folder that holds hotpotqa and musique")
    parser.add_argument("--only", choices=CELLS, help="one cell, without the page")
    parser.add_argument("--page", action="store_true", help="write the page of the cells that are there")
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--limit", type=int, default=100, help="the first so many questions")
    parser.add_argument("--folds", type=int, default=2)
    parser.add_argument("--take", type=int, help="judge only so many of the folds")
    parser.add_argument("--learn", type=int, default=20, help="so many of a fold's training questions are searched on")
    parser.add_argument("--calls", type=int, default=400, help="cap on the calls of one compile")
    parser.add_argument("--slots", type=int, default=4, help="requests at the same time")
    parser.add_argument("--threads", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "seekgraph-benchmarks" / "reader")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    options = parser.parse_args()
    for cell in () if options.page else (options.only,) if options.only else CELLS:
        if (options.data / cell.partition(":")[0] / "train.jsonl").exists():
            Cell(cell, options).run()
        else:
            print(f"{options.data / cell.partition(':')[0]} is not there: {cell} is left out", file=sys.stderr)
    if options.only:
        return
    files = [options.work / cell.replace(":", "-") / "cell.json" for cell in CELLS]
    cells = [json.loads(file.read_text(encoding="utf-8")) for file in files if file.exists()]
    if not cells:
        sys.exit("no cell has been run")
    options.out.write_text(page(cells, options), encoding="utf-8")
    print(options.out.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
