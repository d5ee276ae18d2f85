"""What the commands share: finding a flow, opening documents, telling errors, writing results."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from seekflow.core.errors import SeekflowError

if TYPE_CHECKING:
    from seekflow.core.budget import Budget
    from seekflow.flow import Flow

FAILED, MISUSED, INTERRUPTED = 1, 2, 130
WITH_TARGET = ("evaluate", "compile")
"""The commands whose `--json` takes a file; without one it is standard output."""


class Misuse(SeekflowError):
    """The arguments do not fit together; exit code 2."""


@contextmanager
def failing(as_json: bool) -> Iterator[None]:
    """Turn errors that a user can mend into one message and an exit code; others keep their traceback."""
    try:
        yield
    except KeyboardInterrupt:
        end("interrupted", INTERRUPTED, as_json)
    except Misuse as error:
        end(str(error), MISUSED, as_json)
    except (SeekflowError, OSError, ImportError, ValueError) as error:
        end(str(error), FAILED, as_json)


def end(message: str, code: int, as_json: bool) -> NoReturn:
    """Say what is wrong and end with an exit code."""
    if as_json:
        sys.stdout.write(json.dumps({"error": message}) + "\n")
    sys.stderr.write(f"seekflow: {message}\n")
    raise SystemExit(code)


def with_json_target(arguments: Sequence[str]) -> list[str]:
    """The arguments with standard output, `-`, as the target of a `--json` that has none."""
    given = list(arguments)
    if given and given[0] in WITH_TARGET and "--json" in given:
        after = given.index("--json") + 1
        if after == len(given) or given[after].startswith("--"):
            given.insert(after, "-")
    return given


def find_flow(name: str) -> Flow:
    """The flow that FLOW names: `package.module:attribute`, looked for in the current folder too, or a `.flow.json` artifact."""
    from seekflow.flow import Flow, load

    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    if name.endswith(".json"):
        return load(name)
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise Misuse(f"FLOW is 'package.module:attribute' or a .flow.json file, not {name!r}")
    try:
        found = getattr(importlib.import_module(module), attribute, None)
    except ModuleNotFoundError as error:
        raise Misuse(
            f"no module {error.name!r}: FLOW {name!r} is looked for in the current folder and in what is installed"
        ) from None
    if not isinstance(found, Flow):
        raise Misuse(f"{module} has no flow {attribute!r}{_others(module, Flow)}")
    return found


def _others(module: str, kind: type) -> str:
    names = [name for name, value in vars(importlib.import_module(module)).items() if isinstance(value, kind)]
    return f"; it has {names}" if names else ": it has none"


def open_resources(flow: Flow, corpus: Path | None, docs: Path | None, dense: bool, cache: Path | None) -> dict[str, Any]:
    """What the flow asks for, made from a corpus file or a folder of documents.

    Raises `Misuse` where it asks for something else.
    """
    from seekflow.tools import open_corpus

    if corpus is not None and docs is not None:
        raise Misuse("--corpus and --docs are two ways to say the same: give one")
    source = corpus or docs
    required = {name for name, (_, _, needed) in flow.resources.items() if needed}
    if source is None:
        if required:
            raise Misuse(f"the flow asks for {sorted(required)}: give --corpus FILE.jsonl or --docs FOLDER")
        return {}
    offered: dict[str, Any] = open_corpus(source, dense=dense, cache=cache)
    missing = sorted(required - set(offered))
    if missing:
        raise Misuse(
            f"the flow asks for {missing}, which documents alone cannot give (they give {sorted(offered)}): bind it from Python"
        )
    return {name: thing for name, thing in offered.items() if name in flow.resources}


def parse_budget(text: str | None) -> Budget:
    """A budget from `calls=..,searches=..,tokens=..,usd=..,seconds=..`."""
    from seekflow.core.budget import Budget

    limits: dict[str, float] = {}
    for part in (text or "").split(","):
        if not part.strip():
            continue
        name, _, value = part.partition("=")
        if name.strip() not in Budget.__dataclass_fields__:
            raise Misuse(f"--budget knows {', '.join(Budget.__dataclass_fields__)}, not {name.strip()!r}")
        try:
            limits[name.strip()] = float(value) if name.strip() in ("usd", "seconds") else int(value)
        except ValueError:
            raise Misuse(f"--budget {name.strip()} takes a number, not {value!r}") from None
    return Budget(**limits)  # type: ignore[arg-type]


def show(*things: Any) -> None:
    """Print to standard output, with colour where it is a terminal."""
    from rich.console import Console

    console = Console(highlight=False)
    for thing in things:
        console.print(thing)


def say(*things: Any) -> None:
    """Print to standard error: what is not the result."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    for thing in things:
        console.print(thing)


def write_json(data: Any, target: str = "-") -> None:
    """Write plain data as JSON to a file, or to standard output for `-`."""
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    if target == "-":
        sys.stdout.write(text)
    else:
        Path(target).write_text(text, encoding="utf-8")
