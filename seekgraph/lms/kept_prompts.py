"""What a local model has read of the fixed part of its prompts, kept in the user's cache over processes.

The fixed part (the instruction, with the form of the reply) stands first, and is the same for every question. llama.cpp gives its
state after reading as bytes (`/slots/N?action=save`, written by `llama_state_seq_save_file`); each is a file of its own, named
by a hash of the weights, llama.cpp's version and the text, with a checksum at its end. One that is damaged, or that llama.cpp
does not take, is removed, and the text is read again. Nothing here is needed: whatever fails, the prompt is read as if nothing
were kept.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any, Protocol

from seekgraph.core.base.checksum import Damaged, sealed, unsealed
from seekgraph.core.base.identity import digest
from seekgraph.lms.slots import as_text

MOST_BYTES = 512 * 1024 * 1024
"""Of all files together; those that were used longest ago go first."""

FEWEST_CHARACTERS = 300
"""Of a fixed part that is worth a file: it is read faster than written where it is shorter."""

_MARK = "\x02seekgraph\x02"
_NAME = "state"


class Ask(Protocol):
    """Sends JSON to llama.cpp and gives its answer. Raises `OSError` or `ValueError` where it does not answer with any."""

    def __call__(self, path: str, body: dict[str, Any]) -> dict[str, Any]: ...


class KeptPrompts:
    """The states of fixed parts for one model. `folder` may not exist yet; `scratch` is where llama.cpp reads and writes them."""

    def __init__(self, folder: Path, model: Any, ask: Ask, scratch: Path) -> None:
        self._folder = folder
        self._model = model
        self._ask = ask
        self._scratch = scratch
        self._lock = threading.Lock()
        self._heads: dict[str, str] = {}
        self._kept: set[Path] = set()

    def restore(self, slot: int, fixed: list[dict[str, str]]) -> bool:
        """Let a free slot have read the fixed part, where its state is kept. Whether it has."""
        head = self._head(fixed)
        if not head:
            return False
        path = self._path(head)
        try:
            data = unsealed(path.read_bytes(), head.encode("utf-8", "replace"))
            self._give(slot, data)
        except FileNotFoundError:
            return False
        except (Damaged, OSError, ValueError):
            path.unlink(missing_ok=True)
            return False
        self._kept.add(path)
        _touch(path)
        return True

    def keep(self, slot: int, fixed: list[dict[str, str]]) -> None:
        """Keep the state of a slot, which has just read a prompt with this fixed part, cut back to that."""
        head = self._head(fixed)
        if not head or (path := self._path(head)) in self._kept:
            return
        self._kept.add(path)
        if path.exists():
            return
        try:
            self._ask("/completion", {"prompt": head, "n_predict": 0, "cache_prompt": True, "id_slot": slot})
            data = self._taken(slot)
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".", delete=False) as file:
                file.write(sealed(data, head.encode("utf-8", "replace")))
            Path(file.name).replace(path)
            self._drop_old()
        except (OSError, ValueError):
            return

    def close(self) -> None:
        """Remove what llama.cpp read and wrote."""
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _head(self, fixed: list[dict[str, str]]) -> str:
        """The fixed part as the model's template puts it; "" where it is too short to be kept, or does not come first."""
        text = as_text(fixed)
        if len(text) < FEWEST_CHARACTERS or _MARK in text:
            return ""
        if text not in self._heads:
            if len(self._heads) > 256:
                self._heads.clear()
            try:
                made = self._ask("/apply-template", {"messages": [*fixed, {"role": "user", "content": _MARK}]})
                head, mark, _ = str(made.get("prompt", "")).partition(_MARK)
            except (OSError, ValueError):
                return ""
            self._heads[text] = head if mark else ""
        return self._heads[text]

    def _path(self, head: str) -> Path:
        return self._folder / f"{digest([self._model, head])[:40]}.kv"

    def _give(self, slot: int, data: bytes) -> None:
        with self._lock:
            (self._scratch / _NAME).write_bytes(data)
            self._ask(f"/slots/{slot}?action=restore", {"filename": _NAME})

    def _taken(self, slot: int) -> bytes:
        with self._lock:
            self._ask(f"/slots/{slot}?action=save", {"filename": _NAME})
            return (self._scratch / _NAME).read_bytes()

    def _drop_old(self) -> None:
        files = [(path, path.stat()) for path in self._folder.glob("*.kv")]
        total = sum(state.st_size for _, state in files)
        for path, state in sorted(files, key=lambda each: each[1].st_mtime):
            if total <= MOST_BYTES:
                return
            path.unlink(missing_ok=True)
            total -= state.st_size


def _touch(path: Path) -> None:
    """Say that a file was used just now."""
    try:
        os.utime(path)
    except OSError:
        return
