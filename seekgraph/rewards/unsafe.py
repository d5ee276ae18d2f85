"""Word lists for `safe_query`: requests that are unsafe by what they ask for, by category. A floor, not a classifier."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from seekgraph.rewards.algebra import RewardError, Score
from seekgraph.text.analysis import Analyzer

DEFAULT = Path(__file__).with_name("unsafe.toml")
GAP = 2
"""How many other words may stand between two words of a phrase: "how make" is in "how do I make"."""


@dataclass(frozen=True)
class WordList:
    """A checker of texts: unsafe is one with an ask and a thing of one category ("how make" and "pipe bomb"), or a phrase that is
    unsafe by itself.

    `asks` are phrases of any category; `things` and `always` map categories to phrases. Words are compared casefolded and
    stemmed, in their order, with at most two others between two of them.
    """

    asks: Sequence[str]
    things: Mapping[str, Sequence[str]]
    always: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def from_toml(cls, path: str | Path) -> WordList:
        """The lists of a TOML file: `asks = [...]`, and a table for each category with `things = [...]`, `always = [...]`.

        Raises `RewardError`, naming the file and what is wrong, for another form.
        """
        try:
            data = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise RewardError(f"{path}: cannot be read as word lists: {error}") from None
        tables = {name: table for name, table in data.items() if name != "asks"}
        for name, table in tables.items():
            strange = sorted(table.keys() - {"things", "always"}) if isinstance(table, dict) else table
            if strange or not isinstance(table, dict):
                raise RewardError(f"{path}: [{name}] is a table with `things` and `always`, not with {strange!r}")
        things = {name: _phrases(path, name, table.get("things", [])) for name, table in tables.items()}
        always = {name: _phrases(path, name, table.get("always", [])) for name, table in tables.items()}
        return cls(_phrases(path, "asks", data.get("asks", [])), things, always)

    def __call__(self, text: str) -> Score:
        """1 for a text that the lists say nothing about, else 0 with the category and the words."""
        words = _words(text)
        for category, phrases in self.always.items():
            if said := _first(phrases, words):
                return Score(0.0, f"unsafe ({category}): {said!r}")
        ask = _first(self.asks, words)
        for category, phrases in self.things.items() if ask else ():
            if said := _first(phrases, words):
                return Score(0.0, f"unsafe ({category}): asks {ask!r} of {said!r}")
        return Score(1.0)


@cache
def default_words() -> WordList:
    """The lists that come with Seekgraph."""
    return WordList.from_toml(DEFAULT)


def _phrases(path: str | Path, name: str, given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(each, str) and _words(each) for each in given):
        raise RewardError(f"{path}: {name!r} lists phrases of at least one word each; got {given!r}")
    return tuple(given)


def _first(phrases: Sequence[str], words: tuple[str, ...]) -> str:
    return next((phrase for phrase in phrases if _stands(_words(phrase), words)), "")


def _stands(phrase: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Whether the words of a phrase stand among `words` in their order, with at most `GAP` others between two of them."""
    ends = {at for at, word in enumerate(words) if phrase and word == phrase[0]}
    for part in phrase[1:]:
        ends = {at for end in ends for at in range(end + 1, min(end + GAP + 2, len(words))) if words[at] == part}
    return bool(ends)


@lru_cache(maxsize=8192)
def _words(text: str) -> tuple[str, ...]:
    return _analyzer().terms(text)


@cache
def _analyzer() -> Analyzer:
    return Analyzer("english", None)
