"""The journal of a compile: every finished evaluation and fit, as JSON lines, so that none is ever repeated.

Compiling is a deterministic function of the flow, the data, the seed and the results of its rollouts. Resuming therefore runs
it from its beginning with the results read back, and goes on where they end. A line is written when its result is final; a line
that a kill has cut off is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from seekflow.core.errors import SeekflowError

VERSION = 1


class JournalError(SeekflowError, ValueError):
    """A journal cannot be read, or belongs to another compile."""


class Journal:
    """Results by key. Without a path they are kept in memory only.

    `header` identifies the compile: the flow's fingerprint, the data, the seed, the objective. Raises `JournalError` when
    `resume` is asked of a journal whose header differs, naming what differs, and for a damaged line. Without `resume` an older
    journal at the path is set aside as `NAME.old`.
    """

    def __init__(self, path: str | Path | None, header: Mapping[str, Any], *, resume: bool = False) -> None:
        self.path = None if path is None else Path(path)
        self.entries: dict[str, Any] = {}
        self.resumed = 0
        self._file: Any = None
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        header = json.loads(to_json({"journal": VERSION, **header}))
        if resume and self.path.exists():
            self._read(self.path, header)
        elif self.path.exists():
            self.path.replace(self.path.with_name(self.path.name + ".old"))
        fresh = not self.path.exists()
        self._file = self.path.open("ab")
        if fresh:
            self._append(header)

    def get(self, key: str) -> Any:
        """The result kept under `key`, as plain data, or None."""
        return self.entries.get(key)

    def put(self, key: str, result: Any) -> None:
        """Keep a final result: when this returns it survives a kill of the process."""
        plain = json.loads(to_json(result))
        self.entries[key] = plain
        if self._file is not None:
            self._append({"key": key, "result": plain})

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _append(self, line: Mapping[str, Any]) -> None:
        self._file.write(to_json(line) + b"\n")
        self._file.flush()

    def _read(self, path: Path, header: Mapping[str, Any]) -> None:
        raw = path.read_bytes()
        whole, _, rest = raw.rpartition(b"\n")
        if rest:  # cut off in the middle of a write
            with path.open("r+b") as file:
                file.truncate(len(raw) - len(rest))
        lines = whole.split(b"\n") if whole else []
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise JournalError(
                    f"{path}, line {number}: damaged ({error}): remove the file, or compile without resume"
                ) from None
            if number == 1:
                self._same(path, row, header)
            elif isinstance(row, dict) and {"key", "result"} <= set(row):
                self.entries[row["key"]] = row["result"]
                self.resumed += 1
            else:
                raise JournalError(f"{path}, line {number}: not a result: remove the file, or compile without resume")
        if not lines:
            path.unlink()

    def _same(self, path: Path, found: Any, header: Mapping[str, Any]) -> None:
        if not isinstance(found, dict) or "journal" not in found:
            raise JournalError(f"{path}: not a journal of a compile")
        differing = sorted(name for name in {*found, *header} if found.get(name) != header.get(name))
        if differing:
            raise JournalError(
                f"{path} belongs to another compile: {', '.join(differing)} differ: compile without resume to begin anew"
            )
