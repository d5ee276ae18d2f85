"""Reading documents by what a path is, and several of them with their ids kept apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from seekgraph.tools.choosing import EVERYTHING, Choice
from seekgraph.tools.corpus import read_jsonl
from seekgraph.tools.documents import Documents, Skipped, told_apart
from seekgraph.tools.errors import CorpusError
from seekgraph.tools.folder import Loaders, read_file, read_folder
from seekgraph.types import Passage

CORPUS_SUFFIXES = (".jsonl", ".ndjson")


def read_documents(path: str | Path, *more: str | Path, loaders: Loaders | None = None, choice: Choice = EVERYTHING) -> Documents:
    """The passages of .jsonl corpora, of folders, and of single files; which of them, each path says.

    Of one path the ids are those of `read_folder` or of the corpus. Of several, ids stay apart: those of a folder begin with its
    name ("docs/guide.md#setup", with as much of its path as tells it from the others), and a corpus whose ids another one has
    already used for other passages puts its name before all of its ids ("wiki:p1"). A path that is given twice is read once.
    `loaders` and `choice` are those of `read_folder`.

    Raises `CorpusError` where there is nothing at a path, or no passage in it.
    """
    paths = list(dict.fromkeys(Path(each).resolve() for each in (path, *more)))
    if len(paths) == 1:
        return _read(Path(path), loaders, choice)
    passages: dict[str, Passage] = {}
    skipped: list[Skipped] = []
    for each, name in zip(paths, told_apart(paths), strict=True):
        documents = _read(each, loaders, choice)
        if each.suffix.lower() in CORPUS_SUFFIXES and not each.is_dir():
            passages |= apart(documents.passages, name.removesuffix(each.suffix), passages)
        else:
            folder = name if each.is_dir() else name.rpartition("/")[0]
            passages |= {passage.id: passage for passage in _under(folder, documents.passages)}
            skipped += [file._replace(path=f"{folder}/{file.path}" if folder else file.path) for file in documents.skipped]
    return Documents(tuple(passages.values()), tuple(skipped))


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


def _read(path: Path, loaders: Loaders | None, choice: Choice) -> Documents:
    if path.is_dir():
        return read_folder(path, loaders=loaders, choice=choice)
    if path.suffix.lower() in CORPUS_SUFFIXES:
        return Documents(read_jsonl(path))
    if not path.exists():
        raise CorpusError(f"{path} does not exist: give a .jsonl corpus or a folder of documents")
    return Documents(read_file(path, loaders=loaders))


def _under(folder: str, passages: Iterable[Passage]) -> Iterator[Passage]:
    for passage in passages:
        if folder:
            meta = {**passage.meta, "path": f"{folder}/{passage.meta['path']}"}
            passage = passage.model_copy(update={"id": f"{folder}/{passage.id}", "meta": meta})
        yield passage


def _same(one: Passage, other: Passage) -> bool:
    return (one.title, one.text, dict(one.meta)) == (other.title, other.text, dict(other.meta))
