"""HTML: what a reader sees of a page, under its headings."""

from __future__ import annotations

import re
from typing import Any

from seekgraph.core.base.extras import need
from seekgraph.tools.decoding import Unreadable, decoded, strictly_decoded
from seekgraph.tools.identity import TOP, slug
from seekgraph.tools.loaders.base import Content, File, Section

MAX_DEPTH = 1_000  # browsers stop at 512
_CHARSET = re.compile(rb"<meta[^<>]{0,200}?charset\s*=\s*[\"']?([A-Za-z0-9_-]{2,40})", re.IGNORECASE)
_DROPPED = "script, style, template, noscript, nav, header, footer, aside, form, iframe, svg, button, head"
# Of Sphinx, MkDocs, mdBook, rustdoc and GitHub: links of a heading to itself and to its source, what stands beside every page.
_DROPPED += ", a.headerlink, a.anchor, a.src, a.anchorjs-link, .viewcode-link, .boring, [role=navigation], [role=search]"
_DROPPED += ", .sphinxsidebar, .related, .toctree-wrapper, .breadcrumbs, .edit-this-page, .prev-next-footer, .skip-link"
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BREAKS = frozenset(
    "address article blockquote body dd details div dl dt fieldset figcaption figure hr li main".split()
    + "ol p section summary table tr ul".split()
)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]{0,30})")
_ENDING = frozenset(
    "area base br col embed hr img input link meta param source track wbr p li dt dd tr td th tbody thead tfoot option".split()
    + "optgroup colgroup caption rt rp html head body path circle rect line g use polygon ellipse stop".split()
)
_LINE_END = ("br",)


def html(file: File) -> Content:
    """A page without navigation, header and footer; of `main` or a single `article` where there is one."""
    return sections_of_html(_text(file.data))


def sections_of_html(text: str) -> Content:
    """The title and the sections of a page; headings are named by their `id`, or else by their text."""
    if _depth(text) > MAX_DEPTH:
        raise Unreadable(f"nested over {MAX_DEPTH} levels deep")
    parser = need("selectolax.lexbor", "docs", "reading HTML").LexborHTMLParser(text)
    title = parser.css_first("title")
    called = " ".join(title.text().split()) if title is not None else ""
    articles = parser.css("article")
    root = parser.css_first("main") or parser.css_first("[role=main]") or (articles[0] if len(articles) == 1 else parser.body)
    if root is None:
        return Content(called, ())
    for node in root.css(_DROPPED):
        node.decompose()
    page = _Page()
    skipped: set[int] = set()
    for node in root.traverse(include_text=True):
        if node.mem_id not in skipped and page.add(node):
            skipped.update(each.mem_id for each in node.traverse(include_text=True))
    page.end()
    return Content(called, tuple(page.sections))


def _depth(text: str) -> int:
    """How deep elements are nested that do not end by themselves: a parser takes time quadratic in it."""
    deepest = depth = 0
    for found in _TAG.finditer(text):
        if found[2].lower() not in _ENDING:
            depth = max(0, depth - 1) if found[1] else depth + 1
            deepest = max(deepest, depth)
    return deepest


def _text(data: bytes) -> str:
    try:
        return strictly_decoded(data)
    except Unreadable:
        found = _CHARSET.search(data[:4096])
        if b"\0" in data:
            raise
        if found is None:
            return decoded(data)
        encoding = found[1].decode("ascii")
        try:
            return data.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            raise Unreadable(f"not {encoding}, as it says") from None


class _Page:
    """The sections of a page as its nodes come, in the order of the document."""

    def __init__(self) -> None:
        self.sections: list[Section] = []
        self._trail: list[tuple[int, str, str]] = []
        self._blocks: list[str] = []
        self._inline: list[str] = []
        self._row = False

    def add(self, node: Any) -> bool:
        """Take a node; whether its children are taken with it."""
        tag = node.tag
        if tag == "-text":
            self._inline.append(" ".join(f"\0{node.text_content or ''}\0".split()).replace("\0", ""))
            return False
        if tag in _HEADINGS:
            self._head(
                int(tag[1]), " ".join(node.text().split()).strip("¶§").rstrip("#").strip(), node.attributes.get("id") or ""
            )
            return True
        if tag == "pre":
            self._break()
            code = node.text().strip("\n")
            fence = "```" if "```" not in code else "~~~~~~"
            self._blocks.append(f"{fence}\n{code}\n{fence}")
            return True
        if tag in ("td", "th"):
            self._inline.append(f"{' '.join(node.text().split())} | ")
            return True
        if tag in _LINE_END:
            self._inline.append("\n")
        elif tag in _BREAKS:
            self._break()
            if tag == "li":
                self._inline.append("- ")
            elif tag == "tr":
                self._inline.append("| ")
        return False

    def end(self) -> None:
        """The last section is whole."""
        self._break()
        text = ""
        for block in self._blocks:
            joined = block[:2] in ("- ", "| ") and text.rpartition("\n")[2][:2] == block[:2]
            text += ("\n" if joined else "\n\n") * bool(text) + block
        if text:
            self.sections.append(Section(tuple(each for _, each, _ in self._trail), text, self._name(), True))
        self._blocks = []

    def _break(self) -> None:
        text = "\n".join(line.strip() for line in "".join(self._inline).split("\n") if line.strip())
        if text.strip("-| \n"):
            self._blocks.append(text)
        self._inline = []

    def _head(self, level: int, text: str, anchor: str) -> None:
        self.end()
        if text:
            self._trail = [each for each in self._trail if each[0] < level] + [(level, text, "-".join(anchor.split())[:80])]

    def _name(self) -> str:
        if not self._trail:
            return TOP
        if self._trail[-1][2]:
            return self._trail[-1][2]
        below = [each for each in self._trail[:-1] if each[0] > 1] + [self._trail[-1]]
        return "/".join(anchor or slug(text) for _, text, anchor in below)
