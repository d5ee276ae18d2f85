"""Options that belong together as one parameter of a command, so that commands which have them do not spell them out again."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, get_type_hints


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """The command with each parameter that is a NamedTuple of options in its place as these options, one by one.

    To typer it looks as if they had been written there; the command gets them as the NamedTuple.
    """
    hints = get_type_hints(command, include_extras=True)
    groups = {name: kind for name, kind in hints.items() if hasattr(kind, "_field_defaults")}
    written = inspect.signature(command)
    parameters: list[inspect.Parameter] = []
    for name, parameter in written.parameters.items():
        if name in groups:
            parameters += _fields(groups[name])
        else:
            parameters.append(parameter.replace(annotation=hints[name]))

    @wraps(command)
    def called(**given: Any) -> None:
        for name, kind in groups.items():
            given[name] = kind(**{field: given.pop(field) for field in kind._fields})
        command(**given)

    shown: Any = called
    shown.__signature__ = written.replace(parameters=parameters, return_annotation=None)
    shown.__annotations__ = {each.name: each.annotation for each in parameters}
    return called


def _fields(group: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return [inspect.Parameter(name, kind, default=group._field_defaults[name], annotation=hints[name]) for name in group._fields]
