"""Markdown as documentation tools extend it, read as the Markdown that a reader sees.

Admonitions (`/// note`, `!!! note`, `:::note`, `> [!NOTE]`, MyST's fences) become their text under their title, tabs their
contents, includes (`{* ../x.py *}`, `--8<-- "x.py"`) the file or nothing; comments, attribute lists, roles and diagrams go. Code
stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from seekgraph.tools.attributes import without_attributes
from seekgraph.tools.blocks import FENCE, end_of_fence

Include = Callable[[str], str | None]

_MARK = re.compile(r"(/{3,}|:{3,})[ \t]*(?:\{?([A-Za-z][\w.-]*)\}?[ \t]*(?:\|[ \t]*)?(.*))?\Z")
_INDENTED = re.compile(r"([ \t]*)(?:!!!|\?\?\?\+?|===[!+]?)[ \t]+(.*)\Z")
_CALLOUT = re.compile(r"[ \t]*>[ \t]*\[!(\w+)\][ \t]*(.*)\Z")
_SPOILER = re.compile(r"([ \t]*)>![ \t]?(.*)\Z")
_INCLUDE = re.compile(r"[ \t]*(?:\{\*[ \t]*([^\s{}*]++)[^{}]*\*\}|-{1,}8<-{1,}[ \t]*[\"']([^\"']+)[\"'])[ \t]*\Z")
_MYST = re.compile(r"\{([\w:+.-]+)\}[ \t]*(.*)\Z")
_ROLE = re.compile(r"\{([\w:+.-]+)\}`([^`<>]*)(?:<([^`<>]*)>)?`")
_QUOTED = re.compile(r"[\"']([^\"']*)[\"']")
_OPTION = re.compile(r"[ \t]*:[\w-]+:")
_TARGET = re.compile(r"[ \t]*\([^()\s]+\)=[ \t]*\Z")
_TAGS_ALONE = re.compile(r"[ \t]*(?:</?(?:div|center|section|figure)\b[^<>]*>[ \t]*)+\Z")

WARNINGS = frozenset({"warning", "danger", "caution", "attention", "important", "error", "deprecated"})
NOTES = WARNINGS | {"note", "tip", "info", "hint", "abstract", "summary", "success", "question", "failure", "bug", "example"}
NOTES |= {"quote", "admonition", "details", "tab", "check", "seealso", "todo", "block", "note-alt"}
VERSIONS = {"versionadded": "Added in version", "versionchanged": "Changed in version", "deprecated": "Deprecated since version"}
_CODE = frozenset({"code-block", "code", "sourcecode", "code-cell", "eval-rst", "parsed-literal", "literalinclude", "doctest"})
_DROPPED = frozenset({"mermaid", "plantuml", "graphviz", "toctree", "contents", "currentmodule", "index", "image", "figure"})


def readable(text: str, include: Include | None = None) -> str:
    """`text` without the marks of documentation tools, see this module; lines end with "\\n".

    `include` gives the text of a file by the path that an include mark writes, or None: then the mark is dropped. Takes time
    linear in the text. The result need not be a fixed point: what the marks enclose is not read twice.
    """
    return "\n".join(_lines(_without_comments(text).split("\n"), include))


def _lines(lines: list[str], include: Include | None, depth: int = 0) -> Iterator[str]:
    at, joined = 0, False  # joined: a label was written, and the text follows it without a blank line
    while at < len(lines):
        line = lines[at]
        if joined and not line.strip():
            at += 1
            continue
        joined = False
        if opened := FENCE.match(line):
            end = end_of_fence(lines, at, opened[1])
            yield from _fenced(lines[at:end], line[opened.end() :].strip(), include, depth)
            at = end
            continue
        at += 1
        if found := _INCLUDE.match(line):
            yield from _included(found[1] or found[2], include)
        elif (found := _MARK.match(line.strip())) and _is_mark(found):
            name, title = found[2] or "", found[3] or ""
            if "." in name:
                while at < len(lines) and lines[at][:4] == "    ":
                    at += 1  # the options of an object whose docstring stands here on the site
            else:
                joined = bool(label := _label(name, title))
                yield label or ""
        elif (found := _INDENTED.match(line)) and depth < 8:
            yield ""
            label, end = _titled(found[2]), _end_of_indented(lines, at, len(found[1]))
            if label:
                yield found[1] + label
            inner = [each[4:] if each[:4] == "    " else each.lstrip("\t") for each in lines[at:end]]
            yield from _lines(inner if not label else _from_first(inner), include, depth + 1)
            yield ""
            at = end
        elif found := _SPOILER.match(line):
            yield f"{found[1]}> {found[2]}"
        elif found := _CALLOUT.match(line):
            label = _label(found[1].lower(), found[2])
            if label:
                yield f"> {label}"
        elif not _TAGS_ALONE.match(line) and not _TARGET.match(line):
            yield _inline(line, heading=line[:1] == "#" or (at < len(lines) and _is_underline(lines[at])))


def _is_mark(found: re.Match[str]) -> bool:
    name = found[2] or ""
    return not name or name.lower() in NOTES or (found[1][0] == ":" and "." in name)


def _fenced(block: list[str], info: str, include: Include | None, depth: int) -> Iterator[str]:
    """A code block as it is, or what a directive in a fence says."""
    found = _MYST.match(info)
    name = (found[1] if found else info.partition(" ")[0]).lower()
    if name in _DROPPED:
        return
    if found is not None and name == "include":
        yield from _included(found[2].strip(), include)
        return
    if found is None or name in _CODE or depth >= 8:
        yield from (line for line in block if found is None or not _OPTION.match(line))
        return
    body = block[1:-1] if len(block) > 1 and not block[-1].strip().strip("`~:") else block[1:]
    while body and _OPTION.match(body[0]):
        body = body[1:]
    yield ""
    if name in VERSIONS:
        yield f"{VERSIONS[name]} {found[2].strip()}:" if any(map(str.strip, body)) else f"{VERSIONS[name]} {found[2].strip()}."
        body = _from_first(body)
    elif label := _label(name, found[2]):
        yield label
        body = _from_first(body)
    yield from _lines(body, include, depth + 1)
    yield ""


def _included(path: str, include: Include | None) -> Iterator[str]:
    text = include(path) if include else None
    if text is None or not text.strip():
        return
    kind = path.rpartition(".")[2].lower()
    if kind in ("md", "markdown", "txt"):
        yield from map(_inline, _without_comments(text).split("\n"))
        return
    fence = "```" if "```" not in text else "~~~~~~"
    yield from ("", f"{fence}{kind}", *text.strip("\n").split("\n"), fence, "")


def _label(name: str, title: str) -> str:
    """The line above an admonition's text: its title, "Warning:" where its kind matters, else ""."""
    title = title.strip().strip("\"'").strip("[]").rstrip("{").strip()
    shown = title or (name.capitalize() if name.lower() in WARNINGS else "")
    return shown if not shown or shown[-1] in ".!?:" else f"{shown}:"


def _titled(rest: str) -> str:
    quoted = _QUOTED.search(rest)
    return _label(rest.split()[0] if rest.split() else "", quoted[1] if quoted else "")


def _end_of_indented(lines: list[str], at: int, indent: int) -> int:
    """Where the lines end that are indented below a mark, blank ones between them too."""
    end = at
    for number in range(at, len(lines)):
        line = lines[number]
        if line.strip():
            if len(line) - len(line.lstrip(" \t")) <= indent:
                break
            end = number + 1
    return end


def _from_first(lines: list[str]) -> list[str]:
    first = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    return lines[first:]


def _is_underline(line: str) -> bool:
    return set(line.strip()) in ({"="}, {"-"})


def _inline(line: str, heading: bool = False) -> str:
    """A line without roles and attribute lists; those of a heading stay, they name its anchor (`markdown.headings`)."""
    if "{" not in line:
        return line
    line = _ROLE.sub(_role, line)
    return line if heading else without_attributes(line)


def _role(found: re.Match[str]) -> str:
    shown = found[2].strip().lstrip("~!") or (found[3] or "")
    return shown if found[1] in ("ref", "doc", "numref", "term", "download") else f"`{shown}`"


def _without_comments(text: str) -> str:
    """`text` without HTML comments outside of fenced blocks and code spans; one that is not closed stays."""
    if "<!--" not in text:
        return text
    lines, kept, at = text.split("\n"), [], 0
    while at < len(lines):
        line = lines[at]
        if opened := FENCE.match(line):
            end = end_of_fence(lines, at, opened[1])
            kept += lines[at:end]
            at = end
            continue
        at += 1
        shown, rest = _outside_of_comments(line)
        end = at
        while rest and end < len(lines) and "-->" not in lines[end]:
            end += 1
        if rest and end == len(lines):
            return "\n".join([*kept, shown + rest, *lines[at:]])
        if rest:
            lines[end] = shown + lines[end].partition("-->")[2]
            at = end
        elif shown.strip() or not line.strip():
            kept.append(shown)
    return "\n".join(kept)


def _outside_of_comments(line: str) -> tuple[str, str]:
    """A line without the comments that end in it, and what follows where one begins that does not."""
    shown: list[str] = []
    at, ticks = 0, 0
    while (start := line.find("<!--", at)) >= 0:
        ticks += line.count("`", at, start)
        end = line.find("-->", start + 4)
        if ticks % 2:
            shown.append(line[at : start + 4])
            at = start + 4
        elif end < 0:
            return "".join([*shown, line[at:start]]), line[start:]
        else:
            shown.append(line[at:start])
            at = end + 3
    return "".join([*shown, line[at:]]), ""
