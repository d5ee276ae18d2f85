"""Finding titles in text: by whole words, with the case rules that keep common words from matching everywhere."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator

from seekgraph.text.scripts import LETTERS
from seekgraph.text.stopwords import ENGLISH_STOPWORDS

_WORD = re.compile(f"[{LETTERS}]+")

Words = tuple[str, ...]


def words_of(text: str) -> list[str]:
    """The words of a text in their own case; HTML entities are read as what they stand for."""
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _WORD.findall(text)


def stripped(title: str) -> str:
    """A title without the bracket that tells it from its namesakes: "Ed Wood (film)" gives "Ed Wood"."""
    text = title.rstrip()
    begin = text.rfind("(") if text.endswith(")") else -1
    if begin < 0 or ")" in text[begin:-1]:
        return title
    return text[:begin].rstrip() or title


class Titles:
    """A set of titles, each with the numbers of the passages that bear it.

    A title is found as written and without its bracket. Words are compared in any case, except that a title with fewer than two
    words besides stop words has to stand there in its own case ("Dog" is not named by "a dog", nor "The Who" by "the who"):
    its other word, or all of its words where all are stop words. A title shorter than 3 characters is never found,
    nor one that is a single stop word ("It", "She").
    """

    def __init__(self) -> None:
        self._bearers: dict[Words, dict[Words, list[int]]] = {}  # folded words -> words in their case -> passages
        self._lengths: dict[str, list[int]] = {}  # first folded word -> lengths of the titles that begin with it, longest first

    def add(self, title: str, number: int) -> None:
        """Let passage `number` bear `title`."""
        for form in {title, stripped(title)}:
            words = tuple(words_of(form))
            folded = tuple(map(str.casefold, words))
            if len("".join(words)) < 3 or (len(words) == 1 and folded[0] in ENGLISH_STOPWORDS):
                continue
            numbers = self._bearers.setdefault(folded, {}).setdefault(words, [])
            if number not in numbers:
                numbers.append(number)
            lengths = self._lengths.setdefault(folded[0], [])
            if len(words) not in lengths:
                lengths.append(len(words))
                lengths.sort(reverse=True)

    def named_in(self, text: str) -> Iterator[tuple[int, list[int]]]:
        """(place, bearers) of each title in `text`, by its word number; at one place the longest title only.

        A word belongs to one title: inside "Paris, Texas" there is no "Paris".
        """
        words = words_of(text)
        folded = [word.casefold() for word in words]
        place = 0
        while place < len(words):
            for length in self._lengths.get(folded[place], ()):
                forms = self._bearers.get(tuple(folded[place : place + length]))
                numbers = _borne(forms, tuple(words[place : place + length])) if forms else []
                if numbers:
                    yield place, numbers
                    place += length - 1
                    break
            place += 1

    def bearing(self, title: str) -> set[int]:
        """The passages whose title this is, with or without its bracket."""
        found: set[int] = set()
        for form in (title, stripped(title)):
            for numbers in self._bearers.get(tuple(word.casefold() for word in words_of(form)), {}).values():
                found.update(numbers)
        return found


def cased(words: Words) -> list[int]:
    """Which words of a title have to stand in their own case: none of a title with two words besides stop words."""
    telling = [at for at, word in enumerate(words) if word.casefold() not in ENGLISH_STOPWORDS]
    if len(telling) > 1:
        return []
    return telling or list(range(len(words)))


def _borne(forms: dict[Words, list[int]], words: Words) -> list[int]:
    """The bearers of the title forms that these words name, in ascending order."""
    found = [numbers for form, numbers in forms.items() if all(form[at] == words[at] for at in cased(form))]
    return found[0] if len(found) == 1 else sorted(number for numbers in found for number in numbers)
