"""Reading a folder of text and Markdown files into passages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from seekgraph.tools.documents import Documents, Skipped
from seekgraph.tools.errors import CorpusError
from seekgraph.tools.split import split_text
from seekgraph.types import Passage

SUFFIXES = (".txt", ".md", ".markdown", ".rst")
MAX_BYTES = 20_000_000  # a text file larger than this is a log or a dump, not a document


def read_folder(path: str | Path, words: int = 180, overlap: int = 0) -> Documents:
    """The .txt, .md, .markdown and .rst files under `path`, in sorted order, split as `split.split_text` does.

    A passage's id is the file's path relative to the folder, "#", and its place in the file from 1, so that it stays when
    another file changes. Its title is the document's title with the headings above the passage ("Guide > Setup > Linux"),
    `meta` has `path` and, below a heading, `heading`.

    Hidden files and folders are left out. Symbolic links, other kinds of files, and files that are binary, not UTF-8, empty,
    over 20 MB or not readable are left out and named in `skipped`. Raises `CorpusError` where there is no such folder, or
    no passage in it.
    """
    root = Path(path)
    if not root.is_dir():
        raise CorpusError(f"{root} is not a folder: give a folder of {', '.join(SUFFIXES)} files")
    passages: list[Passage] = []
    skipped: list[Skipped] = []
    for file in _files(root):
        name = file.relative_to(root).as_posix()
        try:
            passages += _passages(file, name, words, overlap)
        except _Unreadable as error:
            skipped.append(Skipped(name, str(error)))
    if not passages:
        example = f" ({len(skipped)} files skipped, the first {skipped[0].path}: {skipped[0].reason})" if skipped else ""
        raise CorpusError(f"{root} has no passages{example}: it needs {', '.join(SUFFIXES)} files with text")
    return Documents(tuple(passages), tuple(skipped))


def read_file(path: str | Path, words: int = 180, overlap: int = 0) -> tuple[Passage, ...]:
    """The passages of one text file. Raises `CorpusError` where it cannot be read."""
    path = Path(path)
    try:
        return tuple(_passages(path, path.name, words, overlap))
    except _Unreadable as error:
        raise CorpusError(f"{path}: {error}; expected a file of kind {', '.join(SUFFIXES)}, or a .jsonl corpus") from None


class _Unreadable(Exception):
    """Why a file is skipped."""


def _files(root: Path) -> Iterator[Path]:
    """All visible files, in an order that is the same on every machine."""
    for folder, subfolders, files in os.walk(root):
        linked = [name for name in subfolders if (Path(folder) / name).is_symlink()]
        subfolders[:] = sorted(name for name in subfolders if not name.startswith(".") and name not in linked)
        for name in sorted(files + linked):
            if not name.startswith("."):
                yield Path(folder) / name


def _passages(file: Path, name: str, words: int, overlap: int) -> list[Passage]:
    kind = file.suffix.lower()
    if file.is_symlink():
        raise _Unreadable("a symbolic link")
    if kind not in SUFFIXES:
        raise _Unreadable(f"not a text file ({kind or 'no suffix'})")
    title, pieces = split_text(_text(file), kind, words, overlap)
    if not pieces:
        raise _Unreadable("empty")
    title = title or file.stem
    found = []
    for number, (trail, text) in enumerate(pieces, start=1):
        headings = [heading for heading in trail if heading != title]
        meta = {"path": name} | ({"heading": " > ".join(headings)} if headings else {})
        found.append(Passage(id=f"{name}#{number}", title=" > ".join([title, *headings]), text=text, meta=meta))
    return found


def _text(file: Path) -> str:
    try:
        # Opened without following a link, so that a file swapped for a link after the check above leads nowhere.
        with open(os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise _Unreadable(f"not readable ({error.strerror})") from None
    if len(raw) > MAX_BYTES:
        raise _Unreadable(f"over {MAX_BYTES // 1_000_000} MB")
    if b"\0" in raw:
        raise _Unreadable("binary")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _Unreadable("not UTF-8") from None
