"""The paths that documents are given by: what each of them is, what is in it, and how ids of several are kept apart."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import Literal, NamedTuple

from seekgraph.tools.choosing import Choice
from seekgraph.tools.documents import told_apart
from seekgraph.tools.errors import CorpusError
from seekgraph.tools.walking import Found, State, walk
from seekgraph.types import Passage

CORPUS_SUFFIXES = (".jsonl", ".ndjson")


class Source(NamedTuple):
    """A path, what it is, and what its ids begin with: a folder's or a file's `prefix`, and a corpus' `name` where it has to."""

    path: Path
    kind: Literal["folder", "file", "corpus"]
    prefix: str = ""
    name: str = ""

    def found(self, choice: Choice, kinds: frozenset[str]) -> Iterator[Found]:
        """Every file of it, as `walking.walk` gives them."""
        if self.kind == "folder":
            yield from walk(self.path, choice, kinds)
            return
        try:
            state = State.of(os.stat(self.path))
        except OSError:
            state = None  # reading it will say what is wrong
        yield Found(self.path.name, state)

    @property
    def root(self) -> Path:
        """The folder that paths of files are relative to."""
        return self.path if self.kind == "folder" else self.path.parent


def sources_of(paths: Iterable[str | Path]) -> tuple[Source, ...]:
    """The sources at these paths, one for a path that is given twice. Raises `CorpusError` where there is nothing at a path."""
    given = {Path(each).resolve(): Path(each) for each in reversed([*paths])}
    found = list(reversed(given))
    if len(found) == 1:
        path = given[found[0]]
        return (Source(path, _kind(path)),)
    sources = []
    for path, name in zip(found, told_apart(found), strict=True):
        kind = _kind(path)
        folder = name if kind == "folder" else name.rpartition("/")[0]
        prefix = f"{folder}/" if folder and kind != "corpus" else ""
        sources.append(Source(path, kind, prefix, name.removesuffix(path.suffix)))
    return tuple(sources)


def _kind(path: Path) -> Literal["folder", "file", "corpus"]:
    if path.is_dir():
        return "folder"
    if path.suffix.lower() in CORPUS_SUFFIXES:
        return "corpus"
    if not path.exists():
        raise CorpusError(f"{path} does not exist: give a .jsonl corpus or a folder of documents")
    return "file"


def apart(passages: Iterable[Passage], name: str, taken: Mapping[str, Passage]) -> dict[str, Passage]:
    """`passages` by id, where `taken` has ids already: with "name:" before all ids if one of them is another passage's."""
    listed = list(passages)
    found = {passage.id: passage for passage in listed}
    if len(found) < len(listed):
        twice = next(id for id, count in Counter(passage.id for passage in listed).items() if count > 1)
        raise CorpusError(f"two passages of {name} have the id {twice!r}: give each passage an id of its own")
    if any(not _same(passage, taken[id]) for id, passage in found.items() if id in taken):
        found = {f"{name}:{id}": passage.model_copy(update={"id": f"{name}:{id}"}) for id, passage in found.items()}
    if found.keys() & taken.keys():
        found = {id: passage for id, passage in found.items() if id not in taken or not _same(passage, taken[id])}
        if clash := sorted(found.keys() & taken.keys()):
            raise CorpusError(f"two corpora have the id {clash[0]!r}, also with the name {name!r} before it: rename one of them")
    return found


def _same(one: Passage, other: Passage) -> bool:
    return (one.title, one.text, dict(one.meta)) == (other.title, other.text, dict(other.meta))


def digest_of_file(path: Path) -> bytes:
    """The hash of a regular file's content, read as a stream; b"" where it cannot be read."""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return file_digest(file, lambda: blake2b(digest_size=16)).digest()
    except OSError:
        return b""
