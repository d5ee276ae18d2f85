"""reStructuredText, read as the text that a reader of the site sees, with its code in Markdown's fences.

Directives become what they show: notes their text, versions a sentence, descriptions (`.. option:: -k`) their signature and text,
included files their content; what builds a site (toctrees, modules to document, images, raw HTML) goes, and so do comments and
targets. Literal blocks and code directives become fenced blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from seekgraph.tools.markup import NOTES, VERSIONS, WARNINGS, Include

_DIRECTIVE = re.compile(r"([ \t]*)\.\. +(?:\|[^|\n]+\| +)?([A-Za-z][\w.+-]*(?::[\w.+-]+)*) ?::(?:[ \t]+(.*))?\Z")
_COMMENT = re.compile(r"([ \t]*)\.\.(?:[ \t]+(.*))?\Z")
_FOOTNOTE = re.compile(r"(\[[^\]\s]+\])\s*(.*)\Z")
_OPTION = re.compile(r"[ \t]*:([\w-]+):(?:[ \t]+(.*))?\Z")
_SITE = re.compile(r":(?:orphan|tocdepth|nosearch|no-search|nocomments|html_theme[\w.]*|hide-toc|layout):.*\Z")
_FIELD = re.compile(
    r"(?<![ \t])([ \t]*):(param|parameter|arg|argument|key|keyword|raises?|except|exception|returns?|ivar|cvar|var)"
    r"\b ?([^:]*):(.*)"
)
_TYPES = re.compile(r"[ \t]*:(?:type|rtype|vartype)\b[^:]*:")
_SUBSTITUTION = re.compile(r"^\.\. +\|([^|\n]+)\| +replace:: *(.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)
_ROLE = re.compile(r"(?<![\w`]):([A-Za-z][\w+.-]{0,40}(?::[\w+.-]{1,40})?):`([^`]{1,400})`")
_TITLED = re.compile(r"\A((?:.*\S)?)\s*<([^<>]*)>\Z", re.DOTALL)
_LINK = re.compile(r"`([^`<>]{1,400})(?:\s+<[^`<>]{1,600}>)?`__?(?!\w)")
_REFERENCE = re.compile(r"\|([^|\s](?:[^|\n]{0,60}[^|\s])?)\|_{0,2}")
_LITERAL = re.compile(r"(``.+?``(?!`))", re.DOTALL)
_CELL = re.compile(r"[ \t]*(\*[ \t]+-|-)(?:[ \t]+(.*)|[ \t]*)\Z")

_CODE = frozenset(
    "code code-block sourcecode parsed-literal ipython testcode testoutput testsetup doctest prompt jupyter-execute jupyter-input"
    " productionlist math console command-output runblock click:example click:run".split()
)
_PLAIN = frozenset({"math", "parsed-literal", "testoutput", "productionlist", "command-output"})
_DROPPED = frozenset(
    "toctree contents sectnum currentmodule module py:module py:currentmodule index image figure raw highlight program meta"
    " default-role role tabularcolumns sectionauthor codeauthor moduleauthor graphviz digraph mermaid plantuml rst-class class"
    " autosummary automodule autoclass autofunction automethod autodata autoattribute autoexception autoproperty autodecorator"
    " autoenum automodsumm autoapi click ghcontributors raw-html include-rst bibliography testcleanup uml inheritance-diagram"
    " title target-notes header footer replace unicode date video youtube button-link button-ref card-carousel".split()
)
_OPEN = frozenset(
    "only ifconfig container grid grid-item tab-set tabs compound highlights epigraph pull-quote line-block".split()
)
_DEEPEST = 12


class _Block(NamedTuple):
    """A directive: what it is about, its options, and its content without its indent."""

    argument: str
    options: Mapping[str, str]
    content: list[str]


class _Part(NamedTuple):
    """Some lines that were read, or are `plain` text whose marks are still to be read."""

    lines: list[str]
    plain: bool = False


def substitutions(text: str) -> dict[str, str]:
    """What a document defines by `.. |name| replace:: text`."""
    return {found[1]: " ".join(found[2].split()) for found in _SUBSTITUTION.finditer(text)}


class Reader:
    """Reads the sections of a document; `known` are its `substitutions`, `include` is as in `markup.readable`.

    Takes time linear in the text.
    """

    def __init__(self, known: Mapping[str, str], include: Include | None) -> None:
        self._known, self._include = known, include

    def read(self, text: str) -> str:
        """A section as text."""
        return "\n".join(self.lines(text.split("\n"), 0))

    def lines(self, lines: list[str], depth: int) -> Iterator[str]:
        """Some lines of a document, as they are read."""
        plain: list[str] = []  # what is marked in it may go on in the next line
        for part in self._parts(lines, depth):
            if part.plain:
                plain += part.lines
                continue
            if plain:
                yield from self.inline("\n".join(plain)).split("\n")
                plain = []
            yield from part.lines
        if plain:
            yield from self.inline("\n".join(plain)).split("\n")

    def _parts(self, lines: list[str], depth: int) -> Iterator[_Part]:
        at = 0
        while at < len(lines):
            line = lines[at]
            at += 1
            if (found := _DIRECTIVE.match(line)) and depth < _DEEPEST:
                end = _end(lines, at, len(found[1]))
                read = self._directive(found[2].lower(), _block(found[3], lines[at:end]), depth)
                yield _Part(list(_indented(read, found[1])))
                at = end
            elif depth < _DEEPEST and (found := _COMMENT.match(line)):
                end = _end(lines, at, len(found[1]))
                if note := _FOOTNOTE.match(found[2] or ""):
                    yield _Part(["", f"{found[1]}{note[1]} {note[2]}", *lines[at:end]], plain=True)
                at = end
            elif line.rstrip().endswith("::"):
                shown = line.rstrip()[:-2]
                if shown.strip():
                    yield _Part([shown.rstrip() if shown[-1:].isspace() else f"{shown}:"], plain=True)
                end = _end(lines, at, _indent(line))
                content = _dedented(lines[at:end])
                if content:
                    yield _Part(list(_indented(["", *_fenced("", content), ""], line[: _indent(line)])))
                at = end
            elif not _SITE.match(line) and not _TYPES.match(line):
                yield _Part([_FIELD.sub(_field, line)], plain=True)

    def _directive(self, name: str, block: _Block, depth: int) -> Iterator[str]:
        if name in _CODE:
            language = "" if name in _PLAIN else block.argument.split(" ")[0]
            yield from ("", *_fenced(language, block.content or [block.argument]), "")
        elif name in ("include", "literalinclude"):
            yield from self._included(name, block, depth)
        elif name in VERSIONS or name in ("versionremoved", "deprecated-removed"):
            yield from self._version(name, block, depth)
        elif name in ("list-table", "csv-table"):
            yield from ("", *self._table(name, block), "")
        elif name in _DROPPED:
            if name.startswith("auto") and not name.startswith(("autos", "autoapi")):
                yield from ("", *self.lines(block.content, depth + 1), "")  # what it says beside the docstring
            elif name == "figure":
                yield from ("", *self.lines(block.content, depth + 1), "")  # its caption
        else:
            yield from ("", *self._shown(name, block, depth), "")

    def _shown(self, name: str, block: _Block, depth: int) -> Iterator[str]:
        """The argument as what it is there, a label or a signature, and the content below it."""
        body = list(self.lines(block.content, depth + 1))
        if name in NOTES - {"admonition", "details", "tab", "block"} or name in _OPEN:
            label = f"{name.capitalize()}:" if name in WARNINGS else ""
            said = self.inline(block.argument) if name not in _OPEN else ""
            first = [" ".join(filter(None, (label, said)))] if label or said else []
            yield from [*first, *(_from_first(body) if first else body)]
        elif ":" in name or name in _DESCRIBED:
            yield from (f"`{line.strip()}`" for line in block.argument.split("\n") if line.strip())
            yield from ("", *body)
        else:
            title = self.inline(" ".join(block.argument.split()))
            if title:
                yield title if title[-1] in ".!?:" or not any(map(str.strip, body)) else f"{title}:"
            yield from body

    def _version(self, name: str, block: _Block, depth: int) -> Iterator[str]:
        version, _, rest = block.argument.replace("\n", " ").partition(" ")
        said = [self.inline(rest)] if rest.strip() else []
        body = [*said, *self.lines(block.content, depth + 1)]
        head = f"{VERSIONS.get(name, 'Removed in version')} {version}"
        yield from ("", f"{head}:" if any(map(str.strip, body)) else f"{head}.", *_from_first(body), "")

    def _included(self, name: str, block: _Block, depth: int) -> Iterator[str]:
        text = self._include(block.argument.strip()) if self._include else None
        if text is None or not text.strip() or set(block.options) & {"pyobject", "diff"}:
            return
        lines = _selected(text.split("\n"), block.options)
        if name == "literalinclude" or "literal" in block.options or "code" in block.options:
            kind = block.options.get("language") or block.options.get("code") or block.argument.rpartition(".")[2]
            yield from ("", *_fenced(kind, lines), "")
        elif depth < 2:
            yield from Reader(self._known, None).lines(lines, _DEEPEST - 2)

    def _table(self, name: str, block: _Block) -> list[str]:
        head = block.options.get("header", "")
        rows = (
            _listed(block.content) if name == "list-table" else [_split(each) for each in [head, *block.content] if each.strip()]
        )
        shown = [f"| {' | '.join(self.inline(cell) for cell in row)} |" for row in rows]
        rule = [f"|{'---|' * len(rows[0])}"] if rows else []
        title = [self.inline(block.argument), ""] if block.argument.strip() else []
        return [*title, *shown[:1], *rule, *shown[1:]]

    def inline(self, line: str) -> str:
        """Text without roles, links and substitutions; literals in the backticks of Markdown."""
        if "`" not in line and "|" not in line and "\\" not in line:
            return line
        parts = _LITERAL.split(line)
        return "".join(f"`{part[2:-2]}`" if at % 2 else self._text(part) for at, part in enumerate(parts))

    def _text(self, text: str) -> str:
        text = _LINK.sub(lambda found: found[1].strip(), _ROLE.sub(_role, text))
        text = _REFERENCE.sub(lambda found: self._known.get(found[1], found[0]), text)
        return text.replace("\\ ", "")


_DESCRIBED = frozenset(
    "function class method attribute data exception option cmdoption envvar confval describe object setting decorator property"
    " staticmethod classmethod macro type var member opcode fixture hook globalvar plugin".split()
)


def _role(found: re.Match[str]) -> str:
    role, text = found[1].lower(), " ".join(found[2].split())
    if titled := _TITLED.match(text):
        return titled[1].strip() or titled[2]
    if role == "doc":
        return text.rstrip("/").rpartition("/")[2]
    return text.lstrip("~!")


def _field(found: re.Match[str]) -> str:
    """`:param x: text` as "x: text", `:returns: text` as "Returns: text"."""
    kind, name = found[2], found[3].strip()
    label = "Returns" if kind.startswith("return") else f"Raises {name}".strip() if kind[:5] in ("raise", "excep") else name
    return f"{found[1]}- {label.rpartition(' ')[2] if kind.startswith('param') else label}:{found[4]}"


def _block(argument: str | None, lines: list[str]) -> _Block:
    """A directive's parts; its argument may go on in the lines below it, up to the first blank one or option."""
    rows = _dedented(lines) if lines and lines[0].strip() else ["", *_dedented(lines)]
    heads, options = [argument or ""], {}
    at = 0
    while at < len(rows) and rows[at].strip():
        if found := _OPTION.match(rows[at]):
            options[found[1]] = (found[2] or "").strip()
        elif options:
            break
        elif argument:
            heads.append(rows[at].strip())
        else:
            break
        at += 1
    content = rows[at:]
    return _Block("\n".join(heads).strip(), options, _from_first(content))


def _end(lines: list[str], at: int, indent: int) -> int:
    """Where what is indented more than `indent` ends; blank lines at its end are not of it."""
    end = at
    while at < len(lines):
        if lines[at].strip():
            if _indent(lines[at]) <= indent:
                break
            end = at + 1
        at += 1
    return end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _dedented(lines: list[str]) -> list[str]:
    least = min((_indent(line) for line in lines if line.strip()), default=0)
    found = [line[least:].rstrip() for line in lines]
    while found and not found[-1]:
        found.pop()
    return _from_first(found)


def _from_first(lines: list[str]) -> list[str]:
    first = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    return lines[first:]


def _indented(lines: Iterator[str] | list[str], indent: str) -> Iterator[str]:
    return (indent + line if line and indent else line for line in lines)


def _fenced(language: str, lines: list[str]) -> list[str]:
    content = _dedented(lines)
    fence = "```" if not any("```" in line for line in content) else "~~~~~~"
    return [f"{fence}{language.strip()}", *content, fence] if content else []


def _selected(lines: list[str], options: Mapping[str, str]) -> list[str]:
    """The lines of an included file that its options choose."""
    start, end = 0, len(lines)
    if after := options.get("start-after") or options.get("start-at"):
        start = next((at + ("start-after" in options) for at, line in enumerate(lines) if after in line), end)
    if before := options.get("end-before") or options.get("end-at"):
        end = next((at + ("end-at" in options) for at in range(start, len(lines)) if before in lines[at]), end)
    chosen = range(start, end)
    if wanted := options.get("lines"):
        chosen = range(0)
        numbers: list[int] = []
        for part in wanted.split(","):
            first, dash, last = (each.strip() for each in part.partition("-"))
            if first.isdigit() and (not last or last.isdigit()):
                numbers += range(int(first) - 1, min(len(lines), int(last) if last else len(lines) if dash else int(first)))
        return [lines[at] for at in numbers if 0 <= at < len(lines)]
    return [lines[at] for at in chosen]


def _listed(lines: list[str]) -> list[list[str]]:
    """The rows of a list table: "* - a cell" begins a row, "- another" goes on with it."""
    rows: list[list[str]] = []
    for line in lines:
        found = _CELL.match(line)
        if found and (found[1][0] == "*" or rows):
            if found[1][0] == "*":
                rows.append([])
            rows[-1].append((found[2] or "").strip())
        elif rows and rows[-1] and line.strip():
            rows[-1][-1] = f"{rows[-1][-1]} {line.strip()}".strip()
    return rows


def _split(line: str) -> list[str]:
    return [cell.strip().strip('"') for cell in line.split(",")]
