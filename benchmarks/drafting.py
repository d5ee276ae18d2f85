"""What drafted questions are worth: what filters drop, what a reader accepts, whether they order flows as real ones do.

    python benchmarks/drafting.py --data ../shared/data                # by rules, and the order of flows: five minutes
    python benchmarks/drafting.py --data ../shared/data --model 16     # 16 more drafts of local/smollm2-135m (slow), kept
    python benchmarks/drafting.py --data ../shared/data --read rules   # print the drafts that are to be read, with their ids

The documents are FastAPI's and click's (`docs` in the data folder). Drafts of the model are kept in benchmarks/results, so that
it can be run in parts. A reader's verdicts on 40 drafts of each stand in benchmarks/drafting_verdicts.jsonl, by id, with a reason
for each that was not accepted; no text of the documents is in it.

The order of flows: each flow is put to the drafted questions and to the real questions of the split `train`, and scored by the
reciprocal rank of the first gold passage among the ten that it hands on; Kendall's tau is between the two orders of their means,
with an interval from resampling questions of both sets. Real questions have several passages that answer, drafted ones the one
that they were made from.

Prints the tables and writes benchmarks/drafting.md. Needs the extra `benchmarks` (scipy); for --model also `local`.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import platform
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from documents import DATA, scorer
from scipy.stats import kendalltau

import seekgraph as sg
from seekgraph.flows import ask, bridge
from seekgraph.nodes import Answer, Rerank, Retrieve
from seekgraph.synthesis.filters import FILTERS
from seekgraph.synthesis.view import View, resolved

HERE = Path(__file__).resolve().parent
SETS = {"fastapi": 90, "click": 60}
"""How many drafts by rules are asked for of each; click's documents give fewer."""

MODEL = "local/smollm2-135m"
READ = 40
SAMPLES = 2000


class FirstWords(sg.Node):
    """Broken: the search is for the first two words of the question alone."""

    async def run(self, question: str) -> Cut:
        return Cut(query=sg.Query(text=" ".join(question.split()[:2])))


class LastWord(sg.Node):
    """Broken: the search is for the last word of the question alone."""

    async def run(self, question: str) -> Cut:
        return Cut(query=sg.Query(text=question.rstrip("?").split()[-1]))


class Cut(sg.Writes):
    query: sg.Query


class Reversed(sg.Node):
    """Broken: the worst passages first."""

    async def run(self, passages: tuple[sg.Passage, ...]) -> Turned:
        return Turned(context=tuple(reversed(passages)))


class Turned(sg.Writes):
    context: tuple[sg.Passage, ...]


def found(**settings: Any) -> Any:
    return Retrieve("corpus", **{"k": 10, **settings})


def flows() -> dict[str, sg.Flow]:
    """The flows that are put in order, better ones first by what is known of them."""
    return {
        "ask": ask.flow,
        "bridge": bridge.flow,
        "search, then rerank by words": sg.Flow(found(k=30) >> Rerank(keep=10) >> Answer(), name="reranked"),
        "search (BM25), 10": sg.Flow(found() >> Answer(), name="ten"),
        "search, 3": sg.Flow(found(k=3) >> Answer(), name="three"),
        "search, 1": sg.Flow(found(k=1) >> Answer(), name="one"),
        "search without titles": sg.Flow(found(title_weight=0.0) >> Answer(), name="untitled"),
        "search with flat terms (k1 .01, b 0)": sg.Flow(found(k1=0.01, b=0.0) >> Answer(), name="flat"),
        "search by titles (weight 50)": sg.Flow(found(title_weight=50.0) >> Answer(), name="titles"),
        "broken: the last word only": sg.Flow(LastWord() >> found() >> Answer(), name="last"),
        "broken: the first two words only": sg.Flow(FirstWords() >> found() >> Answer(), name="first"),
        "broken: worst first": sg.Flow(found() >> Reversed() >> Answer(), name="reversed"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument(
        "--model", type=int, default=0, metavar="N", help="have the local model write so many more drafts, and stop"
    )
    parser.add_argument("--read", choices=("rules", "model"), help="print the drafts that are to be read, and stop")
    parser.add_argument("--out", type=Path, default=HERE / "drafting.md")
    options = parser.parse_args()
    corpora = {name: sg.tools.open_corpus(options.data / "docs" / name / "docs")["corpus"] for name in SETS}
    if options.model:
        write_with_model(corpora, options.model)
        return
    rules = by_rules(corpora)
    model = kept_of_model()
    if options.read:
        for name, each in to_read(rules if options.read == "rules" else model):
            print(json.dumps({"set": name, "id": each.id, "q": each.question, "a": each.answer, "ids": each.supporting_ids}))
        return
    lines = report(options.data, corpora, rules, model)
    print("\n".join(lines))
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


Drafts = list[tuple[str, Any]]
"""Drafts, each with the name of its documents."""


def by_rules(corpora: Mapping[str, Any]) -> dict[str, Drafts]:
    """The drafts by rules: those that passed, and those that were dropped."""
    passed: Drafts = []
    dropped: Drafts = []
    for name, count in SETS.items():
        made = sg.synthesis.draft(corpora[name], count=count)
        passed += [(name, each) for each in made.drafts]
        dropped += [(name, each) for each in made.rejected]
    return {"passed": passed, "dropped": dropped}


def write_with_model(corpora: Mapping[str, Any], count: int) -> None:
    """So many more drafts of the model, judged by the filters one after the other, each kept as it comes."""
    asyncio.run(_write_with_model(corpora, count))


async def _write_with_model(corpora: Mapping[str, Any], count: int) -> None:
    from seekgraph.synthesis import model
    from seekgraph.synthesis.drafting import made_of, nothing_of
    from seekgraph.synthesis.filters import judged

    path = HERE / "results" / "drafting_model.jsonl"
    path.parent.mkdir(exist_ok=True)
    before = Counter(name for name, _ in _lines(path))
    views = {name: View(corpus, resolved(MODEL)) for name, corpus in corpora.items()}
    for name, view in views.items():
        done = 0
        skip = before[name]
        view.earlier.extend(each.question for other, each in _lines(path) if other == name)
        async for kind, found in model.write(view, ("howto", "fact", "definition", "condition"), (), seed=0, skip=skip):
            began = time.monotonic()
            made = nothing_of(kind, MODEL) if found is None else await judged(made_of(kind, found, view, MODEL), view, FILTERS)
            if made.dropped_by is None:
                view.earlier.append(made.question)
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"set": name, "draft": made.model_dump(mode="json"), "s": time.monotonic() - began}) + "\n")
            done += 1
            if done >= count // len(views):
                break


def _lines(path: Path) -> Drafts:
    if not path.exists():
        return []
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [(row["set"], sg.synthesis.Draft.model_validate(row["draft"])) for row in rows]


def kept_of_model() -> dict[str, Drafts]:
    rows = _lines(HERE / "results" / "drafting_model.jsonl")
    return {
        "passed": [row for row in rows if row[1].dropped_by is None],
        "dropped": [row for row in rows if row[1].dropped_by is not None],
    }


def to_read(drafts: Mapping[str, Drafts]) -> Drafts:
    """The drafts that are read: 40 that passed, and where fewer did also dropped ones with a question, in a fixed order."""
    rest = [each for each in drafts["dropped"] if each[1].question]
    order = random.Random(0)
    return [*order.sample(drafts["passed"], min(READ, len(drafts["passed"]))), *rest][:READ]


def report(data: Path, corpora: Mapping[str, Any], rules: Mapping[str, Drafts], model: Mapping[str, Drafts]) -> list[str]:
    lines = ["# Drafted questions", ""]
    lines += [f"{platform.platform()}, Python {platform.python_version()}; documents of FastAPI and click.", ""]
    lines += ["## What passes each filter", ""]
    lines += [
        "Each filter by itself on every draft that was written, in the order of the table; `-` where it could not judge.",
        "",
    ]
    shares = {
        name: asyncio.run(shares_of(each, corpora))
        for name, each in (("rules", rules), (MODEL, model))
        if sum(map(len, each.values()))
    }
    heads = [
        f"{name} ({sum(map(len, each.values()))} written)" for name, each in (("rules", rules), (MODEL, model)) if name in shares
    ]
    lines += ["| filter | " + " | ".join(heads) + " |", "|---|" + "---|" * len(heads)]
    for filter in (*FILTERS, "written"):
        cells = [shares[name].get(filter, "-") for name in shares]
        if any(cell != "-" for cell in cells):
            lines.append(f"| `{filter}` | " + " | ".join(cells) + " |")
    counted = " | ".join(f"**{len(each['passed'])}**" for name, each in (("rules", rules), (MODEL, model)) if name in shares)
    lines += [f"| all, in order | {counted} |", ""]
    kinds = Counter(each.kind for _, each in rules["passed"])
    lines += ["By rules: " + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()) + ".", ""]
    hard = [each.difficulty for _, each in rules["passed"] if each.difficulty is not None]
    lines += [
        f"Difficulty of those by rules: {np.mean(hard):.2f} on average, {np.mean([each == 0 for each in hard]):.0%} at 0.",
        "",
    ]
    lines += read_by_a_person(rules, model)
    lines += order_of_flows(data, corpora, rules["passed"])
    return lines


async def shares_of(drafts: Mapping[str, Drafts], corpora: Mapping[str, Any]) -> dict[str, str]:
    """The share of all drafts that each filter passes, by itself; for the model's filters those that were recorded."""
    views = {name: View(corpus) for name, corpus in corpora.items()}
    counts: dict[str, list[int]] = {}
    for name, each in (*drafts["passed"], *drafts["dropped"]):
        recorded = {outcome.filter: outcome.passed for outcome in each.outcomes}
        if "written" in recorded:
            counts.setdefault("written", []).append(0)
            continue
        if each.written_by != "rules":
            counts.setdefault("written", []).append(1)
        for filter, judge in FILTERS.items():
            passed = recorded.get(filter)
            if filter not in recorded and (
                each.written_by == "rules" or filter not in ("answerable", "needs_documents", "needs_own_passages")
            ):
                outcome: Any = judge(each, views[name])
                passed = (await outcome if asyncio.iscoroutine(outcome) else outcome).passed
            if passed is not None:
                counts.setdefault(filter, []).append(int(passed))
    return {name: f"{sum(each) / len(each):.0%} of {len(each)}" for name, each in counts.items()}


def read_by_a_person(rules: Mapping[str, Drafts], model: Mapping[str, Drafts]) -> list[str]:
    path = HERE / "drafting_verdicts.jsonl"
    if not path.exists():
        return []
    verdicts = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    lines = ["## What a careful reader accepts", ""]
    lines += [
        "One reader (the language model that wrote this benchmark) looked at question, answer and passage: would a person ask",
        "it, and is the gold right? Reasons are kept by id in `drafting_verdicts.jsonl`.",
        "",
    ]
    lines += ["| written by | read | accepted | what was wrong |", "|---|---|---|---|"]
    for by in dict.fromkeys(each["by"] for each in verdicts):
        rows = [each for each in verdicts if each["by"] == by]
        wrong = Counter(each["why"].split(":")[0] for each in rows if not each["ok"])
        good = sum(each["ok"] for each in rows)
        told = ", ".join(f"{count} {why}" for why, count in wrong.most_common())
        lines.append(f"| {by} | {len(rows)} | {good} ({good / len(rows):.0%}) | {told} |")
    return [*lines, ""]


def order_of_flows(data: Path, corpora: Mapping[str, Any], drafted: Drafts) -> list[str]:
    score = scorer(data)
    real = real_questions(data)
    key = hashlib.sha256("".join(each.id for _, each in drafted).encode()).hexdigest()[:12]
    cache = HERE / "results" / f"drafting_flows_{key}.json"  # so that an interrupted run goes on
    kept: dict[str, list[list[float]]] = json.loads(cache.read_text()) if cache.exists() else {}
    for label, flow in flows().items():
        if label not in kept:
            kept[label] = ranks_of(flow, corpora, drafted, real, score)
            cache.parent.mkdir(exist_ok=True)
            cache.write_text(json.dumps(kept))
    mine, theirs = ({label: each[at] for label, each in kept.items()} for at in (0, 1))
    one, other = (np.array([each[label] for label in flows()]) for each in (mine, theirs))
    tau = kendalltau(one.mean(1), other.mean(1)).statistic
    draws = np.random.default_rng(0)
    taus = []
    for _ in range(SAMPLES):
        left = one[:, draws.integers(one.shape[1], size=one.shape[1])].mean(1)
        right = other[:, draws.integers(other.shape[1], size=other.shape[1])].mean(1)
        taus.append(kendalltau(left, right).statistic)
    low, high = np.nanquantile(taus, [0.025, 0.975])
    halves = [
        kendalltau(other[:, p[: len(p) // 2]].mean(1), other[:, p[len(p) // 2 :]].mean(1)).statistic
        for p in (draws.permutation(other.shape[1]) for _ in range(SAMPLES))
    ]
    sound = [at for at, label in enumerate(flows()) if not label.startswith("broken")]
    tau_sound = kendalltau(one[sound].mean(1), other[sound].mean(1)).statistic
    lines = ["## The order of flows", ""]
    lines += [
        f"Mean reciprocal rank at 10 on {one.shape[1]} drafted questions (by rules) and on {other.shape[1]} real ones (train).",
        "",
    ]
    lines += ["| flow | drafted | real |", "|---|---|---|"]
    lines += [f"| {label} | {one[at].mean():.3f} | {other[at].mean():.3f} |" for at, label in enumerate(flows())]
    lines += [
        "",
        f"Kendall's tau over {len(one)} flows: **{tau:.2f}** [{low:.2f}, {high:.2f}]; without the broken ones",
        f"({len(sound)} flows) {tau_sound:.2f}.",
    ]
    lines += [f"For comparison: between two halves of the real questions it is {np.nanmean(halves):.2f} on average.", ""]
    return lines


def ranks_of(flow: sg.Flow, corpora: Mapping[str, Any], drafted: Drafts, real: Sequence[Any], score: Any) -> list[list[float]]:
    """The reciprocal ranks of a flow on the drafted questions, and on the real ones."""
    mine: list[float] = []
    theirs: list[float] = []
    for name, corpus in corpora.items():
        links = sg.tools.TitleLinks(corpus.passages)
        bound = flow.bind({key: each for key, each in (("corpus", corpus), ("links", links)) if key in flow.resources})
        for _, each in (row for row in drafted if row[0] == name):
            ids = [passage.id for passage in bound(question=each.question).passages[:10]]
            mine.append(next((1 / at for at, id in enumerate(ids, 1) if id in each.supporting_ids), 0.0))
        for _, row in (row for row in real if row[0] == name):
            passages = bound(question=row["question"]).passages[:10]
            hits = (at for at, passage in enumerate(passages, 1) if score.sides_hit(passage, row["gold"]))
            theirs.append(next((1 / at for at in hits), 0.0))
    return [mine, theirs]


def real_questions(data: Path) -> list[tuple[str, dict[str, Any]]]:
    """The real questions of the split `train` that have an answer."""
    rows = []
    for name in SETS:
        for line in (data / "docs" / name / "questions.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["split"] == "train" and row["gold"]:
                rows.append((name, row))
    return rows


if __name__ == "__main__":
    main()
