"""The sections of a text document: its headings, what they name, and the text below each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from seekgraph.text.normal import composed
from seekgraph.tools import restructured
from seekgraph.tools.embedded import without_embedded
from seekgraph.tools.identity import TOP, slug
from seekgraph.tools.markdown import Heading, headings
from seekgraph.tools.markup import Include, readable
from seekgraph.tools.tags import without_tags

MARKDOWN = (".md", ".markdown")
RESTRUCTURED = ".rst"
_RULE = re.compile(r"([=\-~^\"'`#*+.:_])\1{2,}\s*$")
_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:(.*)$", re.MULTILINE)


class Section(NamedTuple):
    """A stretch of a document that is cut only where it is too long.

    `headings` are those above it, outermost first; `name` is what names it in ids (see `identity.heading_path`; several sections
    may share one, then their ids get a part from the text); `markdown` says that code blocks and tables in it stay whole.
    """

    headings: tuple[str, ...]
    text: str
    name: str = TOP
    markdown: bool = False


class Content(NamedTuple):
    """What a loader reads from a file: its title ("" for none: then the file's name is) and its sections, in order."""

    title: str
    sections: tuple[Section, ...]


def sections_of(text: str, kind: str, include: Include | None = None) -> Content:
    """The sections of a text; `kind` is the suffix of its file.

    Headings are looked for in ".md" and ".markdown" (CommonMark's, see `markdown.headings`) and ".rst" (underlined). Markdown is
    read as `markup.readable` does, reStructuredText as `restructured.Reader`, with `include` for the files that they include.
    The title is that of the front matter, or else the first heading if no other is on its level. A section is named by the
    anchor that its heading declares, or else by the slugs of the headings above it, without the document's own (level 1) above
    others: "origin", "setup/linux", "top".
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    title = ""
    if kind != ".txt" and (front := _FRONT.match(text)):
        named = _FRONT_TITLE.search(front[1])
        title, text = (_unquoted(named[1].strip()) if named else ""), text[front.end() :]
    markdown = kind in MARKDOWN
    if markdown:
        text = without_tags(readable(without_embedded(text, include), include))
    found = list(_sections(text, kind))
    levels = [len(trail) for trail, _ in found]
    if not title and found and levels.count(0) <= 1 and len({trail[0].text for trail, _ in found if trail}) == 1:
        title = next(trail[0].text for trail, _ in found if trail)
    if kind == RESTRUCTURED:
        reader = restructured.Reader(restructured.substitutions(text), include)
        found = [(tuple(_read(heading, reader) for heading in trail), reader.read(body)) for trail, body in found]
    whole = markdown or kind == RESTRUCTURED
    sections = [Section(tuple(each.text for each in trail), body, _named(trail), whole) for trail, body in found]
    return Content(title, tuple(sections))


def _read(heading: Heading, reader: restructured.Reader) -> Heading:
    return heading._replace(text=reader.inline(heading.text))


def _named(trail: tuple[Heading, ...]) -> str:
    if not trail:
        return TOP
    if trail[-1].anchor:
        return composed(trail[-1].anchor)
    below = [heading for heading in trail[:-1] if heading.level > 1] + [trail[-1]]
    return "/".join(composed(heading.anchor) or slug(heading.text) for heading in below)


def _unquoted(value: str) -> str:
    return value[1:-1].strip() if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def _sections(text: str, kind: str) -> Iterator[tuple[tuple[Heading, ...], str]]:
    """The headings above each stretch of text, and the stretch."""
    lines = text.split("\n")
    found = [] if kind == ".txt" else _underlined(lines) if kind == RESTRUCTURED else headings(text)
    trail: list[Heading] = []
    start = 0
    for heading in found:
        yield tuple(trail), "\n".join(lines[start : heading.first])
        trail = [above for above in trail if above.level < heading.level] + [heading]
        start = heading.after
    yield tuple(trail), "\n".join(lines[start:])


def _underlined(lines: list[str]) -> list[Heading]:
    """The headings of reStructuredText: a line at the margin after a blank one, underlined, or ruled above and below.

    The level of a heading is the order in which its kind of line first appeared.
    """
    kinds: list[str] = []
    found: list[Heading] = []
    at = 0
    while at < len(lines):
        kind, text, taken = _underlined_at(lines, at)
        if taken:
            if kind not in kinds:
                kinds.append(kind)
            found.append(Heading(kinds.index(kind) + 1, text, at, at + taken))
        at += taken or 1
    return found


def _underlined_at(lines: list[str], at: int) -> tuple[str, str, int]:
    """(kind, text, lines taken) where a heading begins at line `at`, else no lines taken."""
    line = lines[at]
    if at + 1 >= len(lines) or not line.strip() or line[0].isspace() or (at and lines[at - 1].strip()):
        return "", "", 0
    over, below = _RULE.match(line), _RULE.match(lines[at + 1])
    if over and at + 2 < len(lines) and lines[at + 2].rstrip() == line.rstrip() and lines[at + 1].strip():
        return over[1] * 2, lines[at + 1].strip(), 3
    if not over and below and len(lines[at + 1].rstrip()) >= len(line.rstrip()):
        return below[1], line.strip(), 2
    return "", "", 0
