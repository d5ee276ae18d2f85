"""Attribute lists, as Markdown of MkDocs, Pandoc and kramdown writes them: `{ #origin .wide }`, `{: .note }`."""

from __future__ import annotations

import re

_LIST = r"\{:?[ \t]*((?:[#.][^\s{}#.=]+|[A-Za-z][\w.:-]*=(?:\"[^\"{}]*\"|'[^'{}]*'|[^\s{}\"']+))(?:[ \t]+[^\s{}][^{}]*)?)[ \t]*\}"
_AT_END = re.compile(r"(?<![ \t])[ \t]*" + _LIST + r"[ \t]*\Z")
_ANYWHERE = re.compile(r"(?:(?<=[)\]*_])|(?<=\s)|^)" + _LIST + r"(?=[\s.,;:!?)|]|\Z)")
_ANCHOR = re.compile(r"(?:\A|\s)#([^\s{}#\[\]]+)")


def heading_and_anchor(text: str) -> tuple[str, str]:
    """A heading without the attribute list at its end, and the anchor which that names, "" without one."""
    found = _AT_END.search(text) if text.endswith("}") else None
    if found is None or not text[: found.start()].strip():
        return text, ""
    anchor = _ANCHOR.search(found[1])
    return text[: found.start()].rstrip(), anchor[1] if anchor else ""


def without_attributes(line: str) -> str:
    """A line of Markdown without its attribute lists: those after a link, an emphasis or at the end, outside of code spans."""
    if "{" not in line or not _ANYWHERE.search(line):
        return line
    parts = line.split("`")  # every second one is code, unless a span is not closed
    return "`".join(part if at % 2 else _ANYWHERE.sub("", part) for at, part in enumerate(parts))
