"""Indexing, querying, opening and memory of seekgraph.tools.BM25 beside plain bm25s and rank-bm25.

    python benchmarks/bm25.py                     # 10 thousand, 100 thousand and a million passages; about 20 minutes
    python benchmarks/bm25.py --sizes 10000       # a minute

Corpus: synthetic passages of 20 to 100 words, a title of 3, words drawn from a Zipf distribution (exponent 1) over 200,000
made-up words, seeded. Queries: 2 to 10 words drawn in the same way, so that common and rare words mix as they do in
questions. Every case runs in a process of its own, which reads the corpus from disk and reports its peak resident memory; that
of a process that only reads the corpus into a list is taken off in the last column. All engines index title and text together
with the same analysis (Snowball stemming, one list of stop words) and return the best 10. rank-bm25 is measured up to 100,000
passages, on fewer queries, since it scores every passage in Python. Each engine works in one thread, and its rates are by
processor time, so that other work on the machine does not count; opening from disk is by the clock.

Prints a table and writes benchmarks/bm25.md (--out for elsewhere).
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WORDS, SEED, TOP = 200_000, 7, 10
MOST = {"rank-bm25": 100_000}
QUERIES = {"rank-bm25": 20}


# --- the corpus ----------------------------------------------------------------------------------------------------


def word(number: int) -> str:
    """A pronounceable word for each number, so that stemming has endings to look at."""
    syllables = []
    number += 100
    while number:
        number, rest = divmod(number, 100)
        syllables.append("bcdfghjklmnprstvwxyz"[rest % 20] + "aeiou"[rest // 20])
    return "".join(syllables)


def write_corpus(path: Path, size: int, queries: int) -> None:
    import numpy as np

    random = np.random.default_rng(SEED)
    weights = 1 / np.arange(1, WORDS + 1)
    edges = np.cumsum(weights / weights.sum())
    vocabulary = [word(number) for number in range(WORDS)]

    def text(length: int) -> str:
        return " ".join(vocabulary[at] for at in np.searchsorted(edges, random.random(length)).clip(max=WORDS - 1).tolist())

    with (path / "corpus.jsonl").open("w", encoding="utf-8") as file:
        for number, length in enumerate(random.integers(20, 101, size=size).tolist()):
            file.write(json.dumps({"id": f"p{number}", "title": text(3), "text": text(length)}) + "\n")
    lengths = random.integers(2, 11, size=queries).tolist()
    (path / "queries.json").write_text(json.dumps([text(length) for length in lengths]), encoding="utf-8")


# --- the engines: each builds, and gives a function that answers a query -------------------------------------------


def build_seekgraph(folder: Path) -> Callable[[str], object]:
    from seekgraph.tools import BM25

    built = BM25.from_jsonl(folder / "corpus.jsonl", title_weight=1.0)
    return lambda query: built.find(query, TOP)


def open_seekgraph(folder: Path) -> Callable[[str], object]:
    from seekgraph.tools import BM25

    opened = BM25.open(folder / "saved")
    return lambda query: opened.find(query, TOP)


def texts(folder: Path) -> list[str]:
    with (folder / "corpus.jsonl").open(encoding="utf-8") as file:
        return [f"{row['title']} {row['text']}" for row in map(json.loads, file)]


def build_bm25s(folder: Path) -> Callable[[str], object]:
    import bm25s
    import Stemmer

    from seekgraph.text.stopwords import ENGLISH_STOPWORDS

    corpus = texts(folder)
    options: Any = {"stopwords": sorted(ENGLISH_STOPWORDS), "stemmer": Stemmer.Stemmer("english"), "show_progress": False}
    retriever = bm25s.BM25(k1=0.9, b=0.4, corpus=corpus)
    retriever.index(bm25s.tokenize(corpus, **options), show_progress=False)

    def ask(query: str) -> object:
        # A word that the corpus does not have is dropped; without any word left there is nothing to ask.
        tokens = bm25s.tokenize(query, return_ids=False, **options)
        return retriever.retrieve(tokens, k=TOP, show_progress=False, n_threads=0) if tokens[0] else ()

    return ask


def build_rank_bm25(folder: Path) -> Callable[[str], object]:
    from rank_bm25 import BM25Okapi

    from seekgraph.text.analysis import Analyzer

    analyzer, corpus = Analyzer(), texts(folder)
    ranker = BM25Okapi([list(analyzer.terms(text)) for text in corpus], k1=0.9, b=0.4)
    return lambda query: ranker.get_top_n(list(analyzer.terms(query)), corpus, n=TOP)


def only_read(folder: Path) -> Callable[[str], object]:
    corpus = texts(folder)
    return lambda query: corpus[0]


ENGINES: dict[str, Callable[[Path], Callable[[str], object]]] = {
    "seekgraph": build_seekgraph,
    "bm25s": build_bm25s,
    "rank-bm25": build_rank_bm25,
}
CASES = ENGINES | {"opened": open_seekgraph, "baseline": only_read}


# --- measuring -----------------------------------------------------------------------------------------------------


def case(name: str, folder: Path) -> dict[str, float]:
    """One engine, in this process: seconds to build, queries a second (first and second time round), peak memory in MB."""
    queries = json.loads((folder / "queries.json").read_text(encoding="utf-8"))[: QUERIES.get(name)]
    sys.path.insert(0, str(ROOT))
    import bm25s  # noqa: F401  # imports are not what is compared
    import numpy as np  # noqa: F401

    import seekgraph.tools.bm25
    import seekgraph.tools.corpus  # noqa: F401

    clock = time.perf_counter if name == "opened" else time.process_time
    start = clock()
    ask = CASES[name](folder)
    built = clock() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rounds = []
    for _ in range(2):
        start = time.process_time()
        for query in queries:
            ask(query)
        rounds.append(len(queries) / (time.process_time() - start))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return {"seconds": built, "cold": rounds[0], "warm": rounds[1], "build_mb": peak / unit, "peak_mb": after / unit}


def in_child(name: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--case", name, "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stderr}")
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def save(folder: Path) -> None:
    sys.path.insert(0, str(ROOT))
    from seekgraph.tools import BM25

    BM25.from_jsonl(folder / "corpus.jsonl", title_weight=1.0).save(folder / "saved")


def settings_rate(folder: Path) -> dict[str, float]:
    """Seconds for a variant with other settings and its first query, against bm25s, which has to build its index again."""
    sys.path.insert(0, str(ROOT))
    from seekgraph.tools import BM25

    opened = BM25.open(folder / "saved")
    queries = json.loads((folder / "queries.json").read_text(encoding="utf-8"))
    start = time.perf_counter()
    for step in range(20):
        opened.with_settings(k1=0.5 + step / 20).find(queries[step % len(queries)], TOP)
    return {"seconds": (time.perf_counter() - start) / 20}


def measure(size: int, queries: int) -> list[str]:
    """The lines of the table for one size."""
    lines = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_corpus(folder, size, queries)
        baseline = in_child("baseline", folder)["build_mb"]
        ours: dict[str, float] = {}
        for engine in ENGINES:
            if size > MOST.get(engine, size):
                continue
            got = in_child(engine, folder)
            ours = ours or got
            lines.append(
                f"| {size:,} | {engine} | {size / got['seconds']:,.0f} | {got['seconds'] / ours['seconds']:.1f} "
                f"| {got['cold']:,.0f} | {got['warm']:,.0f} | {ours['warm'] / got['warm']:.1f} "
                f"| {got['peak_mb']:,.0f} | {(got['peak_mb'] - baseline):,.0f} |"
            )
            print(lines[-1], flush=True)
        subprocess.run([sys.executable, __file__, "--case", "save", "--folder", str(folder)], check=True)
        opened = in_child("opened", folder)
        variant = in_child("settings", folder)["seconds"]
        rates = f"{opened['cold']:,.0f} | {opened['warm']:,.0f} | {ours['warm'] / opened['warm']:.1f}"
        lines.append(
            f"| {size:,} | seekgraph, opened from disk in {opened['seconds']:.3f} s | | | {rates} | {opened['peak_mb']:,.0f} | |"
        )
        lines.append(f"| {size:,} | seekgraph, other k1 and its first query: {variant * 1000:,.1f} ms | | | | | | | |")
        print("\n".join(lines[-2:]), flush=True)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    parser.add_argument("--case", choices=[*CASES, "save", "settings"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case == "save":
        save(options.folder)
    elif options.case:
        run = settings_rate if options.case == "settings" else lambda folder: case(options.case, folder)
        print(json.dumps(run(options.folder)))
    else:
        head = [
            "| passages | engine | indexed a second | times our time | queries a second, first | again | times slower than us "
            "| peak MB | of it beyond the text |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        print("\n".join(head), flush=True)
        lines = [line for size in options.sizes for line in measure(size, options.queries)]
        versions = ", ".join(
            f"{name} {importlib.metadata.version(name)}" for name in ("bm25s", "rank-bm25", "numpy", "PyStemmer")
        )
        ran_on = (
            f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}, {versions}"
        )
        options.out.write_text("\n".join([*REPORT.format(ran_on=ran_on).splitlines(), "", *head, *lines, ""]), encoding="utf-8")


REPORT = """# BM25: indexing, querying, opening, memory

Made by `python benchmarks/bm25.py`, whose first lines say what is measured. Ran on {ran_on}.

Rates are per second of processor time, one thread, one query at a time. "Again" is the second pass over the same queries:
seekgraph scores the postings of a term when a query first has it, and keeps them. The "times" columns are ratios within this run;
above 1 the engine is slower than seekgraph."""


if __name__ == "__main__":
    main()
