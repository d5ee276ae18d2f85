"""What reading documents gives: their passages, and every file that was not read with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from seekgraph.core.base.logs import logger
from seekgraph.types import Passage

_NAMED = 5  # files named in a warning; `Documents.skipped` has all of them


class Skipped(NamedTuple):
    """A file or folder that was not read, and why.

    `expected` says that nothing is wrong with it: it is of a kind that is not read (a picture, a hidden folder), and nobody has
    to be warned.
    """

    path: str
    reason: str
    expected: bool = False


class Documents(NamedTuple):
    """What was read from a path, and what was not."""

    passages: tuple[Passage, ...]
    skipped: tuple[Skipped, ...] = ()

    @property
    def failed(self) -> tuple[Skipped, ...]:
        """The files that should have been read and could not be."""
        return tuple(each for each in self.skipped if not each.expected)

    def summary(self) -> str:
        """One line for each reason with its number of files and the first of them; "" where everything was read."""
        reasons = Counter(each.reason for each in self.skipped)
        firsts = {each.reason: each.path for each in reversed(self.skipped)}
        return "\n".join(f"{count} x {reason}, such as {firsts[reason]}" for reason, count in reasons.most_common())

    def logged(self, source: object) -> Documents:
        """Itself, after one warning that names the files that could not be read, if there are any."""
        warn_of(self.failed, source)
        return self


def say_of(notes: Iterable[tuple[str, str]], source: object) -> None:
    """One warning with what there is to say of files that were read, as (path, note), if there is anything."""
    if said := [f"{path}: {note}" for path, note in notes]:
        more = {"more": len(said) - _NAMED} if len(said) > _NAMED else {}
        logger("seekgraph.tools").warning("files to look at", source=str(source), files=said[:_NAMED], **more)


def warn_of(skipped: Iterable[Skipped], source: object) -> None:
    """One warning that names the files that should have been read and could not be, if there are any."""
    failed = [each for each in skipped if not each.expected]
    if failed:
        named = [f"{each.path}: {each.reason}" for each in failed[:_NAMED]]
        more = {"more": len(failed) - _NAMED} if len(failed) > _NAMED else {}
        logger("seekgraph.tools").warning("files not read", source=str(source), files=named, **more)


def told_apart(paths: Iterable[Path]) -> list[str]:
    """For each path the shortest end of it that no other path has: "docs" and "wiki", or "a/docs" and "b/docs"."""
    parts = [tuple(part for part in path.resolve().parts if part != path.resolve().anchor) for path in paths]
    names = []
    for own in parts:
        others = [other for other in parts if other != own]
        length = next(
            (size for size in range(1, len(own) + 1) if not any(other[-size:] == own[-size:] for other in others)), len(own)
        )
        names.append("/".join(own[-length:]) or "root")
    return names
