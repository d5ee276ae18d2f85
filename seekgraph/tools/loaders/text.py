"""Plain text, Markdown and reStructuredText."""

from __future__ import annotations

import re

from seekgraph.tools.loaders.base import Content, File
from seekgraph.tools.sections import sections_of

_ROLE = re.compile(r":[A-Za-z][\w:+.-]{0,40}:`~?([^`<>]{1,400})(?:<[^`<>]{1,400}>)?`")
_TARGET = re.compile(r"^\.\. (?:_[^\n:]+:|comment::)[^\n]*$", re.MULTILINE)


def plain(file: File) -> Content:
    """Text without headings."""
    return sections_of(file.text, ".txt")


def marked(file: File) -> Content:
    """Markdown or reStructuredText, by the suffix; in the latter, roles become their text and targets of links go."""
    text = file.text
    if file.suffix == ".rst":
        text = _TARGET.sub("", _ROLE.sub(lambda found: found[1].strip(), text))
    return sections_of(text, file.suffix, file.include)
