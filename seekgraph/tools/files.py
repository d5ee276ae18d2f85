"""The files that an index was made from, as they were then: what tells whether one has changed."""

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seekgraph.tools.choosing import Choice
from seekgraph.tools.documents import Skipped
from seekgraph.tools.sources import Source
from seekgraph.tools.strings import Arrays, Strings
from seekgraph.tools.walking import Found, State, suffix_of

if TYPE_CHECKING:
    from seekgraph.tools.folder import FileRead

Ints = NDArray[Any]

EXPECTED, RECENT, PASSING = 1, 2, 4
"""Flags of a file: nobody has to be warned about its reason; it had just been written when it was read, so that its times do not
tell whether it was written again; it is read anew each time."""

_NOW = (
    2_000_000_000  # nanoseconds within which two writes of a file may bear the same time, on file systems that count by seconds
)
_NO_STATE = (-1, -1, -1, -1)
_PREFIX = "files."


class Seen:
    """The files of several sources as they are now, before any is opened. Takes about a tenth of a kilobyte a file."""

    def __init__(self) -> None:
        self.sources = array("i")
        self.paths: list[bytes] = []
        self.reasons: list[str] = []
        self.expected = bytearray()
        self.states = array("q")

    def add(self, source: int, found: Found) -> None:
        """One more file."""
        self.sources.append(source)
        self.paths.append(os.fsencode(found.path))
        self.reasons.append(found.reason)
        self.expected.append(found.expected)
        self.states.extend(found.state or _NO_STATE)

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[tuple[int, Found]]:
        for at, path in enumerate(self.paths):
            state = self.state(at)
            yield self.sources[at], Found(os.fsdecode(path), state, self.reasons[at], bool(self.expected[at]))

    def state(self, at: int) -> State | None:
        """What the file system says of a file, by its number."""
        state = State(*self.states[4 * at : 4 * at + 4])
        return None if state == _NO_STATE else state

    def suffixes(self) -> frozenset[str]:
        """The kinds of the files that are to be read."""
        return frozenset(
            suffix_of(os.fsdecode(path)) for path, reason in zip(self.paths, self.reasons, strict=True) if not reason
        )

    def arrays(self) -> Arrays:
        """As columns of `Files`."""
        reasons = Strings.of([reason.encode() for reason in self.reasons])
        return {
            "sources": np.frombuffer(self.sources, dtype=np.int32),
            "states": np.frombuffer(self.states, dtype=np.int64).reshape(-1, 4),
            **Strings.of(self.paths).arrays("paths"),
            **reasons.arrays("seen"),
        }


def look(sources: Sequence[Source], choice: Choice, kinds: frozenset[str]) -> Seen:
    """All files of the sources as they are now."""
    seen = Seen()
    for number, source in enumerate(sources):
        for found in source.found(choice, kinds):
            seen.add(number, found)
    return seen


class Outcomes:
    """What became of each file, in the order of `Seen`."""

    def __init__(self) -> None:
        self.names: list[bytes] = []
        self.counts = array("i")
        self.flags = bytearray()
        self.digests = bytearray()
        self.reasons: list[bytes] = []
        self.needs: list[bytes] = []

    def add(self, read: FileRead, count: int, state: State | None, now: int) -> None:
        """A file that was read, or has a reason why not; it has `count` passages. `now` is the time of looking at the files."""
        states = [state, *(each for _, each in read.needs)]
        flags = EXPECTED * read.expected | PASSING * (not read.lasting)
        if any(is_recent(each, now) for each in states):
            flags |= PASSING if read.needs else RECENT
        needs = json.dumps(read.needs).encode() if read.needs else b""
        self.keep(read.name.encode(), count, flags, read.digest, (read.reason or read.note).encode("utf-8", "replace"), needs)

    def keep(self, name: bytes, count: int, flags: int, digest: bytes, reason: bytes, needs: bytes) -> None:
        """A file whose passages stay, as it was."""
        self.names.append(name)
        self.counts.append(count)
        self.flags.append(flags)
        self.digests += digest or bytes(16)
        self.reasons.append(reason)
        self.needs.append(needs)

    def skipped(self, at: int) -> Skipped:
        """A file without passages, by its number."""
        return Skipped(self.names[at].decode(), self.reasons[at].decode(), bool(self.flags[at] & EXPECTED))

    def arrays(self) -> Arrays:
        """As columns of `Files`."""
        return {
            "counts": np.frombuffer(self.counts, dtype=np.int32),
            "flags": np.frombuffer(self.flags, dtype=np.uint8),
            "digests": np.frombuffer(self.digests, dtype=np.uint8).reshape(-1, 16),
            **Strings.of(self.names).arrays("names"),
            **Strings.of(self.reasons).arrays("reasons"),
            **Strings.of(self.needs).arrays("needs"),
        }


@dataclass(frozen=True, slots=True)
class Files:
    """A row for each file in the order of reading, and `order`: the numbers of all passages in that order.

    `seen` are the reasons from before a file was opened, `reasons` those from reading it, or notes where it has passages. The
    arrays may be mapped from disk.
    """

    sources: Ints
    paths: Strings
    seen: Strings
    states: Ints
    names: Strings
    counts: Ints
    flags: Ints
    digests: Ints
    reasons: Strings
    needs: Strings
    order: Ints

    @classmethod
    def of(cls, seen: Seen, outcomes: Outcomes, order: Ints) -> Files:
        """The table of what was seen and read."""
        return cls._from({**seen.arrays(), **outcomes.arrays(), "order": order})

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Ints]) -> Files:
        """The table that `arrays` was saved from. Raises `KeyError` where a part is missing."""
        return cls._from({name.removeprefix(_PREFIX): each for name, each in arrays.items() if name.startswith(_PREFIX)})

    @classmethod
    def _from(cls, arrays: Mapping[str, Ints]) -> Files:
        tables = ("paths", "seen", "names", "reasons", "needs")
        fields: dict[str, Any] = {name: Strings.from_arrays(arrays, name) for name in tables}
        fields |= {name: arrays[name] for name in cls.__slots__ if name not in tables}
        return cls(**fields)

    def arrays(self) -> Arrays:
        """What to save, by file name."""
        found: Arrays = {}
        for name in self.__slots__:
            each = getattr(self, name)
            found |= each.arrays(name) if isinstance(each, Strings) else {name: each}
        return {f"{_PREFIX}{name}": each for name, each in found.items()}

    def __len__(self) -> int:
        return len(self.paths)

    def is_as(self, seen: Seen) -> bool:
        """Whether nothing has changed: then no file is opened."""
        now = seen.arrays()
        mine = {**self.paths.arrays("paths"), **self.seen.arrays("seen"), "sources": self.sources, "states": self.states}
        same = all(np.array_equal(mine[name], each) for name, each in now.items())
        if not same or np.any(self.flags & (RECENT | PASSING)):
            return False
        return all(self.included_stay(at) for at in np.flatnonzero(np.diff(self.needs.offsets)).tolist())

    def equals(self, other: Files) -> bool:
        """Whether both say the same."""
        mine, others = self.arrays(), other.arrays()
        return all(np.array_equal(each, others[name]) for name, each in mine.items())

    def included_stay(self, at: int) -> bool:
        """Whether the files that a file includes are as they were."""
        needs = self.needs[at]
        return not needs or all(_state_at(path) == (then and tuple(then)) for path, then in json.loads(needs))

    def state(self, at: int) -> State | None:
        """What the file system said of a file, by its number."""
        state = State(*self.states[at].tolist())
        return None if state == _NO_STATE else state

    def rows(self) -> Iterator[tuple[str, str, bool, int]]:
        """(name, reason or note, expected, number of passages) of each file."""
        for name, reason, flags, count in zip(self.names, self.reasons, self.flags.tolist(), self.counts.tolist(), strict=True):
            yield name.decode(), reason.decode(), bool(flags & EXPECTED), count


def is_recent(state: State | None, now: int) -> bool:
    """Whether a file was written so shortly before `now` that another write need not show in its state."""
    return state is not None and max(state.modified, state.changed) > now - _NOW


def _state_at(path: str) -> tuple[int, ...] | None:
    try:
        return tuple(State.of(os.stat(path)))
    except (OSError, ValueError):
        return None
