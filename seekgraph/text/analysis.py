"""From text to terms: the same way for a corpus and for a query."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable
from typing import Any

# Runs of letters and digits, with the marks that Indic, Thai and decomposed Latin letters need; a possessive stays attached
# so that it can be taken off: "director's" is one word, not "director" and "s".
_WORD = re.compile(r"[\w\u0300-\u036f\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e]+(?:['\u2019]s\b)?")

# The words of bm25s's longer English list that are no names or numbers. Kept here, not imported: an index depends on it.
ENGLISH_STOPWORDS = frozenset(
    """a about above after again against all am an and any are as at be because been before being below between both but by can
    did do does doing down during each few for from further had has have having he her here hers herself him himself his how i
    if in into is it its itself just me more most my myself no nor not now of off on once only or other our ours ourselves out
    over own s same she should so some such t than that the their theirs them themselves then there these they this those
    through to too under until up very was we were what when where which while who whom why will with you your yours yourself
    yourselves""".split()
)


class Analyzer:
    """Words, casefolded, without stop words, stemmed. Digits are kept; an underscore separates words.

    `stemmer` is the name of a Snowball algorithm or None, `stopwords` "english", None, or words of your own. Text is brought
    to Unicode NFKC and casefolded first. Languages that are written without spaces are not segmented.

    Raises `ValueError` for a stemmer or a stop word list that is not known.
    """

    def __init__(self, stemmer: str | None = "english", stopwords: str | Iterable[str] | None = "english") -> None:
        if isinstance(stopwords, str) and stopwords != "english":
            raise ValueError(f"no stop word list is called {stopwords!r}: give 'english', None, or the words themselves")
        listed = ENGLISH_STOPWORDS if stopwords == "english" else stopwords or ()
        self.stemmer = stemmer
        self.stopwords = frozenset(word.casefold() for word in listed)
        self._stem = _stemmer(stemmer)
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}

    def words(self, text: str) -> list[str]:
        """The words of `text` before stop words and stemming."""
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text)
        return _WORD.findall(text.casefold().replace("_", " "))

    def terms(self, text: str) -> tuple[str, ...]:
        """The terms of `text` in order, repeats kept."""
        found = []
        for word in self.words(text):
            term = self._known.get(word)
            if term is None:
                term = self._learn(word)
            if term:
                found.append(term)
        return tuple(found)

    def term(self, word: str) -> str:
        """The term of one word as `words` gives it, or "" for a stop word."""
        if word.endswith(("'s", "\u2019s")):
            word = word[:-2]
        if word in self.stopwords:
            return ""
        # PyStemmer's objects hold state of their own and are not made for several threads at once.
        with self._lock:
            return str(self._stem.stemWord(word)) if self._stem is not None else word

    def _learn(self, word: str) -> str:
        if len(self._known) >= 100_000:  # enough for the words of a language, and a bound for a server that runs for months
            self._known.clear()
        term = self._known[word] = self.term(word)
        return term

    def describe(self) -> dict[str, Any]:
        """What the terms depend on, as JSON: `Analyzer(**describe())` is the same analysis."""
        return {"stemmer": self.stemmer, "stopwords": sorted(self.stopwords)}

    def __reduce__(self) -> tuple[Any, ...]:
        return Analyzer, (self.stemmer, sorted(self.stopwords))


def contains(terms: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    """Whether `phrase` occurs in `terms` without a gap."""
    if len(phrase) == 1:
        return phrase[0] in terms
    last = len(terms) - len(phrase) + 1
    return any(terms[i] == phrase[0] and terms[i : i + len(phrase)] == phrase for i in range(last))


def _stemmer(name: str | None) -> Any:
    if name is None:
        return None
    import Stemmer

    try:
        return Stemmer.Stemmer(name)
    except KeyError:
        raise ValueError(f"no Snowball stemmer is called {name!r}: choose one of {', '.join(Stemmer.algorithms())}") from None
