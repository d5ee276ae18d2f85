"""HTML in Markdown, read as the text that a reader sees: tags go, what they enclose stays.

`<abbr title="...">` keeps what it stands for in brackets, `<code>` becomes a code span and `<pre>` a block of code; pictures
(badges among them), styles and scripts go. Names in angle brackets that are no tags of HTML (`<snapshot>`), or that nothing
closes (`<source>`), stay.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from seekgraph.tools.blocks import FENCE, end_of_fence

_NAMES = frozenset(
    """a abbr acronym address article aside b bdi bdo big blockquote body br button caption center cite code col colgroup dd del
    details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr html i iframe img input ins kbd label li
    link main mark nav noscript ol p picture pre q s samp section small source span strike strong sub summary sup svg path table
    tbody td tfoot th thead tr tt u ul var video wbr""".split()
)
_ALONE = frozenset(["br", "hr", "img", "wbr"])
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,10})(?=[\s/>])([^<>]*)>")
_CLOSING = re.compile(r"</([A-Za-z][A-Za-z0-9]{0,10})\s*>")
_HIDDEN = re.compile(r"<(style|script)\b[^<>]*>(?:(?!</?\1\b).)*</\1\s*>", re.IGNORECASE | re.DOTALL)
_TITLED = re.compile(
    r"<(abbr|dfn|acronym)\s(?:[^<>t]|t(?!itle=)){0,300}title=(?:\"([^\"<>]{0,600})\"|'([^'<>]{0,600})')[^<>]{0,300}>([^<>]{0,300})</\1\s*>",
    re.IGNORECASE,
)
_CODE = re.compile(r"<(code|kbd|samp|tt)\b[^<>]*>([^<>`\n]+)</\1\s*>", re.IGNORECASE)
_BADGE = re.compile(r"\[!\[[^\[\]]*\]\([^()]*\)\]\([^()]*\)|!\[[^\[\]]*\]\([^()]*(?:badge|shields\.io)[^()]*\)")
_EMPTY_LINK = re.compile(r"(?<!!)\[\s*\]\([^()\s]*\)")
_INDENTED = re.compile(r" {4}|\t")
_PRE = re.compile(r"\s*<pre\b[^<>]*>", re.IGNORECASE)
_PRE_END = re.compile(r"</pre\s*>", re.IGNORECASE)


def without_tags(text: str) -> str:
    """`text` without the HTML around what it says, outside of code. Takes time linear in the text; lines end with "\\n"."""
    if "<" not in text and "![" not in text:
        return text
    closed = frozenset(found.lower() for found in _CLOSING.findall(text))
    return "\n".join(_lines(text.split("\n"), closed))


def _lines(lines: list[str], closed: frozenset[str]) -> Iterator[str]:
    """Code as it is, the rest by paragraphs: a tag may go over several lines, and a code span that is not closed ends."""
    held: list[str] = []
    ends = [number for number, line in enumerate(lines) if "</" in line and _PRE_END.search(line)]
    at = 0
    while at < len(lines):
        line = lines[at]
        if opened := FENCE.match(line):
            yield from _read(held, closed)
            end = end_of_fence(lines, at, opened[1])
            yield from lines[at:end]
            held, at = [], end
            continue
        if (found := _PRE.match(line)) and (closing := bisect_left(ends, at)) < len(ends):
            end = ends[closing] + 1
            yield from _read(held, closed)
            yield from _fenced(line[found.end() :], lines[at + 1 : end])
            held, at = [], end
            continue
        if not line.strip() or (not held and _INDENTED.match(line) and not line.lstrip().startswith("<")):
            yield from _read(held, closed)
            yield line
            held = []
        else:
            held.append(line)
        at += 1
    yield from _read(held, closed)


def _fenced(first: str, others: list[str]) -> Iterator[str]:
    """What stands in `<pre>`, as code between fences: a line of it that begins with # is no heading."""
    text = _TAG.sub("", "\n".join([first, *others])).strip("\n")
    longest = max(map(len, re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    yield from (fence, *text.split("\n"), fence)


def _read(held: list[str], closed: frozenset[str]) -> Iterator[str]:
    if not held:
        return
    text = "\n".join(held)
    if "<" in text or "![" in text:
        spans = text.split("`")  # every second one is code, unless a span is not closed
        even = len(spans) % 2 == 1
        text = "`".join(part if at % 2 and even else _plain(part, closed) for at, part in enumerate(spans))
    yield from text.split("\n")


def _plain(text: str, closed: frozenset[str]) -> str:
    if "![" in text:
        text = _BADGE.sub("", text)
    if "<" not in text:
        return text
    text = _HIDDEN.sub("", text)
    text = _TITLED.sub(lambda found: _spelled_out(found[4], found[2] or found[3] or ""), text)
    text = _CODE.sub(r"`\2`", text)
    text = _TAG.sub(lambda found: "" if _is_tag(found, closed) else found[0], text)
    return _EMPTY_LINK.sub("", text)


def _is_tag(found: re.Match[str], closed: frozenset[str]) -> bool:
    name = found[2].lower()
    return name in _NAMES and bool(found[1] or found[3].strip() or name in _ALONE or name in closed)


def _spelled_out(text: str, title: str) -> str:
    """ "CORS (Cross-Origin Resource Sharing)", unless the title says nothing new."""
    title = " ".join(title.split())
    return text if not title or title.casefold() == text.casefold() else f"{text} ({title})"
