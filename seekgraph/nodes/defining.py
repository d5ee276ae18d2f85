"""How far a passage says what the thing is that a question asks for: by a sentence that defines it, or by its heading."""

from __future__ import annotations

from collections.abc import Sequence

from seekgraph.nodes.rules.language import rules_for
from seekgraph.text.blocks import blocks
from seekgraph.text.weights import terms
from seekgraph.types import Passage

_HEADED = 0.4


def headed(subject: str, title: str) -> bool:
    """Whether the last heading of a passage's title is the subject, or the title of its page is about it and it stands first."""
    wanted, headings = set(terms(subject)), title.split(" > ")
    return bool(wanted) and (set(terms(headings[-1])) == wanted or (len(headings) == 1 and wanted <= set(terms(title))))


def defining(question: str, passages: Sequence[Passage]) -> dict[str, float]:
    """For each passage, by id, how far it defines what is asked for, in [0, 1]; nothing where no definition is asked for."""
    rules = rules_for(question)
    form = rules.form(question)
    if form.kind != "definition":
        return {}
    return {
        passage.id: max(
            _HEADED * headed(form.subject, passage.title),
            max((rules.fits(form, block.text) for block in blocks(passage.text) if block.kind == "prose"), default=0.0),
        )
        for passage in passages
    }
