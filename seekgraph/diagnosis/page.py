"""A diagnosis as one HTML file that needs nothing else: it opens from disk, asks no network, and runs only its own script.

Everything in a diagnosis comes from outside. It goes into the page as JSON that cannot end its element, and from there into the
document as text; a policy in the page lets only this style and this script work, each by its hash, and nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from typing import Any

from seekgraph.diagnosis.drawing import places
from seekgraph.diagnosis.packing import packed, script_json

SCRIPTS = (
    *("dom.js", "data.js", "values.js", "shared.js", "graph.js"),
    *("overview.js", "table.js", "worst.js", "node.js", "example.js", "visit.js", "main.js"),
)
"""The parts of the page's script, in the order in which they need one another."""

_FIELD = re.compile(r"\{\{(\w+)\}\}")


def page(diagnosis: Mapping[str, Any]) -> str:
    """The page of `Diagnosis.to_json()`, as the text of an HTML file."""
    style, script = _part("page.css"), "(() => {\n'use strict';\n" + "\n".join(map(_part, SCRIPTS)) + "})();"
    title = f"Diagnosis of {diagnosis['flow']['name'] or 'a flow'}".encode(errors="replace").decode()
    fields = {
        "policy": _policy(style, script),
        "title": escape(title),
        "style": style,
        "script": script,
        "data": script_json({**packed(diagnosis), "graph": places(diagnosis["flow"]["drawing"], diagnosis["nodes"])}),
    }
    # In one pass, so that no text of the data is taken for a field.
    return _FIELD.sub(lambda found: fields[found[1]], _part("page.html"))


def _policy(style: str, script: str) -> str:
    """What the browser lets the page do. Without trusted types no text can become markup, whatever the script does."""
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src '{_hash(style)}'",
            f"script-src '{_hash(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _part(name: str) -> str:
    return files("seekgraph.diagnosis").joinpath("html", name).read_text(encoding="utf-8")
