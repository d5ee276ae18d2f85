"""Documents and their index, brought up to date: only what has changed since is read and indexed again."""

from __future__ import annotations

import os
import time
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np

from seekgraph.text.analysis import Analyzer
from seekgraph.tools.decoding import Unreadable
from seekgraph.tools.files import PASSING, RECENT, Files, Ints, Outcomes, Seen, is_recent
from seekgraph.tools.folder import Reader, digest_of, nothing_in
from seekgraph.tools.indexing import Indexed, indexed, updated
from seekgraph.tools.reading import Reading
from seekgraph.tools.sources import Source, digest_of_file
from seekgraph.tools.store import PassageStore
from seekgraph.tools.walking import suffix_of
from seekgraph.types import Passage


class Refreshed(NamedTuple):
    """What is so now; whether passages or their files differ from what was known; and the numbers of the files read for it."""

    indexed: Indexed
    files: Files
    changed: bool
    read: tuple[int, ...]


def refreshed(
    sources: Sequence[Source],
    seen: Seen,
    reader: Reader,
    fixed: Analyzer | None,
    old: tuple[Indexed, Files] | None,
    fickle: frozenset[str],
) -> Refreshed:
    """The index of what the sources hold now, analysed as `indexing.indexed` does. What `old` has of files that did not change is
    taken from there; files whose suffix is in `fickle` are read each time.

    The result equals a fresh one, to the last byte. Raises `CorpusError` where a source has no passages, or is a corpus or a
    single file that cannot be read.
    """
    update = _Update(sources, seen, reader, old, fickle)
    if old is not None and update.has_corpus and not update.nothing_moved():  # its ids depend on all that comes before
        update = _Update(sources, seen, reader, None, fickle)
    return update.run(fixed)


class _Update:
    def __init__(
        self,
        sources: Sequence[Source],
        seen: Seen,
        reader: Reader,
        old: tuple[Indexed, Files] | None,
        fickle: frozenset[str],
    ) -> None:
        self.sources, self.seen, self.reader, self.fickle = sources, seen, reader, fickle
        self.old = None if old is None else old[0]
        self.old_files = None if old is None else old[1]
        self.has_corpus = any(source.kind == "corpus" for source in sources)
        self.reading = Reading(sources, reader)
        self.now = time.time_ns()
        self.outcomes = Outcomes()
        self.read: list[int] = []
        self.ranks = array("i")  # of each passage among those of its file, in the order of reading
        self.ids: list[bytes] = []  # in that order, where there is a corpus: its ids do not say which file they are from
        self.names = [self.reading.name(sources[number], found) for number, found in seen]
        self.stay = self._staying()

    def _staying(self) -> list[int]:
        """For each file its number in the old table if its passages stay, else -1."""
        if self.old_files is None:
            return [-1] * len(self.seen)
        files = self.old_files
        at = {(source, path): place for place, (source, path) in enumerate(zip(files.sources.tolist(), files.paths, strict=True))}
        thens = [at.get((source, path), -1) for source, path in zip(self.seen.sources, self.seen.paths, strict=True)]
        return [then if then >= 0 and self._stays(place, then) else -1 for place, then in enumerate(thens)]

    def _stays(self, place: int, then: int) -> bool:
        assert self.old_files is not None
        files, source = self.old_files, self.sources[self.seen.sources[place]]
        flags, name = int(files.flags[then]), self.names[place]
        if self.seen.reasons[place] or files.seen[then] or flags & PASSING or suffix_of(name) in self.fickle:
            return False
        if source.kind != "corpus" and files.names[then] != (source.prefix + name).encode():
            return False
        if not files.included_stay(then):
            return False
        if not flags & RECENT and files.state(then) == self.seen.state(place):
            return True
        digest = files.digests[then].tobytes()
        return any(digest) and digest == self._digest(source, os.fsdecode(self.seen.paths[place]))

    def _digest(self, source: Source, path: str) -> bytes:
        if source.kind == "corpus":
            return digest_of_file(source.root / path)
        try:
            return digest_of(self.reader.bytes_of(source.root / path))
        except Unreadable:
            return b""

    def nothing_moved(self) -> bool:
        """Whether the passages are those of the old index, whatever the file system says of their files."""
        if (
            self.old is None
            or self.old_files is None
            or any(then < 0 and not reason for then, reason in zip(self.stay, self.seen.reasons, strict=True))
        ):
            return False
        stay = [then for then in self.stay if then >= 0]
        return int(self.old_files.counts[stay].sum()) == len(self.old.store)

    def run(self, fixed: Analyzer | None) -> Refreshed:
        """Read what does not stay. Called once."""
        passages, old, old_files = self._passages(), self.old, self.old_files
        first = next(passages, None)
        coming = passages if first is None else chain([first], passages)
        if old is None or old_files is None:
            if first is None:
                self._require_passages()
            now = indexed(coming, fixed)
        elif first is None and self.nothing_moved():
            now = old
        else:
            stays = self._kept(old, old_files)
            if first is None:
                self._require_passages()
            now = updated(old, stays, coming, fixed)
        self._require_passages()
        files = Files.of(self.seen, self.outcomes, old_files.order if now is old and old_files else self._order(now.store))
        changed = old_files is None or not files.equals(old_files)
        return Refreshed(now, files, changed, tuple(self.read))

    def _passages(self) -> Iterator[Passage]:
        """The passages of the files that are read; what becomes of all files is noted on the way."""
        starts = None if self.old_files is None or self.has_corpus else starts_of(self.old_files.names, self.old_files.counts)
        for place, (number, found) in enumerate(self.seen):
            then, source = self.stay[place], self.sources[number]
            if then >= 0:
                self._keep(then, place, starts)
                continue
            read = self.reading.read(source, found, self.names[place])
            if not found.reason:
                self.read.append(place)
            ids: list[bytes] = []
            for passage in read.passages:
                ids.append(passage.id.encode("utf-8", "surrogatepass"))
                yield passage
            self.outcomes.add(read, len(ids), found.state, self.now)
            if self.has_corpus:
                self.ids += ids
            else:
                self.ranks.extend(ranks(ids))

    def _keep(self, then: int, place: int, starts: Ints | None) -> None:
        assert self.old_files is not None
        files, count = self.old_files, int(self.old_files.counts[then])
        flags = int(files.flags[then]) & ~RECENT | RECENT * is_recent(self.seen.state(place), self.now)
        reason, needs = files.reasons[then], files.needs[then]
        self.outcomes.keep(files.names[then], count, flags, files.digests[then].tobytes(), reason, needs)
        if starts is not None:
            begin = int(self.old_rows[then])
            self.ranks.extend((files.order[begin : begin + count] - starts[then]).tolist())

    @cached_property
    def old_rows(self) -> Ints:
        """Where the passages of each old file begin in its order of reading."""
        assert self.old_files is not None
        return np.concatenate([[0], np.cumsum(self.old_files.counts, dtype=np.int64)])

    def _kept(self, old: Indexed, files: Files) -> Ints:
        """Which passages of the old index stay."""
        stays = np.zeros(len(old.store), dtype=np.bool_)
        starts = starts_of(files.names, files.counts)
        for then in self.stay:
            if then >= 0:
                stays[starts[then] : starts[then] + int(files.counts[then])] = True
        return stays

    def _order(self, store: PassageStore) -> Ints:
        """The number of each passage, in the order of reading."""
        if self.has_corpus:
            return np.asarray(ranks(self.ids), dtype=np.int32)
        counts = np.frombuffer(self.outcomes.counts, dtype=np.int32)
        starts = starts_of(self.outcomes.names, counts)
        return (np.repeat(starts, counts) + np.frombuffer(self.ranks, dtype=np.int32)).astype(np.int32)

    def _require_passages(self) -> None:
        for number, source in enumerate(self.sources):
            here = [at for at, each in enumerate(self.seen.sources) if each == number] if source.kind == "folder" else []
            if source.kind == "folder" and not any(self.outcomes.counts[at] for at in here):
                raise nothing_in(source.path, [self.outcomes.skipped(at) for at in here], self.reader.loaders)


def starts_of(names: Iterable[bytes], counts: Ints) -> Ints:
    """The number of the first passage of each file: ids begin with their file's name and "#", and come in their order."""
    keys = [name.replace(b"#", b"%23") + b"#" for name in names]
    order = np.asarray(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)
    starts = np.zeros(len(keys), dtype=np.int64)
    starts[order] = np.cumsum(counts[order], dtype=np.int64) - counts[order]
    return starts


def ranks(ids: list[bytes]) -> list[int]:
    """The place of each in sorted order."""
    found = [0] * len(ids)
    for rank, at in enumerate(sorted(range(len(ids)), key=ids.__getitem__)):
        found[at] = rank
    return found
