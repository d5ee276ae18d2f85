"""Blocks of a text: units joined into what can be read by itself, as far as they are short enough.

A list item is whole with all its sentences, lines of a quotation that break a sentence are one, and an introduction that ends in
a colon has what it introduces. Fences that hold no text (directives without a body, pictures, tables of contents) are left out.
"""

from __future__ import annotations

import re
from functools import lru_cache

from seekgraph.text.lengths import words
from seekgraph.text.units import Unit, units

LONGEST = 40
"""Words up to which units are joined, and of a block that is worth showing beside others."""

_ITEM = re.compile(r"(?:[-*+•]|\d{1,3}[.)])\s")
_HAS_ITEM = re.compile(rf"^[ \t]*{_ITEM.pattern}", re.MULTILINE)
_ENDED = re.compile(r"""[.!?…。！？؟।:：][\"'”’)\]*_`]*$""")
_FENCE = re.compile(r"\s*(?:`{3,}|~{3,})\s*(?P<info>\{?[\w:-]*)")
_OPTION = re.compile(r"\s*:[\w-]+:")
_NO_TEXT = frozenset(["mermaid", "{image", "{figure", "{toctree", "{contents", "{currentmodule", "{include"])


@lru_cache(maxsize=4096)
def blocks(text: str, longest: int = LONGEST) -> tuple[Unit, ...]:
    """The blocks of Markdown or plain text in order, each verbatim: `text[start:end]`. None is joined beyond `longest` words."""
    found: list[Unit] = []
    for unit in units(text):
        if unit.kind == "code" and _is_empty(unit.text):
            continue
        if found and _belongs(text, found[-1], unit) and words(text[found[-1].start : unit.end]) <= longest:
            start = found.pop().start
            unit = Unit(text[start : unit.end], start, unit.end, unit.kind)
        found.append(unit)
    return tuple(found)


def _belongs(text: str, before: Unit, after: Unit) -> bool:
    """Whether `after` goes on with what `before` says."""
    gap = text[before.end : after.start]
    if before.kind == "code" or gap.strip():
        return False
    if before.text.endswith((":", "：")) or after.text == "::":
        return True
    if after.kind == "code" or "\n\n" in gap:
        return False
    if before.text.startswith(">"):
        return after.text.startswith(">") and not _ENDED.search(before.text)
    return _HAS_ITEM.search(before.text) is not None and not _ITEM.match(after.text) and ("\n" not in gap or gap.endswith(" "))


def _is_empty(block: str) -> bool:
    """Whether a fenced block holds nothing to read."""
    fence = _FENCE.match(block)
    if fence is None:
        return False
    if fence["info"] in _NO_TEXT:
        return True
    lines = block.split("\n")[1:]
    return not any(line.strip() and not _FENCE.match(line) and not _OPTION.match(line) for line in lines)
