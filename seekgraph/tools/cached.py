"""Indexes kept in a folder: those of documents, brought up to date when files change, and those of passages, by their hash.

On disk, `documents-KEY-HASH` is the index of the documents that KEY names (their paths and how they are read), with their files'
states; HASH is that of the passages. `bm25-HASH` and `dense-HASH` are indexes of passages. A folder of arrays is written beside
its place and renamed, and checked by digests when it is opened; one that is damaged is built again.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from seekgraph.core.base.folders import user_cache
from seekgraph.core.base.logs import logger
from seekgraph.text.languages import language as known_language
from seekgraph.tools.bm25 import BM25, FORMAT, KIND
from seekgraph.tools.errors import SavedIndexError
from seekgraph.tools.saved import MANIFEST, open_arrays, save_arrays
from seekgraph.tools.store import PassageStore
from seekgraph.types import Passage

T = TypeVar("T")

MOST_BYTES = 2_000_000_000
"""What indexes may take in a cache folder before those that were not used for longest are dropped."""
VARIABLE = "SEEKGRAPH_CACHE"
"""The environment variable that names the cache folder; "off" for none."""

_USED = 3600.0  # seconds after which the use of an index is noted anew
_GENERATIONS = 2  # indexes kept of the same documents: another process may still be opening the one before
_LEFT_OVER = 86_400.0  # seconds after which what a killed process was writing is dropped
_NAME = re.compile(r"(documents-[0-9a-f]+|bm25|dense)-[0-9a-f]+(-[a-z]+)?")


def cache_folder(cache: str | Path | bool | None = True) -> Path | None:
    """The folder in which indexes are kept: `cache`, or for True `$SEEKGRAPH_CACHE` or else the user's; None for no cache."""
    if cache is None or cache is False:
        return None
    if cache is not True:
        return Path(cache)
    named = os.environ.get(VARIABLE, "").strip()
    if named.lower() in ("off", "0", "no", "none", "false"):
        return None
    return Path(named) if named else user_cache() / "documents"


class Saved:
    """The saved indexes of one set of documents, which `key` names."""

    def __init__(self, cache: Path, key: str) -> None:
        self.cache, self._name = cache, f"documents-{key}"

    def newest(self) -> tuple[dict[str, Any], dict[str, Any], Path] | None:
        """The facts, the arrays and the folder of the newest one that is whole, or None."""
        for folder in self._folders():
            try:
                facts, arrays = open_arrays(folder, KIND, FORMAT)
            except SavedIndexError as error:
                _drop(folder, error)
                continue
            _note_use(folder)
            return facts, arrays, folder
        return None

    def save(self, corpus_hash: str, facts: Mapping[str, Any], arrays: Mapping[str, Any]) -> Path | None:
        """Write an index; the folder it is in, or None where it cannot be written: then it is built anew each time."""
        folder = self.cache / f"{self._name}-{corpus_hash}"
        if not _written(folder, lambda: save_arrays(folder, KIND, FORMAT, facts, arrays)):
            return None
        for old in [each for each in self._folders() if each != folder][_GENERATIONS - 1 :]:
            shutil.rmtree(old, ignore_errors=True)
        return folder

    def _folders(self) -> list[Path]:
        try:
            names = [name for name in os.listdir(self.cache) if name.startswith(f"{self._name}-")]
        except OSError:
            return []
        return sorted((self.cache / name for name in names), key=_last_use, reverse=True)


def cached_bm25(passages: Iterable[Passage], cache: Path | None, language: str | None = None) -> BM25:
    """BM25 over `passages` with its default settings, from `cache` where it is there. None is no cache."""
    if cache is None:
        return BM25(passages, language=language)
    passages = tuple(passages)
    name = f"bm25-{PassageStore.of(passages).corpus_hash}"
    folder = cache / (name if language is None else f"{name}-{known_language(language)}")
    build = partial(BM25, passages, language=language)
    return _open_or_build(folder, lambda: BM25.open(folder), build, lambda built: built.save(folder))


def cached_dense(passages: PassageStore, cache: Path | None) -> Any:
    """Dense over `passages` with its default model, from `cache` where it is there."""
    from seekgraph.tools.dense import Dense

    if cache is None:
        return Dense(passages)
    folder = cache / f"dense-{passages.corpus_hash}"
    return _open_or_build(folder, lambda: Dense.open(folder, passages), lambda: Dense(passages), lambda built: built.save(folder))


def _open_or_build(folder: Path, open: Callable[[], T], build: Callable[[], T], save: Callable[[T], None]) -> T:
    if folder.exists():
        try:
            opened = open()
            _note_use(folder)
            return opened
        except SavedIndexError as error:
            _drop(folder, error)
    built = build()
    if not _written(folder, lambda: save(built)):
        return built
    try:
        return open()
    except SavedIndexError:  # another process is at it, too
        return built


def _written(folder: Path, save: Callable[[], None]) -> bool:
    """Whether an index could be written. Others are dropped that were not used for longest, where there are too many."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # it holds what documents say
        save()
        tidy(folder.parent, keep=folder)
    except (OSError, SavedIndexError) as error:
        _warn("index not kept", folder, error)
        return False
    return True


def tidy(cache: Path, keep: Path, most: int = MOST_BYTES) -> None:
    """Drop indexes that were not used for longest until all take at most `most` bytes, and what killed processes left."""
    sizes: dict[Path, int] = {}
    now = time.time()
    for entry in os.scandir(cache):
        path = Path(entry.path)
        if _NAME.fullmatch(entry.name):
            sizes[path] = _size(path)
        elif entry.name.startswith(".") and _NAME.match(entry.name[1:]) and now - _modified(path) > _LEFT_OVER:
            shutil.rmtree(path, ignore_errors=True)
    total = sum(sizes.values())
    for path in sorted(sizes, key=_last_use):
        if total <= most:
            return
        if path != keep:
            shutil.rmtree(path, ignore_errors=True)
            total -= sizes[path]


def _size(folder: Path) -> int:
    with suppress(OSError):
        return sum(entry.stat().st_size for entry in os.scandir(folder))
    return 0


def _note_use(folder: Path) -> None:
    with suppress(OSError):
        if time.time() - _last_use(folder) > _USED:
            os.utime(folder / MANIFEST)


def _last_use(folder: Path) -> float:
    return _modified(folder / MANIFEST)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _drop(folder: Path, error: Exception) -> None:
    if folder.exists():
        _warn("cached index not used", folder, error)
        shutil.rmtree(folder, ignore_errors=True)  # nothing in it can be trusted, nor what it says that it is


def _warn(event: str, folder: Path, error: Exception) -> None:
    logger("seekgraph.tools").warning(event, folder=str(folder), reason=str(error))
