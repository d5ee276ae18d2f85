"""Traces: every step of a run, in an order that depends only on the way taken. Saved as JSON lines.

The first line is the header, the last the end, each line between them a step. What a step read is not written again: `parents`
name the earlier steps whose writes, merged in that order, are what it read. In the file they are line numbers of steps, with
runs of neighbours as `"3-17"`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_args

from pydantic import TypeAdapter
from pydantic_core import to_json

from seekgraph.core.base.budget import Usage
from seekgraph.core.base.errors import TraceError
from seekgraph.core.base.identity import digest
from seekgraph.core.base.reading import bytes_of, json_in, usage_in
from seekgraph.core.base.reading import number as amount
from seekgraph.core.record.ledger import Merge, merged
from seekgraph.core.record.step import Step, StepError, StepKind

VERSION = 1
DAMAGE = (AttributeError, LookupError, TypeError, ValueError, OverflowError, RecursionError)
"""What damaged data raises where it is taken apart."""

STATUSES = ("ok", "partial", "failed")
SCORED = ("score", "selected")
"""Kinds of steps whose parents were scored or selected, whatever they wrote."""
MOST_LINKS = 10_000_000
"""Steps and their parents in one file."""

STEP_FIELDS = {
    "path",
    "at",
    "kind",
    "parents",
    "writes",
    "round",
    "visit",
    "started",
    "seconds",
    "took",
    "usage",
    "reused",
    "memo",
    "notes",
    "attempts",
    "decision",
    "error",
}


@dataclass
class Trace:
    """A finished run.

    `status` is "ok", "partial" (a budget ended it early) or "failed" (a step's error did). `params` are the values of the flow's
    params; `merges` the merge rules of its channels that are not replaced.
    """

    flow: str = ""
    fingerprint: str = ""
    seed: int = 0
    status: str = "ok"
    params: Mapping[str, Any] = field(default_factory=dict)
    merges: Mapping[str, Merge] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._by_id: dict[str, Step] = {}

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def step(self, id: str) -> Step:
        """The step with this id; raises `KeyError` where there is none."""
        if len(self._by_id) != len(self.steps):
            self._by_id = {step.id: step for step in self.steps}
        return self._by_id[id]

    def visits(self, path: str) -> list[Step]:
        """The visits of a node, in order."""
        return [step for step in self.steps if step.path == path]

    @property
    def errors(self) -> list[Step]:
        """The steps that failed."""
        return [step for step in self.steps if step.error is not None]

    def inputs(self, step: Step) -> dict[str, Any]:
        """What a step read, by channel."""
        return {channel: self.value(channel, sources) for channel, sources in step.parents.items()}

    def value(self, channel: str, sources: Iterable[str]) -> Any:
        """What a channel held after these steps had written to it."""
        merge = self.merges.get(channel, Merge.REPLACE)
        value: Any = ()
        for source in sources:
            value = merged(value, self.step(source).writes[channel], merge)
        return value

    def settings(self, step: Step) -> dict[str, Any]:
        """The values of the params of a step's node."""
        prefix = f"{step.path}."
        return {name[len(prefix) :]: value for name, value in self.params.items() if name.startswith(prefix)}

    def usage(self, *, paid: bool = False) -> Usage:
        """What the run's results cost; with `paid`, only what this run paid for itself, without the memo and replays."""
        total = Usage()
        for step in self.steps:
            if step.usage and not (paid and step.memo in ("hit", "replay")):
                spent = Usage.of(step.usage)
                if paid and step.reused:
                    spent.subtract(Usage.of(step.reused))
                total.add(spent)
        return total

    @property
    def identity(self) -> str:
        """A hash of the way taken and everything written on it; times and memo hits do not count."""
        return digest([self.fingerprint, self.status, dict(self.params), [_essence(step) for step in self.steps]])

    def draw(self, format: str = "mermaid") -> str:
        """A drawing of the trace: text for Mermaid, or an "svg" that stands by itself."""
        return self._repr_html_(format)

    def _repr_html_(self, format: str = "html") -> str:
        from seekgraph.core.draw import drawn  # the one import upwards in core: notebooks ask the object itself

        return drawn(self, format)

    def save(self, path: str | Path) -> Path:
        """Write the trace as JSON lines; the file appears when it is whole."""
        target = Path(path)
        partial = target.with_name(target.name + ".part")
        partial.write_bytes(self.to_jsonl())
        partial.replace(target)
        return target

    def to_jsonl(self) -> bytes:
        """The trace as JSON lines."""
        header = {
            "trace": VERSION,
            "flow": self.flow,
            "fingerprint": self.fingerprint,
            "seed": self.seed,
            "params": dict(self.params),
        }
        header["merges"] = {name: merge.value for name, merge in self.merges.items()}
        number = {step.id: index for index, step in enumerate(self.steps)}
        lines = [to_json(header), *(to_json(_packed(step, number)) for step in self.steps), to_json({"end": self.status})]
        return b"\n".join(lines) + b"\n"

    @classmethod
    def load(cls, path: str | Path, types: Mapping[str, Any] | None = None) -> Trace:
        """Read a trace. `types` maps channels to types (`Flow.channels`), so that writes come back as values, not as plain data.

        Raises `TraceError`, naming the line, for a file that is not a whole trace of this version.
        """
        source = Path(path)
        try:
            text = bytes_of(source, TraceError, what="a trace").decode("utf-8")
        except UnicodeDecodeError as error:
            raise TraceError(f"{source}: cannot be read as a trace: {error}") from None
        lines = text.removesuffix("\n").split("\n")  # texts may hold other ends of lines
        return _parsed(lines, source, {name: TypeAdapter(kind) for name, kind in (types or {}).items()})


def number_visits(steps: Iterable[Step]) -> None:
    """Set `visit` of each step: the visits of its path, counted from 1 in the order of the trace."""
    seen: dict[str, int] = {}
    for step in steps:
        step.visit = seen[step.path] = seen.get(step.path, 0) + 1


def _essence(step: Step) -> list[Any]:
    error = None if step.error is None else [step.error.code, step.error.message]
    return [step.id, step.kind, step.parents, step.writes, step.decision, error, step.usage]


def _packed(step: Step, number: Mapping[str, int]) -> dict[str, Any]:
    """A step as plain data without what has its default."""
    data: dict[str, Any] = {"path": step.path}
    if step.at:
        data["at"] = step.at
    if step.kind != "node":
        data["kind"] = step.kind
    if step.parents:
        data["parents"] = {channel: _ranges([number[source] for source in sources]) for channel, sources in step.parents.items()}
    data["writes"] = step.writes
    for name, default in (
        ("round", 0),
        ("visit", 1),
        ("usage", {}),
        ("reused", {}),
        ("took", 0.0),
        ("memo", ""),
        ("notes", ()),
        ("attempts", 1),
        ("decision", None),
    ):
        if getattr(step, name) != default:
            data[name] = getattr(step, name)
    data["started"], data["seconds"] = step.started, step.seconds
    if step.error is not None:
        data["error"] = asdict(step.error)
    return data


def _ranges(numbers: list[int]) -> int | list[int | str]:
    """Line numbers, with ascending neighbours as "first-last"; one number stands alone."""
    if len(numbers) == 1:
        return numbers[0]
    packed: list[int | str] = []
    start = end = None
    for number in [*numbers, None]:
        if end is not None and number == end + 1:
            end = number
            continue
        if start is not None and end is not None:
            packed.append(start if start == end else f"{start}-{end}")
        start = end = number
    return packed


def _unranged(packed: int | list[int | str], steps: int) -> Iterator[int]:
    for item in [packed] if isinstance(packed, int) else packed:
        first, _, last = str(item).partition("-")
        start, end = int(first), int(last or first)
        if not 0 <= start <= end < steps:
            raise ValueError(f"{str(item)[:40]!r} is no range of its {steps} steps")
        yield from range(start, end + 1)


def _parsed(lines: list[str], source: Path, adapters: Mapping[str, TypeAdapter[Any]]) -> Trace:
    rows = []
    for number, line in enumerate(lines, start=1):
        rows.append(json_in(line, f"{source}, line {number}", TraceError))
    if not rows or not isinstance(rows[0], dict) or rows[0].get("trace") != VERSION:
        raise TraceError(f"{source}, line 1: not the header of a trace of version {VERSION}")
    header = rows[0]
    if len(rows) < 2 or not isinstance(rows[-1], dict) or "end" not in rows[-1]:
        raise TraceError(f"{source}, line {len(rows)}: the trace is cut off: its last line is not its end")
    try:
        merges = {name: Merge(value) for name, value in header["merges"].items()}
        kinds = (("flow", str), ("fingerprint", str), ("seed", int), ("params", dict))
        if wrong := [name for name, kind in kinds if not isinstance(header[name], kind)]:
            raise ValueError(f"{wrong[0]!r} is of another type")
        if rows[-1]["end"] not in STATUSES:
            raise ValueError(f"its end is one of {STATUSES}, not {str(rows[-1]['end'])[:40]!r}")
        trace = Trace(header["flow"], header["fingerprint"], header["seed"], rows[-1]["end"], header["params"], merges)
    except DAMAGE as error:
        raise TraceError(f"{source}, line 1: not a whole header: {type(error).__name__}: {error}") from None
    packed: list[dict[str, Any]] = rows[1:-1]
    for number, row in enumerate(packed, start=2):
        try:
            trace.steps.append(_unpacked(row, adapters))
        except DAMAGE as error:
            raise TraceError(f"{source}, line {number}: not a step: {error}") from None
    if trace.steps and trace.steps[0].id != "input":
        raise TraceError(f"{source}, line 2: the first step of a trace is its input, not {trace.steps[0].id[:80]!r}")
    _link(trace, packed, source)
    return trace


def _link(trace: Trace, packed: Sequence[dict[str, Any]], source: Path) -> None:
    """Set the parents of the steps: those that wrote what was read."""
    links = 0
    for number, (row, step) in enumerate(zip(packed, trace.steps, strict=True), start=2):
        try:
            for channel, lines in row.get("parents", {}).items():
                found = [trace.steps[index] for index in _unranged(lines, len(trace.steps))]
                links += len(found)
                if links > MOST_LINKS:
                    raise ValueError(f"there are more than {MOST_LINKS:,} of them")
                lacking = next((one.id for one in found if channel not in one.writes), None)
                if lacking is not None and step.kind not in SCORED:
                    raise ValueError(f"{lacking!r} did not write {channel!r}")
                step.parents[channel] = tuple(one.id for one in found)
        except DAMAGE as error:
            raise TraceError(f"{source}, line {number}: its parents are not steps of this trace: {error}") from None


def _unpacked(row: dict[str, Any], adapters: Mapping[str, TypeAdapter[Any]]) -> Step:
    unknown = set(row) - STEP_FIELDS
    if unknown:
        raise ValueError(f"unknown fields {sorted(unknown)}")
    _check_types(row)
    data = {
        **row,
        "kind": row.get("kind", "node"),
        "at": tuple(row.get("at", ())),
        "parents": {},
        "notes": tuple(row.get("notes", ())),
    }
    typed = {name: adapters[name].validate_python(value) if name in adapters else value for name, value in row["writes"].items()}
    data["writes"] = typed
    if "error" in row:
        data["error"] = StepError(**row["error"])
    return Step(**data)


def _check_types(row: dict[str, Any]) -> None:
    """Raise `ValueError` for a field of another type than a step has."""
    kinds: tuple[tuple[str, Any], ...] = (
        *(("path", str), ("memo", str), ("at", list), ("notes", list)),
        *(("writes", dict), ("error", dict)),
    )
    if wrong := [name for name, kind in kinds if name in row and not isinstance(row[name], kind)]:
        raise ValueError(f"{wrong[0]!r} is of another type")
    if row.get("kind", "node") not in get_args(StepKind):
        raise ValueError(f"its kind is one of {', '.join(get_args(StepKind))}, not {str(row['kind'])[:40]!r}")
    whole = [*row.get("at", ()), *(row[name] for name in ("round", "visit", "attempts") if name in row)]
    if not all(type(each) is int and 0 <= each < 2**53 for each in whole):
        raise ValueError("rounds, visits, attempts and positions are whole numbers of 0 or more")
    for name in ("started", "seconds", "took"):
        amount(row.get(name, 0.0), name)
    for name in ("usage", "reused"):
        usage_in(row.get(name, {}))
    if not isinstance(row.get("decision"), str | bool | int | float | None):
        raise ValueError("a decision is a text, a number, yes or no")
    texts = [*row.get("error", {}).values(), *row.get("notes", ())]
    if not all(isinstance(each, str) for each in texts):
        raise ValueError("an error is a code, a type and a message, and notes are texts")
