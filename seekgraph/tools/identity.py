"""What names a passage inside of its file: the headings above it and, where they do not suffice, its own text."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from seekgraph.text.normal import composed

TOP = "top"  # what stands above the first heading, as in the fragment "#top" of an HTML page
_LONGEST = 80  # characters of one heading in an id
_SHORT, _LONG = 6, 12  # hex digits of a content part
_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


class Named(NamedTuple):
    """A passage before it has its id: the name that its headings give it, these headings, and its text."""

    name: str
    headings: tuple[str, ...]
    text: str


def slug(heading: str) -> str:
    """The heading as GitHub's links write it: lower case, spaces as "-", without punctuation and markup; letters of any script.

    At most 80 characters; "section" where nothing is left.
    """
    text = _TAG.sub("", _LINK.sub(r"\1", composed(heading)[: 8 * _LONGEST]))
    text = composed(text.lower())
    written = "".join(char for char in text if char in "- " or unicodedata.category(char)[0] in "LMN" or char == "_")
    return "-".join(word for each in written.split() if (word := each.strip("_")))[:_LONGEST].strip("-") or "section"


def heading_path(headings: Iterable[str]) -> str:
    """The slugs of the headings above a passage, outermost first: "setup/linux"; "top" without any."""
    return "/".join(map(slug, headings)) or TOP


def fragments(passages: Sequence[Named]) -> list[str]:
    """For each passage of a file what follows "#" in its id: the name, and where several share it, a part from the text.

    "setup/linux" alone, "setup/linux-3f2a91" where that section is split or the heading comes again. A part follows from the
    text of the passage (white space aside), and only among equal texts from the headings too, and then from the order. So an
    edit elsewhere in the file, which neither takes nor frees the same name, leaves it as it is. No two are equal.
    """
    shared = Counter(each.name for each in passages)
    short = [each.name if shared[each.name] == 1 else f"{each.name}-{_digest(each.text)[:_SHORT]}" for each in passages]
    again = Counter(short)
    taken = {name for name, count in again.items() if count == 1}
    found = []
    for each, name in zip(passages, short, strict=True):
        if again[name] > 1:
            name = _free(f"{each.name}-{_digest(*each.headings, each.text)[:_LONG]}", taken)
            taken.add(name)
        found.append(name)
    return found


def content_hash(text: str) -> str:
    """12 hex digits that follow from a passage's text alone, white space and its Unicode form aside: for noting what was gold."""
    return _digest(text)[:_LONG]


def _free(name: str, taken: set[str]) -> str:
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found


def _digest(*texts: str) -> str:
    joined = "\0".join(" ".join(composed(text).split()) for text in texts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()
