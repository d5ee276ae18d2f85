"""From text to terms: the same way for a corpus and for a query.

A text is cut into tokens, and each token gives its forms, so that one word is found however it is written:

    cafés          café, cafe        with its accents and without
    e-mail         e, mail, email    by part and as one word
    U.S.A.         u, s, a, usa      (those that are no stop words)
    1,000          1000              without what separates thousands
    使用Python     使用, python      scripts apart; unspaced ones by overlapping pairs of characters (`text.scripts`)

`Analyzer.phrases` gives the sequences of terms in which a phrase is looked for, one form for each word.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable
from typing import Any

from seekgraph.text.scripts import ACCENTS, LETTERS, pairs, runs, unspaced

# Runs of letters and digits, and what may hold the parts of one word together: "director's", "e-mail", "u.s.a", "1,000".
_TOKEN = re.compile(rf"[{LETTERS}]+(?:[-\u2010'\u2019.,][{LETTERS}]+)*")
_ASCII_TOKEN = re.compile(r"[a-z0-9]+(?:[-'.,][a-z0-9]+)*")  # the same, three times as fast
_HYPHEN = re.compile("[-\u2010]")
_THOUSANDS = re.compile(r"(?<![\d.])\d{1,3}(?:[,'\u2019]\d{3})+(?!\d)")
_SPACED_THOUSANDS = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_ACRONYM = re.compile(r"(?:[^\W\d]\.)+[^\W\d]")
_ACCENTS = re.compile(f"[{ACCENTS}]")
_STROKES = str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"})
OTHER_FORMS = 0.25
"""What another form of a word counts in a query: with 1 recall@5 fell by .002 to .005 on three of four data sets."""

_MOST_PARTS = 4  # of a compound that is also indexed as one word: "state-of-the-art", and not a chain of names

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
    """Words, casefolded, without stop words, stemmed, in all forms that the module describes. An underscore separates words.

    `stemmer` is the name of a Snowball algorithm or None, `stopwords` "english", None, or words of your own. Text is brought
    to Unicode NFKC and casefolded first.

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
        self._known: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def tokens(self, text: str) -> list[str]:
        """The stretches of `text` whose `forms` are its terms, in order."""
        if text.isascii():
            return _ASCII_TOKEN.findall(text.lower())
        text = unicodedata.normalize("NFKC", _SPACED_THOUSANDS.sub("", text.replace("\u00ad", "")))
        return _TOKEN.findall(text.casefold().replace("_", " "))

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
        words = (word for token in tokens for word in _one_way(token, joined))
        return tuple(term for word in words if (term := self._term(word if word.isascii() else _plain(word))))

    def _term(self, word: str) -> str:
        if word in self.stopwords:
            return ""
        # PyStemmer's objects hold state of their own and are not made for several threads at once.
        with self._lock:
            return str(self._stem.stemWord(word)) if self._stem is not None else word

    def _forms(self, token: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The terms of a token as it is written, and its other forms."""
        if token.isascii() and token.isalnum():  # almost all are
            term = self._term(token)
            return ((term,) if term else ()), ()
        own: list[str] = []
        other: list[str] = []
        for parts, whole in _compounds(token):
            own += filter(None, map(self._term, parts))
            if whole:
                other.append(self._term(whole))
            other += (self._term(_plain(word)) for word in (*parts, whole) if not word.isascii())
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


def _one_way(token: str, joined: bool) -> list[str]:
    return [word for parts, whole in _compounds(token) for word in ([whole] if whole and joined else parts)]


def _compounds(token: str) -> list[tuple[list[str], str]]:
    """The stretches of a token, each with its parts and with the word that they make together, or ""."""
    token = token.removesuffix("'s").removesuffix("\u2019s")
    if _ACRONYM.fullmatch(token):
        return [(token.split("."), token.replace(".", ""))]
    token = _THOUSANDS.sub(lambda match: re.sub(r"\D", "", match[0]), token)
    found = []
    for stretch in re.split("['\u2019.,]", token):
        parts = _HYPHEN.split(stretch)
        whole = "".join(parts) if 1 < len(parts) <= _MOST_PARTS and not stretch.replace("-", "").isdigit() else ""
        found.append(([word for part in parts for word in _scripts(part)], "" if unspaced(whole) else whole))
    return found


def _scripts(part: str) -> list[str]:
    """A part cut between scripts, and into pairs of characters where a script is written without spaces."""
    if not unspaced(part):
        return [part]
    return [word for run in runs(part) for word in (pairs(run) if unspaced(run) else [run])]


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
