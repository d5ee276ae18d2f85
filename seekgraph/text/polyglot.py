"""The analysis of a corpus in one language or in several: a passage in its own, a query in all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seekgraph.text.analysis import Analyzer
from seekgraph.text.languages import stemmers
from seekgraph.text.stopwords import STOPWORDS

DEFAULT = "english"
"""What is assumed where nothing tells a language; what is written without spaces is analysed the same in all of them."""


def analyzed_as(language: str) -> str:
    """The language whose analyzer a language takes: its own where it has a stemmer or stop words, else `DEFAULT`."""
    return language if language in STOPWORDS or language in stemmers() else DEFAULT


def analyzer_for(language: str) -> Analyzer:
    """The analyzer of a language, by its name."""
    name = analyzed_as(language)
    return Analyzer(name if name in stemmers() else None, name if name in STOPWORDS else None)


class Polyglot:
    """Analyzers of several languages as one, for queries to a corpus that mixes them.

    A query's terms are those of all languages: it is short, and its words are in the index as the language of each passage has
    stemmed them. A term that several of them give counts once.
    """

    def __init__(self, analyzers: Mapping[str, Analyzer]) -> None:
        self.analyzers = dict(sorted(analyzers.items()))

    def terms(self, text: str) -> tuple[str, ...]:
        """The terms of `text` in all languages, each as often as the language has it that has it most often."""
        found: list[str] = []
        for analyzer in self.analyzers.values():
            left = list(found)
            for term in analyzer.terms(text):
                if term in left:
                    left.remove(term)
                else:
                    found.append(term)
        return tuple(found)

    def weighted(self, text: str) -> dict[str, float]:
        """The terms of a query and the most that each counts in any of the languages (`Analyzer.weighted`)."""
        weights: dict[str, float] = {}
        for analyzer in self.analyzers.values():
            for term, weight in analyzer.weighted(text).items():
                weights[term] = max(weight, weights.get(term, 0.0))
        return weights

    def phrases(self, text: str) -> list[tuple[str, ...]]:
        """The sequences of terms that say `text` in any of the languages."""
        return list(dict.fromkeys(phrase for each in self.analyzers.values() for phrase in each.phrases(text)))

    def describe(self) -> dict[str, Any]:
        """What the terms depend on, as JSON, for `described`."""
        return {"languages": {name: analyzer.describe() for name, analyzer in self.analyzers.items()}}


Analysis = Analyzer | Polyglot


def described(facts: Mapping[str, Any]) -> Analysis:
    """The analysis whose `describe` gave `facts`."""
    if "languages" in facts:
        return Polyglot({name: Analyzer(**each) for name, each in facts["languages"].items()})
    return Analyzer(**facts)
