"""From a flow and its resources to something that runs: each site becomes an operation, with params resolved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ConfigDict, PydanticUserError, TypeAdapter

from seekgraph.core.base.errors import BindError
from seekgraph.core.frame.operation import Ending, Operation, Question
from seekgraph.core.language.contract import Build
from seekgraph.core.language.expr import Evaluate, channels, evaluator
from seekgraph.core.language.flow import Flow
from seekgraph.core.language.lm import LM
from seekgraph.core.language.node import Node
from seekgraph.core.language.params import value_of
from seekgraph.core.language.ports import charges
from seekgraph.core.language.reads import collected, ending_site, free_reads
from seekgraph.core.language.roles import why_by_rules
from seekgraph.core.language.site import Site
from seekgraph.core.machine.visit import NodeOp, reading_of
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
        """Before a run with a memo: the keys of all nodes, as they are now. What was typed in may do something else by now."""
        for op in self.nodes.values():
            if op.typed:
                op.__dict__.pop("keyed", None)
            _ = op.keyed

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
    """Turns sites into operations, and keeps those of the nodes."""

    def __init__(
        self, values: Mapping[str, Any], labels: Mapping[str, Any], merges: Mapping[str, Merge], resources: Mapping[str, Any]
    ) -> None:
        self.values = values
        self.labels = labels
        self.merges = merges
        self.resources = resources
        self.nodes: dict[str, NodeOp] = {}

    def operation(self, site: Site) -> Operation:
        return site.element.operation(_Build(self, site))

    def ending(self, site: Site | None) -> Ending | None:
        return Ending(site.path, self.nodes[site.path]) if site else None


class _Build(Build):
    """What one element asks while it becomes an operation."""

    def __init__(self, builder: _Builder, site: Site) -> None:
        self.builder = builder
        self.site = site

    @property
    def path(self) -> str:
        return self.site.path

    def part(self, number: int = 0) -> Operation:
        return self.builder.operation(self.site.children[number])

    def parts(self) -> tuple[Operation, ...]:
        return tuple(self.builder.operation(child) for child in self.site.children)

    def setting(self, slot: str) -> Any:
        names = self.site.slots.get(slot)
        return self.builder.values[names[0]] if names else self.site.element.settings[slot]

    def chosen(self, slot: str) -> str:
        label: str = self.builder.labels[self.site.slots[slot][0]]
        return label

    def evaluate(self, slot: str) -> Evaluate:
        values = [self.builder.values[name] for name in self.site.slots.get(slot, ())]
        return evaluator(self.site.element.expressions[slot], values)

    def question(self, slot: str, kind: StepKind, form: Callable[[Any], Any] | None = None) -> Question:
        evaluate = self.evaluate(slot)
        formed = evaluate if form is None else lambda read: form(evaluate(read))
        return Question(self.path, kind, formed, channels(self.site.element.expressions[slot]))

    def reading(self, channel: str) -> Question:
        return Question(self.path, "input", lambda read: read(channel), (channel,))

    def merge(self, channel: str) -> Merge:
        return self.builder.merges.get(channel, Merge.REPLACE)

    def collections(self) -> tuple[str, ...]:
        return collected(self.site)

    def free_reads(self, number: int = 0) -> Mapping[str, bool]:
        return free_reads(self.site.children[number])

    def ending(self, output: str) -> Ending | None:
        return self.builder.ending(ending_site(self.site.children[0], output))

    def visit(self) -> Operation:
        element = self.site.element
        if not isinstance(element, Node):
            raise TypeError(f"{self.path}: a {type(element).__name__} is no node, so it cannot be visited")
        return self.builder.nodes.setdefault(self.path, self._node(element))

    def _node(self, element: Node) -> NodeOp:
        plain = {name: self.setting(name) for name in element.settings}
        node = element._changed(**plain)
        contract = node.contract()
        readings = []
        for spec in contract.reads:
            expr = node.reading.get(spec.parameter)
            through = () if expr is None else (self.evaluate(f"using_{spec.parameter}"), channels(expr))
            readings.append(reading_of(spec, *through))
        bound: dict[str, tuple[Any, Mapping[str, str]]] = {}
        optional = []
        by_rules = ""
        for port in contract.ports:
            name = getattr(node, port.setting) if port.setting else port.parameter
            own, resources = f"{self.path}.{port.parameter}", self.builder.resources
            if LM in port.port.__mro__ and not port.required and (reason := why_by_rules(resources, self.path, node, name)):
                by_rules = reason
                optional.append(port.parameter)
            elif own in resources or name in resources:
                bound[port.parameter] = (resources[own if own in resources else name], charges(port.port))
            elif port.required:
                raise BindError(f"{self.path} needs a {port.port.__name__} under the name {name!r}: bind({name}=...)")
            else:
                optional.append(port.parameter)
        writings = tuple(
            (spec.channel.name, sent.channel.name, spec.channel.merge, spec.always)
            for spec, sent in zip(contract.writes, node.writes(), strict=True)
        )
        return NodeOp(self.path, node, contract, tuple(readings), writings, bound, tuple(optional), by_rules)
