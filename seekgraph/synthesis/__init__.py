"""A dev set out of documents: questions are drafted, a person labels them, and a check says what they are worth.

    corpus = sg.tools.open_corpus("docs/")["corpus"]
    drafted = sg.synthesis.draft(corpus, count=40)                     # or with a model: lm="openai/gpt-4.1-mini"
    for each in drafted.drafts:
        each.question, each.kind, each.answer, each.supporting_ids, each.outcomes
    drafted.dropped                                                    # how many each filter has dropped
    drafted.write("questions.jsonl")                                   # rows of a dev set, marked as drafts
    sg.synthesis.check({"questions.jsonl": drafted.examples()}, corpus).errors

From a shell: `seekgraph questions draft | label | check`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seekgraph.synthesis.checking import CHECKS as CHECKS
    from seekgraph.synthesis.checking import Checked as Checked
    from seekgraph.synthesis.checking import Finding as Finding
    from seekgraph.synthesis.checking import check as check
    from seekgraph.synthesis.drafting import KINDS as KINDS
    from seekgraph.synthesis.drafting import WRITERS as WRITERS
    from seekgraph.synthesis.drafting import adraft as adraft
    from seekgraph.synthesis.drafting import draft as draft
    from seekgraph.synthesis.drafting import reduced as reduced
    from seekgraph.synthesis.filters import FILTERS as FILTERS
    from seekgraph.synthesis.filters import Filter as Filter
    from seekgraph.synthesis.labels import Decision as Decision
    from seekgraph.synthesis.labels import LabelError as LabelError
    from seekgraph.synthesis.labels import decide as decide
    from seekgraph.synthesis.values import Draft as Draft
    from seekgraph.synthesis.values import Drafted as Drafted
    from seekgraph.synthesis.values import DraftError as DraftError
    from seekgraph.synthesis.values import Outcome as Outcome
    from seekgraph.synthesis.view import View as View

_NAMES = {
    "checking": ("CHECKS", "Checked", "Finding", "check"),
    "labels": ("Decision", "LabelError", "decide"),
    "drafting": ("KINDS", "WRITERS", "adraft", "draft", "reduced"),
    "filters": ("FILTERS", "Filter"),
    "values": ("Draft", "DraftError", "Drafted", "Outcome"),
    "view": ("View",),
}
_HOMES = {name: f"{__name__}.{module}" for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
