"""Writing results to standard output and to files, and all else to standard error.

Nothing that was worked for is lost on the way out: characters that standard output cannot encode are replaced (in JSON they are
escaped), a file that cannot be written is refused before the work, and one that is there stays whole until the new one is.
"""

from __future__ import annotations

import codecs
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seekgraph.cli.common import Misuse
from seekgraph.core.base.errors import SeekgraphError

if TYPE_CHECKING:
    from seekgraph.core.record.step import Step

QUIET: ContextVar[bool] = ContextVar("seekgraph_quiet", default=False)
"""Whether only results and errors are written (`-q`)."""

VERBOSE: ContextVar[bool] = ContextVar("seekgraph_verbose", default=False)
"""Whether it is said where values come from (`-v`)."""


class NotWritable(SeekgraphError):
    """A file to be written cannot be."""


def show(*things: Any) -> None:
    """Print to standard output, with colour where it is a terminal; what is piped is not broken into lines."""
    _print(False, *things)


def say(*things: Any) -> None:
    """Print to standard error what is not the result, unless `-q` asks for quiet."""
    if not QUIET.get():
        _print(True, *things)


def detail(text: str) -> None:
    """Print to standard error what only a user who asks for more wants to know."""
    if VERBOSE.get():
        _print(True, f"seekgraph: {text}")


def _print(stderr: bool, *things: Any) -> None:
    from rich.console import Console
    from rich.text import Text

    class Plain(Console):
        def on_broken_pipe(self) -> None:  # rich would end with exit code 1 by itself
            raise BrokenPipeError

    console = Plain(stderr=stderr, highlight=False)
    for thing in things:
        shown = Text(thing) if isinstance(thing, str) else thing  # what comes from outside is no markup
        console.print(shown, soft_wrap=isinstance(shown, Text) and not console.is_terminal)


LIKE = str.maketrans({
    "\N{EN DASH}": "-", "\N{EM DASH}": "-", "\N{MINUS SIGN}": "-", "\N{HORIZONTAL ELLIPSIS}": "...", "\N{RIGHTWARDS ARROW}": "->",
    "\N{LEFT SINGLE QUOTATION MARK}": "'", "\N{RIGHT SINGLE QUOTATION MARK}": "'", "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"', "\N{FULL BLOCK}": "#", "\N{MIDDLE DOT}": ".", "\N{NO-BREAK SPACE}": " ",
})  # fmt: skip
"""What stands for a character that standard output has not; for any other it is `?`."""


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end].translate(LIKE)
    return "".join(each if each.isascii() else "?" for each in lost), error.end


def replace_what_cannot_be_encoded() -> None:
    """Let standard output and standard error replace characters that their encoding has not, where they would raise."""
    codecs.register_error("seekgraph.replace", _replaced)
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):  # a stream of another kind is its owner's
            stream.reconfigure(errors="seekgraph.replace")  # type: ignore[union-attr]


def encodable(text: str) -> bool:
    """Whether standard output can write `text` as it is."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def writable(path: Path | None, option: str) -> Path | None:
    """`path` with its folder made and tried, before any work is done for it.

    Raises `Misuse` for a folder, and `NotWritable` where no file can be written.
    """
    if path is None or (path.exists() and not path.is_file() and not path.is_dir()):
        return path  # a device or a pipe is not tried
    if path.is_dir():
        raise Misuse(f"{option} {path} is a folder: give the name of a file in it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(13, "the file is read-only")
        beside = _beside(path)
        beside.touch()
        beside.unlink()
    except OSError as error:
        raise NotWritable(f"{option} {path} cannot be written: {error.strerror or error}") from None
    return path


def json_target(target: str | None) -> str | None:
    """The target of --json, tried as `writable` does: a file, `-` for standard output, or None."""
    if target not in (None, "-"):
        writable(Path(str(target)), "--json")
    return target


def write_file(path: Path, text: str) -> None:
    """Write a file as a whole: until the new text is on the disk the old file stays as it was."""
    with whole(path) as beside:
        beside.write_text(text, encoding="utf-8")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A path to write to, which becomes `path` at the end, and only if nothing was raised."""
    if path.exists() and not path.is_file():
        yield path  # a device or a pipe, such as /dev/stdout, is written to as it is
        return
    path = Path(os.path.realpath(path))
    beside = _beside(path)
    try:
        yield beside
        if path.exists():
            shutil.copymode(path, beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def write_json(data: Any, target: str = "-") -> None:
    """Write plain data as JSON to a file, or to standard output for `-`."""
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    if target == "-":
        sys.stdout.write(text if encodable(text) else json.dumps(data, indent=2) + "\n")
    else:
        write_file(Path(target), text)
        say(f"wrote {target}")


def error_of(step: Step) -> str:
    """What went wrong in a step that has an error, to stand after its name; where code of a node raised, with the exception's
    type, without which "division by zero" says little."""
    if step.error is None:
        return ""
    message = step.error.message.removeprefix(f"{step.path}: ")
    return f"{step.error.type}: {message}" if step.error.code == "raised" else message
