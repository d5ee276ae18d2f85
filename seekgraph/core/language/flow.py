"""Flows: a body with a name, its inputs and its output. A flow is an immutable declaration; `bind` makes it runnable."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

from pydantic import TypeAdapter

from seekgraph.core.base.errors import ParamError
from seekgraph.core.base.identity import digest
from seekgraph.core.language.element import Element, as_element
from seekgraph.core.language.node import Node, without_none
from seekgraph.core.language.params import Param
from seekgraph.core.language.reads import needs, written
from seekgraph.core.language.site import Site, place, settled
from seekgraph.core.language.typing_rules import union, unknown
from seekgraph.core.record.ledger import Merge
from seekgraph.types import Digest, Turn

INPUTS: Mapping[str, Any] = {"question": str, "history": tuple[Turn, ...] | None}
"""The channels that a run begins with where a flow does not say otherwise; `None` in a type makes the input optional."""


class Flow:
    """A search flow.

    `inputs` maps the channels that a run begins with to their types. `output` is the channel that every path has to write.
    `module` is the module that made the flow; an artifact says where the flow stands by it.
    Two flows are equal when their structure and the values of their params are.
    """

    def __init__(
        self, body: Any, *, name: str | None = None, inputs: Mapping[str, Any] | None = None, output: str = "answer"
    ) -> None:
        self.body = as_element(body)
        self.name = name
        self.inputs = dict(INPUTS if inputs is None else inputs)
        self.output = output
        self.values: dict[str, Any] = {}
        self.module = _calling_module()

    @cached_property
    def site(self) -> Site:
        """The body with a path for every place."""
        return place(self.body)

    @cached_property
    def settled(self) -> Element:
        """The body with the flow's own values of its params: what stands in a flow around this one."""
        return settled(self.site, self.params()) if self.values else self.body

    @cached_property
    def sites(self) -> dict[str, Site]:
        """All places by path, in the order of writing."""
        return {site.path: site for site in self.site.walk()}

    @cached_property
    def input_adapters(self) -> dict[str, TypeAdapter[Any]]:
        """What validates each input."""
        return {name: TypeAdapter(kind) for name, kind in self.inputs.items()}

    @cached_property
    def optional_inputs(self) -> frozenset[str]:
        """The inputs that may be left out: those whose type admits None."""
        return frozenset(name for name, kind in self.inputs.items() if without_none(kind) is not kind)

    @cached_property
    def channels(self) -> dict[str, Any]:
        """The types of the channels by name, as inputs, nodes, items and gifts fill them; what loading a trace takes.

        A name that stands for different things in the flow and in its calls has a type for all of them.
        """
        found: dict[str, Any] = {"digests": tuple[Digest, ...], **self.inputs}
        elements = [site.element for site in self.site.walk()]
        for spec in (spec for element in elements for spec in element.writes()):
            found[spec.channel.name] = union((found.get(spec.channel.name, spec.channel.type), spec.channel.type))
        for element in elements:
            for name, kind in element.channels(found).items():
                if not unknown(kind):
                    found[name] = union((kind, *([found[name]] if name in found else ())))
        for read in (read for element in elements for read in element.reads()):
            if read.expr is None:
                found.setdefault(read.slot, read.type)
        return found

    @cached_property
    def resources(self) -> dict[str, tuple[str, type, bool]]:
        """The resources that the flow may ask for: by name the path of a node, the port, and whether it is required."""
        found: dict[str, tuple[str, type, bool]] = {}
        for path, site in self.sites.items():
            for name, port, required in needs(site.element):
                if name not in found or required:
                    found[name] = (path, port, required)
        return found

    @cached_property
    def own_resources(self) -> dict[str, type]:
        """The names under which a thing is bound for one node alone, `PATH.PARAMETER` ("answer.lm"), each with its port."""
        return {
            f"{path}.{port.parameter}": port.port
            for path, site in self.sites.items()
            if isinstance(site.element, Node)
            for port in site.element.contract().ports
        }

    @cached_property
    def merges(self) -> dict[str, Merge]:
        """The merge rules of the channels that are not replaced."""
        found = {"digests": Merge.APPEND}
        for site in self.site.walk():
            found |= {name: merge for name, merge in written(site.element).items() if merge is not Merge.REPLACE}
        return found

    def params(self) -> dict[str, Param]:
        """The search space: every param by its full name, with its current value."""
        declared = {name: param for site in self.site.walk() for name, param in site.params.items()}
        return {name: param.with_value(self.values[name]) if name in self.values else param for name, param in declared.items()}

    def with_params(self, values: Mapping[str, Any]) -> Self:
        """A new flow in which the named params have other values. Raises `ParamError` for unknown names and values."""
        params = self.params()
        unknown = sorted(set(values) - set(params))
        if unknown:
            raise ParamError(f"flow {self.name or ''!r} has no params {unknown}; it has {sorted(params)}")
        changed = dict(self.values)
        for name, value in values.items():
            try:
                changed[name] = params[name].check(value.value if isinstance(value, Param) else value)
            except ParamError as error:
                raise ParamError(f"{name}: {error}") from None
        return self._copy(values=changed)

    @cached_property
    def structure(self) -> dict[str, Any]:
        """The structure as plain data: for each path its kind, settings, expressions and domains, without param values."""
        return {
            "inputs": {name: str(kind) for name, kind in self.inputs.items()},
            "output": self.output,
            "sites": {path: _describe(site) for path, site in self.sites.items()},
        }

    @cached_property
    def fingerprint(self) -> str:
        """A hash of `structure`: equal for flows whose params have the same names and meanings."""
        return digest(self.structure)

    def _copy(self, **attributes: Any) -> Self:
        other = object.__new__(type(self))
        other.__dict__ = {
            key: value for key, value in self.__dict__.items() if not isinstance(getattr(Flow, key, None), cached_property)
        }
        other.__dict__.update(attributes)
        return other

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Flow):
            return NotImplemented
        return self.fingerprint == other.fingerprint and _plain_values(self) == _plain_values(other)

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __rshift__(self, other: Any) -> Any:
        return as_element(self) >> other

    def __rrshift__(self, other: Any) -> Any:
        return other >> as_element(self)

    def __repr__(self) -> str:
        return f"Flow({self.name!r}, {len(self.sites)} places, {len(self.params())} params)"


def _calling_module() -> str:
    """The module of the first caller outside of the classes of flows."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__") in ("seekgraph.core.language.flow", "seekgraph.flow"):
        frame = frame.f_back
    return str(frame.f_globals.get("__name__", ""))


def _plain_values(flow: Flow) -> dict[str, Any]:
    return {name: param.to_json() for name, param in flow.params().items()}


def _describe(site: Site) -> dict[str, Any]:
    element = site.element
    return {
        "kind": f"{type(element).__module__}:{type(element).__qualname__}",
        **element.described(),
        "exprs": {slot: str(expr) for slot, expr in element.expressions.items()},
        "params": {name: param.domain() for name, param in site.params.items()},
        "inside": [child.path for child in site.children],
    }
