"""Keys of those who may ask. The file holds their hashes alone: a key is shown once, when it is made."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from seekgraph.core.base.budget import Budget
from seekgraph.core.base.errors import SeekgraphError
from seekgraph.core.base.reading import json_in
from seekgraph.tools.walking import State

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
PREFIX = "sg-"


class KeysError(SeekgraphError, ValueError):
    """A file of keys cannot be read, or a name cannot be one."""


@dataclass(frozen=True)
class Key:
    """Who asks, and what they may spend in all."""

    name: str
    sha256: str
    budget: Budget


class Keys:
    """The keys of a file. A key is random and long, so that its plain SHA-256 tells nothing about it."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._known: dict[str, Key] = {}
        self._seen: State | None = None
        if path is not None:
            self._read(path)

    @property
    def open(self) -> bool:
        """Whether no key is asked for."""
        return self.path is None

    def of(self, secret: str) -> Key | None:
        """Whose key this is. A file that has changed is read again, so that a key that was taken out is no longer one."""
        if self.path is not None and State.at(self.path) != self._seen:
            self._read(self.path)
        found = None
        digest = _hashed(secret)
        for key in self._known.values():  # all of them: how long it takes says nothing
            if hmac.compare_digest(key.sha256, digest):
                found = key
        return found

    def _read(self, path: Path) -> None:
        self._known, self._seen = {key.name: key for key in read_keys(path)}, State.at(path)


def read_keys(path: Path) -> list[Key]:
    """The keys of a file. Raises `KeysError` with the file and what is wrong."""
    try:
        content = json_in(path.read_bytes(), str(path), KeysError)
    except OSError as error:
        raise KeysError(f"{path}: cannot be read: {error.strerror or error}; make it with `seekgraph keys new NAME`") from None
    if not isinstance(content, dict):
        raise KeysError(f"{path}: not a file of keys; make one with `seekgraph keys new NAME`")
    return [_key(path, name, said) for name, said in content.items()]


def new_key(path: Path, name: str, budget: Budget) -> str:
    """Add a key to the file, and give it: nobody can see it again. Raises `KeysError` for a name that is taken or no name."""
    known = {key.name: key for key in read_keys(path)} if path.exists() else {}
    if not NAME.fullmatch(name):
        raise KeysError(f"a key's name is letters, digits, dots and dashes, at most 64, not {name!r}")
    if name in known:
        raise KeysError(
            f"{path} has a key {name!r} already: take it out with `seekgraph keys remove {name}`, or give another name"
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    _write(path, {**known, name: Key(name, _hashed(secret), budget)})
    return secret


def remove_key(path: Path, name: str) -> None:
    """Take a key out of the file; servers that run notice with the next request. Raises `KeysError` for one that is not there."""
    known = {key.name: key for key in read_keys(path)}
    if known.pop(name, None) is None:
        raise KeysError(f"{path} has no key {name!r}; it has {', '.join(known) or 'none'}")
    _write(path, known)


def _write(path: Path, keys: Mapping[str, Key]) -> None:
    plain = {
        name: {"sha256": key.sha256, "budget": {line: most for line, most in asdict(key.budget).items() if most is not None}}
        for name, key in keys.items()
    }
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        beside.touch(mode=0o600)
        beside.write_text(json.dumps(plain, indent=2) + "\n", encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise KeysError(f"{path}: cannot be written: {error.strerror or error}") from None
    finally:
        beside.unlink(missing_ok=True)


def _key(path: Path, name: str, said: Any) -> Key:
    lines = {each.name for each in fields(Budget)}
    limits = said.get("budget", {}) if isinstance(said, dict) else None
    digest = said.get("sha256") if isinstance(said, dict) else None
    if not isinstance(limits, dict) or set(limits) - lines or not re.fullmatch("[0-9a-f]{64}", str(digest)):
        raise KeysError(f"{path}: the key {name!r} needs a sha256 and may have a budget of {', '.join(sorted(lines))}")
    try:
        return Key(name, str(digest), Budget(**limits))
    except ValueError as error:
        raise KeysError(f"{path}: the key {name!r}: {error}") from None


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
