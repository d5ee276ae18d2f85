"""/wrong of a chat: which passage or answer would have been right, kept as a row of a dev set."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seekgraph.cli.wrapping import write

if TYPE_CHECKING:
    from seekgraph.flow import Bound
    from seekgraph.types import Passage

FOUND = 5


def corrected(bound: Bound, question: str, offered: Sequence[Passage], read: Callable[[str], str], rows: Path) -> tuple[str, str]:
    """Ask for the right passage and answer and add a row to the dev set; gives what is to be said of it, and the answer.

    Raises `EOFError` where nothing more is read, and what `read_examples` raises for a file that is no dev set.
    """
    from seekgraph.evaluation.corrections import save_row
    from seekgraph.types import Example

    passage = _passage(bound, offered, read)
    answer = read("right answer (empty: leave it open): ").strip()
    if not passage and not answer:
        return "nothing was kept", ""
    row = Example(
        id=f"chat-{hashlib.sha256(question.encode()).hexdigest()[:12]}",
        question=question,
        answers=(answer,) if answer else (),
        supporting_ids=(passage,) if passage else (),
    )
    saved = save_row(rows, row)
    gold = ", ".join(saved.supporting_ids) or "no passage"
    return f"kept in {rows}: {saved.question!r}, {gold}, {', '.join(map(repr, saved.answers)) or 'no answer'}", answer


def _passage(bound: Bound, offered: Sequence[Passage], read: Callable[[str], str]) -> str:
    """The id of the passage that a person chooses by number, by id, or out of what words find; "" for none."""
    shown = list(offered)
    while True:
        said = read("right passage (number, id, words to search, empty: none): ").strip()
        if not said:
            return ""
        if said.isdigit() and 0 < int(said) <= len(shown):
            return shown[int(said) - 1].id
        corpus: Any = bound.resources.get("corpus")
        if said in _ids(corpus) or said in {each.id for each in shown}:
            return said
        shown = list(corpus.find(said, FOUND)) if callable(getattr(corpus, "find", None)) else []
        if not shown:
            write(f"nothing has a word of {said!r}")
        for number, passage in enumerate(shown, start=1):
            write(f"  [{number}] {passage.title or passage.id} ({passage.id}): {' '.join(passage.text.split())}", most=2)


def _ids(corpus: Any) -> set[str]:
    passages: Any = getattr(corpus, "passages", None)
    return {passages.id(at) for at in range(len(passages))} if callable(getattr(passages, "id", None)) else set()
