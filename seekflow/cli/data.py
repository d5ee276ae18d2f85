"""`seekflow evaluate` and `seekflow compile`."""

from __future__ import annotations

from pathlib import Path

from seekflow.cli.common import FAILED, find_flow, open_resources, parse_budget, say, show, write_json
from seekflow.cli.run import Documents


def evaluate_command(
    name: str,
    questions: Path,
    documents: Documents,
    memo: Path | None,
    budget: str | None,
    seed: int,
    limit: int | None,
    metrics: list[str] | None,
    parallel: int,
    target: str | None,
) -> None:
    """Score a flow on questions; exit code 1 where every run failed."""
    from seekflow.evaluation.examples import read_examples

    flow = find_flow(name)
    examples = read_examples(questions)[:limit]
    bound = flow.bind(open_resources(flow, *documents), memo=memo)
    report = bound.evaluate(examples, metrics=metrics, parallel=parallel, seed=seed, budget=parse_budget(budget), progress=True)
    if bound.memo is not None:
        bound.memo.close()
    if target is not None:
        write_json(report.to_json(), target)
    if target != "-":
        show(report)
    if report.n and report.errors == report.n:
        raise SystemExit(FAILED)


def compile_command(
    name: str,
    train: Path,
    val: Path | None,
    out: Path,
    documents: Documents,
    memo: Path | None,
    budget: str | None,
    seed: int,
    metric: str | None,
    trials: int,
    resume: bool,
    target: str | None,
) -> None:
    """Compile a flow and write the artifact; the journal beside it is what --resume goes on from."""
    from seekflow.optimizers.fit import Fit
    from seekflow.optimizers.passes import Pass
    from seekflow.optimizers.tune import Tune

    flow = find_flow(name)
    passes: list[Pass] = [Fit(), *([Tune(trials=trials)] if trials else [])]
    bound = flow.bind(open_resources(flow, *documents), memo=memo)
    compiled = bound.compile(
        train,
        val,
        metric=metric,
        passes=passes,
        budget=parse_budget(budget),
        seed=seed,
        journal=f"{out}.journal",
        resume=resume,
        progress=True,
    )
    compiled.save(out, location=name if ":" in name else None)
    if target is not None:
        write_json(compiled.to_json(), target)
    if target != "-":
        show(compiled)
    say(f"wrote {out}; its journal is {out}.journal")
