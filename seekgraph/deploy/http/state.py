"""What a server keeps: its last answers, what people said of them, what each key has spent. One SQLite file for all workers."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from seekgraph.core.base.budget import Budget
from seekgraph.core.base.errors import SeekgraphError

APPLICATION = 0x53474656
LINES = ("calls", "searches", "tokens", "usd")
TABLES = """
CREATE TABLE IF NOT EXISTS answer (id TEXT PRIMARY KEY, at REAL NOT NULL, key TEXT NOT NULL, said TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS feedback
    (number INTEGER PRIMARY KEY, at REAL NOT NULL, key TEXT NOT NULL, run TEXT NOT NULL, said TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS spent
    (key TEXT NOT NULL, line TEXT NOT NULL, used REAL NOT NULL, held REAL NOT NULL, PRIMARY KEY (key, line));
"""


class StateError(SeekgraphError):
    """The file of a server's state cannot be used."""


class State:
    """The state of a server, in a file or in memory. Safe to use from threads; several processes may share a file."""

    def __init__(self, path: Path | None, keep: int = 10_000) -> None:
        self.keep, self._lock, self._since = keep, threading.Lock(), 0
        try:
            self._base = sqlite3.connect(
                ":memory:" if path is None else path, isolation_level=None, check_same_thread=False, timeout=30
            )
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=NORMAL")
            known = self._base.execute("PRAGMA application_id").fetchone()[0]
            tables = self._base.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if known != APPLICATION and tables:
                raise StateError(f"{path} is another database: give --state a file of its own")
            self._base.execute(f"PRAGMA application_id={APPLICATION}")
            self._base.executescript(TABLES)
        except sqlite3.Error as error:
            raise StateError(f"{path}: cannot be used as the state of a server: {error}") from None

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._base.close()

    def keep_answer(self, run: str, key: str, said: Mapping[str, Any]) -> None:
        """Keep what a run answered, for feedback to refer to; of the oldest ones more than `keep` are dropped."""
        with self._lock:
            self._base.execute(
                "INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?)", (run, time.time(), key, json.dumps(said, ensure_ascii=True))
            )
            self._since += 1
            if self._since >= max(1, self.keep // 10):
                self._since = 0
                self._base.execute(
                    "DELETE FROM answer WHERE id NOT IN (SELECT id FROM answer ORDER BY at DESC LIMIT ?)", (self.keep,)
                )

    def answer(self, run: str) -> tuple[str, dict[str, Any]] | None:
        """Whose key asked, and what was answered; None for a run that is not known, or no longer."""
        with self._lock:
            found = self._base.execute("SELECT key, said FROM answer WHERE id = ?", (run,)).fetchone()
        return None if found is None else (str(found[0]), json.loads(found[1]))

    def keep_feedback(self, run: str, key: str, said: Mapping[str, Any]) -> int:
        """Keep what somebody says of a run; gives its number."""
        with self._lock:
            added = self._base.execute(
                "INSERT INTO feedback (at, key, run, said) VALUES (?, ?, ?, ?)", (time.time(), key, run, json.dumps(said))
            )
            return int(added.lastrowid or 0)

    def feedback(self) -> list[tuple[str, dict[str, Any]]]:
        """All that was said, in order: the run and what was said of it."""
        with self._lock:
            rows = self._base.execute("SELECT run, said FROM feedback ORDER BY number").fetchall()
        return [(str(run), json.loads(said)) for run, said in rows]

    def spent(self, key: str) -> dict[str, float]:
        """What a key has used, by line."""
        with self._lock:
            return {
                str(line): float(used) for line, used in self._base.execute("SELECT line, used FROM spent WHERE key = ?", (key,))
            }

    def hold(self, key: str, budget: Budget, wanted: Budget) -> Budget | None:
        """Hold what a request may use at most, within what is left of the key's budget; None where too little is left.

        What comes back is `wanted`, made narrower. A line that `wanted` leaves open holds all that is left, so that others with
        the same key wait for it. Give it back with `settle`.
        """
        limits = {line: getattr(budget, line) for line in LINES if getattr(budget, line) is not None}
        if not limits:
            return wanted
        granted: dict[str, float] = {}
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                rows = self._base.execute("SELECT line, used, held FROM spent WHERE key = ?", (key,)).fetchall()
                taken = {line: used + held for line, used, held in rows}
                for line, most in limits.items():
                    left, ask = most - taken.get(line, 0.0), getattr(wanted, line)
                    if left <= 0 or (ask is not None and ask > left):
                        return None
                    granted[line] = left if ask is None else ask
                for line, amount in granted.items():
                    self._base.execute(
                        "INSERT INTO spent VALUES (?, ?, 0, ?) ON CONFLICT (key, line) DO UPDATE SET held = held + excluded.held",
                        (key, line, amount),
                    )
            finally:
                self._base.execute("COMMIT")
        whole = {line: amount if line == "usd" else int(amount) for line, amount in granted.items()}
        others = {line: getattr(wanted, line) for line in (*LINES, "seconds") if line not in whole}
        return Budget(**{**others, **whole})

    def settle(self, key: str, budget: Budget, granted: Budget, used: Mapping[str, float]) -> None:
        """Count what a request has used, and let go of what was held for it."""
        with self._lock:
            for line in LINES:
                if getattr(budget, line) is not None:
                    self._base.execute(
                        "UPDATE spent SET used = used + ?, held = max(0, held - ?) WHERE key = ? AND line = ?",
                        (float(used.get(line, 0.0)), float(getattr(granted, line) or 0.0), key, line),
                    )

    def release_all(self) -> None:
        """Let go of what was held by requests of a server that is gone: for the first worker, before any request."""
        with self._lock:
            self._base.execute("UPDATE spent SET held = 0")


def feedback_of(path: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """What is kept in a state file: each answer that somebody said something of, with what they said."""
    if not path.is_file():
        raise StateError(f"{path}: there is no such file; it is what `seekgraph serve --state` writes")
    with closing(State(path)) as state:
        found = [(state.answer(run), said) for run, said in state.feedback()]
    return [(answer[1], said) for answer, said in found if answer is not None]
