"""Which files say what changed from version to version, by their names."""

from __future__ import annotations

import re

_NAME = re.compile(r"(?:change[-_ ]?(?:s|log)?|history|news|release[-_ ]?notes?|releases|what'?s[-_ ]?new)", re.IGNORECASE)


def is_changelog(path: str) -> bool:
    """Whether a file is named as changelogs are: "docs/CHANGES.rst", "release-notes.md"."""
    name = path.rpartition("/")[2]
    return _NAME.fullmatch(name.rpartition(".")[0] or name) is not None
