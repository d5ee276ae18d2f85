"""Running the command line in tests: in this process where that is enough, in one of its own where it matters."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from amounts import PATIENCE

from seekgraph.cli import main
from seekgraph.demo import CORPUS, questions

SINGLE = "seekgraph.flows.single:flow"


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which has to be one JSON document and nothing else."""
        return json.loads(self.out)

    def refused(self, code: int, *words: str) -> None:
        """Assert that it ended with `code`, said each of `words` on standard error, and showed no traceback."""
        assert self.code == code, self
        assert "Traceback" not in self.err
        missing = [each for each in words if each not in " ".join(self.err.split())]
        assert not missing, f"{missing} not in: {self.err}"


def seekgraph(*arguments: object) -> Ran:
    """Run the command line in this process, in the current folder."""
    out, err = io.StringIO(), io.StringIO()
    path, modules = list(sys.path), set(sys.modules)
    code: Any = None
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main([str(each) for each in arguments])
    except SystemExit as end:
        code = end.code
    finally:
        structlog.reset_defaults()
        sys.path[:] = path
        for name in set(sys.modules) - modules:  # the modules of a test's own folder: the next test has others of their names
            if str(getattr(sys.modules[name], "__file__", "")).startswith(os.getcwd() + os.sep):
                del sys.modules[name]
    return Ran(int(code or 0), out.getvalue(), err.getvalue())


def command(*arguments: object) -> list[str]:
    """The command line as a process."""
    return [sys.executable, "-m", "seekgraph", *map(str, arguments)]


def process(*arguments: object, input: str | None = None, **variables: str) -> Ran:
    """Run the command line in a process of its own, in the current folder; `input` is piped to it."""
    env = {**os.environ, **variables}
    done = subprocess.run(
        command(*arguments), capture_output=True, text=True, timeout=PATIENCE, env=env, encoding="utf-8", input=input
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def interrupted(ready: Callable[[], bool], *arguments: object, by: signal.Signals = signal.SIGINT) -> Ran:
    """Run the command line in a process of its own, and press Ctrl-C, or send another signal, once `ready` says so."""
    started = subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")
    deadline = time.monotonic() + PATIENCE
    while not ready() and started.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    started.send_signal(by)
    out, err = started.communicate(timeout=PATIENCE)
    return Ran(started.returncode, out, err)


def some_questions(path: Path, split: Any, count: int) -> Path:
    """The first questions of a split of the demo's, in a file of their own."""
    lines = questions(split).read_text(encoding="utf-8").splitlines()[:count]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def lines(path: Path, *rows: object) -> Path:
    """A file of JSON lines; a string is a line as it stands."""
    texts = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


__all__ = ["CORPUS", "SINGLE", "Ran", "command", "interrupted", "lines", "process", "seekgraph", "some_questions"]
