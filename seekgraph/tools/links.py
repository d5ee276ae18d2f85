"""Links between passages by title: who is named where."""

from __future__ import annotations

import html
from collections.abc import Iterable
from functools import cached_property, reduce
from hashlib import blake2b
from typing import Any

import numpy as np

from seekgraph.core.base.waiting import in_thread
from seekgraph.text.titles import Titles, stripped, words_of
from seekgraph.tools.index import Index, build, filter_key
from seekgraph.tools.store import PassageStore
from seekgraph.tools.tokens import read_tokens
from seekgraph.types import Passage

_VERSION = 1
_KEEP = 65_536  # texts and titles whose links are kept: the same passages are asked about in every round
_INLINE = 20_000  # passages up to which finding the texts that name a title is too short for a thread of its own


class TitleLinks:
    """Implements the port `Links` on titles (`titles.Titles` says when a title counts as named).

    Passages that share a title, brackets aside ("Ed Wood" and "Ed Wood (film)"), are all linked where it is named without its
    bracket. Titles are held in memory, about half a kilobyte a passage. Raises `CorpusError` as `BM25` does.
    """

    def __init__(self, passages: Iterable[Passage] | PassageStore, *, name: str = "links") -> None:
        self.passages = passages if isinstance(passages, PassageStore) else PassageStore.of(passages)
        self.name = name
        facts = f"links/{_VERSION}/{self.passages.corpus_hash}/{name}"
        self.identity = blake2b(facts.encode(), digest_size=16).hexdigest()
        self._words: Index | None = None
        self._named_in: dict[str, tuple[Passage, ...]] = {}
        self._naming: dict[str, tuple[int, ...]] = {}

    @cached_property
    def _titles(self) -> Titles:
        """All titles, gathered when a link is first asked for: many questions need none."""
        titles = Titles()
        for number, passage in enumerate(self.passages):
            titles.add(passage.title, number)
        return titles

    async def named_in(self, text: str) -> tuple[Passage, ...]:
        """The passages whose title occurs in `text`, in order of first occurrence, namesakes by id; score 0.

        At one place only the longest title counts. What names itself is listed too: leave out the passages that you came from.
        """
        known = self._named_in.get(text)
        if known is None:
            numbers = dict.fromkeys(number for _, bearers in self._titles.named_in(text) for number in bearers)
            known = tuple(self.passages.found(number, 0.0, self.name) for number in numbers)
            _keep(self._named_in, text, known)
        return known

    async def naming(self, title: str, k: int) -> tuple[Passage, ...]:
        """At most `k` passages whose text names `title`, the earliest mention first, then by id; score 0.

        Passages that bear the title themselves are left out. `title` may be any name; where it is a title of the corpus,
        a passage is listed exactly if `named_in` finds a bearer in its text. The first call reads the corpus once.
        """
        if k < 1:
            return ()
        if len(self.passages) <= _INLINE and self._words is not None:
            numbers = self._mentions(title)
        else:
            numbers = await in_thread(self._mentions, title)
        return tuple(self.passages.found(number, 0.0, self.name) for number in numbers[:k])

    def _mentions(self, title: str) -> tuple[int, ...]:
        known = self._naming.get(title)
        if known is None:
            bearers, titles = self._titles.bearing(title), self._titles
            if not bearers:  # a name that no passage bears: look for it alone
                titles = Titles()
                titles.add(title, -1)
            wanted = bearers or {-1}
            places = []
            for number in self._having_words(title):
                if number not in bearers:
                    named = titles.named_in(self.passages[number].text)
                    place = next((place for place, numbers in named if not wanted.isdisjoint(numbers)), None)
                    if place is not None:
                        places.append((place, number))
            known = tuple(number for _, number in sorted(places))
            _keep(self._naming, title, known)
        return known

    def _having_words(self, title: str) -> list[int]:
        """The passages with every word of the title, in whatever order."""
        if self._words is None:
            tokens = read_tokens(map(_unescaped, self.passages), filter_key, lambda text: words_of(text.casefold()))
            self._words = build(tokens, {"": _AsTheyAre()})
        words = dict.fromkeys(words_of(stripped(title).casefold()))
        lists = sorted((self._words.with_term(word) for word in words), key=len)
        return reduce(lambda one, other: np.intersect1d(one, other, assume_unique=True), lists).tolist() if lists else []

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.passages, self.name)


class _AsTheyAre:
    """Words as titles are compared by: whole."""

    def forms(self, token: str) -> tuple[str, ...]:
        return (token,)


def _restore(cls: type[TitleLinks], passages: PassageStore, name: str) -> TitleLinks:
    return cls(passages, name=name)


def _unescaped(passage: Passage) -> Passage:
    return passage.model_copy(update={"text": html.unescape(passage.text)}) if "&" in passage.text else passage


def _keep(cache: dict[str, Any], key: str, value: Any) -> None:
    if len(cache) >= _KEEP:
        cache.clear()
    cache[key] = value
