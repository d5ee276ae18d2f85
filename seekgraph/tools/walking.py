"""What is below a folder: one look at each folder and each file, in an order that is the same on every machine."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from seekgraph.tools.choosing import Choice

# Folders of code that others wrote and that a package manager put there: nobody's documents.
INSTALLED = frozenset({"node_modules", "__pycache__", "site-packages", "bower_components"})
# Folders of pieces that a site is built from: templates, pictures and scripts, not pages.
OF_SITES = frozenset({"_templates", "_static", "_themes", "overrides"})
_ENVIRONMENT = "pyvenv.cfg"  # in every virtual environment of Python


class State(NamedTuple):
    """What the file system says of a file: as long as all of it stays, so does the content, unless `modified` is just now.

    Times in nanoseconds. `changed` also moves where `modified` is set back, and `inode` where another file takes the name.
    """

    size: int
    modified: int
    changed: int
    inode: int

    @classmethod
    def of(cls, found: os.stat_result) -> State:
        """The state as `os.stat` gives it."""
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)

    @classmethod
    def at(cls, path: Path) -> State | None:
        """The state of the file there is at `path`; None where there is none."""
        try:
            return cls.of(path.stat())
        except OSError:
            return None


class Found(NamedTuple):
    """A file or folder below a root: its path from there with "/", and why it is not read if that is known so far.

    `state` is None where it was not looked at.
    """

    path: str
    state: State | None = None
    reason: str = ""
    expected: bool = False


def walk(root: Path, choice: Choice, kinds: frozenset[str]) -> Iterator[Found]:
    """Every file below `root` once, folders that are left out in place of what is in them.

    Left out are hidden files and folders, symbolic links, what the choice leaves out, files of other `kinds` than these (suffixes
    in lower case), installed packages, virtual environments and what a site is built from, and folders that cannot be listed.
    """
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(root / folder if folder else root) as listed:
                entries = sorted(listed, key=lambda each: each.name)
        except OSError as error:
            yield Found(folder or ".", None, f"not readable ({error.strerror})")
            continue
        if folder and any(each.name == _ENVIRONMENT for each in entries):
            yield Found(folder, None, "a virtual environment", True)
            continue
        below: list[str] = []
        files: list[Found] = []
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if not _is_folder(entry):
                files.append(_looked_at(entry, path, choice, kinds))
            elif entry.name in INSTALLED:
                files.append(Found(path, None, "installed packages", True))
            elif entry.name in OF_SITES:
                files.append(Found(path, None, "what a site is built from", True))
            elif choice.drops_folder(path):
                yield Found(path, None, "excluded", True)
            else:
                below.append(path)
        yield from files
        waiting += reversed(below)


def suffix_of(name: str) -> str:
    """The suffix of a file's name in lower case, with the dot; "" for none."""
    dot = name.rfind(".", name.rfind("/") + 2)
    return name[dot:].lower() if 0 < dot < len(name) - 1 else ""


def other_kind(name: str) -> str:
    """Why a file is not read for whose suffix there is no loader."""
    return f"no loader for {suffix_of(name) or 'files without a suffix'}"


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether to look into it; hidden folders and links are named as files are."""
    try:
        return not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _looked_at(entry: os.DirEntry[str], path: str, choice: Choice, kinds: frozenset[str]) -> Found:
    if entry.name.startswith("."):
        return Found(path, None, "hidden", True)
    if entry.is_symlink():
        return Found(path, None, "a symbolic link", True)
    if reason := choice.reason(path):
        return Found(path, None, reason, True)
    if suffix_of(entry.name) not in kinds:
        return Found(path, None, other_kind(entry.name), True)
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError as error:
        return Found(path, None, f"not readable ({error.strerror})")
    return Found(path, State.of(found), _irregular(found.st_mode))


def _irregular(mode: int) -> str:
    if stat.S_ISREG(mode):
        return ""
    from seekgraph.tools.decoding import irregular

    return irregular(mode)
