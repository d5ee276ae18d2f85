"""Indexes kept in a folder by the hash of what they were built from."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TypeVar

from seekgraph.text.languages import language as known_language
from seekgraph.tools.bm25 import BM25
from seekgraph.tools.dense import Dense
from seekgraph.tools.errors import SavedIndexError
from seekgraph.tools.store import PassageStore
from seekgraph.types import Passage

T = TypeVar("T")


def cached_bm25(passages: Iterable[Passage], cache: Path | None, language: str | None = None) -> BM25:
    """BM25 over `passages` with its default settings, from `cache` where it is there. None is no cache."""
    if cache is None:
        return BM25(passages, language=language)
    passages = tuple(passages)
    name = f"bm25-{PassageStore.of(passages).corpus_hash}"
    folder = cache / (name if language is None else f"{name}-{known_language(language)}")
    build = partial(BM25, passages, language=language)
    return _open_or_build(folder, lambda: BM25.open(folder), build, lambda built: built.save(folder))


def cached_dense(passages: PassageStore, cache: Path | None) -> Dense:
    """Dense over `passages` with its default model, from `cache` where it is there."""
    if cache is None:
        return Dense(passages)
    folder = cache / f"dense-{passages.corpus_hash}"
    return _open_or_build(folder, lambda: Dense.open(folder, passages), lambda: Dense(passages), lambda built: built.save(folder))


def _open_or_build(folder: Path, open: Callable[[], T], build: Callable[[], T], save: Callable[[T], None]) -> T:
    if folder.exists():
        try:
            return open()
        except SavedIndexError as error:
            import structlog

            structlog.get_logger("seekgraph.tools").warning("cached index not used", folder=str(folder), reason=str(error))
            shutil.rmtree(folder, ignore_errors=True)  # nothing in it can be trusted, nor what it says that it is
    built = build()
    save(built)
    return open() if folder.exists() else built
