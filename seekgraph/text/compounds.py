"""Cutting a token into the words that it is made of: compounds, identifiers, option names, file names, scripts."""

from __future__ import annotations

import re
from typing import NamedTuple

from seekgraph.text.scripts import LETTERS, pairs, runs, unspaced

# Runs of letters and digits, and what may hold the parts of one word together: "director's", "e-mail", "u.s.a", "1,000",
# "max_connections"; with what begins the name of an option or of a hidden file, and what ends "C++" and "C#".
_WORD = rf"[{LETTERS}]+(?:[-\u2010'\u2019.,][{LETTERS}]+)*"
TOKEN = re.compile(rf"{_WORD}(?:\+\+|\#(?!\w))?|[-.](?<![{LETTERS}.\-].)-?(?=[^\W\d_]){_WORD}")
_ASCII_WORD = r"\w+(?:[-'.,]\w+)*"
ASCII_TOKEN = re.compile(  # the same, several times as fast
    rf"{_ASCII_WORD}(?:\+\+|\#(?!\w))?|[-.](?<![\w.\-].)-?(?=[A-Za-z]){_ASCII_WORD}", re.ASCII
)
_SEPARATOR = re.compile("[-\u2010]|_+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_THOUSANDS = re.compile(r"(?<![\d.])\d{1,3}(?:[,'\u2019]\d{3})+(?!\d)")
_ACRONYM = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_DOTTED = re.compile(r"\w+(?:\.\w+){1,3}")
_MOST_PARTS = 4  # of a compound that is also indexed as one word: "state-of-the-art", and not a chain of names
_MOST_UNDERSCORES = 8  # the same for an identifier
_LONG_HUMP = 4  # letters; with shorter parts a name in capitals is mostly a product's, whose parts say nothing


class Compound(NamedTuple):
    """One stretch of a token, casefolded.

    `words` are its parts as they are written, `parts` the same down to those that capitals tell apart ("Background", "Tasks"),
    `whole` is all of them as one word, "" where there is only one or too many.
    """

    words: tuple[str, ...]
    parts: tuple[str, ...]
    whole: str


def compounds(token: str) -> tuple[list[Compound], str]:
    """The stretches of a token as `TOKEN` finds it, and the token as a name, or "": "--no-deps", ".env", "os.path"."""
    bare = token.lstrip("-.")
    literal = token.casefold() if len(bare) < len(token) else ""
    if bare.endswith(("++", "#")):
        named = bare.rstrip("+#")
        if named.isalpha():
            return [Compound((bare.casefold(),), (bare.casefold(),), "")], literal
        bare = named
    bare = bare.removesuffix("'s").removesuffix("\u2019s").removesuffix("'S").removesuffix("\u2019S")
    if _ACRONYM.fullmatch(bare):
        parts = tuple(bare.casefold().split("."))
        return [Compound(parts, parts, "".join(parts))], literal
    if not literal and _DOTTED.fullmatch(bare):
        literal = bare.casefold()
    bare = _THOUSANDS.sub(lambda match: re.sub(r"\D", "", match[0]), bare)
    return [_compound(stretch) for stretch in re.split("['\u2019.,]", bare) if stretch], literal


def _compound(stretch: str) -> Compound:
    written = [part for part in _SEPARATOR.split(stretch) if part]
    most = _MOST_UNDERSCORES if "_" in stretch else _MOST_PARTS
    humps = [hump for part in written for hump in _humps(part)]
    joined = 1 < len(humps) <= most and not all(part.isdigit() for part in written) and not unspaced(stretch)
    whole = "".join(written).casefold() if joined else ""
    return Compound(_cut(written), _cut(humps), whole)


def _humps(part: str) -> list[str]:
    """ "BackgroundTasks" gives Background and Tasks, "getUser" get and User; a name such as "FastAPI" or "GitHub" is one word."""
    if part.islower() or part.isdigit() or part[1:].islower():
        return [part]
    humps = _HUMP.split(part)
    return humps if part[0].islower() or sum(len(hump) >= _LONG_HUMP for hump in humps) > 1 else [part]


def _cut(parts: list[str]) -> tuple[str, ...]:
    return tuple(word for part in parts for word in _scripts(part.casefold()))


def _scripts(part: str) -> list[str]:
    """A part cut between scripts, and into pairs of characters where a script is written without spaces."""
    if not unspaced(part):
        return [part]
    return [word for run in runs(part) for word in (pairs(run) if unspaced(run) else [run])]
