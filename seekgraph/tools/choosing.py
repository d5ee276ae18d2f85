"""Which files of a folder are read: patterns in the style of .gitignore."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seekgraph.tools.errors import CorpusError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


class Choice:
    """Files whose path, relative to the folder, an `include` pattern matches (every file without any), and no `exclude` pattern.

    Patterns are those of .gitignore: "*.md" anywhere, "/drafts/" at the top, "api/**/*.rst", "!keep.md". Raises `CorpusError` for
    one that is none.
    """

    def __init__(self, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> None:
        self.include, self.exclude = tuple(include), tuple(exclude)
        try:
            self._included, self._excluded = _spec(self.include), _spec(self.exclude)
        except ValueError as error:
            raise CorpusError(f"no pattern in the style of .gitignore: {error}") from None

    def reason(self, path: str) -> str:
        """Why a file is left out, by its path from the folder with "/"; "" where it is not."""
        if self._excluded is not None and self._excluded.match_file(path):
            return "excluded"
        return "not included" if self._included is not None and not self._included.match_file(path) else ""

    def drops_folder(self, path: str) -> bool:
        """Whether nothing below this folder is read, so that it need not be listed."""
        return self._excluded is not None and self._excluded.match_file(f"{path}/")


def _spec(patterns: Sequence[str]) -> GitIgnoreSpec | None:
    if not patterns:
        return None
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns)


EVERYTHING = Choice()
