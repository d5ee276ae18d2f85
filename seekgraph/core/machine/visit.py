"""A visit of a node: read, run within limits, check, write, record."""

from __future__ import annotations

import asyncio
import hashlib
import time
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast, get_args, get_origin

from pydantic import ValidationError

from seekgraph.core.base.errors import BudgetExceeded, ChannelMissing, WriteError
from seekgraph.core.base.identity import digest
from seekgraph.core.base.live import Unidentified, identity_of
from seekgraph.core.base.metering import Metered
from seekgraph.core.base.origins import was_typed
from seekgraph.core.base.versions import code_version
from seekgraph.core.frame.frame import Exhausted, Frame, StepFailed
from seekgraph.core.language.expr import Evaluate
from seekgraph.core.language.lm import LM, LMError
from seekgraph.core.language.node import Contract, Node, ReadSpec, Visit, Writes, without_none
from seekgraph.core.language.params import to_plain
from seekgraph.core.machine.recorded import ReplayError
from seekgraph.core.memo import StepKey
from seekgraph.core.memo.replies import Account, Remembering
from seekgraph.core.memo.sharing import Sharing
from seekgraph.core.record.ledger import Ledger, Merge
from seekgraph.core.record.step import Asking, Piece, Step, StepError
from seekgraph.types import Value

Convert = Callable[[Any], Any]


@dataclass(slots=True)
class Reading:
    """How one parameter of a node gets its value: from a channel, or from an expression over several."""

    parameter: str
    required: bool
    channel: str = ""
    or_else: str | None = None
    convert: Convert | None = None
    evaluate: Evaluate | None = None
    channels: tuple[str, ...] = ()


@dataclass
class NodeOp:
    """A node with plain settings, bound to its resources."""

    path: str
    node: Node
    contract: Contract
    readings: tuple[Reading, ...]
    writings: tuple[tuple[str, str, Merge, bool], ...]
    resources: Mapping[str, Any]
    optional: tuple[str, ...]
    by_rules: str = ""
    """Why it does without the model that is bound; "" where it does not. A note of each of its steps."""
    models: frozenset[str] = field(init=False)
    """The parameters that take a language model and have one."""
    _call: Any = field(init=False)

    def __post_init__(self) -> None:
        self._call = cast(Any, self.node).run
        ports = {spec.parameter for spec in self.contract.ports if LM in spec.port.__mro__}
        self.models = frozenset(ports & set(self.resources))

    @cached_property
    def typed(self) -> bool:
        """Whether code of the node was typed in, so that its key has to be looked at again before each run."""
        return any(map(was_typed, (*type(self.node).__mro__, *self.node.settings.values())))

    @cached_property
    def keyed(self) -> tuple[StepKey | None, str]:
        """What the visits share of their identity in the memo; or None and why they cannot be kept. Only memos need it."""
        return step_key(self.node, {name: thing for name, (thing, _) in self.resources.items()})

    async def run(self, frame: Frame) -> None:
        run = frame.run
        begun = time.perf_counter()
        step = Step(self.path, frame.at, "node", round=frame.round, started=begun - run.began)
        try:
            frame.meter.require()
        except BudgetExceeded as error:
            raise Exhausted(error.meter) from None
        if run.recorded is not None:
            run.recorded.begin(frame, step)
        try:
            values = None if run.recorded is None else run.recorded.recall(frame, step, self.read)
            if values is None:
                arguments = self.read(frame.ledger, step.parents)
                result = await self._result(frame, step, arguments)
                values = {channel: getattr(result, name) for name, channel, _, _ in self.writings}
                if run.recorded is not None:
                    values = run.recorded.changed(step, values)
            self._write(frame, step, values)
            if step.error is not None:
                raise _as_then(frame, step)
        except (Exhausted, StepFailed, ReplayError):
            raise
        except asyncio.CancelledError as error:
            step.error = StepError("cancelled", "CancelledError", f"{self.path}: cancelled while it ran")
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise StepFailed(step) from error  # nobody cancelled this run: something that the node uses cancelled itself
        except BudgetExceeded as error:
            step.error = StepError("budget", "BudgetExceeded", f"{self.path}: {error}")
            raise Exhausted(error.meter) from None
        except (Exception, SystemExit) as error:  # a node's or tool's error is data: it is kept with the step
            step.error = _step_error(self.path, error)
            raise StepFailed(step) from None
        finally:
            step.seconds = time.perf_counter() - begun
            frame.record(step)

    def read(self, ledger: Ledger, parents: dict[str, tuple[str, ...]]) -> dict[str, Any]:
        """The arguments of `run` that come from channels; `parents` is filled with the steps that wrote what was read."""
        entries = ledger.entries
        arguments: dict[str, Any] = {}
        for reading in self.readings:
            if reading.evaluate is not None:
                try:
                    value = reading.evaluate(ledger.read)
                except ChannelMissing as error:
                    if reading.required:
                        raise ChannelMissing(error.channel, self.path) from None
                    continue
                for channel in reading.channels:
                    if (entry := entries.get(channel)) and (entry.sources or channel != "round"):
                        parents[channel] = entry.sources
            else:
                channel = reading.channel
                entry = entries.get(channel)
                if entry is None and reading.or_else is not None:
                    channel = reading.or_else
                    entry = entries.get(channel)
                if entry is None:
                    if reading.required:
                        raise ChannelMissing(reading.channel, self.path)
                    continue
                value = entry.value
                if entry.sources or channel != "round":  # an empty collection may be no step's; a round is never one's
                    parents[channel] = entry.sources
            arguments[reading.parameter] = value if reading.convert is None else reading.convert(value)
        return arguments

    async def _result(self, frame: Frame, step: Step, arguments: dict[str, Any]) -> Writes:
        memo: Sharing | None = frame.run.memo
        visit = Visit(step.id, frame.round, _seed(frame.run.seed, step.id)) if self.contract.visit else None
        if memo is None:
            return await self._attempts(frame, step, arguments, visit)
        shared, off = self.keyed
        if shared is None:
            step.memo = off
            return await self._attempts(frame, step, arguments, visit)
        try:
            key = self._key(shared, frame, arguments, visit)
        except (TypeError, ValueError) as error:
            step.memo = f"off: what it reads has no JSON form ({error})"
            return await self._attempts(frame, step, arguments, visit)
        found, step.memo = await memo.claim(key, self.contract.returns)
        if found is not None:
            step.usage, step.took = dict(found.usage), round(found.seconds, 6)
            return found.value
        try:
            began = time.perf_counter()
            result = await self._attempts(frame, step, arguments, visit)
            memo.put(key, result, step.usage, time.perf_counter() - began)
            return result
        finally:
            memo.release(key)

    def _key(self, shared: StepKey, frame: Frame, arguments: Mapping[str, Any], visit: Visit | None) -> StepKey:
        inputs = digest([(name, type(value).__name__, value) for name, value in arguments.items()], ordered=True)
        seed = str(visit.seed) if visit else ""
        if frame.sample and self.models:
            seed += f"/{frame.sample}"
        return StepKey(shared.node, shared.code, shared.params, inputs, shared.resources, seed)

    def _resource(self, frame: Frame, name: str) -> Any:
        """What the node gets under this name: a model says something else in another sample, where it can."""
        thing = self.resources[name][0]
        another = getattr(thing, "with_settings", None) if frame.sample and name in self.models else None
        return thing if another is None else another(sample=frame.sample)

    def _listener(self, frame: Frame, step: Step, name: str) -> Callable[[str, int], None] | None:
        """What hears a model write, where somebody listens to this node."""
        emit = frame.run.emit
        if emit is None or frame.run.listening != self.path or name not in self.models:
            return None
        return lambda piece, attempt: emit(Piece(self.path, step.at, piece, attempt))

    def _watcher(self, frame: Frame, step: Step, name: str) -> Callable[[], None] | None:
        """What is told when the node begins to ask a model, where somebody watches."""
        emit = frame.run.emit
        if emit is None or not frame.run.watching or name not in self.models:
            return None
        return lambda: emit(Asking(self.path, step.at))

    async def _attempts(self, frame: Frame, step: Step, arguments: dict[str, Any], visit: Visit | None) -> Writes:
        limit, account = self.node.limit, Account()
        try:
            while True:
                injected = self._injected(frame, step, account, visit)
                try:
                    async with frame.run.gate:
                        return await self._once(arguments, injected, limit.timeout)
                except BudgetExceeded:
                    raise
                except Exception:
                    if step.attempts > limit.retries:
                        raise
                await asyncio.sleep(limit.wait * 2 ** (step.attempts - 1))
                step.attempts += 1
        finally:
            step.usage, step.reused = account.usage.spent(), account.reused.spent()
            step.notes = (*([f"by rules: {self.by_rules}"] if self.by_rules else []), *account.notes)

    def _injected(self, frame: Frame, step: Step, account: Account, visit: Visit | None) -> dict[str, Any]:
        """What `run` gets besides what it reads. In a second attempt models are asked, whatever they have said before."""
        injected: dict[str, Any] = dict.fromkeys(self.optional)
        memo = frame.run.memo
        if memo is not None and (step.attempts > 1 or self.keyed[0] is None):
            memo = None
        for name, (_, charges) in self.resources.items():
            thing = self._resource(frame, name)
            if memo is not None and name in self.models:
                thing = Remembering(thing, memo, account)
            injected[name] = Metered(
                thing,
                charges,
                frame.meter,
                account.usage,
                self._listener(frame, step, name),
                account.notes,
                self._watcher(frame, step, name),
            )
        if visit is not None and self.contract.visit:
            injected[self.contract.visit] = visit
        return injected

    async def _once(self, arguments: dict[str, Any], injected: dict[str, Any], timeout: float | None) -> Writes:
        if timeout is None:
            result = await self._call(**arguments, **injected)
        else:
            async with asyncio.timeout(timeout):
                result = await self._call(**arguments, **injected)
        if not isinstance(result, self.contract.returns):
            raise WriteError(f"run returns a {self.contract.returns.__name__}, but what came is {_brief(result)}")
        return result

    def _write(self, frame: Frame, step: Step, values: Mapping[str, Any]) -> None:
        identity = step.id
        for _, channel, merge, always in self.writings:
            value = values.get(channel)
            if value is None and (not always or channel not in values):
                continue
            frame.write(channel, merge, value, identity)
            step.writes[channel] = value


def _as_then(frame: Frame, step: Step) -> Exhausted | StepFailed:
    """How a failed step that is taken from an earlier run ends its branch."""
    assert step.error is not None
    limited = frame.meter.deadline() is not None or (frame.run.recorded is not None and frame.run.recorded.partial)
    stopped = step.error.code == "budget" or (step.error.code == "cancelled" and limited)
    return Exhausted(frame.meter) if stopped else StepFailed(step)


def reading_of(spec: ReadSpec, evaluate: Evaluate | None = None, channels: tuple[str, ...] = ()) -> Reading:
    """How a parameter is read: from its own channel, or through an expression."""
    return Reading(spec.parameter, spec.required, spec.parameter, spec.or_else, converter(spec.type), evaluate, channels)


def converter(wanted: Any) -> Convert | None:
    """What turns a channel's value into what a parameter asks for; None where nothing has to be done.

    Collections are kept as tuples: a parameter of type `list[...]` gets a list of its own. A `Value` that can be made from
    something else (`Query` from `str`) is made.
    """
    wanted = without_none(wanted)
    origin = get_origin(wanted) or wanted
    if origin in (typing.Union, types.UnionType):
        return None
    if origin in (list, set, frozenset):
        collection: Convert = origin
        return collection
    if isinstance(wanted, type) and issubclass(wanted, Value) and wanted.made_from:
        model = wanted
        return lambda value: value if isinstance(value, model) else model.model_validate(value)
    items = get_args(wanted)
    if origin is tuple and items[1:] == (...,) and (inner := converter(items[0])) is not None:
        return lambda value: tuple(inner(item) for item in value)
    return None


def step_key(node: Node, resources: Mapping[str, Any]) -> tuple[StepKey | None, str]:
    """What a node's visits share of their identity in the memo; or None and why they cannot be kept."""
    if not node.memo:
        return None, f"off: {node.kind} is not to be kept"
    identities = {name: getattr(thing, "identity", None) for name, thing in resources.items()}
    for name, identity in identities.items():
        if not isinstance(identity, str):
            return None, f"off: resource {name!r} has no identity"
    kind = type(node)
    besides = {f"depends on {name}": to_plain(value) for name, value in node.depends_on.items()}
    try:
        code = code_version(kind, node.contract().returns)
        settings, _ = identity_of({**node.settings, **besides})
    except Unidentified as error:
        return None, f"off: {error}"
    return StepKey(f"{kind.__module__}:{kind.__qualname__}", code, settings, "", digest(identities), ""), ""


def _seed(seed: int, step: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed}:{step}".encode(), digest_size=8).digest())


def _step_error(path: str, error: BaseException) -> StepError:
    code = "raised"
    if isinstance(error, LMError):
        return StepError(error.code, type(error).__name__, f"{path}: {error}")
    if isinstance(error, TimeoutError):
        return StepError("timeout", "TimeoutError", f"{path}: {str(error) or 'took longer than its limit'}")
    if isinstance(error, ChannelMissing):
        code = "missing"
    elif isinstance(error, ValidationError | WriteError):
        code = "invalid"
    return StepError(code, type(error).__name__, f"{path}: {error}")


def _brief(value: Any, most: int = 80) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= most else text[:most] + '...'}"
