"""What an SVG drawing is painted with: one style sheet for light and dark, boxes of text, edges with their heads.

Classes begin with `sg-`, since a style sheet in an SVG holds for the whole page that it stands in. There are no ids, no scripts
and nothing from outside, so that any number of drawings can share a page.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from html import escape

from seekgraph.core.draw.text import clip

TITLE, LINE = 12.5, 11.0
"""Font sizes in pixels: of titles, and of all other text."""

ROW = 16.0
"""The height of a line of text."""

STYLE = """
.sg-page{fill:#fff}
.sg-title,.sg-line,.sg-label{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.sg-title{font-size:12.5px;font-weight:600;fill:#1c2330}
.sg-line{font-size:11px;fill:#556070}
.sg-label{font-size:11px;fill:#5b6678}
.sg-caption{font-weight:600;fill:#4a5568}
.sg-card{fill:#fff;stroke:#8b97ab;stroke-width:1.2}
.sg-node .sg-card{stroke:#4169b8;fill:#f4f7fd}
.sg-outside .sg-card{fill:#eceef2;stroke:#9aa3b2}
.sg-decision .sg-card{fill:#fff4dc;stroke:#c08a1e}
.sg-hit .sg-card{fill:#e4f6ee;stroke:#2a9168}
.sg-error .sg-card{fill:#fdeae9;stroke:#c9372c;stroke-width:1.8}
.sg-error .sg-line{fill:#a32a21}
.sg-box{fill:#6b7a99;fill-opacity:.055;stroke:#a8b2c4;stroke-width:1}
.sg-box-loop{stroke:#c08a1e;fill:#d9a63a;fill-opacity:.06}
.sg-box-call{stroke:#7d5fb8;fill:#8f6fd0;fill-opacity:.06}
.sg-box-each{stroke:#2a8a91;fill:#35a5ad;fill-opacity:.055}
.sg-box-choice,.sg-box-fan,.sg-box-seq{stroke-dasharray:5 4}
.sg-edge{fill:none;stroke:#7a879c;stroke-width:1.3}
.sg-head{fill:#7a879c}
.sg-back{stroke:#c08a1e;stroke-dasharray:5 3}
.sg-headback{fill:#c08a1e}
.sg-implied{stroke-width:.8;opacity:.4}
.sg-faded{opacity:.45}
.sg-halo{stroke:#fff;stroke-width:4;stroke-linejoin:round;paint-order:stroke}
@media (prefers-color-scheme:dark){
.sg-page{fill:#14181f}
.sg-title{fill:#e6eaf1}
.sg-line{fill:#a3aebf}
.sg-label{fill:#9aa6b8}
.sg-caption{fill:#b9c3d3}
.sg-card{fill:#1d232d;stroke:#66738a}
.sg-node .sg-card{fill:#1b2537;stroke:#6f97e8}
.sg-outside .sg-card{fill:#262c36;stroke:#6b7688}
.sg-decision .sg-card{fill:#332a14;stroke:#d3a13d}
.sg-hit .sg-card{fill:#14302a;stroke:#45b88a}
.sg-error .sg-card{fill:#3a1a19;stroke:#ef6a5f}
.sg-error .sg-line{fill:#f3a19a}
.sg-box{stroke:#4b566a}
.sg-box-loop{stroke:#a57d2c}
.sg-box-call{stroke:#8a6fcb}
.sg-box-each{stroke:#3a9aa2}
.sg-edge{stroke:#7f8ca3}
.sg-head{fill:#7f8ca3}
.sg-back{stroke:#d3a13d}
.sg-headback{fill:#d3a13d}
.sg-halo{stroke:#14181f}
}
"""


def text_width(text: str, size: float = LINE) -> float:
    """The width of `text` in a monospace face, in pixels; characters of East Asian width take two places."""
    places = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
    return places * size * 0.61


def card_size(title: str, lines: Sequence[str], *, sides: float = 14, least: float = 96) -> tuple[float, float]:
    """Width and height of a card that holds a title and lines."""
    widest = max((text_width(title, TITLE), *(text_width(line) for line in lines)))
    return max(least, widest + 2 * sides), 16 + ROW * (1 + len(lines))


def card(x: float, y: float, width: float, height: float, title: str, lines: Sequence[str], look: str, *, hint: str = "") -> str:
    """A rounded box with a title and lines; `look` are its classes, `hint` is shown where the pointer rests on it."""
    radius = height / 2 if "sg-pill" in look else 8
    middle = _number(x + width / 2)
    texts = [f'<text class="sg-title" x="{middle}" y="{_number(y + 20)}" text-anchor="middle">{_text(title)}</text>']
    for number, line in enumerate(lines, start=1):
        below = _number(y + 20 + ROW * number)
        texts.append(f'<text class="sg-line" x="{middle}" y="{below}" text-anchor="middle">{_text(line)}</text>')
    shape = _hexagon(x, y, width, height) if "sg-decision" in look else _rounded(x, y, width, height, radius)
    return f'<g class="{look}"><title>{_text(hint or title)}</title>{shape}{"".join(texts)}</g>'


def box(x: float, y: float, width: float, height: float, caption: str, kind: str, look: str = "") -> str:
    """A labelled frame around other things."""
    place = f'x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" height="{_number(height)}"'
    frame = f'<rect class="sg-box sg-box-{kind}" {place} rx="10"/>'
    return f'<g class="{look}">{frame}{label(x + 12, y + 18, caption, "sg-caption")}</g>'


def label(x: float, y: float, text: str, look: str = "") -> str:
    """Text that stands free, with a halo of the page's colour so that it can be read across lines."""
    return f'<text class="sg-label sg-halo {look}" x="{_number(x)}" y="{_number(y)}">{_text(text)}</text>'


def edge(path: str, tip: tuple[float, float], look: str = "", *, back: bool = False) -> str:
    """A line along `path` (SVG path data) with a head that points down at `tip`."""
    x, y = tip
    head = f"{_number(x)},{_number(y)} {_number(x - 4)},{_number(y - 8)} {_number(x + 4)},{_number(y - 8)}"
    line = f'<path class="sg-edge{" sg-back" if back else ""}" d="{path}"/>'
    return f'<g class="{look}">{line}<polygon class="sg-head{"back" if back else ""}" points="{head}"/></g>'


def route(*parts: str | float) -> str:
    """SVG path data from commands and numbers."""
    return " ".join(part if isinstance(part, str) else _number(part) for part in parts)


def page(width: float, height: float, title: str, parts: Iterable[str]) -> str:
    """A whole SVG document."""
    size = f'width="{_number(width)}" height="{_number(height)}" viewBox="0 0 {_number(width)} {_number(height)}"'
    ground = '<rect class="sg-page" width="100%" height="100%" rx="8"/>'
    inside = "\n".join(part for part in parts if part)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{_text(title)}">'
        f"<title>{_text(title)}</title><style>{STYLE}</style>{ground}\n{inside}\n</svg>"
    )


def _rounded(x: float, y: float, width: float, height: float, radius: float) -> str:
    corner = f'x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" height="{_number(height)}"'
    return f'<rect class="sg-card" {corner} rx="{_number(radius)}"/>'


def _hexagon(x: float, y: float, width: float, height: float) -> str:
    slant, middle = 10, y + height / 2
    corners = [
        (x, middle),
        (x + slant, y),
        (x + width - slant, y),
        (x + width, middle),
        (x + width - slant, y + height),
        (x + slant, y + height),
    ]
    return f'<polygon class="sg-card" points="{" ".join(f"{_number(a)},{_number(b)}" for a, b in corners)}"/>'


def _text(text: str) -> str:
    """Text for XML: escaped, and without the characters that XML has no place for."""
    return escape("".join(c if _in_xml(c) else "�" for c in text))


def _in_xml(character: str) -> bool:
    code = ord(character)
    return code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or code >= 0x10000


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


__all__ = ["LINE", "ROW", "TITLE", "box", "card", "card_size", "clip", "edge", "label", "page", "route", "text_width"]
