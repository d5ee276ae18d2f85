"""What two sets of param values differ in, each shown as what it is: a number, a text, demonstrations, a fitted part."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from seekgraph.core.artifact import param_changes

Kind = Literal["value", "text", "examples", "data"]
MOST_WORDS = 4000
"""Longer texts are not compared word by word, which takes time with the square of their length."""

LONG = 60
"""Characters from which on a text is shown as a text, not as a value."""

_WORDS = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True)
class Difference:
    """A param that differs, with its plain values; of kind "value" (short), "text", "examples" (a list of demonstrations) or
    "data" (a fitted part or another structure)."""

    name: str
    before: Any
    after: Any
    kind: Kind


@dataclass(frozen=True)
class Piece:
    """A piece of a text that is in both, or only in one of them."""

    text: str
    side: Literal["both", "before", "after"] = "both"


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """The params whose plain values differ, in the order of `before`, then those that only `after` has (None is then before)."""
    found = param_changes(before, after)
    return [Difference(each.name, each.before, each.after, kind_of(each.before, each.after)) for each in found]


def kind_of(*values: Any) -> Kind:
    """How a param's values are shown."""
    known = [value for value in values if value is not None and value != []]
    if any(isinstance(value, str) and (len(value) > LONG or "\n" in value) for value in known):
        return "text"
    if known and all(isinstance(value, list) and all(isinstance(each, dict) for each in value) for value in known):
        return "examples"
    return "value" if all(len(json.dumps(value)) <= LONG for value in known) else "data"


def pieces(before: str, after: str) -> list[Piece]:
    """The two texts as one, word by word, with what is only in one of them; texts of very many words one after the other."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if max(len(old), len(new)) > MOST_WORDS:
        return [Piece(before, "before"), Piece(after, "after")]
    return [piece for piece in _compared(old, new) if piece.text]


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece("".join(old[i:j]))
        else:
            yield Piece("".join(old[i:j]), "before")
            yield Piece("".join(new[k:m]), "after")
