"""From a flow and its resources to something that runs: each site becomes an operation, with params resolved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ConfigDict, PydanticUserError, TypeAdapter

from seekgraph.core.base.errors import BindError
from seekgraph.core.language.combinators import BestOf, Call, Each, Fan, Loop, Pick, Redo, Route, Seq
from seekgraph.core.language.expr import Evaluate, channels, evaluator
from seekgraph.core.language.flow import Flow
from seekgraph.core.language.node import Node
from seekgraph.core.language.params import value_of
from seekgraph.core.language.ports import charges
from seekgraph.core.language.reads import collected, ending_site, free_reads
from seekgraph.core.language.site import Site, exprs
from seekgraph.core.machine.attempts import BestOfOp, RedoOp
from seekgraph.core.machine.run import CallOp, EachOp, Ending, FanOp, Gift, LoopOp, Operation, Question, RouteOp, SeqOp
from seekgraph.core.machine.visit import NodeOp, reading_of, step_key
from seekgraph.core.record.ledger import Entry, Ledger, Merge
from seekgraph.core.record.step import Step, StepKind
from seekgraph.core.record.trace import Trace


@dataclass(frozen=True)
class Program:
    """A flow that can run: its operations, and the one that ends a run whose budget is spent."""

    flow: Flow
    body: Operation
    ending: Ending | None
    nodes: Mapping[str, NodeOp]

    def rekey(self) -> None:
        """Before a run with a memo: nodes that were typed in may do something else than they did."""
        for op in self.nodes.values():
            if op.typed:
                op.rekey()

    def arguments(self, trace: Trace, step: Step) -> dict[str, Any]:
        """What the node at a step was given, by parameter, without resources: read back from what the step's parents wrote."""
        entries = {channel: Entry(trace.value(channel, sources), sources) for channel, sources in step.parents.items()}
        if step.round:
            entries.setdefault("round", Entry(step.round, ()))
        return self.nodes[step.path].read(Ledger(entries), {})

    @cached_property
    def adapters(self) -> dict[str, dict[str, TypeAdapter[Any]]]:
        """What validates a node's writes, by its path and the channel."""
        return {
            path: {
                channel: _adapter(spec.channel.type)
                for (_, channel, _, _), spec in zip(op.writings, op.contract.writes, strict=True)
            }
            for path, op in self.nodes.items()
        }

    @cached_property
    def always(self) -> dict[str, frozenset[str]]:
        """The channels that a node writes at every visit, by its path."""
        return {path: frozenset(channel for _, channel, _, always in op.writings if always) for path, op in self.nodes.items()}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(kind)
    except PydanticUserError:  # a class that pydantic does not know: an instance of it will do
        return TypeAdapter(kind, config=ConfigDict(arbitrary_types_allowed=True))


def build(flow: Flow, resources: Mapping[str, Any]) -> Program:
    """The program of a flow that has been checked. Raises `BindError` for a resource that is missing."""
    values = {name: value_of(param) for name, param in flow.params().items()}
    labels = {name: param.value for name, param in flow.params().items()}
    builder = _Builder(values, labels, flow.merges, resources)
    ending = ending_site(flow.site, flow.output)
    body = builder.operation(flow.site)
    return Program(flow, body, builder.ending(ending), builder.nodes)


class _Builder:
    def __init__(
        self, values: Mapping[str, Any], labels: Mapping[str, Any], merges: Mapping[str, Merge], resources: Mapping[str, Any]
    ) -> None:
        self.values = values
        self.labels = labels
        self.merges = merges
        self.resources = resources
        self.nodes: dict[str, NodeOp] = {}

    def operation(self, site: Site) -> Operation:
        element = site.element
        if isinstance(element, Node):
            return self.nodes.setdefault(site.path, self._node(site, element))
        if isinstance(element, Pick):
            label = self.labels[site.slots["choice"][0]]
            return self.operation(dict(zip((name for name, _ in element.options), site.children, strict=True))[label])
        parts = tuple(self.operation(child) for child in site.children)
        if isinstance(element, Seq):
            return SeqOp(parts)
        if isinstance(element, Fan):
            return FanOp(parts)
        if isinstance(element, Each):
            return EachOp(self._question(site, "items", "item"), element.item, parts[0], collected(site))
        if isinstance(element, Loop):
            rounds = self._setting(site, "max_rounds", element.max_rounds)
            return LoopOp(parts[0], self._question(site, "until", "until", bool), rounds)
        if isinstance(element, Route):
            branches = {label: part for (label, _), part in zip(element.branches, parts, strict=True)}
            return RouteOp(self._question(site, "policy", "route"), branches, element.default)
        if isinstance(element, Redo):
            below, at_most = (self._setting(site, slot, getattr(element, slot)) for slot in ("below", "at_most"))
            return RedoOp(site.path, parts[0], element.reward, below, at_most, element.channel)
        if isinstance(element, BestOf):
            return BestOfOp(site.path, parts[0], element.reward, self._setting(site, "n", element.n))
        if isinstance(element, Call):
            return self._call(site, element, parts[0])
        raise TypeError(f"{site.path}: a {type(element).__name__} cannot run")

    def ending(self, site: Site | None) -> Ending | None:
        return Ending(site.path, self.nodes[site.path]) if site else None

    def _setting(self, site: Site, slot: str, fixed: Any) -> Any:
        names = site.slots.get(slot)
        return self.values[names[0]] if names else fixed

    def _question(self, site: Site, slot: str, kind: StepKind, form: Callable[[Any], Any] | None = None) -> Question:
        expr = exprs(site.element)[slot]
        values = [self.values[name] for name in site.slots.get(slot, ())]
        evaluate = evaluator(expr, values)
        return Question(site.path, kind, evaluate if form is None else lambda read: form(evaluate(read)), channels(expr))

    def _call(self, site: Site, element: Call, body: Operation) -> CallOp:
        inside = site.children[0]
        merges = self.merges
        if element.give is None:
            give = tuple(
                Gift(name, Question(site.path, "input", _reader(name), (name,)), need, merges.get(name, Merge.REPLACE))
                for name, need in free_reads(inside).items()
            )
        else:
            give = tuple(
                Gift(name, self._question(site, f"give_{name}", "input"), True, merges.get(name, Merge.REPLACE))
                for name, _ in element.give
            )
        return CallOp(site.path, body, self.ending(ending_site(inside, "answer")), give, element.budget)

    def _node(self, site: Site, element: Node) -> NodeOp:
        plain = {name: self._setting(site, name, value) for name, value in element.settings.items()}
        node = element._changed(**plain)
        contract = node.contract()
        readings = []
        for spec in contract.reads:
            expr = node.reading.get(spec.parameter)
            values = [self.values[name] for name in site.slots.get(f"using_{spec.parameter}", ())]
            readings.append(reading_of(spec) if expr is None else reading_of(spec, evaluator(expr, values), channels(expr)))
        bound: dict[str, tuple[Any, Mapping[str, str]]] = {}
        optional = []
        for port in contract.ports:
            name = getattr(node, port.setting) if port.setting else port.parameter
            own = f"{site.path}.{port.parameter}"
            if own in self.resources or name in self.resources:
                bound[port.parameter] = (self.resources[own if own in self.resources else name], charges(port.port))
            elif port.required:
                raise BindError(f"{site.path} needs a {port.port.__name__} under the name {name!r}: bind({name}=...)")
            else:
                optional.append(port.parameter)
        writings = tuple(
            (spec.channel.name, node.writing.get(spec.channel.name, spec.channel.name), spec.channel.merge, spec.always)
            for spec in contract.writes
        )
        key, off = step_key(node, {name: thing for name, (thing, _) in bound.items()})
        return NodeOp(site.path, node, contract, tuple(readings), writings, bound, tuple(optional), off, key)


def _reader(name: str) -> Evaluate:
    return lambda read: read(name)
