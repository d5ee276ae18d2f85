"""Drafts as one HTML file to label in: it opens from disk, asks no network, and saves the decisions as a file.

Everything in the drafts comes from outside. It goes into the page as JSON that cannot end its element, and from there into the
document as text; a policy in the page lets only this style and this script work, each by its hash, and nothing be fetched. What
the page saves is taken in by `seekgraph questions label Q.jsonl --decisions FILE`.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from seekgraph.diagnosis.packing import script_json
from seekgraph.diagnosis.selfcontained import filled, policy, title
from seekgraph.synthesis.view import View
from seekgraph.types import Example, Passage

OFFERED = 5
"""Passages that are offered beside the gold ones."""


def page(name: str, drafts: Sequence[Example], view: View) -> str:
    """The page for these drafts, as the text of an HTML file; `name` is that of their dev set."""
    style, script = _part("label.css"), f"(() => {{\n'use strict';\n{_part('label.js')}}})();"
    fields = {
        "policy": policy(style, script),
        "title": title(f"Label {name}"),
        "style": style,
        "script": script,
        "data": script_json({"name": name, "rows": [_row(each, view) for each in drafts]}),
    }
    return filled(_part("label.html"), fields)


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


def _part(name: str) -> str:
    return files("seekgraph.synthesis").joinpath("html", name).read_text(encoding="utf-8")
