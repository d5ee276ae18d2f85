"""Reading documents by what a path is, and several of them with their ids kept apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from seekgraph.tools.choosing import EVERYTHING, Choice
from seekgraph.tools.corpus import iter_jsonl
from seekgraph.tools.documents import Documents, Skipped
from seekgraph.tools.errors import CorpusError
from seekgraph.tools.folder import FileRead, Names, Reader, kinds_of, nothing_in
from seekgraph.tools.loaders.table import Loaders, kinds
from seekgraph.tools.sources import Source, apart, digest_of_file, sources_of
from seekgraph.tools.walking import Found, other_kind, suffix_of
from seekgraph.types import Passage


def read_documents(path: str | Path, *more: str | Path, loaders: Loaders | None = None, choice: Choice = EVERYTHING) -> Documents:
    """The passages of .jsonl corpora, of folders, and of single files; which of them, each path says.

    Of one path the ids are those of `read_folder` or of the corpus. Of several, ids stay apart: those of a folder begin with its
    name ("docs/guide.md#setup", with as much of its path as tells it from the others), and a corpus whose ids another one has
    already used for other passages puts its name before all of its ids ("wiki:p1"). A path that is given twice is read once.
    `loaders` and `choice` are those of `read_folder`.

    Raises `CorpusError` where there is nothing at a path, or no passage in it.
    """
    sources = sources_of((path, *more))
    reading = Reading(sources, Reader(loaders=loaders))
    passages: list[Passage] = []
    skipped: list[Skipped] = []
    for source in sources:
        before, left = len(passages), len(skipped)
        for found in source.found(choice, kinds(loaders)):
            read = reading.read(source, found, reading.name(source, found))
            passages += read.passages
            if read.reason:
                skipped.append(Skipped(read.name, read.reason, read.expected))
        if len(passages) == before and source.kind == "folder":
            raise nothing_in(source.path, skipped[left:], loaders)
    return Documents(tuple(passages), tuple(skipped))


class Reading:
    """Reads the files of several sources in their order, and keeps their ids apart."""

    def __init__(self, sources: Sequence[Source], reader: Reader) -> None:
        self.reader = reader
        self._names = Names()
        self._taken: dict[str, Passage] | None = None  # by id, where a corpus has to be told apart from what came before
        if len(sources) > 1 and any(source.kind == "corpus" for source in sources):
            self._taken = {}

    def name(self, source: Source, found: Found) -> str:
        """The name of the next file in ids, without what those of its source begin with."""
        return self._names.of(source.prefix + found.path).removeprefix(source.prefix)

    def read(self, source: Source, found: Found, name: str) -> FileRead:
        """The next file. Raises `CorpusError` for a corpus, or a file that was named by itself, that cannot be read."""
        if found.reason:
            return FileRead(source.prefix + name, (), found.reason, found.expected)
        path = source.root / found.path
        if source.kind == "corpus":
            return FileRead(path.name, self._told_apart(source, iter_jsonl(path)), digest=digest_of_file(path))
        if source.kind == "file":
            read = file_read(path, self.reader, name, source.prefix)
        else:
            read = self.reader.read(path, source.root, name, source.prefix)
        if self._taken is not None:
            self._taken |= {passage.id: passage for passage in read.passages}
        return read

    def _told_apart(self, source: Source, passages: Iterator[Passage]) -> Iterator[Passage]:
        if self._taken is None:
            yield from passages
            return
        found = apart(passages, source.name, self._taken)
        self._taken |= found
        yield from found.values()


def file_read(path: Path, reader: Reader, name: str, prefix: str = "") -> FileRead:
    """One file that was named by itself. Raises `CorpusError` where it cannot be read."""
    known = suffix_of(path.name) in kinds(reader.loaders)
    read = reader.read(path, path.parent, name, prefix) if known else FileRead(name, (), other_kind(path.name))
    if read.reason:
        raise CorpusError(f"{path}: {read.reason}; expected a file of kind {kinds_of(reader.loaders)}, or a .jsonl corpus")
    return read
