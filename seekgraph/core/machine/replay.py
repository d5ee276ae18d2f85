"""Replay: a finished run once more, with something different in it.

    replay(trace, bound, at="rerank#2", write={"context": kept})      # the second visit of rerank writes something else
    replay(trace, bound, params={"retrieve.k": 20})                   # another value of a param
    replay(trace, bound, resources={"lm": larger})                    # another model
    replay(trace, bound, changes={"read": lambda step, inputs: ...})  # every visit of read, as a function of what it reads

Only what depends on a change runs again, through the memo where one is bound; all else is taken from the trace, with its errors
(`recorded.py` says when). Without a change the trace that comes out is the one that went in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from seekgraph.core.base.errors import BindError, ParamError
from seekgraph.core.base.meter import Meter
from seekgraph.core.base.sync import run_sync
from seekgraph.core.language.reads import needs
from seekgraph.core.language.site import Site
from seekgraph.core.machine.bound import Bound
from seekgraph.core.machine.recorded import Change, RecordedRun, ReplayError, Writes
from seekgraph.core.machine.result import Result
from seekgraph.core.record.trace import Trace


def replay(trace: Trace, bound: Bound, **options: Any) -> Result:
    """`areplay`, from ordinary code."""
    return run_sync(areplay(trace, bound, **options))


async def areplay(
    trace: Trace,
    bound: Bound,
    *,
    at: str | None = None,
    write: Change | None = None,
    changes: Mapping[str, Change] | None = None,
    params: Mapping[str, Any] | None = None,
    resources: Mapping[str, Any] | None = None,
    meter: Meter | None = None,
    gate: asyncio.Semaphore | None = None,
) -> Result:
    """The run of `trace` once more, with the changes that are given; the result's trace is that of the changed run.

    `at` names a step: by its id (`retrieve@2`), by path and visit (`retrieve#2`, counted from 1), or by its path, which stands
    for all of its visits, also new ones. `write` is what it writes instead, by channel; other channels keep what they have. A
    loop's or route's decision is the channel "decision", and so are the score of an attempt (`redo.score@2`) and the number of
    the one that is selected. It may be a function of the step and of what it reads, by channel, that gives the writes, or None
    to leave the visit as it is. `changes` are several such, by the same names. `params` and `resources` are other values and
    things by name: the nodes that have them run again, at every visit.

    The params of the trace hold, whatever those of `bound` are; `bound` gives resources, memo and limits. A replayed step has
    `memo` "replay", a replaced one "replaced"; `trace.usage(paid=True)` counts neither. What a budget cut short stays so until
    something changes. A trace from a file has to be read with `Trace.load(path, flow.channels)`.

    Raises `ReplayError` for a trace of another flow or version, a step that the flow does not have, and writes that it cannot
    make; `ParamError` and `BindError` for params and resources that the flow does not have.
    """
    _require_same_flow(trace, bound)
    wanted = _wanted(at, write, changes)
    then = as_it_was(trace, bound)
    now, stale = _varied(then, params or {}, resources or {})
    fitted = _Fitted(now)
    by_place = {place(trace, bound, name): change for name, change in wanted.items()}
    start = trace.step("input")
    change = by_place.pop("input", None) or {}
    inputs = {**start.writes, **((change(start, {}) or {}) if callable(change) else change)}
    known = {key: change if callable(change) else fitted(key.partition("@")[0], change) for key, change in by_place.items()}
    recorded = RecordedRun(trace, known, fitted, now.program.always, stale, varied=bool(params or resources))
    try:
        return await now.execute(inputs, seed=trace.seed, meter=meter, gate=gate, recorded=recorded)
    except BaseExceptionGroup as group:  # from parallel branches
        errors = group.subgroup(ReplayError)
        while isinstance(errors, BaseExceptionGroup):
            errors = errors.exceptions[0]  # type: ignore[assignment]
        raise (errors or group) from None


def as_it_was(trace: Trace, bound: Bound) -> Bound:
    """`bound` with the params that the trace was made with. Raises `ReplayError` where the flow cannot have them."""
    if dict(trace.params) == bound.plain_params:
        return bound
    known = bound.flow.params()
    try:
        return bound.with_params({name: known[name].from_json(value).value for name, value in trace.params.items()})
    except (KeyError, ParamError) as error:
        raise ReplayError(f"the trace's params are not those of this flow: {error}") from None


def _require_same_flow(trace: Trace, bound: Bound) -> None:
    if trace.fingerprint == bound.flow.fingerprint:
        return
    ends = {f"{path}.{end}" for path, site in bound.flow.sites.items() for end in site.element.records() if end}
    ours = set(bound.flow.sites) | {"input"} | ends
    odd = sorted({step.path for step in trace.steps} - ours)
    why = f"it visits {', '.join(odd[:5])}, which this flow does not have" if odd else "their structures differ"
    raise ReplayError(
        f"the trace is of flow {trace.flow!r} and cannot be replayed with {bound.flow.name or ''!r}: {why}. "
        "Replay it with the flow, and the version of it, that it was made by"
    )


def _wanted(at: str | None, write: Change | None, changes: Mapping[str, Change] | None) -> dict[str, Change]:
    if (at is None) != (write is None):
        raise ReplayError("a replay takes `at`, a step, together with `write`, what it writes; or neither of the two")
    return {**(changes or {}), **({at: write} if at is not None and write is not None else {})}


def place(trace: Trace, bound: Bound, name: str) -> str:
    """The id or the path that a name of a step stands for. Raises `ReplayError` where there is no such step."""
    path, _, visit = name.partition("#")
    visits = trace.visits(path)
    if visit:
        if not visit.isdigit() or not 1 <= int(visit) <= len(visits):
            raise ReplayError(f"{name}: {path!r} has {len(visits)} visits in this trace, counted from 1")
        return visits[int(visit) - 1].id
    if visits or name.partition(".")[0] in bound.flow.sites or any(step.id == name for step in trace.steps):
        return name
    near = ", ".join(sorted({step.path for step in trace.steps}))
    raise ReplayError(f"there is no step {name!r} in this trace: give a path, path#visit or an id; it visits {near}")


def _varied(then: Bound, params: Mapping[str, Any], resources: Mapping[str, Any]) -> tuple[Bound, frozenset[str]]:
    """The bound flow with other params and resources, and the paths of the places that they are for."""
    unknown = sorted(set(resources) - set(then.flow.resources))
    if unknown:
        raise BindError(f"{then.flow!r} asks for the resources {sorted(then.flow.resources) or 'none'}, not for {unknown}")
    now = then.with_params(params) if params else then
    if resources:
        now = now.with_resources(resources)
    before, after = then.plain_params, now.plain_params
    moved = {name for name in after if after[name] != before[name]}
    stale = set()
    for path, site in now.flow.sites.items():
        uses = {name for name, _, _ in needs(site.element)}
        if moved & set(site.params) or uses & set(resources):
            stale.add(path)
    return now, frozenset(stale)


class _Fitted:
    """Checks what replaces the writes of a step: its channels and their types."""

    def __init__(self, bound: Bound) -> None:
        self.sites: Mapping[str, Site] = bound.flow.sites
        self.adapters = bound.program.adapters

    def __call__(self, path: str, writes: Writes) -> Writes:
        """`writes` with values of the types of the channels that the step at `path` writes."""
        if not isinstance(writes, Mapping):
            raise ReplayError(f"{path}: what replaces its writes is a mapping of channels to values, not {type(writes).__name__}")
        if path not in self.adapters and self._anything(path):
            return writes
        adapters = self.adapters[path] if path in self.adapters else self._of_structure(path)
        unknown = sorted(set(writes) - set(adapters))
        if unknown:
            has = f"it writes {', '.join(sorted(adapters))}" if adapters else "it writes nothing"
            raise ReplayError(f"{path} does not write {', '.join(unknown)}: {has}")
        fitted = {}
        for name, value in writes.items():
            try:
                fitted[name] = adapters[name].validate_python(value)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(map(str, first["loc"]))
                raise ReplayError(f"{path}: {name}{f' ({where})' if where else ''}: {first['msg']}") from None
        return fitted

    def _anything(self, path: str) -> bool:
        """Whether whatever is given fits, such as what goes into a call."""
        path, _, what = path.partition(".")
        records = self.sites[path].element.records() if path in self.sites else {}
        return what in records and records[what] is None

    def _of_structure(self, path: str) -> dict[str, TypeAdapter[Any]]:
        path, _, what = path.partition(".")
        site = self.sites.get(path)
        records = None if site is None else site.element.records().get(what)
        return {name: TypeAdapter(kind) for name, kind in (records or {}).items()}
