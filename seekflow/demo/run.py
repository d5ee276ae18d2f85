"""The demo's run: compile a flow on train and validation, judge it on test, save it, load it, ask it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seekflow.demo import CORPUS, questions
from seekflow.evaluation.examples import read_examples
from seekflow.flow import load
from seekflow.optimizers.fit import Fit
from seekflow.optimizers.tune import Tune
from seekflow.tools import open_corpus

if TYPE_CHECKING:
    from rich.table import Table

    from seekflow.core.bound import Result
    from seekflow.evaluation.report import Report

METRICS = ("support_recall@5", "full_support@5", "answer_em", "answer_f1", "citation_precision", "refused", "searches", "seconds")
TRIALS = 30
QUESTION = "In which city was the composer of Fidelio baptised?"

Show = Callable[[Any], None]


def run_demo(out: Path, *, seed: int = 0, show: Show, say: Show) -> dict[str, Any]:
    """Run the demo; `show` gets its results and `say` what it is doing. Returns the figures as plain data."""
    from seekflow.flows.bridge import flow
    from seekflow.flows.single import flow as single

    began = time.monotonic()
    resources = open_corpus(CORPUS)
    train, val, test = (read_examples(questions(split)) for split in ("train", "val", "test"))
    say(f"{len(train)} questions to search on, {len(val)} to judge changes on, {len(test)} that compiling never sees")
    bound = flow.bind(resources)
    compiled = bound.compile(train, val, passes=[Fit(), Tune(trials=TRIALS)], seed=seed, progress=True)
    show(compiled)
    baseline = single.bind(resources).evaluate(test, metrics=METRICS)
    before = bound.evaluate(test, metrics=METRICS)
    after = compiled.bound.evaluate(test, metrics=METRICS)
    show(totals(("one search", baseline), ("as written", before), ("compiled", after)))
    show(by_node(before, after))
    compiled.save(out, location="seekflow.flows.bridge:flow")
    ask = load(out).bind(resources)
    say(f"saved {out}; loaded it again as a function; asking it: {QUESTION}")
    result = ask(question=QUESTION)
    show(_answer(result))
    say(f"the demo took {time.monotonic() - began:.0f} seconds")
    return {
        "n": after.n,
        "compiled": compiled.to_json(),
        "test": {
            "single": baseline.to_json()["metrics"],
            "before": before.to_json()["metrics"],
            "after": after.to_json()["metrics"],
        },
        "answer": None if result.answer is None else result.answer.model_dump(mode="json"),
        "seconds": round(time.monotonic() - began, 1),
    }


def totals(*reports: tuple[str, Report]) -> Table:
    """One row a metric, one column a report, and the gain of the last over the one before it with its p-value."""
    from rich.table import Table

    table = Table(title=f"{reports[0][1].n} test questions, means with 95 % intervals", title_justify="left")
    for column in ("metric", *(name for name, _ in reports), "gain", "p"):
        table.add_column(column)
    gains = reports[-1][1].compare(reports[-2][1])
    for name in reports[0][1].metrics:
        cells = [_interval(report.metrics.get(name)) for _, report in reports]
        gain = gains.get(name)
        told = (
            ("", "") if gain is None or gain.difference.mean is None else (f"{gain.difference.mean:+.3f}", f"{gain.p_value:.3f}")
        )
        table.add_row(name, *cells, *told)
    return table


def by_node(before: Report, after: Report) -> Table:
    """One row a node and reward."""
    from rich.table import Table

    table = Table(title="step rewards by node", title_justify="left")
    for column in ("node", "reward", "as written", "compiled"):
        table.add_column(column)
    for path, rewards in after.rewards.items():
        for name, interval in rewards.items():
            table.add_row(path, name, _interval(before.rewards.get(path, {}).get(name)), _interval(interval))
    return table


def _interval(interval: Any) -> str:
    if interval is None or interval.mean is None:
        return "-"
    return f"{interval.mean:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


def _answer(result: Result) -> Any:
    from rich.text import Text

    answer = result.answer
    if answer is None or answer.refused:
        return Text("refused" if answer else "no answer", style="yellow")
    cited = {passage.id: passage for passage in result.passages}
    lines = [f"{answer.text}  (confidence {answer.confidence:.2f})"]
    lines += [f"  [{name}] {cited[name].title}: {cited[name].text}" for name in answer.citations if name in cited]
    return Text("\n".join(lines))
