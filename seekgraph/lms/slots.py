"""Which of llama.cpp's slots a request goes to: the free one that has read most of its beginning already."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

_END = "\x1e"


def as_text(messages: Sequence[Mapping[str, str]]) -> str:
    """Messages as one text, to be compared by how much of their beginning is the same."""
    return "".join(f"{each['role']}\n{each['content']}{_END}" for each in messages)


class Slots:
    """The slots of one engine, each with the text of what it read last. Safe to use from its workers' threads."""

    def __init__(self, count: int) -> None:
        self._free = list(range(count))  # the one that was used longest ago comes first
        self._texts = [""] * count
        self._lock = threading.Lock()

    def take(self, text: str) -> tuple[int, int]:
        """A free slot, and how many characters of `text` it begins with; it is the caller's until it is given back.

        There is one where no more requests run than there are slots: `IndexError` otherwise.
        """
        with self._lock:
            known = {slot: _shared(self._texts[slot], text) for slot in self._free}
            best = max(known, key=lambda slot: (known[slot], -self._free.index(slot))) if known else self._free[0]
            self._free.remove(best)
            return best, known[best]

    def give_back(self, slot: int, text: str) -> None:
        """The slot is free again, and has read `text`."""
        with self._lock:
            self._texts[slot] = text
            self._free.append(slot)


def _shared(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    if one == other:
        return len(one)
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
