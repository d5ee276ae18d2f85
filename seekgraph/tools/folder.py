"""Reading a folder of documents into passages, one file at a time."""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from seekgraph.text.changelogs import is_changelog
from seekgraph.text.normal import composed
from seekgraph.tools import decoding, identity
from seekgraph.tools.choosing import EVERYTHING, Choice
from seekgraph.tools.decoding import Unreadable
from seekgraph.tools.documents import Documents, Skipped
from seekgraph.tools.errors import CorpusError
from seekgraph.tools.loaders.base import Content, File, load
from seekgraph.tools.loaders.table import LOADERS, TEXTS, Loaders, kinds, loader_for
from seekgraph.tools.split import split_sections
from seekgraph.tools.walking import State, other_kind, suffix_of, walk
from seekgraph.types import Passage

MAX_BYTES = 100_000_000  # of a file of another kind than text, which has its own limit (`decoding.MAX_BYTES`)
NO_TEXT = "no text of its own"  # a page that a site fills, such as a list of others


class FileRead(NamedTuple):
    """What became of one file: its passages, or the reason why it has none.

    `name` is its path in ids. `passages` can be gone through once where the file is a corpus. `digest` is a hash of its bytes,
    empty where they were not read. `needs` are the files that it includes, or would if they were there, by path, with their
    states (None for no such file). `lasting` is False where the same file may be read another time, such as when a package is
    installed. `note` is something to say of a file that was read.
    """

    name: str
    passages: Iterable[Passage] = ()
    reason: str = ""
    expected: bool = False
    digest: bytes = b""
    needs: tuple[tuple[str, State | None], ...] = ()
    lasting: bool = True
    note: str = ""


class Reader(NamedTuple):
    """How files become passages: of at most `words` words that overlap by `overlap`, with `loaders` before `LOADERS`."""

    words: int = 180
    overlap: int = 0
    loaders: Loaders | None = None

    def read(self, file: Path, root: Path, name: str, prefix: str = "") -> FileRead:
        """Read a file below `root`; its name in ids begins with `prefix`. Raises nothing: what is wrong with it is the reason."""
        needs: dict[str, State | None] = {}

        def include(path: str) -> str | None:
            return _included(path, file, root, needs)

        digest = b""
        try:
            data = self.bytes_of(file)
            digest = digest_of(data)
            loader = loader_for(suffix_of(file.name), self.loaders)
            if loader is None:
                raise Unreadable(other_kind(file.name))
            opened = File(name, data, include)
            passages = tuple(passages_of(prefix + name, load(loader, opened), self.words, self.overlap))
            if not passages and data.strip():
                return FileRead(prefix + name, (), NO_TEXT, True, digest, tuple(needs.items()))
            if not passages:
                raise Unreadable("empty")
        except Unreadable as error:
            return FileRead(prefix + name, (), str(error), False, digest, tuple(needs.items()), error.lasting)
        return FileRead(prefix + name, passages, digest=digest, needs=tuple(needs.items()), note=self._note(file, data))

    def _note(self, file: Path, data: bytes) -> str:
        """What a person would want to know of a file that was read."""
        suffix, said = suffix_of(file.name), []
        if suffix in TEXTS and suffix not in (self.loaders or {}) and (encoding := decoding.encoding_found(data)):
            said.append(f"read as {encoding}")
        if is_changelog(file.name):
            said.append("what changed from version to version: --exclude leaves it out")
        return "; ".join(said)

    def bytes_of(self, file: Path) -> bytes:
        """The bytes of a file, as many as one of its kind may have. Raises `Unreadable`."""
        suffix = suffix_of(file.name)
        own = suffix in (self.loaders or {})
        return decoding.read_bytes(file, decoding.MAX_BYTES if suffix in TEXTS and not own else MAX_BYTES)


def digest_of(data: bytes) -> bytes:
    """The hash by which a file's content is known."""
    return blake2b(data, digest_size=16).digest()


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

    Everything else is named in `skipped` with its reason: hidden files and folders, installed packages (`node_modules`, virtual
    environments), kinds of files without a loader, symbolic links, pipes, sockets and devices, files that the choice leaves out,
    and those that their loader cannot read: binary, in an unknown encoding (`decoding.decoded`), empty, too large, damaged,
    encrypted, or not readable; and folders that cannot be listed. Raises `CorpusError` where there is no such folder, or no
    passage in it.
    """
    root = Path(path)
    if not root.is_dir():
        raise CorpusError(f"{root} is not a folder: give a folder of documents ({kinds_of(loaders)})")
    passages: list[Passage] = []
    skipped: list[Skipped] = []
    names, reader = Names(), Reader(words, overlap, loaders)
    for found in walk(root, choice, kinds(loaders)):
        name = names.of(found.path)
        skip = FileRead(name, (), found.reason, found.expected)
        read = skip if found.reason else reader.read(root / found.path, root, name)
        passages += read.passages
        if read.reason:
            skipped.append(Skipped(read.name, read.reason, read.expected))
    if not passages:
        raise nothing_in(root, skipped, loaders)
    return Documents(tuple(passages), tuple(skipped))


def nothing_in(root: Path, skipped: list[Skipped], loaders: Loaders | None) -> CorpusError:
    """The error for a folder without passages, which names the first file that could not be read."""
    first = next((each for each in skipped if not each.expected), skipped[0] if skipped else None)
    example = f" ({len(skipped)} files skipped, the first {first.path}: {first.reason})" if first else ""
    return CorpusError(f"{root} has no passages{example}: it needs documents with text ({kinds_of(loaders)})")


def kinds_of(loaders: Loaders | None) -> str:
    """The kinds of files that are read, for errors."""
    return ", ".join(dict.fromkeys([*LOADERS, *(loaders or {})]))


class Names:
    """The paths as ids have them. Two files whose names differ in their Unicode form alone are told apart by a number."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, path: str) -> str:
        """The name of the next file, by its path with "/"."""
        readable = path if path.isascii() else composed(os.fsencode(path).decode("utf-8", "backslashreplace"))
        name, number = readable, 1
        while name in self._taken:
            number += 1
            name = f"{readable}~{number}"
        self._taken.add(name)
        return name


def _included(path: str, file: Path, root: Path, needs: dict[str, State | None]) -> str | None:
    """The text of a file inside of the root, by its path from this file or from the root; None for any other."""
    inside = root.resolve()
    for base in (file.parent, root):
        try:
            wanted = base / path
            needs[os.fspath(wanted)] = _state(wanted)
            resolved = wanted.resolve()
            if resolved.is_relative_to(inside) and resolved.is_file():
                return decoding.read_text(resolved)
        except (Unreadable, OSError, ValueError, RuntimeError):
            continue
    return None


def _state(path: Path) -> State | None:
    try:
        return State.of(os.stat(path))
    except (OSError, ValueError):
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
