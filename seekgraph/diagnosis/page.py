"""A diagnosis as one HTML file that needs nothing else: it opens from disk, asks no network, and runs only its own script.

Everything in a diagnosis comes from outside. It goes into the page as JSON that cannot end its element, and from there into the
document as text; a policy in the page lets only this style and this script work, each by its hash, and nothing be fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from seekgraph.diagnosis.drawing import places
from seekgraph.diagnosis.packing import packed, script_json
from seekgraph.diagnosis.selfcontained import filled, policy, title

SCRIPTS = (
    *("dom.js", "data.js", "values.js", "shared.js", "graph.js"),
    *("overview.js", "table.js", "worst.js", "node.js", "example.js", "visit.js", "main.js"),
)
"""The parts of the page's script, in the order in which they need one another."""


def page(diagnosis: Mapping[str, Any]) -> str:
    """The page of `Diagnosis.to_json()`, as the text of an HTML file."""
    style, script = _part("page.css"), "(() => {\n'use strict';\n" + "\n".join(map(_part, SCRIPTS)) + "})();"
    fields = {
        "policy": policy(style, script),
        "title": title(f"Diagnosis of {diagnosis['flow']['name'] or 'a flow'}"),
        "style": style,
        "script": script,
        "data": script_json({**packed(diagnosis), "graph": places(diagnosis["flow"]["drawing"], diagnosis["nodes"])}),
    }
    return filled(_part("page.html"), fields)


def _part(name: str) -> str:
    return files("seekgraph.diagnosis").joinpath("html", name).read_text(encoding="utf-8")
