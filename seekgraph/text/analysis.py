"""From text to terms: the same way for a corpus and for a query.

A text is cut into tokens, and each token gives its forms, so that one word is found however it is written:

    cafés             café, cafe                        with its accents and without
    e-mail            e, mail, email                    by part and as one word
    U.S.A.            u, s, a, usa                      (those that are no stop words)
    1,000             1000                              without what separates thousands
    max_connections   max, connect, maxconnect          identifiers by part and as one word,
    BackgroundTasks   backgroundtask, background, task  also where capitals tell the parts apart
    --no-deps, .env   dep, nodep, --no-deps; env, .env  and names of options and files as they are
    C++, os.path      c++; os, path, os.path
    使用Python        使用, python                      scripts apart; unspaced ones by overlapping pairs (`text.scripts`)

`Analyzer.phrases` gives the sequences of terms in which a phrase is looked for, one form for each word.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable
from typing import Any

from seekgraph.text.compounds import ASCII_TOKEN, TOKEN, compounds
from seekgraph.text.scripts import ACCENTS
from seekgraph.text.stopwords import ENGLISH_STOPWORDS, STOPWORDS

_SPACED_THOUSANDS = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_ACCENTS = re.compile(f"[{ACCENTS}]")
_STROKES = str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"})
OTHER_FORMS = 0.25
"""What another form of a word counts in a query: with 1 recall@5 fell by .002 to .005 on three of four data sets."""


_NOT_LATIN = frozenset(["arabic", "armenian", "greek", "hindi", "nepali", "persian", "russian", "serbian", "tamil", "yiddish"])


class Analyzer:
    """Words, casefolded, without stop words, stemmed, in all forms that the module describes.

    `stemmer` is the name of a Snowball algorithm or None; `stopwords` the language of a list (`text.stopwords`), None, or words
    of your own. Text is brought to Unicode NFKC first. With the stemmer of a language that has another script than Latin,
    English words among it are stemmed and left out as English ones.

    Raises `ValueError` for a stemmer or a stop word list that is not known.
    """

    def __init__(self, stemmer: str | None = "english", stopwords: str | Iterable[str] | None = "english") -> None:
        if isinstance(stopwords, str) and stopwords not in STOPWORDS:
            known = ", ".join(sorted(STOPWORDS))
            raise ValueError(f"no stop word list is called {stopwords!r}: give None, the words themselves, or one of {known}")
        listed = STOPWORDS[stopwords] if isinstance(stopwords, str) else stopwords or ()
        self.stemmer = stemmer
        self.stopwords = frozenset(word.casefold() for word in listed)
        self._stem = _stemmer(stemmer)
        self._english = _stemmer("english") if stemmer in _NOT_LATIN else None
        self._left_out = self.stopwords | {_plain(word) for word in self.stopwords if len(word) > 2 and not word.isascii()}
        self._lock = threading.Lock()
        self._known: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def tokens(self, text: str) -> list[str]:
        """The stretches of `text` whose `forms` are its terms, in order, in their own case."""
        if text.isascii():
            return ASCII_TOKEN.findall(text)
        return TOKEN.findall(unicodedata.normalize("NFKC", _SPACED_THOUSANDS.sub("", text.replace("\u00ad", ""))))

    def forms(self, token: str) -> tuple[str, ...]:
        """The terms of one token as `tokens` gives it, as written before the other forms; none for stop words."""
        own, other = self._forms(token)
        return own + other

    def terms(self, text: str) -> tuple[str, ...]:
        """The terms of `text` in order, repeats kept."""
        return tuple(term for token in self.tokens(text) for forms in self._learnt(token) for term in forms)

    def weighted(self, text: str) -> dict[str, float]:
        """The terms of a query and what each counts: 1 for every time it was written so, a quarter for every other form.

        Other forms are there to find what is written in another way. Were they to count as much, a compound or an accented
        word would outweigh the rest of the query where both forms match.
        """
        weights: dict[str, float] = {}
        for token in self.tokens(text):
            for forms, weight in zip(self._learnt(token), (1.0, OTHER_FORMS), strict=True):
                for term in forms:
                    weights[term] = weights.get(term, 0.0) + weight
        return weights

    def phrases(self, text: str) -> list[tuple[str, ...]]:
        """The sequences of terms that say `text`, one form for each word, without accents: compounds by part, and as one word.

        One sequence where both are the same, none for stop words alone. Each term of a sequence is one of `terms(text)`.
        """
        tokens = self.tokens(text)
        ways = (self._sequence(tokens, joined) for joined in (False, True))
        return [way for way in dict.fromkeys(ways) if way]

    def _sequence(self, tokens: Iterable[str], joined: bool) -> tuple[str, ...]:
        found = (each for token in tokens for each in compounds(token)[0])
        words = (word for each in found for word in ([each.whole] if joined and each.whole else each.parts))
        return tuple(term for word in words if (term := self._term(word if word.isascii() else _plain(word))))

    def _term(self, word: str) -> str:
        stem = self._stem
        if self._english is not None and word.isascii():
            if word in ENGLISH_STOPWORDS and self.stopwords:
                return ""
            stem = self._english
        elif word in self._left_out:
            return ""
        # PyStemmer's objects hold state of their own and are not made for several threads at once.
        with self._lock:
            return str(stem.stemWord(word)) if stem is not None else word

    def _forms(self, token: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The terms of a token as it is written, and its other forms."""
        if token.isascii() and token.isalnum() and (token.islower() or token[1:].islower()):  # almost all are
            term = self._term(token.lower())
            return ((term,) if term else ()), ()
        own: list[str] = []
        found, literal = compounds(token)
        other = [literal]
        for each in found:
            own += filter(None, map(self._term, each.words))
            other += [self._term(word) for word in (each.whole, *each.parts) if word]
            other += (self._term(_plain(word)) for word in (*each.words, each.whole, *each.parts) if not word.isascii())
        return tuple(own), tuple(term for term in dict.fromkeys(other) if term and term not in own)

    def _learnt(self, token: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        forms = self._known.get(token)
        if forms is None:
            if len(self._known) >= 100_000:  # enough for the words of a language, and a bound for a server that runs for months
                self._known.clear()
            forms = self._known[token] = self._forms(token)
        return forms

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


def _plain(word: str) -> str:
    """A word without its accents, or without its vowels in Hebrew and Arabic."""
    apart = unicodedata.normalize("NFD", word)
    return unicodedata.normalize("NFC", _ACCENTS.sub("", apart)).translate(_STROKES)


def _stemmer(name: str | None) -> Any:
    if name is None:
        return None
    import Stemmer

    try:
        return Stemmer.Stemmer(name)
    except KeyError:
        raise ValueError(f"no Snowball stemmer is called {name!r}: choose one of {', '.join(Stemmer.algorithms())}") from None
