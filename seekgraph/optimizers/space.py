"""The space that is searched: numbers, switches, choices, and pools of texts and demonstrations, and how Optuna sees them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seekgraph.core.language.flow import Flow
from seekgraph.core.language.params import ChoiceParam, FloatParam, IntParam, Param, SwitchParam, TextParam
from seekgraph.core.language.site import Site


def active(flow: Flow) -> Iterator[Site]:
    """The places of a flow that can run under its params, in the order of writing: of a choice of steps only what it takes."""
    params = flow.params()

    def walk(site: Site) -> Iterator[Site]:
        yield site
        taken = site.element.taken({slot: params[names[0]] for slot, names in site.slots.items() if names})
        for number in taken:
            yield from walk(site.children[number])

    return walk(flow.site)


EXACT = 2**53
"""Whole numbers up to this one are all floats."""


@dataclass(frozen=True)
class Pool:
    """Candidate values of a text or of demonstrations, as plain data, the one that there is first. Searched by their place."""

    values: tuple[Any, ...]


Domain = Param | Pool


def tunable(flow: Flow, idle: Collection[str] = (), pools: Mapping[str, Sequence[Any]] | None = None) -> dict[str, Domain]:
    """The params that can be searched over: those with more than one value, without those that are `idle`.

    A text has the variants that are written for it as a pool; `pools` has values that were gathered for others, by full name.
    """
    kinds = IntParam | FloatParam | SwitchParam | ChoiceParam
    found: dict[str, Domain] = {}
    for name, param in flow.params().items():
        gathered = tuple((pools or {}).get(name, ()))
        if isinstance(param, TextParam) and param.variants:
            gathered = (*param.variants, *gathered)
        if isinstance(param, IntParam):
            searched = _searched(param)
            if searched is None:
                continue
            param = searched
        domain = param if isinstance(param, kinds) else Pool(_unlike((param.to_json(), *gathered))) if gathered else None
        if domain is not None and name not in idle and size(domain) > 1:
            found[name] = domain
    return found


def encoded(space: Mapping[str, Domain], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of params as the search has them: those of a pool by their place in it, the first where they are not in it."""
    return {
        name: (domain.values.index(values[name]) if values[name] in domain.values else 0)
        if isinstance(domain, Pool)
        else values[name]
        for name, domain in space.items()
    }


def decoded(space: Mapping[str, Domain], proposed: Mapping[str, Any]) -> dict[str, Any]:
    """The values of params that a proposal means, as plain data."""
    return {name: domain.values[proposed[name]] if isinstance(domain, Pool) else proposed[name] for name, domain in space.items()}


def _searched(param: IntParam) -> IntParam | None:
    """The part of a whole number's interval in which each value is a float of its own, as the search needs it.

    None where the value that there is lies outside of it.
    """
    low, high = max(param.low, -EXACT), min(param.high, EXACT)
    if (low, high) == (param.low, param.high):
        return param
    return replace(param, low=low, high=high) if low <= param.value <= high else None


def combinations(space: Mapping[str, Domain]) -> float:
    """How many values all params of a space can have together; no more than `EXACT` is told, infinity for real numbers."""
    count = 1.0
    for domain in space.values():
        count = count * size(domain) if math.isinf(size(domain)) else min(count * size(domain), EXACT)
    return count


def size(domain: Domain) -> float:
    """How many values a param can have, no more than `EXACT` of them; infinity for real numbers."""
    if isinstance(domain, Pool):
        return len(domain.values)
    if isinstance(domain, IntParam):
        return min(domain.high - domain.low + 1, EXACT)
    if isinstance(domain, FloatParam):
        return math.inf if domain.high > domain.low else 1
    return 2 if isinstance(domain, SwitchParam) else len(options(domain))


def _unlike(values: Sequence[Any]) -> tuple[Any, ...]:
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return tuple(found)


def options(param: Param) -> list[Any]:
    """The values of a switch or a choice, as plain data."""
    return [False, True] if isinstance(param, SwitchParam) else [label for label, _ in getattr(param, "options", ())]


def distributions(space: Mapping[str, Domain]) -> dict[str, Any]:
    """The space in Optuna's words."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    def one(param: Domain) -> Any:
        if isinstance(param, Pool):
            return CategoricalDistribution(range(len(param.values)))
        if isinstance(param, IntParam):
            return IntDistribution(param.low, param.high, log=param.log)
        if isinstance(param, FloatParam):
            return FloatDistribution(param.low, param.high, log=param.log)
        return CategoricalDistribution(options(param))

    return {name: one(param) for name, param in space.items()}
