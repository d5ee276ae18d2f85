"""`seekgraph passages`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seekgraph.cli.output import detail, show, write_json

if TYPE_CHECKING:
    from seekgraph.cli.options import Documents
    from seekgraph.types import Passage

_SHOWN = 100  # characters of a passage's text on its line


def passages_command(documents: Documents, words: str | None, most: int, skipped: bool, as_json: bool) -> None:
    """Show passages with their ids: all, or the `most` that the words find, best first; or the files that were not read."""
    read = documents.read()
    if skipped:
        if as_json:
            notes = [{"path": path, "note": note} for path, note in read.notes]
            write_json({"skipped": [each._asdict() for each in read.skipped], "notes": notes})
            return
        for each in read.skipped:
            show(f"{each.path}: {each.reason}")
        for path, note in read.notes:
            show(f"{path}: read; {note}")
        detail(f"{len(read.skipped)} files not read")
        return
    found = read.passages() if words is None else read.corpus.find(words, most)
    if as_json:
        write_json({"passages": [_row(passage) for passage in found]})
        return
    for passage in found:
        text = " ".join(passage.text.split())
        show(f"{passage.id}  {passage.title}: {text if len(text) <= _SHOWN else text[: _SHOWN - 3] + '...'}")
    if words is not None and not found:
        show(f"no passage has a word of {words!r}")


def _row(passage: Passage) -> dict[str, Any]:
    from seekgraph.tools.identity import content_hash

    row = {"id": passage.id, "title": passage.title, "text": passage.text, "hash": content_hash(passage.text)}
    return {**row, "meta": dict(passage.meta)}
