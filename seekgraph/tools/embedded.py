"""reStructuredText inside of Markdown, as MyST has it in fences: ```` ```{eval-rst} ````."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seekgraph.tools import restructured
from seekgraph.tools.blocks import FENCE, end_of_fence
from seekgraph.tools.markup import Include

_INFO = re.compile(r"\{eval-rst\}\s*\Z")


def without_embedded(text: str, include: Include | None = None) -> str:
    """`text` with what such fences hold read as `restructured.Reader` reads it; lines end with "\\n"."""
    return "\n".join(_lines(text.split("\n"), include)) if "{eval-rst}" in text else text


def _lines(lines: list[str], include: Include | None) -> Iterator[str]:
    at = 0
    while at < len(lines):
        opened = FENCE.match(lines[at])
        if opened is None:
            yield lines[at]
            at += 1
            continue
        end = end_of_fence(lines, at, opened[1])
        block = lines[at:end]
        if _INFO.match(lines[at][opened.end() :].strip()):
            closed = len(block) > 1 and not block[-1].strip().strip("`~")
            body = "\n".join(block[1:-1] if closed else block[1:])
            yield ""
            yield from restructured.Reader(restructured.substitutions(body), include).read(body).split("\n")
            yield ""
        else:
            yield from block
        at = end
