"""Drafts as one HTML file to label in: it opens from disk, asks no network, and saves the decisions as a file.

Everything in the drafts comes from outside. It goes into the page as JSON that cannot end its element, and from there into the
document as text; a policy in the page lets only this style and this script work, each by its hash, and nothing be fetched. What
the page saves is taken in by `seekgraph questions label Q.jsonl --decisions FILE`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Any

from seekgraph.diagnosis.packing import script_json
from seekgraph.synthesis.view import View
from seekgraph.types import Example, Passage

OFFERED = 5
"""Passages that are offered beside the gold ones."""

_FIELD = re.compile(r"\{\{(\w+)\}\}")


def page(name: str, drafts: Sequence[Example], view: View) -> str:
    """The page for these drafts, as the text of an HTML file; `name` is that of their dev set."""
    style, script = _part("label.css"), f"(() => {{\n'use strict';\n{_part('label.js')}}})();"
    policy = [
        *("default-src 'none'", f"style-src '{_hash(style)}'", f"script-src '{_hash(script)}'"),
        *("base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"),
    ]
    fields = {
        "policy": "; ".join(policy),
        "title": escape(f"Label {name}".encode(errors="replace").decode()),
        "style": style,
        "script": script,
        "data": script_json({"name": name, "rows": [_row(each, view) for each in drafts]}),
    }
    # In one pass, so that no text of the data is taken for a field.
    return _FIELD.sub(lambda found: fields[found[1]], _part("label.html"))


def _row(row: Example, view: View) -> dict[str, Any]:
    gold = [found for id in row.supporting_ids if (found := view.get(id)) is not None]
    others = [each for each in view.near(row.question, OFFERED + len(gold)) if each.id not in row.supporting_ids][:OFFERED]
    return {
        "id": row.id,
        "question": row.question,
        "answer": row.answers[0] if row.answers else "",
        "kind": str(row.meta.get("kind", "")),
        "gold": list(row.supporting_ids),
        "passages": [_passage(each) for each in (*gold, *others)],
    }


def _passage(passage: Passage) -> dict[str, str]:
    return {"id": passage.id, "title": passage.title, "text": passage.text}


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _part(name: str) -> str:
    return files("seekgraph.synthesis").joinpath("html", name).read_text(encoding="utf-8")
