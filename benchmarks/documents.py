"""What the ready-made flows find and answer on real documentation, without a language model.

    python benchmarks/documents.py --data ../shared/data                 # questions over FastAPI's and click's documentation
    python benchmarks/documents.py --data ../shared/data --split val     # only those that nobody looked at

Needs the extra `embed` for the rows that rank by meaning, and `benchmarks` for LlamaIndex and Haystack beside them. The
questions, and how an answer is scored, are those of `docs/score.py` in the data folder: `nuggets` is the share of the facts
that a good answer has to name which are in it, `cited` whether a cited passage is one that answers, `hit@k` whether such a
passage is among the first k. Questions without gold are for refusing.

Besides: the same questions put to the default retrieval of LlamaIndex and Haystack; documentation in Spanish and Japanese
(benchmarks/documents_data); `ask` beside `bridge` on sets of multi-hop questions, of which it must lose nothing; and the
seconds of a first question in a fresh process. On two cores all of it takes some ten minutes, most of them for embedding all
passages once.

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

from document_peers import Find, peers

import seekgraph as sg
from seekgraph.evaluation.intervals import interval
from seekgraph.flows import ask, bridge, single
from seekgraph.tools.minilm import installed
from seekgraph.tools.nearness import Nearness

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
OWN = Path(__file__).resolve().parent / "documents_data"
LANGUAGES = {"Spanish": "es", "Japanese": "ja"}
MULTI_HOP = {"2wiki": "dev", "hotpotqa": "train", "musique": "train"}
MULTI_HOP_ROWS = 100
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
        row = score.score(question, result, (), by_id, time.perf_counter() - began)
        rows.append(row | {"confidence": 0.0 if result.answer is None else result.answer.confidence})
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


def rows_of(path: Path) -> list[Row]:
    return [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]


# --- confidence --------------------------------------------------------------------------------------------------------------


def right(row: Row) -> bool:
    """Whether an answer is right: it names all facts, or cites what answers where there are none to name; never without gold."""
    if row["kind"] == "unanswerable" or row.get("wrong y/n"):
        return False
    return bool(row["nuggets"] == 1.0 if "nuggets" in row else row.get("cited"))


def confidences(rows: Sequence[Row]) -> list[str]:
    """How well the confidence orders right before wrong answers (the area under the curve), and by thirds what it comes to."""
    said = sorted((row["confidence"], right(row)) for row in rows if not row["refused"])
    good, bad = ([value for value, is_right in said if is_right == wanted] for wanted in (True, False))
    if not good or not bad:
        return []
    area = sum((one > other) + 0.5 * (one == other) for one in good for other in bad) / (len(good) * len(bad))
    lines = [f"Of {len(said)} answers, {len(good)} of them right: the confidence orders right before wrong ones with an area of"]
    lines += [f"{area:.2f} under the curve.", "", "| answers | confidence, mean | right, percent |", "|---|---|---|"]
    size = -(-len(said) // 3)
    for name, part in zip(
        ("least confident", "between", "most confident"), (said[at : at + size] for at in range(0, len(said), size)), strict=False
    ):
        mean = sum(value for value, _ in part) / len(part)
        lines.append(f"| {name} | {mean:.2f} | {cell([{'right': each} for _, each in part], 'right')} |")
    return [*lines, ""]


# --- beside LlamaIndex and Haystack ------------------------------------------------------------------------------------------


def beside(resources: Mapping[str, Any], questions: Sequence[Row], score: ModuleType) -> dict[str, list[Row]]:
    """For each retriever a row for each question that has an answer, ours and the peers' over the same passages."""
    corpus = resources["corpus"]
    found: dict[str, Find] = {"Seekgraph, BM25": lambda question: [each.id for each in corpus.find(question, 10)]}
    found |= peers(list(corpus.passages), resources.get("ranker") or Nearness())
    by_id = {passage.id: passage for passage in corpus.passages}
    answerable = [each for each in questions if each["gold"]]
    return {
        name: [score.retrieval([by_id[id] for id in find(each["question"])], (), each["gold"]) for each in answerable]
        for name, find in found.items()
    }


def beside_table(found: Mapping[str, Sequence[Row]]) -> list[str]:
    names = ("hit@1", "hit@5", "mrr@10")
    lines = [f"| | questions | {' | '.join(names)} |", "|---" * (len(names) + 2) + "|"]
    lines += [f"| {name} | {len(rows)} | {' | '.join(cell(rows, each) for each in names)} |" for name, rows in found.items()]
    return [*lines, ""]


# --- other languages, and articles -----------------------------------------------------------------------------------------


def languages(score: ModuleType, cache: Path) -> list[str]:
    """The questions over our documentation in other languages."""
    found: dict[str, list[Row]] = {}
    for name, code in LANGUAGES.items():
        questions = rows_of(OWN / code / "questions.jsonl")
        resources = sg.tools.open_corpus(OWN / code / "docs", cache=cache)
        plain = {key: value for key, value in resources.items() if key != "ranker"}
        found[f"{name}, ask, by words alone"] = scored(ask.flow, plain, questions, score)
        if installed():
            found[f"{name}, ask"] = scored(ask.flow, resources, questions, score)
    return table(found)


def multi_hop(data: Path) -> list[str]:
    """recall@5 of the gold passages: `bridge`, and `ask`, which finds by itself that these are articles."""
    lines = ["| | questions | bridge | ask | taken for articles |", "|---|---|---|---|---|"]
    for name, file in MULTI_HOP.items():
        if not (data / name / "corpus.jsonl").exists():
            continue
        resources = sg.tools.open_corpus(sg.tools.read_jsonl(data / name / "corpus.jsonl"), ranker=False)
        questions = rows_of(data / name / f"{file}.jsonl")[:MULTI_HOP_ROWS]
        cells, articles = [], 0
        for flow in (bridge.flow, ask.flow):
            bound = flow.bind(resources)
            rows = []
            for each in questions:
                result = bound(question=each["question"])
                gold = set(each["supporting_ids"])
                rows.append({"recall": len(gold & {passage.id for passage in result.passages[:5]}) / len(gold)})
                articles += flow is ask.flow and result.trace.step("route").decision == "articles"
            cells.append(cell(rows, "recall"))
        lines.append(f"| {name} | {len(questions)} | {' | '.join(cells)} | {articles} |")
    return [*lines, ""]


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


def first_minute(folder: Path, question: str, other: str) -> list[str]:
    """Seconds from import to answer in a fresh process, its modules compiled as pip leaves them: with an empty cache, once more,
    and with another question."""
    lines = ["| | seconds | of the processor |", "|---|---|---|"]
    with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryDirectory() as compiled:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = compiled  # as installed: modules are compiled once
        subprocess.run(
            [sys.executable, "-c", FIRST, str(folder), cache + "/other", other], env=environment, check=True, capture_output=True
        )
        cases = {"cold: nothing is indexed or embedded": question, "warm: the same question again": question}
        for name, asked in {**cases, "another question, whose passages are new": other}.items():
            command = [sys.executable, "-c", FIRST, str(folder), cache, asked]
            printed = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.splitlines()
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
    passages: dict[str, int] = {}
    retrievers: dict[str, list[Row]] = {}
    for name in SETS:
        folder = options.data / "docs" / name
        questions = rows_of(folder / "questions.jsonl")
        chosen = [each for each in questions if options.split in ("all", each["split"])]
        resources = sg.tools.open_corpus(folder / "docs")
        passages[name] = len(resources["corpus"].passages)  # type: ignore[attr-defined]
        plain = {key: value for key, value in resources.items() if key != "ranker"}
        for label, (flow, meaning) in flows(installed()).items():
            found[label] += [
                row | {"set": name, "split": each["split"]}
                for row, each in zip(scored(flow, resources if meaning else plain, chosen, score), chosen, strict=True)
            ]
        for label, rows in beside(resources, chosen, score).items():
            retrievers.setdefault(label, []).extend(rows)
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
    lines += ["## Confidence", "", *confidences(found[best])]
    everything = {name: [row for row in rows if "hit@1" in row] for name, rows in found.items() if name.startswith("ask")}
    lines += ["## Beside LlamaIndex and Haystack", ""]
    lines += ["All questions above that have an answer, over the same passages; what was found, before anything is answered.", ""]
    lines += beside_table(retrievers | {f"Seekgraph, {name}": rows for name, rows in everything.items()})
    lines += ["## Documentation in other languages", ""]
    lines += ["25 pages and 20 questions each, one without an answer, written for this (`benchmarks/documents_data`).", ""]
    with tempfile.TemporaryDirectory() as cache:
        lines += languages(score, Path(cache))
    lines += ["## Multi-hop questions over articles", "", "recall@5 of the gold passages, by words alone.", ""]
    lines += multi_hop(options.data)
    lines += ["## The first question over FastAPI's documentation, in a fresh process", ""]
    asked = "How do I enable CORS?", "Which status code does a failed validation give?"
    lines += first_minute(options.data / "docs" / "fastapi" / "docs", *asked)
    lines += [f"Memory at the end of the run: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB.", ""]
    options.out.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
