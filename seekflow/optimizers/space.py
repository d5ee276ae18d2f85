"""The space that numbers, switches and choices make: which params are searched, and how Optuna sees them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from seekflow.core.combinators import Pick
from seekflow.core.flow import Flow
from seekflow.core.params import ChoiceParam, FloatParam, IntParam, Param, SwitchParam
from seekflow.core.site import Site


def active(flow: Flow) -> Iterator[Site]:
    """The places of a flow that can run under its params, in the order of writing: of a choice of steps only what it takes."""
    params = flow.params()

    def walk(site: Site) -> Iterator[Site]:
        yield site
        children = site.children
        if isinstance(site.element, Pick):
            labels = [label for label, _ in site.element.options]
            children = (children[labels.index(params[site.slots["choice"][0]].value)],)
        for child in children:
            yield from walk(child)

    return walk(flow.site)


def tunable(flow: Flow) -> dict[str, Param]:
    """The params that can be searched over: those with more than one value."""
    kinds = IntParam | FloatParam | SwitchParam | ChoiceParam
    return {name: param for name, param in flow.params().items() if isinstance(param, kinds) and size(param) > 1}


def size(param: Param) -> float:
    """How many values a param can have; infinity for real numbers."""
    if isinstance(param, IntParam):
        return param.high - param.low + 1
    if isinstance(param, FloatParam):
        return math.inf if param.high > param.low else 1
    return 2 if isinstance(param, SwitchParam) else len(options(param))


def options(param: Param) -> list[Any]:
    """The values of a switch or a choice, as plain data."""
    return [False, True] if isinstance(param, SwitchParam) else [label for label, _ in getattr(param, "options", ())]


def distributions(space: Mapping[str, Param]) -> dict[str, Any]:
    """The space in Optuna's words."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    def one(param: Param) -> Any:
        if isinstance(param, IntParam):
            return IntDistribution(param.low, param.high, log=param.log)
        if isinstance(param, FloatParam):
            return FloatDistribution(param.low, param.high, log=param.log)
        return CategoricalDistribution(options(param))

    return {name: one(param) for name, param in space.items()}
