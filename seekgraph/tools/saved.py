"""Folders of arrays on disk: written whole or not at all, mapped when opened, checked before they are believed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seekgraph.tools.errors import SavedIndexError

MANIFEST = "index.json"
_ATTEMPTS = 5  # at a place where another process puts another index at the same time


def save_arrays(folder: Path, kind: str, version: int, facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write `arrays` as .npy files and `facts` as JSON into `folder`, replacing an index of the same kind.

    The folder is written beside its place and renamed, so that a reader sees the old index or the new one, never half of
    one. Raises `SavedIndexError` where `folder` holds something else, which stays untouched.
    """
    if folder.exists() and any(folder.iterdir()) and _kind(folder) != kind:
        raise SavedIndexError(f"{folder} holds something that is no {kind} index: choose an empty or a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        files = {}
        for name, array in arrays.items():
            np.save(fresh / f"{name}.npy", array, allow_pickle=False)
            files[name] = {"bytes": (fresh / f"{name}.npy").stat().st_size, "digest": _digest(fresh / f"{name}.npy")}
        manifest = {"kind": kind, "version": version, "facts": dict(facts), "files": files}
        manifest["digest"] = _digest_of(manifest)
        (fresh / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True), encoding="utf-8")
        fresh.chmod(0o755)
        _put(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def open_arrays(folder: Path, kind: str, version: int, *, verify: bool = True) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The facts and the memory-mapped arrays of a saved index.

    Every file has to have the content that it was saved with, by its digest: one changed bit would give other results without a
    word. That reads all files, about a second a gigabyte; without `verify` their sizes alone are compared. Raises
    `SavedIndexError` with the file at fault for anything missing, cut short, changed or of another version.
    """
    manifest = _manifest(folder)
    for _ in range(_ATTEMPTS):
        try:
            return _checked(folder, manifest, kind, version, verify)
        except SavedIndexError:
            if (again := _manifest(folder)) == manifest:
                raise
            manifest = again  # another process put another index in its place meanwhile
    return _checked(folder, manifest, kind, version, verify)


def _checked(
    folder: Path, manifest: Mapping[str, Any], kind: str, version: int, verify: bool
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    if manifest.get("kind") != kind:
        raise SavedIndexError(f"{folder} is an index of kind {manifest.get('kind')!r}, not {kind!r}")
    if manifest.get("version") != version:
        found = manifest.get("version")
        raise SavedIndexError(f"{folder} was saved in format {found}, this version of Seekgraph reads {version}: build it again")
    if _digest_of({name: value for name, value in manifest.items() if name != "digest"}) != manifest.get("digest"):
        raise SavedIndexError(f"{folder / MANIFEST} is damaged: its content is not what was saved; build the index again")
    arrays: dict[str, NDArray[Any]] = {}
    try:
        files, facts = dict(manifest["files"]), dict(manifest["facts"])
        for name, expected in files.items():
            arrays[name] = _open_array(folder / f"{name}.npy", expected, verify)
    except (KeyError, TypeError) as error:
        raise SavedIndexError(f"{folder / MANIFEST} is damaged ({error!r}): build the index again") from None
    return facts, arrays


def _open_array(path: Path, expected: Mapping[str, Any], verify: bool) -> NDArray[Any]:
    try:
        size = path.stat().st_size
        if size != expected["bytes"]:
            raise SavedIndexError(f"{path} is damaged: {size} bytes, saved with {expected['bytes']}; build the index again")
        if verify and _digest(path) != expected["digest"]:
            raise SavedIndexError(f"{path} is damaged: its content is not what was saved; build the index again")
        # A plain array over the mapping: slices of np.memmap itself cost ten times as much.
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except OSError as error:
        raise SavedIndexError(f"{path} cannot be read ({error.strerror or error}): build the index again") from None
    except ValueError as error:
        if isinstance(error, SavedIndexError):
            raise
        raise SavedIndexError(f"{path} is damaged ({error}): build the index again") from None


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SavedIndexError(f"{folder} holds no saved index: {MANIFEST} is not there") from None
    except (OSError, ValueError, RecursionError) as error:
        raise SavedIndexError(f"{path} cannot be read ({error}): build the index again") from None
    if not isinstance(manifest, dict):
        raise SavedIndexError(f"{path} is damaged: expected a JSON object; build the index again")
    return manifest


def _kind(folder: Path) -> str | None:
    try:
        return str(_manifest(folder).get("kind"))
    except SavedIndexError:
        return None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]


def _digest_of(facts: Mapping[str, Any]) -> str:
    return hashlib.blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=16).hexdigest()


def _put(fresh: Path, folder: Path) -> None:
    """Move `fresh` to `folder`. A process that has the old index mapped keeps it until it lets go."""
    for attempt in range(_ATTEMPTS):
        old = folder.with_name(f".{folder.name}-old-{os.getpid()}-{threading.get_ident()}-{attempt}")
        with suppress(FileNotFoundError):
            folder.rename(old)
        try:
            fresh.rename(folder)
            return
        except OSError:
            if attempt == _ATTEMPTS - 1 or not folder.exists():
                raise  # else another process put its own there in between
        finally:
            shutil.rmtree(old, ignore_errors=True)
