"""Reading a folder of documents into passages."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from seekgraph.text.normal import composed
from seekgraph.tools import decoding, identity
from seekgraph.tools.choosing import EVERYTHING, Choice
from seekgraph.tools.decoding import Unreadable
from seekgraph.tools.documents import Documents, Skipped
from seekgraph.tools.errors import CorpusError
from seekgraph.tools.loaders.base import Content, File, Loader, load
from seekgraph.tools.loaders.table import LOADERS, TEXTS, loader_for
from seekgraph.tools.split import split_sections
from seekgraph.types import Passage

MAX_BYTES = 100_000_000  # of a file of another kind than text, which has its own limit (`decoding.MAX_BYTES`)
Loaders = Mapping[str, Loader | str]


def read_folder(
    path: str | Path, words: int = 180, overlap: int = 0, loaders: Loaders | None = None, choice: Choice = EVERYTHING
) -> Documents:
    """The files under `path` that a loader reads, in sorted order, split as `split.split_sections` does.

    Which loader reads a file its suffix says: `loaders.LOADERS`, with `loaders` before it (`{".adoc": load_adoc}`, see
    `loaders.Loader`). `choice` leaves files out by patterns.

    A passage's id is the file's path relative to the folder, "#", and the headings above it, with a part from its text where
    several passages have the same ("cors.md#origin", "guide.md#setup/linux-3f2a91", see `identity.fragments`), so that it
    stays when another part of the file changes. A "#" in a path is written "%23" in the id. Its title is the document's title
    with the headings above the passage ("Guide > Setup > Linux"), `meta` has `path` and, below a heading, `heading`. Names are
    in Unicode's form NFC; bytes of a name that are no UTF-8 are written as `\\xe9`.

    Everything else is named in `skipped` with its reason: hidden files and folders, kinds of files without a loader, symbolic
    links, pipes, sockets and devices, files that the choice leaves out, and those that their loader cannot read: binary, in an
    unknown encoding (`decoding.read_text`), empty, too large, damaged, encrypted, or not readable; and folders that cannot be
    listed. Raises `CorpusError` where there is no such folder, or no passage in it.
    """
    root = Path(path)
    if not root.is_dir():
        raise CorpusError(f"{root} is not a folder: give a folder of documents ({_kinds(loaders)})")
    passages: list[Passage] = []
    skipped: list[Skipped] = []
    names: set[str] = set()
    for found in _files(root, choice, loaders):
        name = _name(found.path.relative_to(root), names)
        if found.skipped:
            skipped.append(Skipped(name, found.skipped, found.expected))
            continue
        try:
            passages += _passages(found.path, root, name, words, overlap, loaders)
        except Unreadable as error:
            skipped.append(Skipped(name, str(error)))
    if not passages:
        first = next((each for each in skipped if not each.expected), skipped[0] if skipped else None)
        example = f" ({len(skipped)} files skipped, the first {first.path}: {first.reason})" if first else ""
        raise CorpusError(f"{root} has no passages{example}: it needs documents with text ({_kinds(loaders)})")
    return Documents(tuple(passages), tuple(skipped))


def read_file(path: str | Path, words: int = 180, overlap: int = 0, loaders: Loaders | None = None) -> tuple[Passage, ...]:
    """The passages of one file. Raises `CorpusError` where it cannot be read."""
    path = Path(path)
    try:
        if other := _other_kind(path.name, loaders):
            raise Unreadable(other)
        return tuple(_passages(path, path.parent, _name(Path(path.name), set()), words, overlap, loaders))
    except Unreadable as error:
        raise CorpusError(f"{path}: {error}; expected a file of kind {_kinds(loaders)}, or a .jsonl corpus") from None


def _kinds(loaders: Loaders | None) -> str:
    return ", ".join(dict.fromkeys([*LOADERS, *(loaders or {})]))


class _Found(NamedTuple):
    """A file, and why it is not read if that is known before it is opened."""

    path: Path
    skipped: str = ""
    expected: bool = False


def _files(root: Path, choice: Choice, loaders: Loaders | None) -> Iterator[_Found]:
    """All that is below `root`, in an order that is the same on every machine."""
    closed: list[_Found] = []

    def not_listed(error: OSError) -> None:
        closed.append(_Found(Path(error.filename), f"not readable ({error.strerror})"))

    for folder, subfolders, files in os.walk(root, onerror=not_listed):
        yield from closed
        closed.clear()
        here = Path(folder)
        left = [name for name in subfolders if name.startswith(".") or (here / name).is_symlink()]
        dropped = [name for name in subfolders if name not in left and choice.drops_folder((here / name).relative_to(root))]
        yield from (_Found(here / name, "excluded", expected=True) for name in sorted(dropped))
        subfolders[:] = sorted(set(subfolders) - {*left, *dropped})
        for name in sorted(files + left):
            yield _looked_at(here / name, root, choice, loaders)
    yield from closed


def _looked_at(path: Path, root: Path, choice: Choice, loaders: Loaders | None) -> _Found:
    if path.name.startswith("."):
        return _Found(path, "hidden", expected=True)
    if path.is_symlink():
        return _Found(path, "a symbolic link", expected=True)
    reason = choice.reason(path.relative_to(root)) or _other_kind(path.name, loaders)
    return _Found(path, reason, expected=bool(reason))


def _other_kind(name: str, loaders: Loaders | None) -> str:
    kind = Path(name).suffix.lower()
    return "" if kind in LOADERS or kind in (loaders or {}) else f"no loader for {kind or 'files without a suffix'}"


def _name(path: Path, taken: set[str]) -> str:
    """The path as ids have it. Two files whose names differ in their Unicode form alone are told apart by a number."""
    readable = composed(os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace"))
    name, number = readable, 1
    while name in taken:
        number += 1
        name = f"{readable}~{number}"
    taken.add(name)
    return name


def _passages(file: Path, root: Path, name: str, words: int, overlap: int, loaders: Loaders | None) -> list[Passage]:
    suffix = file.suffix.lower()
    own = suffix in (loaders or {})
    data = decoding.read_bytes(file, decoding.MAX_BYTES if suffix in TEXTS and not own else MAX_BYTES)
    loader = loader_for(suffix, loaders)
    if loader is None:
        raise Unreadable(_other_kind(file.name, loaders))

    def include(path: str) -> str | None:
        return _included(path, file, root)

    found = passages_of(name, load(loader, File(name, data, include)), words, overlap)
    if not found:
        raise Unreadable("empty")
    return found


def _included(path: str, file: Path, root: Path) -> str | None:
    """The text of a file inside of the root, by its path from this file or from the root; None for any other."""
    inside = root.resolve()
    for base in (file.parent, root):
        try:
            wanted = (base / path).resolve()
            if wanted.is_relative_to(inside) and wanted.is_file():
                return decoding.read_text(wanted)
        except (Unreadable, OSError, ValueError, RuntimeError):
            continue
    return None


def passages_of(name: str, content: Content, words: int = 180, overlap: int = 0) -> list[Passage]:
    """The passages of a file with this path and content, see `read_folder`; none where it holds no text."""
    pieces = split_sections(content.sections, words, overlap)
    title, document = content.title or PurePosixPath(name).stem, name.replace("#", "%23")
    fragments = identity.fragments([identity.Named(piece.name, piece.headings, piece.text) for piece in pieces])
    found = []
    for piece, fragment in zip(pieces, fragments, strict=True):
        headings = [heading for heading in piece.headings if heading != content.title]
        meta = {"path": name} | ({"heading": " > ".join(headings)} if headings else {})
        found.append(Passage(id=f"{document}#{fragment}", title=" > ".join([title, *headings]), text=piece.text, meta=meta))
    return found
