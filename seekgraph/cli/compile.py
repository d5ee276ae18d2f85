"""`seekgraph compile`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from seekgraph.cli.common import Misuse, find_flow, location
from seekgraph.cli.metrics import weights
from seekgraph.cli.options import Documents, Running, require_gold
from seekgraph.cli.output import QUIET, json_target, say, show, whole, writable, write_file, write_json
from seekgraph.cli.passes import find_passes
from seekgraph.cli.rewards import find_rewards

if TYPE_CHECKING:
    from seekgraph.core.language.flow import Flow
    from seekgraph.flow import Bound
    from seekgraph.optimizers.compiled import Compiled
    from seekgraph.optimizers.estimate import CompilePlan
    from seekgraph.optimizers.passes import Pass


@dataclass(frozen=True)
class Task:
    """--train, --val, --metric, --reward, --pass, --hold, --accept, --folds, --trials, --reflect-lm, and what comes of it: --out,
    --resume, --plan, --html, --json."""

    train: Path
    val: Path | None = None
    metrics: tuple[str, ...] = ()
    rewards: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()
    hold: tuple[str, ...] | None = None
    trials: int = 40
    out: Path | None = None
    resume: bool = False
    plan: bool = False
    target: str | None = None
    reflect_lm: str | None = None
    html: Path | None = None
    accept: str | None = None
    folds: int | None = None


def compile_command(name: str, task: Task, documents: Documents, running: Running) -> None:
    """Compile a flow and write the artifact; the journal beside it is what --resume goes on from."""
    if task.out is None and not task.plan:
        raise Misuse("give --out A.flow.json, where the artifact goes, or --plan to see what compiling would take")
    writable(task.out, "--out")
    writable(task.html, "--html")
    json_target(task.target)
    flow = find_flow(name)
    options = _options(flow, task, running)
    bound = running.bind(flow, documents)
    require_gold(bound, (*options["train"], *(options["val"] or ())))
    if task.plan:
        plan = _planned(bound, options)
        if task.target != "-":
            show(plan)
        if task.target is not None:
            write_json(plan.to_json(), task.target)
        return
    try:
        compiled = bound.compile(**options, journal=f"{task.out}.journal", resume=task.resume, progress=not QUIET.get())
    except KeyboardInterrupt:
        say(f"what is finished is in {task.out}.journal: the same command with --resume goes on from there")
        raise
    _write(name, task, compiled)


def _write(name: str, task: Task, compiled: Compiled) -> None:
    from seekgraph.core.artifact import describe

    with whole(Path(str(task.out))) as path:
        compiled.save(str(path), location=describe(name).flow if name.endswith(".json") else location(name))
    if task.html is not None:
        write_file(task.html, compiled.to_html())
        say(f"wrote {task.html}: open it in a browser")
    if task.target != "-":
        show(compiled, summary(compiled))
    say(f"wrote {task.out}; its journal is {task.out}.journal")
    if task.target is not None:
        write_json(compiled.to_json(), task.target)


def summary(compiled: Compiled) -> str:
    """What compiling came to, and what it took."""
    accepted = sum(change.accepted for change in compiled.changes)
    spent = [f"{compiled.spent[line]:g} {line}" for line in ("rollouts", "searches", "calls", "usd") if compiled.spent.get(line)]
    cut = "; the budget cut it short" if compiled.status == "budget" else ""
    worse = f"; worse: {', '.join(compiled.worse)}" if compiled.worse else ""
    took = ", ".join([*spent, f"{compiled.spent['seconds']:.0f} s"])
    said = compiled.sentence().rstrip(".")
    return f"{said}; {accepted} of {len(compiled.changes)} changes accepted{worse}; {took}{cut}"


def _options(flow: Flow, task: Task, running: Running) -> dict[str, Any]:
    """What `compile` takes, read and checked before documents are."""
    from seekgraph.evaluation.examples import read_examples
    from seekgraph.optimizers.acceptance import Accepting
    from seekgraph.optimizers.holding import held_for
    from seekgraph.optimizers.objective import objective_for

    if task.accept not in (None, *get_args(Accepting)):
        raise Misuse(f"--accept takes {' or '.join(get_args(Accepting))}, not {task.accept!r}")
    train = read_examples(task.train)
    val = None if task.val is None else read_examples(task.val)
    metric, rewards = weights(task.metrics), find_rewards(task.rewards)
    passes = find_passes(task.passes, task.trials, task.reflect_lm is not None)
    try:
        objective_for(flow, (*train, *(val or ())), metric)
    except ValueError as error:
        raise Misuse(f"--metric: {error}" if metric else str(error)) from None
    hold = None if task.hold is None else tuple(name for name in task.hold if name != "none")
    try:
        held_for(hold, (*train, *(val or ())))
    except ValueError as error:
        raise Misuse(f"--hold: {error}") from None
    return {
        "train": train,
        "val": val,
        "metric": metric,
        "rewards": rewards,
        "passes": passes,
        "reflect_lm": _writer(task.reflect_lm, passes),
        "hold": hold,
        "accept": task.accept or "proven",
        "folds": task.folds,
        "own_plan": not task.passes,
        "budget": running.budget,
        "seed": running.seed,
    }


def _writer(name: str | None, passes: Sequence[Pass]) -> Any:
    """The model that writes instructions. Raises `Misuse` where no pass has any use for it, and what `lms.resolve` raises."""
    if name is None:
        return None
    from seekgraph.lms.resolving import resolve

    if not any(hasattr(each, "with_writer") for each in passes):
        raise Misuse("--reflect-lm: none of the passes writes instructions: add --pass instruct")
    return resolve(name)


class _Planned(Exception):
    """The plan is there: no more is wanted."""

    def __init__(self, plan: CompilePlan) -> None:
        super().__init__()
        self.plan = plan


def _planned(bound: Bound, options: Mapping[str, Any]) -> CompilePlan:
    """What compiling would take, from running the few questions that the plan is made from; nothing of it is kept."""
    from seekgraph.core.base.sync import run_sync
    from seekgraph.optimizers.compile import compile_flow

    def stop(event: str, facts: Mapping[str, Any]) -> None:
        if event == "plan":
            raise _Planned(facts["plan"])

    try:
        run_sync(compile_flow(bound, **options, say=stop))
    except _Planned as planned:
        return planned.plan
    raise AssertionError("a compile says its plan before it starts")
