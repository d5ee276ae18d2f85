"""How long a text is, whatever its script."""

from __future__ import annotations

from seekgraph.text.scripts import runs, unspaced


def words(text: str) -> int:
    """The number of its words: stretches between white space; in scripts without spaces two characters count as one word."""
    if not unspaced(text):
        return len(text.split())
    return sum((len(run) + 1) // 2 if unspaced(run) else 1 for word in text.split() for run in runs(word))
