"""How a command ends: its exit code, and errors as one message."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

from seekgraph.cli.common import FAILED, INTERRUPTED, MISUSED, PIPE_CLOSED, TERMINATED, Misuse, ready_made
from seekgraph.cli.output import QUIET, VERBOSE, replace_what_cannot_be_encoded
from seekgraph.core.base.errors import SeekgraphError

WITH_TARGET = ("evaluate", "diagnose", "compile")
"""The commands whose `--json` takes a file; without one it is standard output."""


@contextmanager
def failing(as_json: bool) -> Iterator[None]:
    """Turn errors that a user can correct into one message and an exit code; others are bugs, and keep their traceback."""
    import typer

    _warn_on_stderr()
    replace_what_cannot_be_encoded()
    QUIET.set(False)
    VERBOSE.set(False)
    misused: tuple[type[Exception], ...] = tuple(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
    try:
        with _terminated_as_interrupted() as terminated:
            yield
    except (KeyboardInterrupt, typer.Abort):
        end(*(("terminated", TERMINATED) if terminated else ("interrupted", INTERRUPTED)), as_json)
    except misused as error:
        _refused(error, as_json)
    except Misuse as error:
        end(str(error), MISUSED, as_json)
    except (SeekgraphError, ImportError) as error:
        end(str(error), FAILED, as_json)
    except BrokenPipeError:
        _reader_gone()
    except SystemExit:
        if type(sys.stdout).__name__ == "PacifyFlushWrapper":  # typer has met the closed pipe, and would end with 1
            _reader_gone()
        raise
    except OSError as error:
        end(f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error), FAILED, as_json)


@contextmanager
def _terminated_as_interrupted() -> Iterator[list[int]]:
    """Let SIGTERM end a command as Ctrl-C does, with what is finished kept and a word on how to go on; yields what has come."""
    come: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield come
        return

    def stop(number: int, frame: object) -> None:
        come.append(number)
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield come
    finally:
        signal.signal(signal.SIGTERM, before)


def _reader_gone() -> NoReturn:
    """End as a tool that SIGPIPE ends does, without a word: whoever read the output, such as `head`, has what they wanted."""
    with suppress(OSError, ValueError, AttributeError):  # what is still buffered would be an error once more at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(PIPE_CLOSED)


def end(message: str, code: int, as_json: bool) -> NoReturn:
    """Say what is wrong and end with an exit code."""
    if as_json:
        sys.stdout.write(json.dumps({"error": message}, ensure_ascii=False) + "\n")
    sys.stderr.write(f"seekgraph: {message}\n")
    raise SystemExit(code)


def with_json_target(arguments: Sequence[str]) -> list[str]:
    """The arguments with standard output, `-`, as the target of a `--json` that has none: FLOW or an option follows it."""
    given = list(arguments)
    if _takes_target(given) and "--json" in given:
        after = given.index("--json") + 1
        if after == len(given) or given[after].startswith("--") or _names_flow(given[after]):
            given.insert(after, "-")
    return given


def to_stdout(arguments: Sequence[str]) -> bool:
    """Whether the command, its `--json` with a target, writes JSON to standard output."""
    if "--json" not in arguments:
        return "--json=-" in arguments
    return not _takes_target(arguments) or arguments[arguments.index("--json") + 1] == "-"


def _takes_target(arguments: Sequence[str]) -> bool:
    command = next((each for each in arguments if each not in VERBOSITY), None)
    return command in WITH_TARGET


def _names_flow(argument: str) -> bool:
    return argument.endswith(".flow.json") or argument in ready_made() or (":" in argument and not argument.endswith(".json"))


def _refused(error: Any, as_json: bool) -> NoReturn:
    """End for arguments that the parser refuses; the parser's own message has the usage and what is like what was written."""
    if as_json:
        sys.stdout.write(json.dumps({"error": error.format_message()}, ensure_ascii=False) + "\n")
    error.show()
    raise SystemExit(error.exit_code)


def _warn_on_stderr() -> None:
    """Let the library's warnings go to standard error, as a line like the command's own, and not among its results."""
    import structlog

    def line(logger: Any, level: str, event: MutableMapping[str, Any]) -> str:
        facts = ", ".join(f"{name} {value}" for name, value in event.items() if name != "event")
        return f"seekgraph: {level}: {event['event'].replace('_', ' ')}{f' ({facts})' if facts else ''}"

    structlog.configure(
        processors=[line],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )


def set_verbosity(verbose: bool, quiet: bool) -> None:
    """-v and -q: how much is said on standard error beside errors. Raises `Misuse` for both."""
    if verbose and quiet:
        raise Misuse("-v and -q contradict each other: give one")
    import structlog

    level = logging.DEBUG if verbose else logging.ERROR if quiet else logging.INFO
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(level))
    QUIET.set(quiet)
    VERBOSE.set(verbose)


VERBOSITY = ("-v", "--verbose", "-q", "--quiet")


def verbosity_first(arguments: Sequence[str]) -> list[str]:
    """The arguments with -v and -q, wherever they stand, before the command, which is where the parser looks for them."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    flags = [each for each in arguments[:end] if each in VERBOSITY]
    return [*flags, *(each for each in arguments[:end] if each not in VERBOSITY), *arguments[end:]]
