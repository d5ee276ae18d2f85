"""`seekgraph replay`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seekgraph.cli.common import FAILED, Misuse, find_flow
from seekgraph.cli.options import Documents, Running
from seekgraph.cli.output import error_of, say, show, whole, writable, write_json
from seekgraph.cli.params import read_params

if TYPE_CHECKING:
    from seekgraph.core.machine.result import Result
    from seekgraph.core.record.trace import Trace
    from seekgraph.types import Answer


@dataclass(frozen=True)
class Changing:
    """--at, --write, --param."""

    at: str | None = None
    write: Sequence[str] = ()
    params: Sequence[str] = ()


@dataclass(frozen=True)
class Saving:
    """--trace, --save-row, --answer, --json."""

    trace: Path | None = None
    row: Path | None = None
    answers: tuple[str, ...] = ()
    as_json: bool = False


def replay_command(path: Path, name: str, changing: Changing, documents: Documents, running: Running, saving: Saving) -> None:
    """Replay a trace with something different in it and show both answers; exit code 1 where the new run failed."""
    from seekgraph.core.machine.replay import place
    from seekgraph.core.record.trace import Trace

    write = parse_pairs(changing.write, "--write")
    if bool(write) != (changing.at is not None):
        raise Misuse("--at STEP and --write CHANNEL=JSON belong together: which step, and what it should have written")
    if saving.row is not None and not write:
        raise Misuse("--save-row keeps what --at and --write correct: give both")
    writable(saving.trace, "--trace")
    writable(saving.row, "--save-row")
    flow = find_flow(name)
    trace = Trace.load(path, flow.channels)
    bound = running.bind(flow, documents)
    params = read_params(flow, changing.params)
    result = bound.replay(trace, at=changing.at, write=write or None, params=params)
    if bound.memo is not None:
        bound.memo.close()
    if saving.trace is not None:
        with whole(saving.trace) as path:
            result.trace.save(path)
        say(f"wrote {saving.trace}")
    if saving.row is not None and changing.at is not None:
        from seekgraph.evaluation.corrections import label_of, labelled, save_row

        row = save_row(saving.row, labelled(trace, [label_of(trace, place(trace, bound, changing.at), write)], saving.answers))
        say(f"wrote {saving.row}: {row.id} has {len(row.step_labels)} step labels")
    if saving.as_json:
        write_json(as_data(trace, result))
    else:
        show(*_shown(trace, result))
    if result.status == "failed":
        raise SystemExit(FAILED)


def parse_pairs(pairs: Sequence[str], option: str) -> dict[str, Any]:
    """Values by name from `name=JSON`."""
    found = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        try:
            found[name.strip()] = json.loads(text)
        except ValueError as error:
            hint = f'a text needs quotes: {name}="..."' if equals and text[:1].isalpha() else f"{error}"
            raise Misuse(f"{option} takes NAME=JSON, not {pair!r}: {hint}") from None
    return found


def as_data(then: Trace, now: Result) -> dict[str, Any]:
    """A replay as plain data: both answers, and the ids of the steps by how they came about."""
    before, after = answered(then), now.answer
    return {
        "status": now.status,
        "before": None if before is None else before.model_dump(mode="json"),
        "after": None if after is None else after.model_dump(mode="json"),
        "steps": _steps(then, now),
        "paid": now.trace.usage(paid=True).spent(),
    }


def answered(trace: Trace) -> Answer | None:
    """The answer that a run ended with: the last one that was written outside of its calls."""
    from seekgraph.types import Answer

    calls = {step.path for step in trace.steps if step.kind == "digest"}
    inside = tuple(f"{path}/" for path in calls)
    said = [step.writes["answer"] for step in trace.steps if "answer" in step.writes and not step.path.startswith(inside)]
    return said[-1] if said and isinstance(said[-1], Answer) else None


def _steps(then: Trace, now: Result) -> dict[str, list[str]]:
    nodes = [step for step in now.trace.steps if step.kind == "node"]
    known = {step.id for step in now.trace.steps}
    return {
        "taken": [step.id for step in nodes if step.memo == "replay"],
        "replaced": [step.id for step in now.trace.steps if step.memo == "replaced"],
        "run": [step.id for step in nodes if step.memo not in ("replay", "replaced")],
        "gone": [step.id for step in then.steps if step.kind == "node" and step.id not in known],
    }


def _shown(then: Trace, now: Result) -> list[Any]:
    from rich.text import Text

    steps = _steps(then, now)
    counts = ", ".join(f"{len(ids)} {what}" for what, ids in steps.items() if ids)
    lines = [Text(f"before: {_said(answered(then))}"), Text(f"after:  {_said(now.answer)}", style="bold")]
    lines += [Text(f"  {step.id}: {error_of(step)}", style="red") for step in now.errors if step.error]
    ran = ", ".join([*steps["replaced"], *steps["run"]])
    return [*lines, Text(f"{now.status}: steps {counts}{f' ({ran})' if ran else ''}", style="dim")]


def _said(answer: Answer | None) -> str:
    if answer is None:
        return "no answer"
    cited = f"  [{', '.join(answer.citations)}]" if answer.citations else ""
    return f"refused: {answer.text}" if answer.refused else f"{answer.text}{cited}"
