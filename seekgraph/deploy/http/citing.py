"""Citations of an answer as annotations of OpenAI's forms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

from seekgraph.deploy.http.service import Ran
from seekgraph.types import Passage


def url_citations(ran: Ran, text: str, base: str) -> list[dict[str, Any]]:
    """`url_citation` for each place where the text names a passage; its address is the passage's own, or its route here."""
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "start_index": start,
                "end_index": end,
                "title": passage.title or passage.id,
                "url": _address(passage) or f"{base}/v1/passages/{quote(passage.id, safe='')}",
            },
        }
        for passage, start, end in _places(ran, text)
    ]


def file_citations(ran: Ran, text: str) -> list[dict[str, Any]]:
    """`file_citation`, or `url_citation` for a passage with an address, for each place where the text names a passage."""
    found: list[dict[str, Any]] = []
    for passage, start, end in _places(ran, text):
        if address := _address(passage):
            title = passage.title or passage.id
            found.append({"type": "url_citation", "start_index": start, "end_index": end, "title": title, "url": address})
        else:
            name = passage.id.partition("#")[0]
            found.append({"type": "file_citation", "file_id": passage.id, "filename": name, "index": end})
    return found


def _places(ran: Ran, text: str) -> Iterator[tuple[Passage, int, int]]:
    """Each cited passage with where the text names it as `[id]`; one that it does not name is about the whole text."""
    answer = ran.result.answer
    known = {passage.id: passage for passage in ran.result.passages}
    for name in answer.citations if answer is not None else ():
        if (passage := known.get(name)) is None:
            continue
        mark, at, named = f"[{name}]", text.find(f"[{name}]"), False
        while at >= 0:
            yield passage, at, at + len(mark)
            named, at = True, text.find(mark, at + len(mark))
        if not named:
            yield passage, 0, len(text)


def _address(passage: Passage) -> str:
    """The web address that a corpus says of a passage, if it is one."""
    found = passage.meta.get("url")
    return found if isinstance(found, str) and urlsplit(found).scheme in ("http", "https") else ""
