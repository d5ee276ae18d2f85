"""Reading a folder of text and Markdown files into passages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from seekgraph.text.normal import composed
from seekgraph.tools import decoding, identity
from seekgraph.tools.decoding import Unreadable
from seekgraph.tools.documents import Documents, Skipped
from seekgraph.tools.errors import CorpusError
from seekgraph.tools.split import split_text
from seekgraph.types import Passage

SUFFIXES = (".txt", ".md", ".markdown", ".rst")


def read_folder(path: str | Path, words: int = 180, overlap: int = 0) -> Documents:
    """The .txt, .md, .markdown and .rst files under `path`, in sorted order, split as `split.split_text` does.

    A passage's id is the file's path relative to the folder, "#", and the headings above it, with a part from its text where
    several passages have the same ("cors.md#origin", "guide.md#setup/linux-3f2a91", see `identity.fragments`), so that it
    stays when another part of the file changes. A "#" in a path is written "%23" in the id. Its title is the document's title
    with the headings above the passage ("Guide > Setup > Linux"), `meta` has `path` and, below a heading, `heading`. Names are
    in Unicode's form NFC; bytes of a name that are no UTF-8 are written as `\\xe9`.

    Everything else is named in `skipped` with its reason: hidden files and folders, other kinds of files, symbolic links,
    pipes, sockets and devices, files that are binary, in an unknown encoding (`decoding.read_text`), empty, over 20 MB or not
    readable, and folders that cannot be listed. Raises `CorpusError` where there is no such folder, or no passage in it.
    """
    root = Path(path)
    if not root.is_dir():
        raise CorpusError(f"{root} is not a folder: give a folder of {', '.join(SUFFIXES)} files")
    passages: list[Passage] = []
    skipped: list[Skipped] = []
    names: set[str] = set()
    for found in _files(root):
        name = _name(found.path.relative_to(root), names)
        if found.skipped:
            skipped.append(Skipped(name, found.skipped, found.expected))
            continue
        try:
            passages += _passages(found.path, name, words, overlap)
        except Unreadable as error:
            skipped.append(Skipped(name, str(error)))
    if not passages:
        first = next((each for each in skipped if not each.expected), skipped[0] if skipped else None)
        example = f" ({len(skipped)} files skipped, the first {first.path}: {first.reason})" if first else ""
        raise CorpusError(f"{root} has no passages{example}: it needs {', '.join(SUFFIXES)} files with text")
    return Documents(tuple(passages), tuple(skipped))


def read_file(path: str | Path, words: int = 180, overlap: int = 0) -> tuple[Passage, ...]:
    """The passages of one text file. Raises `CorpusError` where it cannot be read."""
    path = Path(path)
    try:
        if other := _other_kind(path.name):
            raise Unreadable(other)
        return tuple(_passages(path, _name(Path(path.name), set()), words, overlap))
    except Unreadable as error:
        raise CorpusError(f"{path}: {error}; expected a file of kind {', '.join(SUFFIXES)}, or a .jsonl corpus") from None


class _Found(NamedTuple):
    """A file, and why it is not read if that is known before it is opened."""

    path: Path
    skipped: str = ""
    expected: bool = False


def _files(root: Path) -> Iterator[_Found]:
    """All that is below `root`, in an order that is the same on every machine."""
    closed: list[_Found] = []

    def not_listed(error: OSError) -> None:
        closed.append(_Found(Path(error.filename), f"not readable ({error.strerror})"))

    for folder, subfolders, files in os.walk(root, onerror=not_listed):
        yield from closed
        closed.clear()
        here = Path(folder)
        left = [name for name in subfolders if name.startswith(".") or (here / name).is_symlink()]
        subfolders[:] = sorted(set(subfolders) - set(left))
        for name in sorted(files + left):
            yield _looked_at(here / name, name)
    yield from closed


def _looked_at(path: Path, name: str) -> _Found:
    if name.startswith("."):
        return _Found(path, "hidden", expected=True)
    if path.is_symlink():
        return _Found(path, "a symbolic link", expected=True)
    other = _other_kind(name)
    return _Found(path, other, expected=bool(other))


def _other_kind(name: str) -> str:
    kind = Path(name).suffix.lower()
    return "" if kind in SUFFIXES else f"not a text file ({kind or 'no suffix'})"


def _name(path: Path, taken: set[str]) -> str:
    """The path as ids have it. Two files whose names differ in their Unicode form alone are told apart by a number."""
    readable = composed(os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace"))
    name, number = readable, 1
    while name in taken:
        number += 1
        name = f"{readable}~{number}"
    taken.add(name)
    return name


def _passages(file: Path, name: str, words: int, overlap: int) -> list[Passage]:
    found = passages_of(name, decoding.read_text(file), words, overlap)
    if not found:
        raise Unreadable("empty")
    return found


def passages_of(name: str, text: str, words: int = 180, overlap: int = 0) -> list[Passage]:
    """The passages of a file with this path and text, see `read_folder`; none where it holds no text."""
    title, pieces = split_text(text, PurePosixPath(name).suffix.lower(), words, overlap)
    title, document = title or PurePosixPath(name).stem, name.replace("#", "%23")
    fragments = identity.fragments([identity.Named(piece.name, piece.headings, piece.text) for piece in pieces])
    found = []
    for piece, fragment in zip(pieces, fragments, strict=True):
        headings = [heading for heading in piece.headings if heading != title]
        meta = {"path": name} | ({"heading": " > ".join(headings)} if headings else {})
        found.append(Passage(id=f"{document}#{fragment}", title=" > ".join([title, *headings]), text=piece.text, meta=meta))
    return found
