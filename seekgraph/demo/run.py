"""The demo's run: compile a flow on train and validation, judge it on test, save it, load it, ask it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seekgraph.demo import CORPUS, questions
from seekgraph.evaluation.examples import read_examples
from seekgraph.flow import load
from seekgraph.optimizers.fit import Fit
from seekgraph.optimizers.tune import Tune
from seekgraph.tools import open_corpus

if TYPE_CHECKING:
    from rich.table import Table

    from seekgraph.core.machine.result import Result
    from seekgraph.evaluation.intervals import Interval
    from seekgraph.evaluation.report import Report

METRICS = (
    *("support_recall@5", "full_support@5", "answer_em", "answer_f1"),
    *("citation_precision", "citation_recall", "refused", "searches"),
)
METRIC = "support_recall@5"
"""What the demo compiles for: its choices are those of a search. All other reported metrics are held."""

TRIALS = 30
NOISE = 0.05
"""The p-value above which a change on the test questions is called noise."""

QUESTION = "Which was opened first, the Maria Pia Bridge or the Dom Luís I Bridge?"
"""One of the test questions."""

MODEL = "local/smollm2-135m"
LARGER = (
    "a larger model needs its name and a key, nothing else: OPENAI_API_KEY=... seekgraph run FLOW --docs FOLDER "
    '--lm openai/gpt-4.1-mini "question"'
)

Show = Callable[[Any], None]


def run_demo(out: Path, *, seed: int = 0, show: Show, say: Show) -> dict[str, Any]:
    """Run the demo; `show` gets its results and `say` what it is doing. Returns the figures as plain data."""
    from seekgraph.demo.flow import flow

    began = time.monotonic()
    resources = open_corpus(CORPUS)
    train, val, test = (read_examples(questions(split)) for split in ("train", "val", "test"))
    say(f"{len(train)} questions to search on, {len(val)} to judge changes on, {len(test)} that compiling never sees")
    bound = flow.bind(resources)
    passes = [Fit(), Tune(trials=TRIALS)]
    # The questions held back are enough to judge here, and a demonstration is quick.
    compiled = bound.compile(train, val, metric=METRIC, passes=passes, folds=1, seed=seed, progress=True)
    show(compiled)
    before = bound.evaluate(test, metrics=METRICS)
    after = compiled.bound.evaluate(test, metrics=METRICS)
    show(totals(before, after))
    show(by_node(before, after))
    compiled.save(out, location="seekgraph.demo.flow:flow")
    ask = load(out).bind(resources)
    say(f"saved {out}; loaded it again as a function; asking it: {QUESTION}")
    result = ask(question=QUESTION)
    show(_answer(result))
    written = _by_model(out, resources, say)
    if written is not None:
        show(_answer(written))
    say(LARGER)
    show(headline(before, after, time.monotonic() - began))
    return {
        "n": after.n,
        "compiled": compiled.to_json(),
        "test": {"before": before.to_json()["metrics"], "after": after.to_json()["metrics"]},
        "answer": None if result.answer is None else result.answer.model_dump(mode="json"),
        "written": None if written is None or written.answer is None else written.answer.model_dump(mode="json"),
        "seconds": round(time.monotonic() - began, 1),
    }


def _by_model(out: Path, resources: Mapping[str, Any], say: Show) -> Result | None:
    """The same question answered by the small model in this process; None where it cannot be had, which is said."""
    from seekgraph.core.base.errors import SeekgraphError

    try:
        from seekgraph.lms.resolving import resolve
        from seekgraph.lms.store import pull

        pull(MODEL.partition("/")[2])
        model = resolve(MODEL)
    except (SeekgraphError, OSError) as error:
        say(f"{MODEL} is left out: {error}")
        return None
    say(f"the same flow and the same question, the answer now written by {MODEL}, a tiny model, in this process:")
    return load(out).bind({**resources, "answer.lm": model})(question=QUESTION)


def headline(before: Report, after: Report, seconds: float) -> str:
    """One line: what compiling made better and what it made worse on the test questions, beyond noise, and what it left."""
    found: dict[str, list[str]] = {"better": [], "worse": [], "the same within noise": []}
    for name, comparison in after.compare(before).items():
        old, new, gap = before.metrics[name].mean, after.metrics[name].mean, comparison.difference.mean
        if old is None or new is None or gap is None:
            continue
        kind = "the same within noise"
        if comparison.p_value <= NOISE or (comparison.sign_flip <= NOISE and comparison.losses > comparison.wins):
            kind = "better" if (gap < 0) == (name in after.lower_is_better) else "worse"
        found[kind].append(f"{name} {old:.2f}" if round(gap, 2) == 0 else f"{name} {old:.2f} -> {new:.2f}")
    parts = [f"{kind}: {', '.join(names) or 'nothing'}" for kind, names in found.items()]
    return f"{after.n} test questions, as written -> compiled; {'; '.join(parts)}; the demo took {seconds:.0f} seconds"


def totals(before: Report, after: Report) -> Table:
    """One row a metric: before, after, and the paired difference with its p-value."""
    table = _table(f"{after.n} test questions: means with 95 % intervals", "metric", "as written", "compiled", "change", "p")
    gains = after.compare(before)
    for name in after.metrics:
        gap, p = gains[name].difference.mean, gains[name].p_value
        change = ("", "") if gap is None else (f"{gap:+.3f}", f"{p:.3f}" if p >= 0.001 else "<0.001")
        table.add_row(name, _interval(before.metrics.get(name)), _interval(after.metrics[name]), *change)
    return table


def by_node(before: Report, after: Report) -> Table:
    """One row a node and reward."""
    table = _table("step rewards by node", "node", "reward", "as written", "compiled")
    for path in dict.fromkeys((*before.rewards, *after.rewards)):
        old, new = before.rewards.get(path, {}), after.rewards.get(path, {})
        for name in dict.fromkeys((*old, *new)):
            table.add_row(path, name, _interval(old.get(name)), _interval(new.get(name)))
    return table


def _table(title: str, *columns: str) -> Table:
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=SIMPLE, padding=(0, 1))
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table


def _interval(interval: Interval | None) -> str:
    if interval is None or interval.mean is None or interval.low is None or interval.high is None:
        return "-"
    return f"{interval.mean:.2f} [{interval.low:.2f}, {interval.high:.2f}]"


def _answer(result: Result) -> Any:
    from rich.text import Text

    answer = result.answer
    if answer is None or answer.refused:
        return Text("refused" if answer else "no answer", style="yellow")
    cited = {passage.id: passage for passage in result.passages}
    lines = [f"{answer.text}  (confidence {answer.confidence:.2f})"]
    lines += [f"  [{name}] {cited[name].title}: {cited[name].text}" for name in answer.citations if name in cited]
    return Text("\n".join(lines))
