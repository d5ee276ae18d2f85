"""Text for a person to read, in lines that fit the terminal, piped too."""

from __future__ import annotations

import shutil
import sys
import textwrap

from seekgraph.cli.run import plain


def write(text: str, most: int | None = None) -> None:
    """Show a text in lines as wide as the terminal, at most 100 characters; of one paragraph the first `most` lines."""
    width = min(100, shutil.get_terminal_size().columns)
    for paragraph in plain(text).split("\n"):
        indent = paragraph[: len(paragraph) - len(paragraph.lstrip())]
        wrapped = textwrap.wrap(paragraph, width, subsequent_indent=f"{indent}  " if indent else "") or [""]
        if most is not None and len(wrapped) > most:
            wrapped = [*wrapped[: most - 1], f"{wrapped[most - 1][: width - 4]} ..."]
        for line in wrapped:
            sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
