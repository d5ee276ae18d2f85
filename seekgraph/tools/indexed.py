"""Documents that are ready to be searched: read and indexed, or taken from the cache with what has changed since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from seekgraph.text.analysis import Analyzer
from seekgraph.tools.bm25 import BM25, fixed
from seekgraph.tools.cached import Saved, cache_folder
from seekgraph.tools.choosing import EVERYTHING, Choice
from seekgraph.tools.documents import Skipped, say_of, warn_of
from seekgraph.tools.errors import SavedIndexError
from seekgraph.tools.files import Files, Seen, look
from seekgraph.tools.indexing import Indexed, Spoken
from seekgraph.tools.loaders.table import Loaders, kinds
from seekgraph.tools.provenance import Reading, key_of, reading_of
from seekgraph.tools.sources import Source, sources_of
from seekgraph.types import Passage

_SPOKEN = "spoken"


class OpenDocuments(NamedTuple):
    """Documents with their index, and the files that they are from. `spoken` is what the index was made by."""

    corpus: BM25
    files: Files
    spoken: Spoken | None = None

    def passages(self) -> Iterator[Passage]:
        """All passages in the order of reading: by file, and as they stand in it."""
        return (self.corpus.passages[number] for number in self.files.order.tolist())

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The files that were not read, each with its reason."""
        return tuple(Skipped(name, reason, expected) for name, reason, expected, count in self.files.rows() if not count)

    @property
    def notes(self) -> tuple[tuple[str, str], ...]:
        """What there is to say of files that were read, as (path, note): an encoding that was found out, a changelog."""
        return tuple((name, note) for name, note, _, count in self.files.rows() if count and note)


def open_documents(
    *paths: str | Path,
    cache: str | Path | bool | None = True,
    loaders: Loaders | None = None,
    choice: Choice = EVERYTHING,
    language: str | None = None,
) -> OpenDocuments:
    """The documents at these paths, read as `read_documents` does and indexed with the default settings of `BM25`.

    With a `cache` (see `open_corpus`) only the files are read that changed since they were last opened; where none did, no file
    is opened at all. What comes is the same, to the last byte, as without. Files that are read and have no passages are named in
    one warning. Raises `CorpusError`.
    """
    sources, folder, analyzer = sources_of(paths), cache_folder(cache), fixed(language)
    seen = look(sources, choice, kinds(loaders))
    if folder is None:
        return _brought_up_to_date(sources, seen, loaders, analyzer, None, frozenset())[0]
    reading = reading_of(seen.suffixes(), loaders)
    saved = Saved(folder, key_of(sources, loaders, choice, None if analyzer is None else analyzer.describe()))
    known = _known(saved, reading)
    if known is not None and not reading.fickle and known.files.is_as(seen):
        return known
    now, changed = _brought_up_to_date(sources, seen, loaders, analyzer, known, reading.fickle)
    return _kept(now, saved, reading) if changed else now


def _known(saved: Saved, reading: Reading) -> OpenDocuments | None:
    """What is in the cache, if it was read in the same way."""
    found = saved.newest()
    if found is None:
        return None
    facts, arrays, folder = found
    if facts.get("reading") != reading.version:
        return None
    try:
        spoken = Spoken(tuple(facts["spoken"]), arrays[_SPOKEN]) if facts["spoken"] is not None else None
        return OpenDocuments(BM25.from_parts(facts, arrays, folder), Files.from_arrays(arrays), spoken)
    except (SavedIndexError, KeyError):
        return None


def _brought_up_to_date(
    sources: Sequence[Source],
    seen: Seen,
    loaders: Loaders | None,
    analyzer: Analyzer | None,
    known: OpenDocuments | None,
    fickle: frozenset[str],
) -> tuple[OpenDocuments, bool]:
    """What is so now, and whether it differs from what was known."""
    from seekgraph.tools.folder import Reader
    from seekgraph.tools.refreshing import refreshed

    old = None
    if known is not None:
        corpus = known.corpus
        old = Indexed(corpus.passages, corpus.index, corpus.analysis, known.spoken), known.files
    now = refreshed(sources, seen, Reader(loaders=loaders), analyzer, old, fickle)
    rows = list(now.files.rows()) if now.read else []
    read = [rows[at] for at in now.read]
    names = ", ".join(str(source.path) for source in sources)
    warn_of((Skipped(name, reason, expected) for name, reason, expected, count in read if not count), names)
    say_of(((name, note) for name, note, _, count in read if count and note), names)
    if known is not None and now.indexed.store is known.corpus.passages:
        return known._replace(files=now.files), now.changed
    corpus = BM25.of(now.indexed.store, now.indexed.index, now.indexed.analysis)
    return OpenDocuments(corpus, now.files, now.indexed.spoken), now.changed


def _kept(now: OpenDocuments, saved: Saved, reading: Reading) -> OpenDocuments:
    """The same after it was saved, mapped from disk: memory then holds what is used."""
    facts, arrays = now.corpus.parts()
    facts |= {"reading": reading.version, "spoken": None if now.spoken is None else now.spoken.names}
    arrays |= now.files.arrays() | ({} if now.spoken is None else {_SPOKEN: now.spoken.places})
    folder = saved.save(now.corpus.passages.corpus_hash, facts, arrays)
    if folder is None:
        return now
    try:
        opened = BM25.open(folder, verify=False)
    except SavedIndexError:  # another process is at it, too
        return now
    same = opened.passages.corpus_hash == now.corpus.passages.corpus_hash
    return now._replace(corpus=opened) if same else now
