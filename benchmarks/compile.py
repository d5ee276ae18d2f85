"""What compiling gains without a language model, on questions that it has not seen, and beside other ways to search.

    python benchmarks/compile.py --data ../shared/data                                          # everything: hours on two cores
    python benchmarks/compile.py --data ../shared/data --sets musique --flows bridge --only 0   # one piece, some minutes
    python benchmarks/compile.py --page                                                         # from the pieces that are there

A piece is one fold of one flow on one set: the flow is compiled on the questions of the other folds and judged on the fold.
Pieces are kept in --pieces, and one that is there is not measured again, so that the page can be made over many nights.

Flows: `bridge` and `ask` as they are written, and `bridge set badly`: 20 passages, titles that weigh nothing, three sources to
follow, few follow-ups. Its best known setting is `bridge` as written. Each compile is done twice from one journal: as it comes,
and with changes taken only where they are proven (`accept="proven"`). On `docs` the gold are the passages that hold the gold
snippets; only questions of the split `train` are used.

Beside the compile of the flow set badly, with as many searches as it took and on the same questions, each choosing what is best
on them: greedy, one param at a time in the order of the flow (as AutoRAG searches node by node), random search, and Optuna's TPE
alone.

Intervals are 95 % over all questions of all folds that are there.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
SETS = {"2wiki": "dev.jsonl", "hotpotqa": "train.jsonl", "musique": "train.jsonl", "docs/fastapi": "", "docs/click": ""}
METRIC = "support_recall@5"
BAD = {
    "retrieve.k": 20,
    "retrieve.title_weight": 0.0,
    "retrieve.b": 1.0,
    "hop.sources": 3,
    "hop_2.sources": 3,
    "followup.sources": 1,
    "followed.k": 3,
    "expanded.k": 10,
}
FLOWS = ("bridge", "ask", "bridge set badly")
RIVALS = ("greedy", "random", "tpe")
Piece = dict[str, Any]


@lru_cache(maxsize=1)
def opened(data: Path, name: str) -> tuple[dict[str, Any], tuple[Any, ...]]:
    """The resources of a set and its questions."""
    import seekgraph as sg
    from seekgraph.evaluation import read_examples
    from seekgraph.tools import BM25, TitleLinks

    folder = data / name
    if name.startswith("docs/"):
        resources = sg.tools.open_corpus(folder / "docs")
        return resources, tuple(documented(folder / "questions.jsonl", resources["corpus"].passages))
    corpus = BM25.from_jsonl(folder / "corpus.jsonl")
    return {"corpus": corpus, "links": TitleLinks(corpus.passages)}, tuple(read_examples(folder / SETS[name]))


def documented(path: Path, passages: Sequence[Any]) -> Iterator[Any]:
    """Questions over documentation whose gold snippets stand in a passage."""
    from seekgraph.types import Example

    texts = {each.id: plain(f"{each.title} {each.text}") for each in passages}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["split"] != "train":
            continue
        gold = {id for each in row.get("gold", ()) for id, text in texts.items() if plain(each["snippet"]) in text}
        if gold:
            yield Example(id=row["id"], question=row["question"], supporting_ids=tuple(sorted(gold)))


def plain(text: str) -> str:
    """A text as snippets are compared."""
    return " ".join(text.translate(str.maketrans("", "", "`*_")).split())


def bound_flow(name: str, resources: Mapping[str, Any]) -> Any:
    """A flow of the table, bound."""
    from seekgraph.flows.ask import flow as ask
    from seekgraph.flows.bridge import flow as bridge

    flow = ask if name == "ask" else bridge
    bound = flow.bind({each: thing for each, thing in resources.items() if each in flow.resources})
    return bound.with_params(BAD) if name == FLOWS[2] else bound


def values(bound: Any, rows: Sequence[Any]) -> list[float]:
    return [float(row.metrics.get(METRIC) or 0.0) for row in bound.evaluate(rows, metrics=[METRIC], rewards=()).rows]


def measured(data: Path, name: str, flow: str, folds: int, number: int, seconds: float, rivals: bool, named: str) -> Piece:
    """One piece: compile on the other folds, judge on this one."""
    import seekgraph as sg
    from seekgraph.evaluation import folds as divide

    resources, questions = opened(data, name)
    rows = divide(questions, folds)[number]
    written = bound_flow(flow, resources)
    found: Piece = {
        "passes": named or "all",
        "set": name,
        "flow": flow,
        "fold": number,
        "folds": folds,
        "ids": [row.id for row in rows.test],
    }
    found["values"] = {"as written": values(written, rows.test)}
    with tempfile.TemporaryDirectory() as folder:
        options: dict[str, Any] = {"metric": METRIC, "seed": 0, "journal": f"{folder}/journal", "own_plan": True}
        options |= {"budget": sg.Budget(seconds=seconds or None)}
        if named:
            from seekgraph.cli.passes import find_passes

            options["passes"] = find_passes(named.split(","), 40)
        began = time.perf_counter()
        compiled = written.compile(rows.train, **options)
        found["seconds"] = time.perf_counter() - began
        sure = written.compile(rows.train, **options, accept="proven", resume=True)
    for label, each in (("compiled", compiled), ("compiled, proven alone", sure)):
        found["values"][label] = values(each.bound, rows.test)
    changes = [(one.name, one.accepted, one.proven, one.note, one.comparison) for one in compiled.changes]
    found["changes"] = [[*rest, None if one is None else [one.difference.mean, one.p_value / 2]] for *rest, one in changes]
    found |= {"claimed": compiled.expected_gain, "proven": compiled.proven}
    found |= {"rollouts": compiled.spent["rollouts"], "searches": compiled.spent.get("searches", 0), "train": len(rows.train)}
    if flow == FLOWS[2]:
        found["values"]["best known"] = values(bound_flow("bridge", resources), rows.test)
        for rival in RIVALS if rivals else ():
            chosen = rivalled(rival, written, rows.train, found["searches"], seconds)
            found["values"][rival] = values(written.with_params(chosen), rows.test)
    return found


# --- other ways to search -------------------------------------------------------------------------------------------


class Trials:
    """Values of params, scored on the same questions, as long as there are searches left."""

    def __init__(self, bound: Any, rows: Sequence[Any], searches: float, seconds: float) -> None:
        from seekgraph.core.memo import Memo
        from seekgraph.optimizers.models import idle
        from seekgraph.optimizers.space import tunable

        self.bound, self.rows, self.left = bound.with_options(memo=Memo()), rows, searches
        self.until = time.monotonic() + 2 * seconds
        self.space = tunable(bound.flow, idle(bound))
        self.start = {name: bound.flow.params()[name].to_json() for name in self.space}
        self.best, self.score = self.start, -1.0

    def __call__(self, chosen: Mapping[str, Any]) -> float:
        """The mean; raises `StopIteration` where nothing is left. The first is what there is."""
        if self.left <= 0 or time.monotonic() > self.until:
            raise StopIteration
        report = self.bound.with_params(dict(chosen)).evaluate(self.rows, metrics=[METRIC], rewards=())
        self.left -= sum(row.spent("searches", paid=True) for row in report.rows)
        mean = sum(float(row.metrics.get(METRIC) or 0.0) for row in report.rows) / len(report.rows)
        if mean > self.score:
            self.best, self.score = dict(chosen), mean
        return mean


def rivalled(name: str, bound: Any, rows: Sequence[Any], searches: float, seconds: float) -> dict[str, Any]:
    """The best values that a rival finds."""
    trials = Trials(bound, rows, searches, seconds)
    try:
        trials(trials.start)
        {"greedy": greedy, "random": at_random, "tpe": tpe}[name](trials)
    except StopIteration:
        pass
    return trials.best


def grid(domain: Any, size: int = 3) -> list[Any]:
    """Some values of a domain, evenly apart."""
    from seekgraph.core.language.params import FloatParam, IntParam
    from seekgraph.optimizers.space import Pool, options

    if isinstance(domain, Pool):
        return list(domain.values)
    if not isinstance(domain, IntParam | FloatParam):
        return options(domain)
    points = [domain.low + (domain.high - domain.low) * step / (size - 1) for step in range(size)]
    return [round(point) for point in points] if isinstance(domain, IntParam) else points


def greedy(trials: Trials) -> None:
    for name, domain in trials.space.items():
        for value in grid(domain):
            if value != trials.best[name]:
                trials({**trials.best, name: value})


def at_random(trials: Trials) -> None:
    chance = random.Random(0)
    while True:
        trials({name: chance.choice(grid(domain, 101)) for name, domain in trials.space.items()})


def tpe(trials: Trials) -> None:
    import optuna

    from seekgraph.optimizers.space import decoded, distributions, encoded

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0, multivariate=True))
    study.enqueue_trial(encoded(trials.space, trials.start))
    while True:
        trial = study.ask(distributions(trials.space))
        study.tell(trial, trials(decoded(trials.space, trial.params)))


# --- the page -------------------------------------------------------------------------------------------------------


def in_points(found: Sequence[float], spread: tuple[float, float] = (0.0, 1.0)) -> str:
    from seekgraph.evaluation import interval

    each = interval(found, spread)
    return f"{100 * (each.mean or 0):.1f} [{100 * (each.low or 0):.1f}, {100 * (each.high or 0):.1f}]"


def joined(pieces: Sequence[Piece], label: str) -> list[float]:
    return [value for piece in pieces for value in piece["values"].get(label, ())]


def gains(pieces: Sequence[Piece], label: str) -> list[float]:
    return [a - b for a, b in zip(joined(pieces, label), joined(pieces, "as written"), strict=True)]


def taken(pieces: Sequence[Piece], which: Callable[[Sequence[Any]], bool]) -> str:
    return "; ".join("+".join(change[0] for change in piece["changes"] if which(change)) or "nothing" for piece in pieces)


def page(pieces: Sequence[Piece], ran_on: str) -> str:
    cases = sorted({(piece["set"], piece["flow"]) for piece in pieces})
    of = {case: [piece for piece in pieces if (piece["set"], piece["flow"]) == case] for case in cases}
    lines = ["# What compiling gains without a language model", ""]
    lines += ["Made by `python benchmarks/compile.py`, whose first lines say what is measured, piece by piece on " + ran_on + "."]
    lines += [f"{METRIC} in percent on questions apart, with 95 % intervals.", ""]
    lines += [
        "Pieces that are not there were not measured. What is claimed is the gain that was to be expected (`expected_gain`),"
    ]
    lines += ["in points, as a mean over folds.", "", "## Gains", ""]
    head = "set | flow | passes | folds | questions | to compile on | as written | gain, compiled | gain, proven alone | claimed"
    lines += [f"| {head} |", "|---" * 10 + "|"]
    for (name, flow), found in of.items():
        both = [in_points(gains(found, label), (-1.0, 1.0)) for label in ("compiled", "compiled, proven alone")]
        one, asked = found[0], len(joined(found, "as written"))
        counts = f"{one.get('passes', 'all')} | {len(found)} of {one['folds']} | {asked} | {one['train']}"
        claimed = 100 * sum(piece["claimed"] for piece in found) / len(found)
        lines.append(
            f"| {name} | {flow} | {counts} | {in_points(joined(found, 'as written'))} | {both[0]} | {both[1]} | {claimed:.1f} |"
        )
    lines += [
        "",
        "## What was accepted, fold by fold",
        "",
        "| set | flow | accepted | of it proven | seconds | rollouts | searches |",
    ]
    lines += ["|---|---|---|---|---|---|---|"]
    for (name, flow), found in of.items():
        spent = [f"{sum(piece[key] for piece in found) / len(found):.0f}" for key in ("seconds", "rollouts", "searches")]
        both = [taken(found, lambda change: change[1]), taken(found, lambda change: change[2])]
        lines.append(f"| {name} | {flow} | {both[0]} | {both[1]} | {' | '.join(spent)} |")
    bad = {name: found for (name, flow), found in of.items() if flow == FLOWS[2]}
    if bad:
        lines += ["", "## The flow set badly", ""]
        lines += ["Recovered is the gain as a share of the distance to the best known setting. Others had as many searches.", ""]
        labels = ("as written", "best known", "compiled", *RIVALS)
        lines += [f"| set | {' | '.join(labels)} | recovered |", "|---" * (len(labels) + 2) + "|"]
        for name, found in bad.items():
            cells = [in_points(joined(found, label)) if joined(found, label) else "" for label in labels]
            far = sum(joined(found, "best known")) - sum(joined(found, "as written"))
            share = f"{100 * sum(gains(found, 'compiled')) / far:.0f} %" if far > 0 else ""
            lines.append(f"| {name} | {' | '.join(cells)} | {share} |")
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--sets", default=",".join(SETS), help="separated by commas")
    parser.add_argument("--flows", default=",".join(FLOWS))
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--only", type=int, action="append", help="the number of a fold, from 0; may be repeated")
    parser.add_argument("--seconds", type=float, default=120.0, help="the budget of a compile; 0 for none")
    parser.add_argument("--passes", default="", help="separated by commas; those of the compile by itself without")
    parser.add_argument("--no-rivals", action="store_true")
    parser.add_argument("--pieces", type=Path, default=Path(tempfile.gettempdir()) / "seekgraph-benchmarks" / "compile")
    parser.add_argument("--page", action="store_true", help="write the page from the pieces that are there, and measure nothing")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    options = parser.parse_args()
    options.pieces.mkdir(parents=True, exist_ok=True)
    ran_on = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    cases = [(name, flow) for name in options.sets.split(",") for flow in options.flows.split(",")]
    for name, flow in [] if options.page else cases:
        if name not in SETS or flow not in FLOWS:
            sys.exit(f"sets are {', '.join(SETS)}, flows are {', '.join(FLOWS)}")
        if name.startswith("docs/") and flow != "ask":
            continue
        for number in options.only or range(options.folds):
            kept = options.pieces / f"{name}-{flow}-{options.folds}-{number}.json".replace("/", "-").replace(" ", "-")
            if not kept.exists():
                given = options.data, name, flow, options.folds, number, options.seconds, not options.no_rivals, options.passes
                kept.write_text(json.dumps(measured(*given)), encoding="utf-8")
            sys.stdout.write(f"{kept.name}: {kept.read_text(encoding='utf-8')[-600:]}\n")
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(options.pieces.glob("*.json"))]
    options.out.write_text(page(found, ran_on), encoding="utf-8")


sys.path.insert(0, str(ROOT))
if __name__ == "__main__":
    main()
