"""The ids of a corpus that are nearest to one that it lacks: an id that was mistyped, or whose passage was moved or changed."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_SHOWN = 3
_MOST = 2_000  # candidates compared for one id; comparing takes time in their number


def nearest_ids(wanted: str, known: Iterable[str]) -> list[str]:
    """At most three of `known`, the nearest first: of the same document (the part before "#") if the corpus has it.

    Of a document that it has, at least one id is named, however unlike; of one that it lacks, only ids of documents with a
    name like it, and the same part after "#" first.
    """
    document, _, part = wanted.partition("#")
    ids = list(known)
    same = sorted(each for each in ids if each.partition("#")[0] == document and "#" in each)
    if same:
        parts = {each.partition("#")[2]: each for each in same[:_MOST]}
        begins = [each for name, each in parts.items() if _stem(name) == _stem(part)]
        close = [parts[name] for name in get_close_matches(part, parts, _SHOWN, 0.4)]
        return list(dict.fromkeys([*begins, *close]))[:_SHOWN] or same[:1]
    if part:
        moved = sorted(each for each in ids if each.partition("#")[2] == part and part != "top")
        if moved:
            return (get_close_matches(wanted, moved[:_MOST], _SHOWN, 0.4) or moved)[:_SHOWN]
    return get_close_matches(wanted, sorted(ids)[:_MOST], _SHOWN, 0.8)


def _stem(part: str) -> str:
    """Without the content part: of "setup-3f2a91" that is "setup", the name of the section that it was split from."""
    name, _, content = part.rpartition("-")
    hexadecimal = len(content) in (6, 12) and not set(content) - set("0123456789abcdef")
    return name if name and hexadecimal else part
