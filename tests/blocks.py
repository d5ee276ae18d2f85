"""Running the code of a Markdown file, as a reader would who pastes it: in order, in one process, in an empty folder."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from amounts import PATIENCE

FENCE = "```"
END = "\x1e"


@dataclass
class Block:
    """A fenced block: its language, the line that its text begins at, its text."""

    language: str
    line: int
    text: str


def blocks(path: Path) -> list[Block]:
    """The fenced blocks of a Markdown file, in order."""
    found: list[Block] = []
    inside = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(keepends=True), start=1):
        if line.startswith(FENCE):
            inside = not inside
            if inside:
                found.append(Block(line.strip().removeprefix(FENCE), number + 1, ""))
        elif inside:
            found[-1].text += line
    return found


def script(code: list[Block]) -> str:
    """The blocks as one program, with the line numbers of the file that they come from, saying where each ends."""
    lines: list[str] = []
    for block in code:
        lines += [""] * (block.line - 1 - len(lines))
        lines += [*block.text.splitlines(), f"print({END!r}, flush=True)"]
    return "\n".join(lines) + "\n"


def outputs(code: list[Block], folder: Path) -> list[str]:
    """What each block prints. Fails with the traceback of the first that raises."""
    program = folder / "pasted.py"
    program.write_text(script(code), encoding="utf-8")
    given = [sys.executable, program.name]
    done = subprocess.run(given, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout.split(f"{END}\n")[:-1]


def said(path: Path, folder: Path) -> list[tuple[Block, str]]:
    """Each block of text that stands below a block of code, with what that code prints."""
    found = [each for each in blocks(path) if each.language in ("python", "text")]
    printed = iter(outputs([each for each in found if each.language == "python"], folder))
    pairs: list[tuple[Block, str]] = []
    latest = ""
    for each in found:
        if each.language == "python":
            latest = next(printed)
        else:
            pairs.append((each, latest))
    return pairs
