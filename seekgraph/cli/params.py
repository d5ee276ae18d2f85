"""--param: other values for the params of a flow."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seekgraph.cli.common import Misuse, similar
from seekgraph.core.base.errors import ParamError

if TYPE_CHECKING:
    from seekgraph.core.language.params import Param
    from seekgraph.flow import Flow


def with_params(flow: Flow, pairs: Sequence[str]) -> Flow:
    """`flow` with other values for its params, from `PATH=VALUE`. Raises `Misuse`."""
    return flow.with_params(read_params(flow, pairs)) if pairs else flow


def read_params(flow: Flow, pairs: Sequence[str]) -> dict[str, Any]:
    """Values by the names of params, from `PATH=VALUE`; a value is read as JSON, and as text where that is what the param takes.

    Raises `Misuse` for a name that the flow has not, with the one that is most like it, and for a value outside of the param's
    domain, with the domain.
    """
    params = flow.params() if pairs else {}
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = (part.strip() for part in pair.partition("="))
        if not equals or not name:
            raise Misuse(f"--param takes PATH=VALUE, such as retrieve.k=20, not {pair!r}")
        if name not in params:
            hint = similar(name, params) or f"; it has {', '.join(params) or 'none'}"
            raise Misuse(f"--param: the flow has no param {name!r}{hint}")
        found[name] = _value(params, name, text)
    return found


def _value(params: Mapping[str, Param], name: str, text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    try:
        return params[name].check(value)
    except ParamError as error:
        refused = error
    try:
        return params[name].check(text)  # a label such as "3", or an instruction that happens to be JSON
    except ParamError:
        raise Misuse(f"--param {name}: {refused}") from None
