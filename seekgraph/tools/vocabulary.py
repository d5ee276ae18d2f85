"""Which words and names stand anywhere in a corpus, asked of its index."""

from __future__ import annotations

from collections.abc import Sequence

from seekgraph.core.base.waiting import in_thread
from seekgraph.text.analysis import contains
from seekgraph.tools.bm25 import BM25
from seekgraph.types import Query

_READ = 400
"""Passages that are read for a name of several words ("HTTP/3"): those that have its words most often, and nearest to alone."""


class CorpusVocabulary:
    """The port `Vocabulary` over the passages of a `BM25`.

    Words are compared as the index compares them: stemmed, without accents, compounds by part or as one word. The words of a
    name have to follow one another in a title or a text; of a corpus with very many passages that have all of them, the best
    400 are read.
    """

    def __init__(self, corpus: BM25) -> None:
        self._corpus = corpus

    @property
    def identity(self) -> str:
        """That of the corpus."""
        return self._corpus.identity

    async def stand(self, names: Sequence[str]) -> list[bool]:
        """For each of `names` whether a passage has it; one of function words alone stands everywhere."""
        return await in_thread(lambda: [self.stands(name) for name in names])

    def stands(self, name: str) -> bool:
        """What `stand` does of one name, without an event loop."""
        corpus = self._corpus
        phrases = corpus.analysis.phrases(name)
        if not phrases or any(len(phrase) == 1 and corpus.df(phrase[0]) for phrase in phrases):
            return True
        longer = [phrase for phrase in phrases if len(phrase) > 1 and all(corpus.df(term) for term in phrase)]
        if not longer:
            return False
        for passage in corpus.find(Query(text=name), _READ):
            said = [form for field in (passage.title, passage.text) for form in corpus.analysis.phrases(field)]
            if any(contains(form, phrase) for form in said for phrase in longer):
                return True
        return False
