"""BM25 over titles and texts, as a retriever."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np

from seekgraph.core.base.waiting import in_thread
from seekgraph.text.analysis import Analyzer
from seekgraph.text.languages import language as known_language
from seekgraph.text.polyglot import Analysis, analyzer_for, described
from seekgraph.tools.constraints import Constraints
from seekgraph.tools.errors import SavedIndexError
from seekgraph.tools.index import Index, Ints
from seekgraph.tools.indexing import indexed
from seekgraph.tools.saved import open_arrays, save_arrays
from seekgraph.tools.scoring import Scorer, best
from seekgraph.tools.store import PassageStore
from seekgraph.tools.strings import Arrays
from seekgraph.tools.unknown import Scripts
from seekgraph.types import Passage, Query

KIND, FORMAT = "bm25", 4
DEFAULTS = {"k1": 0.9, "b": 0.4, "title_weight": 2.0}
AUTO = "auto"
_VARIANTS = 16  # kept for `with_settings`, each with the scores of the terms it was asked for
_INLINE = 100_000  # passages up to which a search is so short that a thread of its own would cost more than it

T = TypeVar("T", bound="BM25")


class BM25:
    """A retriever that matches words, with a weight for those in titles (`scoring` has the formula).

    `k1` >= 0 says how much repetition counts, `b` in [0, 1] how much length is held against a passage, `title_weight` >= 0 how
    many occurrences in the text one in the title is worth. These three are chosen when a query comes: `with_settings` gives a
    variant over the same index in about the time of one query.

    `language` says what the passages are in, by name or ISO 639-1 code ("es"): words are stemmed, and function words left out, as
    it has them. None looks at each passage, so that a corpus may mix languages. `stemmer` and `stopwords` are for an analysis
    of one's own (`analysis.Analyzer`): where either is given nothing is looked at, and the other is the language's, or English.

    Everything in a query counts: `text`, `weights` (extra terms), `must` (terms or phrases that a passage has to contain; they
    are searched for as well), `must_not`, and `filters` (equality on `Passage.meta`). A term of stop words alone says nothing.

    `identity` is a hash of the corpus, the analysis and the settings. Objects may be shared between threads and pickled.
    Raises `CorpusError` for an empty corpus or two passages with one id, `ValueError` for a setting out of range.
    """

    def __init__(
        self,
        passages: Iterable[Passage],
        *,
        k1: float = DEFAULTS["k1"],
        b: float = DEFAULTS["b"],
        title_weight: float = DEFAULTS["title_weight"],
        language: str | None = None,
        stemmer: str | None = AUTO,
        stopwords: str | Iterable[str] | None = AUTO,
        name: str = "bm25",
    ) -> None:
        settings = _checked({"k1": k1, "b": b, "title_weight": title_weight})
        found = indexed(passages, fixed(language, stemmer, stopwords))
        self._assemble(found.store, found.index, found.analysis, settings, name, None)

    def _assemble(
        self, store: PassageStore, index: Index, analyzer: Analysis, settings: dict[str, float], name: str, folder: Path | None
    ) -> None:
        self.passages = store
        self.name = name
        self.index = index
        self.analysis = analyzer
        self._settings = settings
        self._folder = folder
        self._scorer = Scorer(index, **settings)
        self._variants: dict[tuple[float, ...], Self] = {}
        self._scripts = Scripts()
        facts = [store.corpus_hash, analyzer.describe(), settings, name, FORMAT]
        self.identity = blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=16).hexdigest()

    # --- other ways to one ---------------------------------------------------------------------------------------------

    @classmethod
    def from_jsonl(cls, path: str | Path, **settings: Any) -> Self:
        """BM25 over a .jsonl corpus (`corpus.read_jsonl` has the form and the errors), read as a stream."""
        from seekgraph.tools.corpus import iter_jsonl

        return cls(iter_jsonl(path), **settings)

    @classmethod
    def from_folder(cls, path: str | Path, **settings: Any) -> Self:
        """BM25 over a folder of documents, split as `folder.read_folder` does; skipped files are logged."""
        from seekgraph.tools.reading import read_documents

        return cls(read_documents(path).logged(path).passages, **settings)

    def with_settings(self, **settings: float) -> Self:
        """The same index with other `k1`, `b` or `title_weight`. Raises `ValueError` for another name or a value out of range."""
        unknown = sorted(settings.keys() - self._settings.keys())
        if unknown:
            raise ValueError(f"BM25 has no setting {unknown}: it has {sorted(self._settings)}")
        return self._variant(_checked(self._settings | settings))

    @property
    def settings(self) -> Mapping[str, float]:
        """The numbers that `with_settings` changes."""
        return dict(self._settings)

    def _variant(self, settings: dict[str, float]) -> Self:
        key = tuple(settings.values())
        found = self._variants.get(key)
        if found is None:  # kept, since a node asks for the same variant at each of its steps
            found = type(self).__new__(type(self))
            found._assemble(self.passages, self.index, self.analysis, settings, self.name, self._folder)
            if len(self._variants) >= _VARIANTS:
                self._variants.pop(next(iter(self._variants)))
            self._variants[key] = found
            found._variants, found._scripts = self._variants, self._scripts
        return found

    # --- searching -----------------------------------------------------------------------------------------------------

    async def search(self, query: Query, k: int) -> tuple[Passage, ...]:
        """At most `k` passages with a score above 0, best first, equal scores by id."""
        return self.find(query, k) if len(self.passages) <= _INLINE else await in_thread(self.find, query, k)

    def find(self, query: Query | str, k: int) -> tuple[Passage, ...]:
        """What `search` does, without an event loop."""
        query = Query(text=query) if isinstance(query, str) else query
        docs, scores = self._ranked(query, k)
        if not len(docs) or not query.text.isascii():
            self._scripts.check(query.text, self.index)
        return tuple(self.passages.found(*hit, self.name) for hit in zip(docs.tolist(), scores.tolist(), strict=True))

    async def page(self, id: str) -> tuple[Passage, ...]:
        """The passages of the document that a passage is part of: the port `Pages`."""
        return self.passages.page(id)

    def score(self, query: Query | str, passage_ids: Iterable[str]) -> list[float]:
        """The score of each of these passages, in their order, by `text`, `weights` and `must` (nothing is filtered out).

        Raises `KeyError` for an id that is not in the corpus.
        """
        query = Query(text=query) if isinstance(query, str) else query
        numbers = [self._number(id) for id in passage_ids]
        return [float(score) for score in self._scorer.at(self._weighted(query), np.asarray(numbers, dtype=np.int32))]

    def terms(self, text: str) -> tuple[str, ...]:
        """The terms that `text` is searched by, in order, repeats kept: casefolded, without stop words, stemmed, in all forms."""
        return self.analysis.terms(text)

    def idf(self, term: str) -> float:
        """How telling a term (as `terms` gives it) is: ln(1 + (N - df + 0.5) / (df + 0.5)); 0 for a term not in the corpus."""
        number = self.index.term(term)
        return self._scorer.idf(number) if number >= 0 else 0.0

    def df(self, term: str) -> int:
        """In how many passages a term (as `terms` gives it) stands, in the title or in the text."""
        return len(self.index.with_term(term))

    def __len__(self) -> int:
        return len(self.passages)

    def _ranked(self, query: Query, k: int) -> tuple[Ints, Any]:
        nothing = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
        terms = self._weighted(query)
        if k < 1 or not terms:
            return nothing
        constraints = Constraints(query, self.analysis)
        within, without = constraints.within(self.index), constraints.without(self.index)

        def rank(count: int) -> tuple[Ints, Any]:
            if within is None:
                return self._scorer.top(terms, count, without)
            left = within if without is None else np.setdiff1d(within, without, assume_unique=True)
            return best(left, self._scorer.at(terms, left), count)

        if not constraints.has_phrases:
            return rank(k)
        # Postings say which words a passage has, not in what order: phrases are checked on the text, best passages first.
        asked = 4 * k
        while True:
            docs, scores = rank(asked)
            kept = [at for at, doc in enumerate(docs.tolist()) if constraints.phrases_hold(self.passages[doc])]
            if len(kept) >= k or len(docs) < asked:
                return docs[kept[:k]], scores[kept[:k]]
            asked *= 4

    def _weighted(self, query: Query) -> dict[int, float]:
        """The weight of each term of the query that the corpus knows, by its number."""
        weights = self.analysis.weighted(query.text)
        for text, weight in query.weights.items():
            if not math.isfinite(weight):
                raise ValueError(f"the weight of query term {text!r} is {weight}: weights have to be finite numbers")
            for term, count in self.analysis.weighted(text).items():
                weights[term] = weights.get(term, 0.0) + weight * count
        for text in query.must:
            for term, count in self.analysis.weighted(text).items():
                weights.setdefault(term, min(count, 1.0))
        return {number: weight for term, weight in weights.items() if (number := self.index.term(term)) >= 0}

    def _number(self, id: str) -> int:
        number = self.passages.number(id)
        if number is None:
            raise KeyError(f"no passage of the corpus has the id {id!r}")
        return number

    # --- on disk -------------------------------------------------------------------------------------------------------

    def save(self, folder: str | Path) -> None:
        """Write the index and the passages into `folder`, replacing an index that is there; whole or not at all."""
        save_arrays(Path(folder), KIND, FORMAT, *self.parts())

    def parts(self) -> tuple[dict[str, Any], Arrays]:
        """What is saved: facts, as JSON, and arrays by file name. `from_parts` takes them back."""
        facts = {
            "corpus_hash": self.passages.corpus_hash,
            "passages": len(self.passages),
            "analysis": self.analysis.describe(),
            "settings": self._settings,
            "name": self.name,
        }
        return facts, {**self.passages.arrays(), **self.index.arrays()}

    @classmethod
    def open(cls, folder: str | Path, *, verify: bool = True) -> Self:
        """A saved BM25, mapped from disk: memory holds what is used.

        All files are compared with what was saved, which reads them once, about a second a gigabyte; without `verify` opening
        reads the lengths of passages and no text, and believes the rest. Raises `SavedIndexError` for an index that is
        damaged, cut short or of another version.
        """
        folder = Path(folder)
        return cls.from_parts(*open_arrays(folder, KIND, FORMAT, verify=verify), folder)

    @classmethod
    def of(cls, store: PassageStore, index: Index, analyzer: Analysis, *, name: str = "bm25") -> Self:
        """BM25 with its default settings over an index that is there already."""
        return _restore(cls, store, index, analyzer, dict(DEFAULTS), name)

    @classmethod
    def from_parts(cls, facts: Mapping[str, Any], arrays: Mapping[str, Any], folder: Path) -> Self:
        """What `parts` gave, from the folder that it was saved in. Raises `SavedIndexError` where something is missing."""
        opened = cls.__new__(cls)
        try:
            store = PassageStore.from_arrays(arrays, facts["corpus_hash"])
            index, analyzer = Index.from_arrays(arrays), described(facts["analysis"])
            opened._assemble(store, index, analyzer, _checked(facts["settings"]), facts["name"], folder)
        except (KeyError, TypeError, ValueError) as error:
            raise SavedIndexError(f"{folder} is damaged ({error!r}): build the index again") from None
        return opened

    def __reduce__(self) -> tuple[Any, ...]:
        if self._folder is not None:  # another process maps the same files
            return _reopen, (type(self), self._folder, self.passages.corpus_hash, self._settings, self.name)
        return _restore, (type(self), self.passages, self.index, self.analysis, self._settings, self.name)


def _reopen(cls: type[BM25], folder: Path, corpus_hash: str, settings: dict[str, float], name: str) -> BM25:
    opened = cls.open(folder, verify=False)  # it was verified where it came from
    if opened.passages.corpus_hash != corpus_hash:
        raise SavedIndexError(f"{folder} now holds another corpus than the one that was sent here: build the index again")
    opened.name = name
    return opened._variant(settings)


def _restore(cls: type[T], store: PassageStore, index: Index, analyzer: Analysis, settings: dict[str, float], name: str) -> T:
    restored = cls.__new__(cls)
    restored._assemble(store, index, analyzer, settings, name, None)
    return restored


def fixed(language: str | None, stemmer: str | None = AUTO, stopwords: str | Iterable[str] | None = AUTO) -> Analyzer | None:
    """The one analysis that is wanted, or None where each passage is looked at. Raises `ValueError` for what is not known."""
    if language is None and stemmer == AUTO and stopwords == AUTO:
        return None
    own = analyzer_for("english" if language is None else known_language(language))
    if stemmer == AUTO and stopwords == AUTO:
        return own
    return Analyzer(own.stemmer if stemmer == AUTO else stemmer, own.stopwords if stopwords == AUTO else stopwords)


def _checked(settings: Mapping[str, float]) -> dict[str, float]:
    highest = {"k1": math.inf, "b": 1.0, "title_weight": math.inf}
    for name, value in settings.items():
        if not 0 <= value <= highest[name] or not math.isfinite(value):
            raise ValueError(f"BM25's {name} is {value}: it has to be a finite number from 0 to {highest[name]}")
    return {name: float(value) for name, value in settings.items()}
