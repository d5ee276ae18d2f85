"""What the ready-made flows find and answer on real documentation, without a language model.

    python benchmarks/documents.py --data ../shared/data                 # questions over FastAPI's and click's documentation
    python benchmarks/documents.py --data ../shared/data --split val     # only those that nobody looked at

Needs the extra `embed` for the rows that rank by meaning. The questions, and how an answer is scored, are those of
`docs/score.py` in the data folder: `nuggets` is the share of the facts that a good answer has to name which are in it, `cited`
whether a cited passage is one that answers, `hit@k` whether such a passage is among the first k. Questions without gold are for
refusing.

Prints the tables and writes benchmarks/documents.md (--out for elsewhere).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import seekgraph as sg
from seekgraph.evaluation.intervals import interval
from seekgraph.flows import ask, bridge, single
from seekgraph.tools.minilm import installed

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SETS = ("fastapi", "click")
COLUMNS = ("hit@1", "hit@5", "mrr@10", "cited", "nuggets")
KINDS = ("howto", "fact", "yesno", "compare", "unanswerable")
Row = dict[str, Any]


def flows(meaning: bool) -> dict[str, tuple[sg.Flow, bool]]:
    """The flows that are compared, each with whether passages are ranked by meaning, too."""
    found: dict[str, tuple[sg.Flow, bool]] = {"single": (single.flow, False), "bridge": (bridge.flow, False)}
    found["ask, by words alone"] = (ask.flow, False)
    if meaning:
        found["ask"] = (ask.flow, True)
        found["ask, pages left out"] = (ask.flow.with_params({"blend.document": 0.0}), True)
        found["ask, by meaning alone"] = (ask.flow.with_params({"blend.semantic": 1.0}), True)
    return found


def scorer(data: Path) -> ModuleType:
    """The data's own script for scoring."""
    spec = importlib.util.spec_from_file_location("score", data / "docs" / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def scored(flow: sg.Flow, resources: Mapping[str, Any], questions: Sequence[Row], score: ModuleType) -> list[Row]:
    """A row for each question: its scores, how many words were said, and how long it took."""
    bound = flow.bind(resources)
    by_id = {passage.id: passage for passage in resources["corpus"].passages}
    rows = []
    for question in questions:
        began = time.perf_counter()
        result = bound(question=question["question"])
        rows.append(score.score(question, result, (), by_id, time.perf_counter() - began))
    return rows


def cell(rows: Sequence[Row], name: str) -> str:
    values = [float(row[name]) for row in rows if row.get(name) is not None]
    if not values:
        return ""
    found = interval(values)
    return f"{100 * found.mean:.0f} [{100 * found.low:.0f}, {100 * found.high:.0f}]"


def line(name: str, rows: Sequence[Row]) -> str:
    answerable = [row for row in rows if row["kind"] != "unanswerable"]
    without = [row for row in rows if row["kind"] == "unanswerable"]
    words = [row["words"] for row in answerable if "words" in row]
    wrong = sum(bool(row.get("wrong y/n")) for row in rows)
    decided = sum(bool(row.get("wrong y/n")) or bool(row.get("yes/no")) for row in rows)
    cells = [cell(answerable, column) for column in COLUMNS]
    cells += [f"{sum(words) / len(words):.0f}, at most {max(words)}" if words else "", f"{wrong} of {decided}"]
    cells += [f"{sum(row['refused'] for row in group)} of {len(group)}" for group in (without, answerable)]
    return f"| {name} | {' | '.join(cells)} |"


HEAD = f"| | {' | '.join(COLUMNS)} | words | wrong of yes or no said | refused, unanswerable | refused, answerable |"


def table(found: Mapping[str, Sequence[Row]]) -> list[str]:
    return [HEAD, "|---" * (HEAD.count("|") - 1) + "|", *(line(name, rows) for name, rows in found.items()), ""]


FIRST = """
import resource, sys, time
began = time.perf_counter()
import seekgraph as sg
from seekgraph.flows.ask import flow
ask = flow.bind(sg.tools.open_corpus(sys.argv[1], cache=sys.argv[2]))
ask(question=sys.argv[3])
used = resource.getrusage(resource.RUSAGE_SELF)
print(time.perf_counter() - began, used.ru_utime + used.ru_stime)
"""


def first_minute(folder: Path, question: str) -> list[str]:
    """Seconds from import to answer in a fresh process: with an empty cache, and once more."""
    lines = ["| | seconds | of the processor |", "|---|---|---|"]
    with tempfile.TemporaryDirectory() as cache:
        for name in ("cold: nothing is indexed or embedded", "warm: the same question again"):
            command = [sys.executable, "-c", FIRST, str(folder), cache, question]
            printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
            seconds, processor = printed[-1].split()  # warnings of files that were not read may come before
            lines.append(f"| {name} | {float(seconds):.1f} | {float(processor):.1f} |")
    return [*lines, ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--split", choices=("train", "val", "all"), default="all")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    options = parser.parse_args()
    if not (options.data / "docs" / "score.py").exists():
        sys.exit(f"{options.data / 'docs'} is not there: nothing to measure on")
    score, found = scorer(options.data), {name: [] for name in flows(installed())}
    passages = {}
    for name in SETS:
        folder = options.data / "docs" / name
        questions = [json.loads(text) for text in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
        chosen = [each for each in questions if options.split in ("all", each["split"])]
        resources = sg.tools.open_corpus(folder / "docs")
        passages[name] = len(resources["corpus"].passages)  # type: ignore[attr-defined]
        plain = {key: value for key, value in resources.items() if key != "ranker"}
        for label, (flow, meaning) in flows(installed()).items():
            found[label] += [
                row | {"set": name, "split": each["split"]}
                for row, each in zip(scored(flow, resources if meaning else plain, chosen, score), chosen, strict=True)
            ]
    ran_on = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    corpora = ", ".join(f"{name} ({count:,} passages)" for name, count in passages.items())
    lines = [
        "# Questions over real documentation",
        "",
        f"Made by `python benchmarks/documents.py --split {options.split}` on {ran_on}.",
    ]
    lines += [f"Shares in percent with 95 % intervals, over {corpora}, without a language model.", ""]
    for split in ("val", "train"):
        rows = {name: [row for row in each if row["split"] == split] for name, each in found.items()}
        if any(rows.values()):
            count = len(next(iter(rows.values())))
            about = "for judging: nothing was chosen by them" if split == "val" else "what `ask` was made with"
            lines += [f"## The {count} questions of `{split}`, {about}", "", *table(rows)]
    best = "ask" if "ask" in found else "ask, by words alone"
    kinds = {kind: [row for row in found[best] if row["kind"] == kind] for kind in KINDS}
    sets = {name: [row for row in found[best] if row["set"] == name] for name in SETS}
    lines += [f"## `{best}` by kind of question and by set", "", *table({k: v for k, v in (kinds | sets).items() if v})]
    lines += ["## The first question over FastAPI's documentation, in a fresh process", ""]
    lines += first_minute(options.data / "docs" / "fastapi" / "docs", "How do I enable CORS?")
    lines += [f"Memory at the end of the run: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB.", ""]
    options.out.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
