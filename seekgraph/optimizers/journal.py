"""The journal of a compile: every finished rollout and fit, as JSON lines, so that none is ever repeated.

Compiling is a deterministic function of the flow, the data, the seed and the results of its rollouts. Resuming therefore runs
it from its beginning with the results read back, and goes on where they end. A line is written when its result is final; a line
that a kill has cut off is dropped. Each line says what all sessions had spent by then, so that one budget covers them all; a kill
leaves uncounted only what was spent after the last line.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError
from pydantic_core import to_json

from seekgraph.core.base.errors import SeekgraphError
from seekgraph.core.base.reading import json_in
from seekgraph.core.base.reading import number as amount
from seekgraph.evaluation.row import Row

try:
    import fcntl
except ImportError:  # Windows: two processes on one journal are then not noticed
    fcntl = None  # type: ignore[assignment]

VERSION = 2
_SUM_NAME = "crc32"
_SUM = b',"crc32":'
HINT = "remove the file, or compile without resume"


class JournalError(SeekgraphError, ValueError):
    """A journal cannot be read, is in use, or belongs to another compile."""


class _Damaged(ValueError):
    """A line is no JSON."""


class Journal:
    """Results by key: `rows` of examples, and `facts`, which are plain data. Without a path they are kept in memory only.

    `header` is plain data that identifies the compile: the flow's fingerprint and code, the data, the seed, the objective.
    `spent` is what earlier sessions spent, `resumed` how many results they left. Without `resume` an older journal at the path
    is set aside under a name that is free (`NAME.old`, `NAME.old2`, ...). One compile holds a journal at a time.

    Raises `JournalError` for a journal that another compile is writing; when `resume` is asked of one whose header differs,
    naming what differs; and for a damaged line, with its number.
    """

    def __init__(self, path: str | Path | None, header: Mapping[str, Any], *, resume: bool = False) -> None:
        self.path = None if path is None else Path(path)
        self.rows: dict[str, Row] = {}
        self.facts: dict[str, Any] = {}
        self.spent: dict[str, float] = {}
        self.resumed = 0
        self._file: IO[bytes] | None = None
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = _opened(self.path)
        try:
            self._begin(self.path, json.loads(to_json({"journal": VERSION, **header})), resume)
        except BaseException:
            self._file.close()
            raise

    def put_row(self, key: str, row: Row, spent: Mapping[str, float]) -> None:
        """Keep the row of a finished rollout. When this returns it survives a kill of the process."""
        self.rows[key] = row
        self._append({"row": key, "result": row, "spent": spent})

    def put_fact(self, key: str, fact: Any, spent: Mapping[str, float]) -> Any:
        """Keep plain data, or models; gives it back as a resumed compile will find it."""
        self.facts[key] = plain = json.loads(to_json(fact))
        self._append({"fact": key, "result": plain, "spent": spent})
        return plain

    def close(self, spent: Mapping[str, float] | None = None) -> None:
        """Note what was spent in the end, and let go of the file."""
        if self._file is not None:
            if spent is not None:
                self._append({"spent": spent})
            self._file.close()
            self._file = None

    def _append(self, line: Mapping[str, Any]) -> None:
        if self._file is not None:
            data = to_json(line)
            self._file.write(data[:-1] + _SUM + str(zlib.crc32(data)).encode() + b"}\n")
            self._file.flush()

    def _begin(self, path: Path, header: Mapping[str, Any], resume: bool) -> None:
        assert self._file is not None
        if os.fstat(self._file.fileno()).st_size and not resume:
            older = self._file  # held until the new one is: nobody else may take it in between
            path.replace(_free(path))
            self._file = _opened(path)
            older.close()
        if not self._read(path, self._file, header):
            self._append(header)

    def _read(self, path: Path, file: IO[bytes], header: Mapping[str, Any]) -> bool:
        """Read what is there and cut off half a line; False where there is no header yet."""
        file.seek(0)
        raw = file.read()
        whole, newline, rest = raw.rpartition(b"\n")
        if rest:  # cut off in the middle of a write
            file.truncate(len(raw) - len(rest))
        for number, line in enumerate(whole.split(b"\n") if newline else [], start=1):
            try:
                found = json_in(line, f"{path}, line {number}", _Damaged)
                if number > 1:
                    _require_whole(line)
                    self._take(found)
            except _Damaged as error:
                raise JournalError(f"{path}, line {number}: damaged ({error}): {HINT}") from None
            except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
                reason = f"{error.error_count()} fields are wrong" if isinstance(error, ValidationError) else str(error)
                raise JournalError(f"{path}, line {number}: damaged ({reason}): {HINT}") from None
            if number == 1:
                _same(path, found, header, line)
        self.resumed = len(self.rows) + len(self.facts)
        return bool(newline)

    def _take(self, found: Mapping[str, Any]) -> None:
        if "row" in found:
            self.rows[str(found["row"])] = Row.model_validate(found["result"])
        elif "fact" in found:
            self.facts[str(found["fact"])] = found["result"]
        self.spent = {name: float(amount(spent, name)) for name, spent in dict(found["spent"]).items()}


def _require_whole(line: bytes) -> None:
    """Raise `_Damaged` for a line that is not as it was written."""
    content, _, found = line.rpartition(_SUM)
    if found != str(zlib.crc32(content + b"}")).encode() + b"}":
        raise _Damaged("its checksum is not that of its content")


def _opened(path: Path) -> IO[bytes]:
    """The file, made where there is none, and locked for this compile."""
    while True:
        file = path.open("ab+")
        try:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise JournalError(f"{path} is in use: another compile writes it. Wait for it, or give another path") from None
        try:
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        except FileNotFoundError:
            pass
        file.close()  # it was set aside before the lock was ours


def _free(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.name}.old{number if number > 1 else ''}")).exists():
        number += 1
    return aside


def _same(path: Path, found: Any, header: Mapping[str, Any], line: bytes) -> None:
    if not isinstance(found, dict) or "journal" not in found:
        raise JournalError(f"{path} is not the journal of a compile: give another path")
    if found["journal"] != VERSION:
        raise JournalError(f"{path} is of version {found['journal']}, this is version {VERSION}: {HINT}")
    try:
        _require_whole(line)
    except _Damaged as error:
        raise JournalError(f"{path}, line 1: damaged ({error}): {HINT}") from None
    found.pop(_SUM_NAME, None)
    differing = sorted(name for name in {*found, *header} if found.get(name) != header.get(name))
    if differing:
        raise JournalError(
            f"{path} belongs to another compile: {', '.join(differing)} differ: compile without resume to begin anew"
        )
