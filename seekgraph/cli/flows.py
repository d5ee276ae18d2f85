"""`seekgraph flows`."""

from __future__ import annotations

import importlib
import inspect
from typing import TYPE_CHECKING, Any

from seekgraph.cli.common import READY_MADE, ready_made
from seekgraph.cli.output import show, write_json

if TYPE_CHECKING:
    from seekgraph.flow import Flow


def flows_command(as_json: bool) -> None:
    """Show the ready-made flows: what each does, the resources that it takes, and whether it needs a model."""
    from rich.table import Table
    from rich.text import Text

    from seekgraph.evaluation.terminal import Fitting

    listed = [described(name) for name in ready_made()]
    if as_json:
        write_json({"flows": listed})
        return
    table = Table(show_edge=False, pad_edge=False)
    for column in ("flow", "what it does", "resources", "model"):
        table.add_column(column, no_wrap=column == "flow", min_width=32 if column == "what it does" else None)
    for each in listed:
        resources = ", ".join(f"{name}{'' if needed else '?'}" for name, needed in each["resources"].items())
        table.add_row(Text(each["name"]), Text(each["about"]), Text(resources), each["model"])
    show(Fitting(table), "", "A resource with ? is optional. Try one: seekgraph run bridge --docs FOLDER 'question'")


def described(name: str) -> dict[str, Any]:
    """A ready-made flow as plain data: name, where it is defined, one line, its resources (True: required), use of a model."""
    from seekgraph.core.language.lm import LM

    module = importlib.import_module(f"{READY_MADE}.{name}")
    flow: Flow = module.flow
    models = [needed for _, port, needed in flow.resources.values() if port is LM]
    return {
        "name": name,
        "flow": f"{READY_MADE}.{name}:flow",
        "about": inspect.cleandoc(module.__doc__ or "").partition("\n\n")[0].replace("\n", " "),
        "resources": {resource: needed for resource, (_, port, needed) in flow.resources.items() if port is not LM},
        "models": [resource for resource, (_, port, _) in flow.resources.items() if port is LM],
        "model": "required" if any(models) else "optional" if models else "none",
    }
