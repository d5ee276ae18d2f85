"""Saying, once, that a question is in a script that a corpus does not have: then no word of it can ever be found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from seekgraph.core.base.logs import logger
from seekgraph.text.scripts import script
from seekgraph.tools.index import Index


class Scripts:
    """Which scripts one corpus has, as far as it was asked."""

    def __init__(self) -> None:
        self._there: dict[str, bool] = {}

    def check(self, text: str, index: Index) -> None:
        """Warn, once for each script, where most letters of `text` are of a script that no term of the corpus has."""
        counts = Counter(name for character in text if (name := script(character)))
        name = counts.most_common(1)[0][0] if counts else ""
        if not name or name in self._there:
            return
        self._there[name] = any(each == name for each in _scripts(index))
        if not self._there[name]:
            there = ", ".join(sorted({each.capitalize() for each in _scripts(index)})) or "none"
            log = logger("seekgraph.tools")
            log.warning("the question's script is not in the corpus", question=name.capitalize(), corpus=there)


def _scripts(index: Index) -> Iterator[str]:
    """The script of each letter of each term."""
    return (each for term in index.terms for character in term.decode() if (each := script(character)))
